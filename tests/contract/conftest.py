"""What every contract test gets: none of the machine's proxies, certificates and homes; a client with its server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qovery_provider._clock import SystemClock
from qovery_provider._qovery.client import QoveryClient
from qovery_provider.simulator import Deployment, Environment, Plan, QoverySimulator
from tests.support.calls import settings_for
from tests.support.certificates import write_bundle

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle", "netrc")


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with nothing in it."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file for REQUESTS_CA_BUNDLE with which the tests' authority is trusted."""
    return write_bundle(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def plain_network(monkeypatch: pytest.MonkeyPatch, empty_home: Path) -> None:
    """Take away what `requests` reads from the environment and from the home folder."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(empty_home))


@pytest.fixture
def qovery() -> Iterator[QoverySimulator]:
    """A simulator with an empty world."""
    with QoverySimulator() as simulator:
        yield simulator


@pytest.fixture
def environment(qovery: QoverySimulator) -> Environment:
    """The environment that the calls ask for."""
    return qovery.world.add_environment(id="env", project_id="project")


@pytest.fixture
def running(environment: Environment) -> Deployment:
    """A deployment that runs longer than any test."""
    return environment.deploy(Plan.of("DEPLOY", seconds=1000))


@pytest.fixture
def client(qovery: QoverySimulator) -> Iterator[QoveryClient]:
    """A client with the right token."""
    client = QoveryClient(settings_for(qovery), SystemClock())
    yield client
    client.close()
