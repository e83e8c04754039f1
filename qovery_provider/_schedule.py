"""When to look and when to try again, as seconds. Numbers only: it knows no call and reads no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

FIRST_LOOKS = (0.5, 1.25, 2.05)
LOOK_GROWTH = 1.6
LONGEST_LOOK = 15.0
"""Looks are made so many seconds after a wait began, then each time after 1.6 times as long, at most 15 s apart.

So from the second look on, an end is seen after at most two fifths of the time that it took, and a cancel of ten
minutes costs no more than 50 requests.
"""

ATTEMPTS = 5
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 8.0
"""A failed call is tried five times in all; the pause is drawn evenly between zero and a bound that doubles."""

RESEND_GRACE = 5.0
"""A cancel that may have been executed is sent again only when nothing of it shows after this many seconds."""


class Looks:
    """When to look during one wait.

    The times are counted from where the wait began, so that what a look takes on the wire does not add up. A look that
    came early, since it was made for someone else as well, uses up one of them: so waits that share their looks do not
    look one after the other.

    Args:
        since: When the wait began.
    """

    def __init__(self, since: float) -> None:
        self._times = look_times(since)
        self._taken = since

    def after(self, now: float) -> float:
        """Return when to look next, after a look that has just been answered; times that have passed are left out."""
        pause = 0.0
        while not pause or self._taken <= now:
            at = next(self._times)
            self._taken, pause = at, at - self._taken
        return min(self._taken, now + pause)


def look_times(since: float) -> Iterator[float]:
    """Yield when to look in a wait that nobody else shares."""
    yield from (since + offset for offset in FIRST_LOOKS)
    offset = FIRST_LOOKS[-1]
    while True:
        offset += min(offset * (LOOK_GROWTH - 1), LONGEST_LOOK)
        yield since + offset


def retry_delays(random: Callable[[], float]) -> Iterator[float]:
    """Yield the pauses before the second to the last attempt of a call ("full jitter").

    Args:
        random: Returns a number from 0 to below 1.
    """
    for attempt in range(ATTEMPTS - 1):
        yield random() * min(FIRST_BACKOFF * 2**attempt, LONGEST_BACKOFF)
