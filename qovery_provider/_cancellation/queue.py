"""Emptying an environment's queue: the part of a cancellation that `include_queued` adds. As pure as the machine.

Only the requests of the first list are meant: one that comes later was not there to be judged. A request is canceled
by its own id, so trying again is harmless; what a lost answer leaves open is whether it was canceled or had started.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.schedule import retry_delays
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import CallError, ConflictError, NotFoundError


class QueueDrain:
    """The queued requests of one environment, from the first list until none is left.

    Attributes:
        is_over: Whether nothing is left to be canceled.
        canceled: The requests that were canceled; shared with what is known of the cancellation.
    """

    def __init__(self, canceled: list[str], random: Callable[[], float], *, is_over: bool) -> None:
        self.canceled, self.is_over = canceled, is_over
        self._pauses = retry_delays(random)
        self._left: list[str] | None = None
        self._ran: str | None = None
        self._doubtful: set[str] = set()

    def listed(self, request_ids: Sequence[str], status: EnvironmentStatus, now: float) -> actions.CancelQueued | None:
        """Take the queue's content and return the next step, or None when nothing is left.

        Args:
            request_ids: What is queued.
            status: What the look before the list showed.
            now: The time.
        """
        if self._left is None:
            self._ran = status.last_deployment_id
        meant = request_ids if self._left is None else self._left
        self._left = [request_id for request_id in meant if request_id in request_ids]
        return self._next(now)

    def went(self, request_id: str, now: float, *, was_canceled: bool) -> actions.CancelQueued | None:
        """Take that a request is no longer queued and return the next step, or None when nothing is left."""
        self._left = [left for left in self._left or () if left != request_id]
        if was_canceled:
            self._doubtful.discard(request_id)
            self.canceled.append(request_id)
        return self._next(now)

    def again(self, request_id: str, error: CallError, now: float, deadline: float) -> actions.ListQueue | None:
        """Return the next step after a failure, or None when no further attempt is worth it."""
        if error.may_have_executed:
            self._doubtful.add(request_id)
        at = now + max(next(self._pauses, inf), error.retry_after or 0.0)
        return actions.ListQueue(at) if error.retryable and at < deadline else None

    def settle(self, status: EnvironmentStatus) -> None:
        """Judge requests whose answers were lost: one that left the queue was canceled, if none has started since."""
        if self.is_over:
            has_stayed = self._ran is not None and status.last_deployment_id == self._ran
            self.canceled += sorted(self._doubtful) if has_stayed else []
            self._doubtful.clear()

    def _next(self, now: float) -> actions.CancelQueued | None:
        self.is_over = not self._left
        return actions.CancelQueued(now, self._left[0]) if self._left else None


def is_no_longer_queued(error: CallError) -> bool:
    """Return whether a refusal means that the request has started, has ended, or was canceled by someone else."""
    return isinstance(error, ConflictError | NotFoundError)
