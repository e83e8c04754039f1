"""When to look and when to try again, as seconds. Numbers only: it knows no call and reads no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

FIRST_POLL = 0.75
POLL_GROWTH = 1.65
MAX_POLL_INTERVAL = 15.0
"""PollSchedule are made 0.75 s after a wait began, then each time after 1.65 times as long, at most 15 s apart.

So from the second look on, an end is seen after at most two fifths of the time that it took, and a cancel of ten
minutes costs no more than 50 requests.
"""

ATTEMPTS = 5
FIRST_BACKOFF = 0.5
MAX_BACKOFF = 8.0
"""A failed call is tried five times in all; the pause is drawn evenly between zero and a bound that doubles."""

RESEND_GRACE = 5.0
"""A cancel that may have been executed is sent again only when nothing of it shows after this many seconds."""

SLOW_READ = 5.0
"""Seconds; a look whose answer took longer is made once more before a cancel is sent on it."""

HISTORY_TIMEOUT = 30.0
"""Seconds that the history gets to tell how a deployment ended that no longer runs."""


CONFIRM_AFTER = 5.0
"""Seconds until an answer that an environment does not exist is asked for again, before it is believed."""


class PollSchedule:
    """When to look during one wait.

    The times are counted from where the wait began, so that what a look takes on the wire does not add up. A look that
    came early, since it was made for someone else as well, puts off the next one: so waits that share their looks keep
    to those of the youngest.

    Args:
        since: When the wait began.
    """

    def __init__(self, since: float) -> None:
        self._since = self._next = since

    def after(self, now: float) -> float:
        """Return when to look next, after a look that has just been answered; times that have passed are left out."""
        at = min(self._next, now)
        while at <= now:
            at = self._following(at)
        self._next = at
        return at

    def _following(self, at: float) -> float:
        first = self._since + FIRST_POLL
        return first if at < first else at + min((at - self._since) * (POLL_GROWTH - 1), MAX_POLL_INTERVAL)


def retry_delays(random: Callable[[], float]) -> Iterator[float]:
    """Yield the pauses before the second to the last attempt of a call ("full jitter").

    Args:
        random: Returns a number from 0 to below 1.
    """
    for attempt in range(ATTEMPTS - 1):
        yield random() * min(FIRST_BACKOFF * 2**attempt, MAX_BACKOFF)
