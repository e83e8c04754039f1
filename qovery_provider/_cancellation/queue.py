"""Draining an environment's queue: the part of a cancellation that `include_queued` adds. As pure as the machine.

Only the requests of the first list are canceled: one that comes later was not there when the user decided. A request is
canceled by its own id, so trying again is harmless; a lost answer leaves open whether it was canceled or had started.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.schedule import Retry
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import CallError, ConflictError, NotFoundError


class QueueDrain:
    """The queued requests of one environment, from the first list until none is left.

    Args:
        canceled: Where to add the ids of the requests that were canceled.
        random: Returns a number from 0 to below 1, for the delays before retries.

    Attributes:
        canceled: The requests that were canceled.
        unconfirmed: The requests whose cancel may have been executed; its answer was lost.
    """

    def __init__(self, canceled: list[str], random: Callable[[], float]) -> None:
        self.canceled = canceled
        self.unconfirmed: set[str] = set()
        self._random = random
        self._retries: dict[str, Retry] = {}
        self._listed: Sequence[str] = ()
        self._remaining: list[str] | None = None
        self._running_id: str | None = None  # pragma: no mutate: the first list sets it before anything is unconfirmed

    def listed(self, request_ids: Sequence[str], status: EnvironmentStatus, now: float) -> actions.CancelQueued | None:
        """Take the queue's content and return the next step, or None when nothing is left.

        Args:
            request_ids: The ids of the queued requests.
            status: The status as it was read before the list.
            now: The time.
        """
        if self._remaining is None:
            self._listed, self._running_id = request_ids, status.last_deployment_id
            self._remaining = list(request_ids)
        self._remaining = [request_id for request_id in self._remaining if request_id in request_ids]
        return self._next(now)

    def canceled_one(self, request_id: str, now: float) -> actions.CancelQueued | None:
        """Record that a request was canceled and return the next step, or None when nothing is left."""
        self.unconfirmed.discard(request_id)
        self.canceled.append(request_id)
        return self.gone(request_id, now)

    def gone(self, request_id: str, now: float) -> actions.CancelQueued | None:
        """Record that a request is no longer queued and return the next step, or None when nothing is left."""
        self._remaining = [other for other in self._remaining or () if other != request_id]
        return self._next(now)

    def retry(self, request_id: str, error: CallError, now: float, deadline: float) -> actions.ListQueue | None:
        """Return the next step after a failure, or None when no further attempt at this request is worth it."""
        if error.may_have_executed:
            self.unconfirmed.add(request_id)
        retry = self._retries.setdefault(request_id, Retry(self._random))
        at = retry.again_at(error, now, deadline)
        return actions.ListQueue(at) if at is not None and at < deadline else None

    def has_listed(self, request_id: str | None) -> bool:
        """Return whether this request was in the first list."""
        return request_id in self._listed

    def settle(self, status: EnvironmentStatus) -> int:
        """Judge the unconfirmed requests after the drain: they were canceled if no deployment has started since.

        Returns:
            How many may have been canceled, or have started.
        """
        has_stayed = self._running_id is not None and status.last_deployment_id == self._running_id
        self.canceled += sorted(self.unconfirmed) if has_stayed else []
        unknown = 0 if has_stayed else len(self.unconfirmed - {status.deployment_request_id})
        self.unconfirmed.clear()
        return unknown

    def _next(self, now: float) -> actions.CancelQueued | None:
        return actions.CancelQueued(now, self._remaining[0]) if self._remaining else None


def is_no_longer_queued(error: CallError) -> bool:
    """Return whether an error means that the request has started, has ended, or was canceled by another caller."""
    return isinstance(error, ConflictError | NotFoundError)
