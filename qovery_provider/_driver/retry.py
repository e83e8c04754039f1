"""When a failed call that changes nothing is made again. It decides by the error and the time; it calls nothing.

Retrying a call and waiting for a deployment are two things with two limits: this file is the first. A cancel is never
retried here; whether it is sent again is the cancellation machine's to say.
"""

from __future__ import annotations

from collections.abc import Callable

from qovery_provider._cancellation.schedule import retry_delays
from qovery_provider.errors import CallError


class Retry:
    """The attempts of one call.

    Attributes:
        failures: How many of them failed.
    """

    def __init__(self, random: Callable[[], float]) -> None:
        self.failures = 0
        self._delays = retry_delays(random)

    def again_at(self, error: CallError, now: float, deadline: float) -> float | None:
        """Return when to try again, or None when this failure is the call's answer.

        The server's own delay is obeyed; if it ends after the deadline there is no further attempt.
        """
        self.failures += 1
        delay = next(self._delays, None)
        operation = now + (error.retry_after or 0.0)
        if delay is None or not error.retryable or now >= deadline or operation > deadline:
            return None
        return min(max(now + delay, operation), deadline)
