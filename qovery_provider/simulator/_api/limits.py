"""The rate limit: so many requests per hour and token, shown in headers on every answer.

It counts and never answers; `service.py` rejects requests over the limit.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final, Literal

from qovery_provider.simulator._world.turns import Clock

WINDOW: Final = 3600.0

ResetForm = Literal["epoch", "seconds"]
"""How X-RateLimit-Reset gives the end of the window: as an epoch, or as the seconds until then."""


@dataclass(slots=True)
class _Window:
    ends_at: float
    used: int = 0


class RateLimiter:
    """Counts the requests of each token in windows of an hour.

    Attributes:
        limit: Requests per window; may be changed at any time.
        reset_form: How the reset header is written.
    """

    def __init__(self, limit: int, clock: Clock, *, reset_form: ResetForm) -> None:
        self.limit = limit
        self.reset_form: ResetForm = reset_form
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def count(self, token: str) -> tuple[bool, dict[str, str]]:
        """Count a request: whether it is within the limit, and the headers that say so."""
        now = self._clock()
        window = self._windows.get(token)
        if window is None or now >= window.ends_at:
            window = self._windows[token] = _Window(now + WINDOW)
        window.used += 1
        # The API's documentation calls the header an epoch, its official sample sleeps for the value in seconds.
        reset = window.ends_at if self.reset_form == "epoch" else window.ends_at - now
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - window.used)),
            # Rounded up, so that a client that waits until then is accepted again.
            "X-RateLimit-Reset": str(ceil(reset)),
        }
        return window.used <= self.limit, headers
