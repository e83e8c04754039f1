"""The status reads of a cancellation: when the next one is made, and what follows one that failed."""

from __future__ import annotations

import pytest

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.model import CancellationRequest, Knowledge
from qovery_provider._cancellation.reads import StatusReads
from qovery_provider._cancellation.schedule import SendAttempts
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import CancellationTimeoutError, ServerError
from tests.support.stories import status

SHOWN = status("target", "BUILDING")
OUTAGE = ServerError("reading the status", 503)


def reads(now: float, shown: EnvironmentStatus | None = SHOWN) -> tuple[StatusReads, Knowledge]:
    """Return the reads of a cancellation that began at 0 and has 100 seconds."""
    known = Knowledge(CancellationRequest("environment", timeout=100.0), started=0.0, now=now, status=shown)
    return StatusReads(known, lambda: 1.0), known


@pytest.mark.parametrize(
    ("shown", "is_awaited", "is_timeout"),
    [(SHOWN, False, True), (SHOWN, True, True), (None, True, True), (None, False, False)],
)
def test_an_outage_at_the_deadline_is_a_timeout_of_what_has_begun(
    shown: EnvironmentStatus | None, *, is_awaited: bool, is_timeout: bool
) -> None:
    """Only where nothing was read and nothing may have been sent is the outage itself the error."""
    end = reads(100.0, shown)[0].failed(OUTAGE, is_awaited=is_awaited, is_status=True)

    assert isinstance(end, actions.Fail)
    assert isinstance(end.error, CancellationTimeoutError if is_timeout else ServerError)


def test_a_read_that_works_leaves_no_error() -> None:
    """What failed before is no longer told."""
    search, known = reads(10.0)
    search.failed(OUTAGE, is_awaited=True, is_status=True)
    failed = known.read_error
    search.succeeded()

    assert (failed, known.read_error) == (OUTAGE, None)


def test_a_cancel_begins_the_count_of_slow_reads_anew() -> None:
    """A status whose answer took long is read again before each cancel that would be sent on it."""
    search, known = reads(10.0)
    attempts = SendAttempts(0.0, lambda: 1.0)
    search.took(6.0)
    first = search.send(attempts)
    search.took(1.0)
    second = search.send(attempts)
    search.took(6.0)

    assert (first, second) == (actions.ReadStatus(known.now), actions.SendCancel(known.now))
    assert search.is_old
