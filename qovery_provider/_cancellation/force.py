"""Adding force to a cancellation that is in progress and was adopted: one forced cancel of that target.

As pure as the machine.
"""

from __future__ import annotations

from collections.abc import Callable

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.model import Knowledge, Sent
from qovery_provider._cancellation.reads import StatusReads
from qovery_provider._cancellation.schedule import ATTEMPTS, SendAttempts
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._qovery.states import Phase
from qovery_provider.errors import CallError, NotSentError


class ForceEscalation:
    """Decides whether the forced cancel is sent.

    Args:
        known: The knowledge that the machine and its parts share.
        reads: Plans its status reads.
        random: Returns a number from 0 to below 1, for the delays before retries.
    """

    def __init__(self, known: Knowledge, reads: StatusReads, random: Callable[[], float]) -> None:
        self._known, self._reads = known, reads
        self._attempts = SendAttempts(known.now, random)
        self._has_ended = not known.request.force_cancel

    def due(self, status: EnvironmentStatus) -> actions.Action | None:
        """Return what to do for it on a status that shows the target, or None when there is nothing to do."""
        known = self._known
        if known.send_error is not None and not known.send_error.retryable and not self._attempts.made:
            return None  # a forced one was refused before this cancellation showed
        is_named = status.last_deployment_id is not None  # without an id, the forced one could hit another deployment
        if self._has_ended or known.sent is not Sent.ADOPTED or not is_named or status.phase is not Phase.CANCELING:
            return None
        if known.now >= known.deadline:
            return None
        return self._reads.send(self._attempts)

    def failed(self, error: CallError) -> actions.Action:
        """Return the next step after a failure; the cancellation goes on in any case, and is waited for."""
        known, attempts = self._known, self._attempts
        if isinstance(error, NotSentError):
            attempts.made -= 1
            return self._reads.keep_polling()
        known.send_error = error
        attempts.back_off(known.now)
        attempts.put_off(known.now + (error.retry_after or 0.0))
        is_last = attempts.made >= ATTEMPTS or attempts.earliest >= known.deadline
        self._has_ended = error.may_have_executed or not error.retryable or is_last
        return self._reads.keep_polling()
