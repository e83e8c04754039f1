"""When to look and when to try again, as seconds. Numbers only: it knows no call and reads no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

FIRST_LOOK = 0.5
LOOK_GROWTH = 1.4
LONGEST_LOOK = 15.0
"""Pauses between looks: a cancel of a second is seen at once, one of ten minutes costs fewer than 50 requests."""

ATTEMPTS = 5
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 8.0
"""A failed call is tried five times in all; the pause is drawn evenly between zero and a bound that doubles."""

RESEND_GRACE = 5.0
"""A cancel that may have been executed is sent again only when nothing of it shows after this many seconds."""


def look_delays() -> Iterator[float]:
    """Yield the pauses between looks, without end."""
    delay = FIRST_LOOK
    while True:
        yield delay
        delay = min(delay * LOOK_GROWTH, LONGEST_LOOK)


def retry_delays(random: Callable[[], float]) -> Iterator[float]:
    """Yield the pauses before the second to the last attempt of a call ("full jitter").

    Args:
        random: Returns a number from 0 to below 1.
    """
    for attempt in range(ATTEMPTS - 1):
        yield random() * min(FIRST_BACKOFF * 2**attempt, LONGEST_BACKOFF)
