"""Adding force to a cancellation that was adopted."""

from __future__ import annotations

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.force import ForceEscalation
from qovery_provider._cancellation.model import CancellationRequest, Knowledge, Sent
from qovery_provider._cancellation.reads import StatusReads
from qovery_provider._cancellation.schedule import ATTEMPTS
from qovery_provider.errors import NotSentError, TransportError
from tests.support.stories import status

CANCELING = status("target", "CANCELING")
OUT_OF_DATE = NotSentError("canceling", "the status behind it was more than 2 s old")
REFUSED = TransportError("canceling", "refused", "", may_have_executed=False)


def test_a_forced_cancel_that_was_not_sent_leaves_every_attempt() -> None:
    """However often a status was out of date, force is tried five times."""
    request = CancellationRequest("environment", force_cancel=True)
    known = Knowledge(request, started=0.0, now=0.0, deployment_id="target", sent=Sent.ADOPTED, status=CANCELING)
    force = ForceEscalation(known, StatusReads(known, lambda: 0.0), lambda: 0.0)

    sent = []
    for error in [OUT_OF_DATE] * 2 * ATTEMPTS + [REFUSED] * 2 * ATTEMPTS:
        if isinstance(force.due(CANCELING), actions.SendCancel):
            sent.append(error)
            force.failed(error)

    assert sent == [OUT_OF_DATE] * 2 * ATTEMPTS + [REFUSED] * ATTEMPTS
