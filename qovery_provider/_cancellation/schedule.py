"""When to read the status and when to try again, in seconds. Numbers only: it makes no call and reads no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from qovery_provider.errors import CallError, RateLimitError

FIRST_POLL = 0.75
POLL_GROWTH = 1.65
MAX_POLL_INTERVAL = 15.0
"""Polls are made 0.75 s after a wait began, then each time after 1.65 times as long, at most 15 s apart.

So from the second poll on, an end is seen after at most two fifths of the time that it took, and a cancellation of ten
minutes costs no more than 50 requests.
"""

ATTEMPTS = 5
FIRST_BACKOFF = 0.5
"""A failed call is tried five times in all; the delay is drawn evenly between zero and a bound that doubles."""

RESEND_GRACE = 5.0
"""Seconds; a cancel that may have been executed is sent again only when it shows no effect for that long."""

SLOW_READ = 5.0
"""Seconds; a status read whose answer took longer is made once more before a cancel is sent on it."""

HISTORY_TIMEOUT = 30.0
"""Seconds for which the history is asked how a deployment ended that is no longer running."""

MAX_ASKED_PAUSE = 60.0
"""Seconds: the longest pause that an answer can ask for during a wait, unless it is a rate limit's."""

HISTORY_PAUSE = 60.0
"""Seconds for which the history is believed that a deployment in an unknown state is in progress."""

CONFIRM_AFTER = 5.0
"""Seconds until an answer that an environment does not exist is asked for again, before it is believed."""


class PollSchedule:
    """When to read the status during one wait.

    The times are counted from the beginning of the wait, so that the duration of each read does not add up. A read that
    came early, because it was made for another cancellation, puts off the next one: so cancellations that share their
    reads keep to the schedule of the youngest wait.

    Args:
        since: When the wait began.
    """

    def __init__(self, since: float) -> None:
        self._since = self._next = since

    def after(self, now: float) -> float:
        """Return when to read next, after a read that has just been answered; times that have passed are left out."""
        at = min(self._next, now)
        while at <= now:
            at = self._following(at)
        self._next = at
        return at

    def _following(self, at: float) -> float:
        first = self._since + FIRST_POLL
        return first if at < first else at + min((at - self._since) * (POLL_GROWTH - 1), MAX_POLL_INTERVAL)


def retry_delays(random: Callable[[], float]) -> Iterator[float]:
    """Yield the delays before the second to the last attempt of a call ("full jitter"), in seconds.

    Args:
        random: Returns a number from 0 to below 1.
    """
    for attempt in range(ATTEMPTS - 1):
        yield random() * FIRST_BACKOFF * 2**attempt


def full_pause(error: CallError) -> float:
    """Return for how many seconds an answer asks to wait."""
    return error.retry_after or 0.0


def asked_pause(error: CallError) -> float:
    """Return for how many seconds a read is put off because an answer asks for it while the target is awaited.

    A rate limit comes from the API itself, and each request before its end would be rejected. Any other response with a
    pause (503) cannot know when it is over: obeyed for an hour, it would hide an end that is there after a minute.
    """
    asked = full_pause(error)
    return asked if isinstance(error, RateLimitError) else min(asked, MAX_ASKED_PAUSE)


class Retry:
    """When a failed call is made again: decided by the error and the time.

    Args:
        random: Returns a number from 0 to below 1, for the pauses.
        pause: Returns for how many seconds an answer puts the next attempt off. Default: for as long as it asks.
    """

    def __init__(self, random: Callable[[], float], pause: Callable[[CallError], float] = full_pause) -> None:
        self._delays, self._pause = retry_delays(random), pause

    def again_at(self, error: CallError, now: float, deadline: float) -> float | None:
        """Return when to try again, or None when this failure is the call's answer.

        The server's own delay is obeyed; if it ends after the deadline there is no further attempt.
        """
        delay = next(self._delays, None)
        allowed_at = now + self._pause(error)
        if delay is None or not error.retryable or now >= deadline or allowed_at > deadline:
            return None
        return min(max(now + delay, allowed_at), deadline)


class SendAttempts:
    """The attempts to send a cancel, and when the next one may be made.

    Args:
        now: When the first one may be made.
        random: Returns a number from 0 to below 1, for the delays after attempts that were certainly not executed.

    Attributes:
        made: How many were made.
        earliest: When the next one may be made.
    """

    def __init__(self, now: float, random: Callable[[], float]) -> None:
        self.made = 0
        self.earliest = now
        self._delays = retry_delays(random)

    def wait_for_effect(self, now: float) -> None:
        """Give the attempt that has just failed time to show an effect: twice as much after each attempt."""
        self.earliest = now + RESEND_GRACE * 2 ** (self.made - 1)

    def back_off(self, now: float) -> None:
        """Put off the next attempt after one that was certainly not executed."""
        self.earliest = now + next(self._delays, 0.0)

    def put_off(self, until: float) -> None:
        """Make the next attempt not before that time: the server has asked for it."""
        self.earliest = max(self.earliest, until)
