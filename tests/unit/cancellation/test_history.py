"""The search of the history for the end of the target."""

from __future__ import annotations

import pytest

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.history import HistorySearch
from qovery_provider._cancellation.model import CancellationRequest, Knowledge, Sent
from qovery_provider._qovery.models import HISTORY_PAGES, DeploymentRecord

DEPLOYED, CANCELING = ("DEPLOYED", "SUCCESS"), ("CANCELING", "CANCELING")


def knowledge(pinned: str | None = None, sent: Sent = Sent.ACCEPTED) -> Knowledge:
    """Return the knowledge of a target, `target`, that the status no longer shows."""
    request = CancellationRequest("environment", deployment_id=pinned, on_completed="succeed")
    return Knowledge(request, started=0.0, now=10.0, deployment_id="target", sent=sent)


def test_the_largest_page_is_the_last() -> None:
    """The history is read page by page; a full largest page without the target does not show its end."""
    search = HistorySearch(known := knowledge())
    records = [DeploymentRecord(f"other-{number}", *DEPLOYED) for number in range(HISTORY_PAGES[-1])]
    found = [search.find(records[:size]) for size in HISTORY_PAGES]

    assert found == [actions.ReadHistory(10.0, 20), actions.ReadHistory(10.0, 100), None]
    assert known.searched == 100


def test_only_the_newest_deployment_gives_the_target_its_id() -> None:
    """An older deployment that still shows CANCELING is not the target of a cancel that was just accepted."""
    search = HistorySearch(known := knowledge())
    search.identify([DeploymentRecord("newest", *CANCELING), DeploymentRecord("older", *DEPLOYED)])
    first = known.deployment_id
    search.identify([DeploymentRecord("newest", *DEPLOYED), DeploymentRecord("older", *CANCELING)])

    assert (first, known.deployment_id) == ("newest", None)


def test_a_search_is_given_up_by_a_read_that_was_made_when_its_time_was_up() -> None:
    """The history may lag for half a minute from the first doubt on; the answer to an older read does not count."""
    search = HistorySearch(known := knowledge())
    early = [search.wait(is_over=True)]
    search.read()
    known.now = 40.0
    early.append(search.wait(is_over=True))
    search.read()

    assert early == [None, None]
    assert isinstance(search.wait(is_over=True), actions.Done)


@pytest.mark.parametrize("state", [None, "BUILDING", "QUEUED"])
@pytest.mark.parametrize(
    ("pinned", "sent", "outcome"),
    [
        ("target", Sent.NOT_SENT, "superseded"),
        ("target", Sent.ACCEPTED, "unknown"),
        (None, Sent.NOT_SENT, "unknown"),
        (None, Sent.ACCEPTED, "unknown"),
    ],
)
def test_without_a_word_about_its_end_the_outcome_says_so(
    pinned: str | None, sent: Sent, outcome: str, state: str | None
) -> None:
    """A pinned target without a cancel is superseded; the end of any other is not known."""
    end = HistorySearch(knowledge(pinned, sent)).ended_as(state)

    assert isinstance(end, actions.Done)
    assert end.result.outcome == outcome


def test_the_request_tells_the_end_as_a_last_resort() -> None:
    """The state of the target's own deployment request is believed."""
    end = HistorySearch(knowledge()).ended_as("CANCELED")

    assert isinstance(end, actions.Done)
    assert (end.result.outcome, end.result.deployment_state) == ("canceled", "CANCELED")
