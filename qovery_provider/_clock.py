"""Time as an argument: the protocol, and the machine's own clock. The only module that may import `time`."""

from __future__ import annotations

import time
from concurrent.futures import Future, wait
from typing import Protocol

Signal = Future[None]
"""Something that happens once, and that can be waited for."""


class Clock(Protocol):
    """What is needed of time; tests pass one that moves when it is told to."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back: for durations and deadlines."""
        ...

    def wall(self) -> float:
        """Return seconds since the epoch: only to read a rate limit's reset time."""
        ...

    def sleep(self, seconds: float, wake: Future[None] | None = None) -> None:
        """Return after that many seconds, or as soon as `wake` is set."""
        ...


class SystemClock:
    """The real clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def sleep(self, seconds: float, wake: Future[None] | None = None) -> None:
        wait([wake or Future()], timeout=seconds)
