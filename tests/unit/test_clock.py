"""The system clock is the machine's own."""

import time
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from qovery_provider import _clock
from qovery_provider._clock import Clock, SystemClock


def slept(seconds: float, wake: "Future[None] | None" = None) -> float:
    """Return how long the system clock really sleeps."""
    clock: Clock = SystemClock()
    started = time.monotonic()
    clock.sleep(seconds, wake)
    return time.monotonic() - started


def test_the_system_clock_reads_the_machines_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Durations come from the monotonic clock, points in time from the wall clock."""
    monkeypatch.setattr(_clock, "time", SimpleNamespace(monotonic=lambda: 12.5, time=lambda: 1.7e9))
    clock: Clock = SystemClock()

    assert clock.monotonic() == 12.5
    assert clock.wall() == 1.7e9


def test_the_system_clock_sleeps() -> None:
    """It sleeps for as long as it is told, with or without something that could wake it."""
    assert 0.01 <= slept(0.01) < 5
    assert 0.01 <= slept(0.01, Future()) < 5


def test_the_system_clock_can_be_woken() -> None:
    """It returns as soon as the future is set."""
    wake: Future[None] = Future()
    wake.set_result(None)

    assert slept(60.0, wake) < 5
