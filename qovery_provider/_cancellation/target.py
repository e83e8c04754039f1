"""The search for the target: from the first status read until it is certain which deployment is to be canceled.

With `include_queued` the queue is emptied in between. As pure as the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qovery_provider import errors
from qovery_provider._cancellation import actions, messages, outcomes
from qovery_provider._cancellation.history import HistorySearch
from qovery_provider._cancellation.model import Knowledge
from qovery_provider._cancellation.queue import QueueDrain, is_no_longer_queued
from qovery_provider._cancellation.reads import StatusReads
from qovery_provider._cancellation.schedule import FIRST_POLL
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._qovery.states import Phase


class TargetSearch:
    """Finds the target.

    Args:
        known: The knowledge that the machine and its parts share.
        history: Reads the history.
        reads: Plans the status reads.
        random: Returns a number from 0 to below 1, for the delays before retries.

    Attributes:
        queue: The queued requests.
    """

    def __init__(
        self, known: Knowledge, history: HistorySearch, reads: StatusReads, random: Callable[[], float]
    ) -> None:
        self._known, self._history, self._reads = known, history, reads
        self.queue = QueueDrain(known.canceled_request_ids, random)
        self._first: EnvironmentStatus | None = None  # before the queue is emptied

    def find(self, status: EnvironmentStatus) -> actions.Action | None:
        """Return what to do about a status, or None when it shows the target."""
        if self._first is None:
            action = self._find(status)
        else:
            self._known.unconfirmed_requests += self.queue.settle(status)
            action = self._find_again(status, self._first)
        # Without an id, a newer status could not confirm that it is still this deployment which is canceled.
        is_vague = self._reads.is_old and status.last_deployment_id is None and self._is_to_be_canceled(status)
        return actions.ReadStatus(self._known.now) if action is None and is_vague else action

    def _is_to_be_canceled(self, status: EnvironmentStatus) -> bool:
        runs = status.is_in_progress and status.phase is not Phase.CANCELING
        return runs and self._known.now < self._known.deadline

    def _find(self, status: EnvironmentStatus) -> actions.Action | None:
        known, request = self._known, self._known.request
        asked_for, is_over = request.deployment_id, status.phase.is_over
        if asked_for == "":
            return outcomes.done(known, "nothing_to_cancel")
        if asked_for and status.last_deployment_id != asked_for:
            return self._history.read()
        start_by = min(known.started + request.wait_for_start, known.deadline)
        if is_over and not asked_for and known.now < start_by:
            return self._reads.poll(not_after=start_by)
        if request.include_queued and not (asked_for and is_over):
            # What runs now is the target: what starts while the queue is emptied is not.
            self._first = status
            known.deployment_id = None if is_over else status.last_deployment_id
            return actions.ListQueue(known.now)
        return outcomes.done(known, "nothing_to_cancel") if is_over and not asked_for else None

    def _find_again(self, status: EnvironmentStatus, first: EnvironmentStatus) -> actions.Action | None:
        """Decide when the queue is empty. A deployment is canceled only if it is certainly the target."""
        known = self._known
        if known.deployment_id is not None:
            return None
        if first.phase.is_over:
            if status.is_in_progress and self.queue.has_listed(status.deployment_request_id):
                return None
            if _is_of_same(first, status):
                known.status = first  # a deployment that is over stays over, so the second answer shows an earlier time
            return outcomes.done(known, "canceled" if known.canceled_request_ids else "nothing_to_cancel")
        if status.phase.is_over or _is_of_same(first, status):
            return None
        return outcomes.failed(known, errors.UnexpectedStateError, messages.unidentified(known))

    # The queue.

    def listed(self, request_ids: Sequence[str]) -> actions.Action:
        """Return the next step after the queue was listed."""
        assert self._first is not None  # noqa: S101 - for mypy: it is listed after a status read
        return self._go_on(self.queue.listed(request_ids, self._first, self._known.now))

    def canceled(self, request_id: str) -> actions.Action:
        """Return the next step after a queued request was canceled."""
        return self._go_on(self.queue.canceled_one(request_id, self._known.now))

    def failed(self, request_id: str, error: errors.CallError) -> actions.Action:
        """Return the next step after a queued request could not be canceled."""
        known = self._known
        if is_no_longer_queued(error):
            return self._go_on(self.queue.gone(request_id, known.now))
        if isinstance(error, errors.NotSentError):
            # Another cancellation of this process is canceling it: no attempt was made.
            return self._go_on(actions.ListQueue(min(known.now + FIRST_POLL, known.deadline)))
        return self.queue.retry(request_id, error, known.now, known.deadline) or outcomes.interrupted(known, error)

    def _go_on(self, step: actions.ListQueue | actions.CancelQueued | None) -> actions.Action:
        """Go on with the queue; when it is empty, read the status, which shows the deployment that is running now."""
        if self._known.now >= self._known.deadline:
            return outcomes.timed_out(self._known)
        return step or actions.ReadStatus(self._known.now)


def _is_of_same(one: EnvironmentStatus, other: EnvironmentStatus) -> bool:
    """Whether two statuses are certainly of one deployment; where an id is missing, the start date decides."""
    if one.last_deployment_id is not None and other.last_deployment_id is not None:
        return one.last_deployment_id == other.last_deployment_id
    return one.last_deployment_date is not None and one.last_deployment_date == other.last_deployment_date
