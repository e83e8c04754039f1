"""How a cancellation ends: results, failures, and the state after a stopped update."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, get_args

import pytest

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.model import Outcome, Sent, Stage, Tolerance
from qovery_provider._cancellation.outcomes import ENDED_OTHERWISE, IDLE
from qovery_provider.errors import (
    CancellationInterruptedError,
    CancellationStoppedError,
    NotCanceledError,
    NothingToCancelError,
)
from tests.support.cancellations import (
    ACCEPTED,
    BUILDING,
    CANCELED,
    CANCELING,
    CONFLICT,
    DEPLOYED,
    LOST,
    machine,
    resumed,
    walk,
)
from tests.support.stories import FAILURES, status

# Stopping.

SILENT = "before anything was sent; the next `pulumi up` starts again by reading the status."
NOT_CANCELED = (
    "No running deployment was canceled; the next `pulumi up` reads the status, and cancels the deployment that "
    "is running by then."
)
HISTORY_NEEDED = events.StatusRead(status("d2", "BUILDING"))


@pytest.mark.parametrize(
    ("options", "observed", "stage", "sentence"),
    [
        pytest.param({}, [], Stage.FINDING_TARGET, SILENT, id="before the first read"),
        pytest.param({"deployment_id": "d1"}, [HISTORY_NEEDED], Stage.FINDING_TARGET, SILENT, id="reading the history"),
        pytest.param({"include_queued": True}, [BUILDING], Stage.DRAINING_QUEUE, SILENT, id="listing the queue"),
        pytest.param(
            {"include_queued": True},
            [BUILDING, events.QueueListed(["r1"]), events.QueuedCanceled("r1")],
            Stage.DRAINING_QUEUE,
            f"before a cancel was accepted. 1 queued request was canceled. {NOT_CANCELED}",
            id="queue drained",
        ),
        pytest.param(
            {"include_queued": True},
            [BUILDING, events.QueueListed(["r1"]), LOST],
            Stage.DRAINING_QUEUE,
            f"before a cancel was accepted. {NOT_CANCELED}",
            id="queued cancel unconfirmed",
        ),
        pytest.param({}, [BUILDING], Stage.CANCELING, SILENT, id="right before the cancel"),
        pytest.param(
            {}, [BUILDING, CONFLICT], Stage.CANCELING, f"before a cancel was accepted. {NOT_CANCELED}", id="rejected"
        ),
        pytest.param(
            {},
            [BUILDING, LOST],
            Stage.CONFIRMING,
            "while waiting for deployment d1 (last state BUILDING). "
            "The cancel may have been received; the next `pulumi up` sends it again only if the status "
            "shows no effect.",
            id="unconfirmed",
        ),
        pytest.param(
            {},
            [BUILDING, ACCEPTED, HISTORY_NEEDED],
            Stage.WAITING,
            "while waiting for deployment d1 (last state CANCELING). "
            "The cancel was accepted; the next `pulumi up` resumes without sending it again.",
            id="accepted",
        ),
        pytest.param(
            {},
            [CANCELING],
            Stage.WAITING,
            "while waiting for deployment d1 (last state CANCELING). "
            "A cancellation was already in progress; the next `pulumi up` continues to wait for it.",
            id="adopted",
        ),
        pytest.param(
            {"include_queued": True},
            [
                events.StatusRead(status(None, "BUILDING", {"last_deployment_date": "today"})),
                events.QueueListed(["r1"]),
                events.QueuedCanceled("r1"),
                events.StatusRead(status(None, "BUILDING", {"last_deployment_date": "today"})),
                events.Accepted(status(None, "CANCELING")),
            ],
            Stage.WAITING,
            "while waiting for the running deployment (last state CANCELING). 1 queued request was canceled. "
            "The cancel was accepted, but without a deployment id nothing can be resumed; "
            "the next `pulumi up` cancels the deployment that is running by then.",
            id="without an id",
        ),
    ],
)
def test_a_stop_ends_it_in_any_stage(
    options: dict[str, Any], observed: Sequence[events.Event], stage: Stage, sentence: str
) -> None:
    """The error says what was sent, and what the next update does about it."""
    cancellation = walk(machine(**options), *observed)
    assert cancellation.stage is stage
    sent, is_resumable = cancellation.known.sent, cancellation.known.is_resumable

    cancellation.observe(events.Stopped(), cancellation.known.now)

    assert isinstance(cancellation.action, actions.Fail)
    assert type(cancellation.action.error) is CancellationStoppedError
    assert str(cancellation.action.error) == f"environment env: the update was stopped {sentence}"
    assert (cancellation.stage, cancellation.known.sent, cancellation.known.is_resumable) == (
        Stage.FINISHED,
        sent,
        is_resumable,
    )


def test_a_stop_of_a_resumed_run_can_be_resumed_again() -> None:
    """The first run's cancel is not forgotten, even before this run has read anything."""
    cancellation = walk(resumed(Sent.ACCEPTED), events.Stopped())

    with pytest.raises(CancellationStoppedError, match="last state unknown"):
        cancellation.result()
    assert cancellation.known.is_resumable


