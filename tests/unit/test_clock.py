"""The system clock is the machine's own."""

import time
from threading import Timer

from qovery_provider._clock import Clock, Signal, SystemClock

CLOCK: Clock = SystemClock()


def waited(*futures: Signal, timeout: float) -> float:
    """Return how long the system clock really waits."""
    started = time.monotonic()
    CLOCK.wait(futures, timeout)
    return time.monotonic() - started


def test_the_system_clock_reads_the_machines_time() -> None:
    """Durations come from the monotonic clock, points in time from the wall clock."""
    before = time.monotonic(), time.time()
    read = CLOCK.monotonic(), CLOCK.wall()
    after = time.monotonic(), time.time()

    assert before[0] <= read[0] <= after[0]
    assert before[1] <= read[1] <= after[1]


def test_the_system_clock_sleeps() -> None:
    """It waits for as long as it is told, with or without something that could end that."""
    assert 0.01 <= waited(timeout=0.01) < 5
    assert 0.01 <= waited(Signal(), timeout=0.01) < 5


def test_one_of_the_futures_ends_the_wait() -> None:
    """Also one that is done already."""
    done = Signal()
    done.set_result(None)

    assert waited(Signal(), done, timeout=60.0) < 5


def test_a_signal_ends_the_wait() -> None:
    """The wait ends as soon as the signal is set."""
    signal = Signal()
    timer = Timer(0.01, signal.set_result, [None])
    timer.start()

    assert waited(Signal(), signal, timeout=60.0) < 5
    timer.join()
