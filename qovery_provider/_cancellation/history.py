"""The search for the target in the history, page by page: one entry carries all services with their commits.

As pure as the machine.
"""

from __future__ import annotations

from collections.abc import Sequence

from qovery_provider import errors
from qovery_provider._cancellation import actions, messages, outcomes
from qovery_provider._cancellation.model import Knowledge, Sent
from qovery_provider._cancellation.schedule import HISTORY_TIMEOUT
from qovery_provider._qovery.models import HISTORY_PAGES, DeploymentRecord
from qovery_provider._qovery.states import Phase, phase_of


class HistorySearch:
    """Finds out from the history how the target ended. A page that was needed once is read from then on.

    Args:
        known: The knowledge that the machine and its parts share.
    """

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self._page, self._last_page = 0, len(HISTORY_PAGES) - 1
        self._asked_at = known.now

    def read(self) -> actions.ReadHistory:
        """Return the next read, after a status that does not show the target."""
        self._asked_at = self._known.now
        return self._read_page()

    def _read_page(self) -> actions.ReadHistory:
        return actions.ReadHistory(self._known.now, HISTORY_PAGES[self._page])

    def find(self, records: Sequence[DeploymentRecord]) -> actions.End | actions.ReadHistory | None:
        """Return the end of the target, or a read of more, or None when the history does not say."""
        known = self._known
        record = next((record for record in records if record.id == known.deployment_id), None)
        if records and records[0] is not record and records[0].phase.is_canceled_or_canceling:
            known.followed_by_canceled = records[0].id, records[0].final_state
        if record and record.phase.is_over:
            known.deployment_state = record.final_state
            return outcomes.target_ended(known, record.phase)
        known.searched = 0 if record else HISTORY_PAGES[self._page]
        if known.searched and len(records) >= known.searched and self._page < self._last_page:
            self._page += 1
            return self._read_page()
        return None

    def narrow(self, error: errors.CallError) -> bool:
        """Never read a page again whose answer was too long; return whether a smaller one has been searched."""
        is_too_long = isinstance(error, errors.TransportError) and error.is_too_long
        if not is_too_long or self._page == 0:
            return False
        self._page = self._last_page = self._page - 1
        return True

    def identify(self, records: Sequence[DeploymentRecord]) -> None:
        """Take the target's id from the history: one deployment runs at a time, so the one being canceled is it."""
        self._known.deployment_id = next((one.id for one in records[:1] if one.phase is Phase.CANCELING), None)

    def wait(self, *, is_over: bool) -> actions.End | actions.ReadRequest | None:
        """Return what follows when the history has not said for too long how the target ended, None before that.

        Args:
            is_over: Whether the target is certainly over; else it may be the running deployment without an id.
        """
        known = self._known
        if known.unknown_since is None:
            known.unknown_since = known.now
        # Answers may be slow: it is over only by a status that was read when the time was up, not by one before that.
        if self._asked_at < known.unknown_since + HISTORY_TIMEOUT:
            return None
        if not is_over:
            return outcomes.failed(known, errors.UnexpectedStateError, messages.unknown_end(known))
        return actions.ReadRequest(known.now, known.request_id) if known.request_id else self.ended_as(None)

    def ended_as(self, state: str | None) -> actions.End:
        """Return the end by the state of the target's own request, None where that cannot be read: the last resort."""
        known = self._known
        if state is None or not (phase := phase_of(state)).is_over:
            is_superseded = known.request.deployment_id and known.sent is Sent.NOT_SENT
            return outcomes.done(known, "superseded" if is_superseded else "unknown")
        known.deployment_state = state
        return outcomes.target_ended(known, phase)