# Results.


@pytest.mark.parametrize("observed", [[], [BUILDING], [BUILDING, ACCEPTED]])
def test_there_is_no_result_before_the_end(observed: Sequence[events.Event]) -> None:
    """Asking too early is a bug of the caller."""
    with pytest.raises(TypeError, match=r"^the cancellation is not over$"):
        walk(machine(), *observed).result()


def test_a_result_says_it_all() -> None:
    """The result holds what a resource reports."""
    cancellation = walk(
        machine(include_queued=True), BUILDING, events.QueueListed(["r2"]), events.QueuedCanceled("r2"), BUILDING
    )
    last = events.Accepted(status("d1", "CANCELED"))
    result = walk(cancellation, last).result()

    assert (
        result.outcome,
        result.deployment_id,
        result.deployment_state,
        result.canceled_request_ids,
    ) == ("canceled", "d1", "CANCELED", ("r2",))
    assert result.sentence == "deployment d1 and 1 queued request are canceled"


def test_a_failure_is_raised() -> None:
    """An end that was not asked for is an error, the same each time."""
    cancellation = walk(machine(on_idle="fail"), DEPLOYED)

    with pytest.raises(NothingToCancelError) as first:
        cancellation.result()
    with pytest.raises(NothingToCancelError) as second:
        cancellation.result()

    assert second.value is first.value


def test_an_interruption_names_its_cause() -> None:
    """The error of the call is the cause of the error of the cancellation."""
    cancellation = walk(machine(), BUILDING, ACCEPTED, events.CallFailed(FAILURES["401"]))

    with pytest.raises(CancellationInterruptedError) as caught:
        cancellation.result()

    assert caught.value.__cause__ is FAILURES["401"]


NEVER_TOLD: list[events.Event] = [events.StatusRead(status("d2", "BUILDING")), events.HistoryRead([])] * 10

ENDS: dict[str, tuple[dict[str, Any], list[events.Event]]] = {
    "canceled": ({}, [CANCELING, CANCELED]),
    "requested": ({"wait_until_canceled": False}, [CANCELING]),
    "nothing_to_cancel": ({}, [DEPLOYED]),
    "superseded": ({"deployment_id": "d1"}, [events.StatusRead(status("d2", "BUILDING")), events.HistoryRead([])]),
    "completed": ({}, [CANCELING, DEPLOYED]),
    "environment_gone": ({}, [CANCELING, events.CallFailed(FAILURES["404"]), events.CallFailed(FAILURES["404"])]),
    "unknown": ({}, [CANCELING, *NEVER_TOLD]),
}


@pytest.mark.parametrize(
    ("outcome", "on_idle", "on_completed"), list(product(ENDS, get_args(Tolerance), get_args(Tolerance)))
)
def test_options_decide_what_is_a_failure(outcome: Outcome, on_idle: Tolerance, on_completed: Tolerance) -> None:
    """`on_idle` speaks of what was not running, `on_completed` of what ended otherwise, and neither of the rest."""
    options, observed = ENDS[outcome]
    cancellation = machine(on_idle=on_idle, on_completed=on_completed, **options)
    for event in observed:
        if cancellation.stage is not Stage.FINISHED:
            walk(cancellation, event)

    if (outcome in IDLE and on_idle == "fail") or (outcome in ENDED_OTHERWISE and on_completed == "fail"):
        expected = NothingToCancelError if outcome in IDLE else NotCanceledError
        assert isinstance(cancellation.action, actions.Fail)
        assert type(cancellation.action.error) is expected
    else:
        assert cancellation.result().outcome == outcome


def test_each_outcome_is_reached() -> None:
    """The table above knows them all."""
    assert set(ENDS) == set(get_args(Outcome))
    assert {"nothing_to_cancel", "superseded"} == IDLE
    assert {"completed", "environment_gone", "unknown"} == ENDED_OTHERWISE
