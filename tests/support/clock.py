"""A clock that moves when something waits, and remembers for how long."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

REAL_LIMIT = 5.0
"""Real seconds for a call on a thread; none of those in the tests takes nearly as long."""


class FakeClock:
    """Implements the package's `Clock` without any waiting.

    Attributes:
        now: The monotonic time; a test may move it.
        epoch: The wall clock's time when the monotonic one is zero.
        sleeps: What was waited in vain, in order.
    """

    def __init__(self, now: float = 0.0, epoch: float = 1_700_000_000.0) -> None:
        self.now, self.epoch = now, epoch
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        """Return the time, which stands still between sleeps."""
        return self.now

    def wall(self) -> float:
        """Return the same time as seconds since the epoch."""
        return self.epoch + self.now

    def wait(self, futures: Collection[Future[Any]], timeout: float) -> None:
        """Move on at once, unless a future is done; what runs on a thread takes its real time, and none of this one."""
        if any(future.running() for future in futures):
            assert wait(futures, timeout=REAL_LIMIT, return_when=FIRST_COMPLETED).done, "a call hangs"
        elif not any(future.done() for future in futures):
            self.sleep(timeout)

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.sleeps.append(seconds)
        self.move_to(self.now + seconds)

    def move_to(self, time: float) -> None:
        """Move on without having slept, as time does while a call is on the wire."""
        self.now = time
