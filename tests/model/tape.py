"""A tape of bytes from which a schedule is read, so that chance is in one place and shrinks well.

Zeros mean calm weather: the first of all options, no fault, no delay. A tape that has ended goes on with zeros. So a
failing schedule shrinks to the few bytes that matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Tape:
    """Read from left to right."""

    def __init__(self, data: bytes) -> None:
        self._bytes = iter(data)

    def number(self) -> int:
        """Read a number from 0 to 255."""
        return next(self._bytes, 0)

    def pick(self, options: Sequence[T]) -> T:
        """Read which option it is; the first one is the calmest."""
        return options[self.number() % len(options)]

    def happens(self, sixteenths: int) -> bool:
        """Read whether something happens that happens so many times in sixteen."""
        return sixteenths > 0 and self.number() >= 256 - 16 * sixteenths
