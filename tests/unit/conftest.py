"""What the unit tests share: Pulumi's mocks, and a simulator on a fake clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qovery_provider._driver.session import Sessions
from qovery_provider._hosts.dynamic import DynamicProvider
from qovery_provider.simulator import QoverySimulator
from tests.support.mocks import Recorder, mocked
from tests.support.time import FakeClock


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Mocks in force for one test."""
    with mocked() as recorder:
        yield recorder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The time of all dynamic providers: a wait moves it on."""
    clock = FakeClock()
    monkeypatch.setattr(DynamicProvider, "sessions", Sessions(clock))
    return clock


@pytest.fixture
def qovery(clock: FakeClock) -> Iterator[QoverySimulator]:
    """A simulator with an empty world, on the same time."""
    with QoverySimulator(clock=clock.wall) as simulator:
        yield simulator
