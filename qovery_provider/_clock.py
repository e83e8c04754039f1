"""Time as an argument: the protocol, and the machine's own clock. The only module that may import `time`."""

from __future__ import annotations

import time
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Protocol, TypeAlias

Signal: TypeAlias = Future[None]
"""Something that happens once: `set_result(None)` says that it has, `done()` asks, and a clock can wait for it."""


class Clock(Protocol):
    """The time; tests pass one that they control."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back: for durations and deadlines."""
        ...

    def wall(self) -> float:
        """Return seconds since the epoch: only to read a rate limit's reset time."""
        ...

    def wait(self, futures: Collection[Future[Any]], timeout: float) -> None:
        """Return after `timeout` seconds, or as soon as one of the futures is done; with none of them, sleep."""
        ...


class SystemClock:
    """The real clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def wait(self, futures: Collection[Future[Any]], timeout: float) -> None:
        wait(futures or [Future()], timeout=timeout, return_when=FIRST_COMPLETED)
