"""A clock that moves when somebody sleeps, and remembers for how long."""

from __future__ import annotations

from concurrent.futures import Future


class FakeClock:
    """Implements the package's `Clock` without any waiting.

    Attributes:
        now: The monotonic time; a test may move it.
        epoch: The wall clock's time when the monotonic one is zero.
        sleeps: What was slept, in order.
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

    def sleep(self, seconds: float, wake: Future[None] | None = None) -> None:
        """Move on at once, unless somebody has set `wake`."""
        if wake is None or not wake.done():
            self.sleeps.append(seconds)
            self.move_to(self.now + seconds)

    def move_to(self, time: float) -> None:
        """Move on without having slept, as time does while a call is on the wire."""
        self.now = time
