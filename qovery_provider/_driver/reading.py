"""A status that is read for a preview: it takes part in the shared polls as a cancellation does, and sends nothing."""

from __future__ import annotations

from collections.abc import Callable

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Stage
from qovery_provider._cancellation.schedule import Retry
from qovery_provider._driver.calls import no_answer
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import CallError


class Reading(Cancellation):
    """Reads the status of one environment: it is over with its first status, or when its time is up.

    Args:
        environment_id: The environment.
        now: When it begins, in seconds.
        random: Returns a number from 0 to below 1, for the delays before retries.
        limit: Seconds that it may take.

    Attributes:
        answer: The status, or how the read failed; None while it is not over.
    """

    def __init__(self, environment_id: str, now: float, random: Callable[[], float], limit: float) -> None:
        super().__init__(CancellationRequest(environment_id, timeout=limit), now, random)
        self.answer: EnvironmentStatus | CallError | None = None
        self._attempts_left = Retry(random)

    @property
    def stage(self) -> Stage:
        """Whether it is over."""
        return Stage.FINDING_TARGET if self.answer is None else Stage.FINISHED

    def observe(self, event: events.Event, now: float) -> None:
        """Take the first status; read again after a failure that is worth it."""
        self.known.now = now
        if isinstance(event, events.StatusRead):
            self.answer = event.status
        elif isinstance(event, events.CallFailed):
            again_at = self._attempts_left.again_at(event.error, now, self.known.deadline)
            if again_at is None:
                self.answer = event.error
            else:
                self.action = actions.ReadStatus(again_at)
        else:  # stopped: its time is up
            operation = endpoints.environment_status(self.request.environment_id).operation
            self.answer = no_answer(operation, self.request.timeout)
