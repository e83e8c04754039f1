"""A clock that only a test moves, and the parts of the simulator around it."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests

from qovery_provider.simulator import Api, Environment, QoverySimulator, World


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=1000.0)


@pytest.fixture
def world(clock: SimpleNamespace) -> World:
    return World(lambda: clock.now)


@pytest.fixture
def api(world: World) -> Api:
    return Api(world)


@pytest.fixture
def environment(world: World) -> Environment:
    return world.add_environment(id="env")


@pytest.fixture
def simulator(clock: SimpleNamespace) -> Iterator[QoverySimulator]:
    with QoverySimulator(clock=lambda: clock.now) as running:
        yield running


@pytest.fixture
def session(simulator: QoverySimulator) -> Iterator[requests.Session]:
    """A client with the right token."""
    with requests.Session() as client:
        client.headers["Authorization"] = f"Token {simulator.token}"
        yield client
