"""What the adapter tests share: Pulumi's mocks, and a simulator on a time that nobody waits for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qovery_provider._clock import SystemClock
from qovery_provider.simulator import QoverySimulator
from tests.support.clock import FakeClock
from tests.support.mocks import Recorder, mocked


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Mocks in force for one test."""
    with mocked() as recorder:
        yield recorder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The time of the package: what waits moves it on."""
    clock = FakeClock()
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: clock.monotonic())
    monkeypatch.setattr(SystemClock, "wall", lambda _: clock.wall())
    monkeypatch.setattr(SystemClock, "wait", lambda _, futures, timeout: clock.wait(futures, timeout))
    return clock


@pytest.fixture
def qovery(clock: FakeClock) -> Iterator[QoverySimulator]:
    """A simulator with an empty world, on the same time."""
    with QoverySimulator(clock=clock.wall) as simulator:
        yield simulator
