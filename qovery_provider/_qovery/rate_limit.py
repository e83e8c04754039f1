"""The budget of requests: 1000 per hour and token. It reads the server's headers and keeps no clock of its own.

Qovery documents X-RateLimit-Reset as an epoch, while its sample code sleeps for the header's value in seconds; both
readings are understood, and so are both forms of Retry-After (RFC 9110, 10.2.3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple

EPOCHS_START = 1e9
"""A larger number of "seconds" is a point in time: no limit resets after 30 years."""

SCARCE = 0.2
"""Below this part of the limit, the rest is spread over the time until the reset."""

MAX_DELAY = 3600.0
"""Seconds; the window is an hour, so no reset is further away, even if the header has another unit or a wrong clock."""

MAX_PAUSE = 60.0
"""Seconds that one poll is put off by at most.

A server whose limit is exhausted says so with a 429, which is obeyed. So a poll a minute is always safe: at most
6 % of the hourly limit. A wrong header then delays the notice of an end by a minute, and not until the deadline.
"""


class Remaining(NamedTuple):
    """What is left of the limit.

    Attributes:
        requests: How many may still be made.
        seconds: Until the window resets.
    """

    requests: int
    seconds: float


class RateBudget:
    """What is left of the limit, according to the responses. Every thread of a process may share one."""

    def __init__(self) -> None:
        self._window: tuple[float, float, float] | None = None

    def observe(self, headers: Mapping[str, str], now: float, wall: float) -> None:
        """Take an answer's X-RateLimit headers; `now` is monotonic, `wall` is seconds since the epoch."""
        limit, remaining = _number(headers.get("X-RateLimit-Limit")), _number(headers.get("X-RateLimit-Remaining"))
        reset = seconds_until(headers.get("X-RateLimit-Reset"), _server_time(headers, wall))
        if limit and remaining is not None and reset is not None:  # a limit of 0 means that there is none
            self._window = (limit, remaining, now + reset)

    def remaining(self, now: float) -> Remaining | None:
        """Return what is left, or None when the answers do not say or the window has been reset since."""
        if self._window is None or now >= self._window[2]:
            return None
        return Remaining(int(self._window[1]), self._window[2] - now)

    def pause(self, now: float) -> float:
        """Return how many seconds to wait before the next request that can wait."""
        remaining = self.remaining(now)
        if self._window is None or remaining is None or remaining.requests > self._window[0] * SCARCE:
            return 0.0
        return min(remaining.seconds / (remaining.requests + 1), MAX_PAUSE)


def retry_after(headers: Mapping[str, str], wall: float) -> float | None:
    """Return how many seconds a refusal asks to wait, or None when it does not say."""
    wall = _server_time(headers, wall)
    hint = seconds_until(headers.get("Retry-After"), wall)
    # Every response says when the window resets; that is a reason to wait only when the limit is exhausted.
    is_used_up = not _number(headers.get("X-RateLimit-Remaining"))
    return seconds_until(headers.get("X-RateLimit-Reset"), wall) if hint is None and is_used_up else hint


def seconds_until(value: str | None, wall: float) -> float | None:
    """Read seconds, an epoch (in seconds or milliseconds) or an HTTP date as seconds from `wall`, at most an hour."""
    number = _number(value)
    if number is None:
        moment = _date(value or "")
    elif number < EPOCHS_START:
        return min(number, MAX_DELAY)
    else:
        moment = number / 1000 if number > EPOCHS_START * 1000 else number
    return None if moment is None else min(max(0.0, moment - wall), MAX_DELAY)


def _server_time(headers: Mapping[str, str], wall: float) -> float:
    """Return the server's time, by which it wrote the other headers: our clock may be off by hours."""
    date = _date(headers.get("Date", ""))
    return wall if date is None else date


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _date(value: str) -> float | None:
    """Read an HTTP date as seconds since the epoch."""
    try:
        date = parsedate_to_datetime(value)
        # The obsolete asctime form has no zone; every HTTP date is in UTC.
        return date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None
