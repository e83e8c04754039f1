"""The machine, walked by hand: what the stories in `tests/stories` do not tell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, get_args

import pytest

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Outcome, Sent, Stage, Tolerance
from qovery_provider._cancellation.outcomes import ENDED_OTHERWISE, IDLE
from qovery_provider._cancellation.schedule import ATTEMPTS
from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus
from qovery_provider.errors import (
    CancellationInterruptedError,
    CancellationStoppedError,
    CancellationTimeoutError,
    ConflictError,
    NotCanceledError,
    NothingToCancelError,
    RateLimitError,
    ServerError,
    TransportError,
)
from tests.support.stories import FAILURES, status

BUILDING, CANCELING, CANCELED, DEPLOYED = (
    events.StatusRead(status("d1", state)) for state in ("BUILDING", "CANCELING", "CANCELED", "DEPLOYED")
)
ACCEPTED = events.Accepted(status("d1", "CANCELING"))
LOST = events.CallFailed(FAILURES["no answer"])
REFUSED = events.CallFailed(FAILURES["no connection"])
CONFLICT = events.CallFailed(FAILURES["409"])


def machine(now: float = 0.0, random: float = 1.0, **options: Any) -> Cancellation:  # noqa: ANN401 - any option
    return Cancellation(CancellationRequest("env", **options), now, lambda: random)


def walk(one: Cancellation, *observed: events.Event) -> Cancellation:
    """Answer each verdict at the time that it asks for."""
    for event in observed:
        assert not isinstance(one.action, actions.Done | actions.Fail)
        one.observe(event, one.action.at)
    return one


def at(one: Cancellation) -> float:
    """Return for when the next step is planned."""
    assert not isinstance(one.action, actions.Done | actions.Fail)
    return round(one.action.at, 3)


def sends(one: Cancellation, event: events.Event, seen: events.StatusRead = BUILDING, most: int = 200) -> list[float]:
    """Return when the machine sends, if every cancel ends in this event and every look shows the same."""
    times = []
    for _ in range(most):
        if isinstance(one.action, actions.Done | actions.Fail):
            break
        if isinstance(one.action, actions.SendCancel):
            times.append(at(one))
        walk(one, event if isinstance(one.action, actions.SendCancel) else seen)
    return times


# The beginning.


def test_it_begins_with_a_look() -> None:
    """The first verdict is a look, now."""
    one = machine(now=7.0)

    assert one.action == actions.ReadStatus(7.0)
    assert (one.known.started, one.known.now, one.known.sent) == (7.0, 7.0, Sent.NOT_SENT)


@pytest.mark.parametrize(("given", "known"), [(None, None), ("", None), ("d1", "d1")])
def test_a_pinned_target_is_known_from_the_beginning(given: str | None, known: str | None) -> None:
    """The id that was given is the target; an empty one is none."""
    assert machine(deployment_id=given).known.deployment_id == known


def test_the_first_look_fixes_the_target() -> None:
    """What runs then is meant, and its state is known."""
    one = walk(machine(), BUILDING)

    assert (one.known.deployment_id, one.known.deployment_state) == ("d1", "BUILDING")
    assert one.known.status is BUILDING.status


def test_what_was_observed_last_is_when_it_is() -> None:
    """The machine has no clock: it knows the time that it was told."""
    one = machine()
    one.observe(BUILDING, 4.5)

    assert one.known.now == 4.5
    assert one.action == actions.SendCancel(4.5)


# Resuming.


def resumed(sent: Sent, **options: Any) -> Cancellation:  # noqa: ANN401 - any option
    return Cancellation(CancellationRequest("env", "d1", **options), 0.0, lambda: 1.0, sent)


@pytest.mark.parametrize("sent", [Sent.ACCEPTED, Sent.ADOPTED])
def test_a_resumed_cancellation_is_not_sent_again(sent: Sent) -> None:
    """What an earlier run brought under way is waited for, even if nothing of it shows any more."""
    one = resumed(sent, timeout=60.0)

    assert sends(one, LOST) == []
    assert one.known.sent is sent


@pytest.mark.parametrize("wait_until_canceled", [True, False])
def test_nothing_is_sent_for_a_target_that_ended_too_early(*, wait_until_canceled: bool) -> None:
    """A late status that still shows it running is not believed: by now, a cancel would hit another deployment."""
    one = walk(resumed(Sent.TOO_LATE, wait_until_canceled=wait_until_canceled, on_completed="succeed"), BUILDING)

    assert one.action == actions.ReadStatus(0.75)
    assert walk(one, DEPLOYED).result().outcome == "completed"


def test_a_resumed_doubt_is_looked_after() -> None:
    """When nothing shows of a cancel whose answer an earlier run lost, it is sent again."""
    assert sends(resumed(Sent.UNCONFIRMED), ACCEPTED) == [0.0]
    assert walk(resumed(Sent.UNCONFIRMED), CANCELING).known.sent is Sent.ACCEPTED


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (Sent.UNCONFIRMED, ", though a cancel may have been received"),
        (Sent.ACCEPTED, ", although the cancel was accepted"),
        (Sent.ADOPTED, ", although a cancel was under way"),
    ],
)
def test_a_resumed_cancellation_knows_what_was_sent(sent: Sent, words: str) -> None:
    """An end by itself is told as what it is, not as something that was idle."""
    one = walk(resumed(sent, on_completed="succeed"), DEPLOYED)

    assert one.result().outcome == "completed"
    assert one.result().sentence == f"deployment d1 ended by itself (DEPLOYED){words}"


def test_a_resumed_target_is_fixed() -> None:
    """Another deployment that runs by now is left alone, and the history is asked until it tells."""
    one = walk(resumed(Sent.ACCEPTED), events.StatusRead(status("d2", "BUILDING")), events.HistoryRead([]))

    assert one.action == actions.ReadStatus(0.75)

    walk(one, events.StatusRead(status("d2", "BUILDING")), events.HistoryRead([DeploymentRecord("d1", "CANCELED")]))

    assert (one.result().outcome, one.result().deployment_id) == ("canceled", "d1")


def test_a_resumed_cancellation_leaves_the_queue_alone() -> None:
    """It was emptied before anything was sent; what waits by now is something new."""
    assert walk(resumed(Sent.ACCEPTED, include_queued=True), CANCELING).action == actions.ReadStatus(0.75)


# Stages.

RUNS_WITHOUT_ID = events.StatusRead(status(None, "BUILDING"))


def stages(one: Cancellation, *observed: events.Event) -> list[Stage]:
    """Return the stage at the beginning and after each event."""
    return [one.stage, *(walk(one, event).stage for event in observed)]


@pytest.mark.parametrize(
    ("options", "observed", "expected"),
    [
        pytest.param(
            {},
            [BUILDING, ACCEPTED, CANCELED],
            [Stage.FINDING_TARGET, Stage.CANCELING, Stage.WAITING, Stage.FINISHED],
            id="canceled",
        ),
        pytest.param(
            {},
            [BUILDING, LOST, BUILDING, CANCELING, DEPLOYED],
            [
                Stage.FINDING_TARGET,
                Stage.CANCELING,
                Stage.CONFIRMING,
                Stage.CONFIRMING,
                Stage.WAITING,
                Stage.FINISHED,
            ],
            id="unconfirmed",
        ),
        pytest.param({}, [CANCELING], [Stage.FINDING_TARGET, Stage.WAITING], id="adopted"),
        pytest.param({}, [DEPLOYED], [Stage.FINDING_TARGET, Stage.FINISHED], id="idle"),
        pytest.param(
            {"include_queued": True},
            [BUILDING, events.QueueListed(["r1"]), events.QueuedCanceled("r1"), BUILDING],
            [
                Stage.FINDING_TARGET,
                Stage.DRAINING_QUEUE,
                Stage.DRAINING_QUEUE,
                Stage.DRAINING_QUEUE,
                Stage.CANCELING,
            ],
            id="queue",
        ),
        pytest.param(
            {},
            [events.StatusRead(RUNS_WITHOUT_ID.status, 6.0), RUNS_WITHOUT_ID],
            [Stage.FINDING_TARGET, Stage.FINDING_TARGET, Stage.CANCELING],
            id="slow read without an id",
        ),
        pytest.param(
            {"deployment_id": "d1"},
            [events.StatusRead(status("d2", "BUILDING")), events.HistoryRead([])],
            [Stage.FINDING_TARGET, Stage.FINDING_TARGET, Stage.FINISHED],
            id="superseded",
        ),
    ],
)
def test_a_cancellation_goes_through_its_stages(
    options: dict[str, Any], observed: Sequence[events.Event], expected: list[Stage]
) -> None:
    """Each event leads to the stage that the theory of operation names."""
    assert stages(machine(**options), *observed) == expected


@pytest.mark.parametrize(
    ("sent", "stage"),
    [
        (Sent.NOT_SENT, Stage.FINDING_TARGET),
        (Sent.UNCONFIRMED, Stage.CONFIRMING),
        (Sent.ACCEPTED, Stage.WAITING),
        (Sent.ADOPTED, Stage.WAITING),
        (Sent.TOO_LATE, Stage.WAITING),
    ],
)
def test_a_resumed_cancellation_begins_in_a_later_stage(sent: Sent, stage: Stage) -> None:
    """It goes on where the run before it stopped."""
    assert resumed(sent).stage is stage


# Stopping.

SILENT = "before anything was sent; the next `pulumi up` starts from the beginning."
NOT_CANCELED = "The running deployment was not canceled; `pulumi up` again looks, and cancels what runs then."
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
            "The cancel may have been received; `pulumi up` again looks before it sends.",
            id="unconfirmed",
        ),
        pytest.param(
            {},
            [BUILDING, ACCEPTED, HISTORY_NEEDED],
            Stage.WAITING,
            "while waiting for deployment d1 (last state CANCELING). "
            "The cancel was accepted; `pulumi up` again resumes without sending again.",
            id="accepted",
        ),
        pytest.param(
            {},
            [CANCELING],
            Stage.WAITING,
            "while waiting for deployment d1 (last state CANCELING). "
            "A cancel was under way already; `pulumi up` again goes on waiting for it.",
            id="adopted",
        ),
        pytest.param(
            {"include_queued": True},
            [
                RUNS_WITHOUT_ID,
                events.QueueListed(["r1"]),
                events.QueuedCanceled("r1"),
                RUNS_WITHOUT_ID,
                events.Accepted(status(None, "CANCELING")),
            ],
            Stage.WAITING,
            "while waiting for the running deployment (last state CANCELING). 1 queued request was canceled. "
            "The cancel was accepted, but the deployment has no id to resume by; "
            "the next `pulumi up` starts from the beginning.",
            id="without an id",
        ),
    ],
)
def test_a_stop_ends_it_in_any_stage(
    options: dict[str, Any], observed: Sequence[events.Event], stage: Stage, sentence: str
) -> None:
    """The error says what was sent, and what the next update does about it."""
    one = walk(machine(**options), *observed)
    assert one.stage is stage
    sent, is_resumable = one.known.sent, one.known.is_resumable

    one.observe(events.Stopped(), one.known.now)

    assert isinstance(one.action, actions.Fail)
    assert type(one.action.error) is CancellationStoppedError
    assert str(one.action.error) == f"environment env: the update was stopped {sentence}"
    assert (one.stage, one.known.sent, one.known.is_resumable) == (Stage.FINISHED, sent, is_resumable)


def test_a_stop_of_a_resumed_run_can_be_resumed_again() -> None:
    """What the first run has sent is not forgotten, even before this run has read anything."""
    one = walk(resumed(Sent.ACCEPTED), events.Stopped())

    with pytest.raises(CancellationStoppedError, match="last state unknown"):
        one.result()
    assert one.known.is_resumable


# Results.


@pytest.mark.parametrize("observed", [[], [BUILDING], [BUILDING, ACCEPTED]])
def test_there_is_no_result_before_the_end(observed: Sequence[events.Event]) -> None:
    """Asking too early is a bug of the caller."""
    with pytest.raises(TypeError, match=r"^the cancellation is not over$"):
        walk(machine(), *observed).result()


def test_a_result_says_it_all() -> None:
    """The result holds what a resource reports."""
    one = walk(
        machine(include_queued=True), BUILDING, events.QueueListed(["r2"]), events.QueuedCanceled("r2"), BUILDING
    )
    last = events.Accepted(status("d1", "CANCELED"))
    result = walk(one, last).result()

    assert (
        result.outcome,
        result.deployment_id,
        result.deployment_state,
        result.canceled_request_ids,
    ) == ("canceled", "d1", "CANCELED", ("r2",))
    assert result.sentence == "deployment d1 and 1 queued request are canceled"


def test_a_failure_is_raised() -> None:
    """An end that was not asked for is an error, the same each time."""
    one = walk(machine(on_idle="fail"), DEPLOYED)

    with pytest.raises(NothingToCancelError) as first:
        one.result()
    with pytest.raises(NothingToCancelError) as second:
        one.result()

    assert second.value is first.value


def test_an_interruption_names_its_cause() -> None:
    """The error of the call is the cause of the error of the cancellation."""
    one = walk(machine(), BUILDING, ACCEPTED, events.CallFailed(FAILURES["401"]))

    with pytest.raises(CancellationInterruptedError) as caught:
        one.result()

    assert caught.value.__cause__ is FAILURES["401"]


ENDS: dict[str, tuple[dict[str, Any], list[events.Event]]] = {
    "canceled": ({}, [CANCELING, CANCELED]),
    "requested": ({"wait_until_canceled": False}, [CANCELING]),
    "nothing_to_cancel": ({}, [DEPLOYED]),
    "superseded": ({"deployment_id": "d1"}, [events.StatusRead(status("d2", "BUILDING")), events.HistoryRead([])]),
    "completed": ({}, [CANCELING, DEPLOYED]),
    "environment_gone": ({}, [CANCELING, events.CallFailed(FAILURES["404"]), events.CallFailed(FAILURES["404"])]),
}


@pytest.mark.parametrize(
    ("outcome", "on_idle", "on_completed"), list(product(ENDS, get_args(Tolerance), get_args(Tolerance)))
)
def test_options_decide_what_is_a_failure(outcome: Outcome, on_idle: Tolerance, on_completed: Tolerance) -> None:
    """`on_idle` speaks of what was not running, `on_completed` of what ended otherwise, and neither of the rest."""
    options, observed = ENDS[outcome]
    one = walk(machine(on_idle=on_idle, on_completed=on_completed, **options), *observed)

    if (outcome in IDLE and on_idle == "fail") or (outcome in ENDED_OTHERWISE and on_completed == "fail"):
        expected = NothingToCancelError if outcome in IDLE else NotCanceledError
        assert isinstance(one.action, actions.Fail)
        assert type(one.action.error) is expected
    else:
        assert one.result().outcome == outcome


def test_each_outcome_is_reached() -> None:
    """The table above knows them all."""
    assert set(ENDS) == set(get_args(Outcome))
    assert {"nothing_to_cancel", "superseded"} == IDLE
    assert {"completed", "environment_gone"} == ENDED_OTHERWISE


# PollSchedule.


def test_looks_after_the_cancel_grow_to_fifteen_seconds() -> None:
    """0.75 s after the cancel, then each time after 1.65 times as long, at most 15 s apart."""
    one = walk(machine(timeout=90.0), BUILDING, ACCEPTED)
    times = []
    while isinstance(one.action, actions.ReadStatus):
        times.append(at(one))
        walk(one, CANCELING)

    assert times == [0.75, 1.237, 2.042, 3.369, 5.559, 9.172, 15.134, 24.972, 39.972, 54.972, 69.972, 84.972, 90.0]
    assert isinstance(one.action, actions.Fail)
    assert isinstance(one.action.error, CancellationTimeoutError)


def test_looks_begin_anew_with_the_cancel() -> None:
    """Long pauses from before the cancel do not delay the looks after it."""
    one = walk(machine(), BUILDING, CONFLICT, *[BUILDING] * 7, ACCEPTED)

    assert one.action == actions.ReadStatus(5.75)


def test_an_early_look_counts() -> None:
    """A look that somebody else's need brought forward is used, and the next one is planned from it."""
    one = walk(machine(), BUILDING, ACCEPTED, CANCELING, CANCELING)
    assert at(one) == 2.042

    one.observe(CANCELING, 1.4)

    assert at(one) == 2.31

    one.observe(CANCELED, 1.5)

    assert one.result().outcome == "canceled"


def test_an_early_look_does_not_shorten_the_grace() -> None:
    """After a lost answer, looks may come as often as they like: it is not sent again before its time."""
    one = walk(machine(), BUILDING, LOST)
    for now in (0.1, 0.2, 0.3, 4.9, 4.99):
        one.observe(BUILDING, now)
        assert isinstance(one.action, actions.ReadStatus)
        assert 4.99 < one.action.at <= 5.0 or now < 4.9

    one.observe(BUILDING, 5.0)

    assert one.action == actions.SendCancel(5.0)


def test_the_last_look_is_at_the_deadline() -> None:
    """A pause that would end later ends there."""
    one = walk(machine(now=100.0, timeout=1.0), CANCELING, CANCELING)

    assert one.action == actions.ReadStatus(101.0)


def test_after_the_deadline_nothing_is_sent() -> None:
    """A look that comes too late to send on is the last."""
    one = machine(timeout=10.0)
    one.observe(BUILDING, 10.0)

    assert isinstance(one.action, actions.Fail)
    assert isinstance(one.action.error, CancellationTimeoutError)


def test_right_before_the_deadline_it_is_sent() -> None:
    """As long as there is time, there is hope."""
    one = machine(timeout=10.0)
    one.observe(BUILDING, 9.999)

    assert one.action == actions.SendCancel(9.999)


@pytest.mark.parametrize(("took", "action"), [(5.0, actions.SendCancel(7.0)), (5.1, actions.ReadStatus(7.0))])
def test_nothing_is_sent_on_a_slow_look(took: float, action: actions.SendCancel | actions.ReadStatus) -> None:
    """It shows what ran a while ago: another look is made first, if its answer took more than five seconds."""
    one = machine()
    one.observe(events.StatusRead(BUILDING.status, took), 7.0)

    assert one.action == action


# Sending again.


def test_a_lost_answer_gets_doubling_patience() -> None:
    """5, 10, 20 and 40 s after each lost answer, then no more; the wait goes on until the deadline."""
    one = machine(timeout=600.0)

    assert sends(one, LOST) == [0.0, 5.0, 15.0, 35.0, 75.0]
    assert isinstance(one.action, actions.Fail)
    assert isinstance(one.action.error, CancellationTimeoutError)
    assert one.known.now == 600.0


def test_a_conflict_gets_doubling_patience() -> None:
    """The same for 409, but after the last one its error is the end: nothing was accepted."""
    one = machine(timeout=600.0)

    assert sends(one, CONFLICT) == [0.0, 5.0, 15.0, 35.0, 75.0]
    assert isinstance(one.action, actions.Fail)
    assert one.action.error is FAILURES["409"]
    assert one.known.now == 75.0


def test_what_was_not_executed_is_sent_again_soon() -> None:
    """With pauses as for any call, drawn by chance, and five attempts in all."""
    assert sends(machine(), REFUSED) == [0.0, 0.5, 1.5, 3.5, 7.5]
    assert sends(machine(random=0.5), REFUSED) == [0.0, 0.25, 0.75, 1.75, 3.75]
    assert ATTEMPTS == 5


@pytest.mark.parametrize(("retry_after", "again"), [(None, 0.5), (0.2, 0.5), (30.0, 30.0), (60.0, 60.0), (60.1, None)])
def test_the_servers_delay_is_obeyed(retry_after: float | None, again: float | None) -> None:
    """A 429 is sent again when the server allows it, or not at all if that is after the deadline."""
    limited = RateLimitError("canceling", 429, retry_after=retry_after)
    one = walk(machine(timeout=60.0), BUILDING, events.CallFailed(limited))

    assert one.action == (actions.Fail(limited) if again is None else actions.ReadStatus(again))


@pytest.mark.parametrize(
    ("retry_after", "again"), [(None, [5.0]), (2.0, [5.0]), (30.0, [30.0]), (60.0, []), (60.1, [5.0])]
)
def test_in_doubt_a_delay_that_ends_in_time_is_obeyed(retry_after: float | None, again: list[float]) -> None:
    """One that ends after the deadline is no reason to give up: looks go on, and then the grace period is enough."""
    one = walk(
        machine(timeout=60.0), BUILDING, events.CallFailed(ServerError("canceling", 503, retry_after=retry_after))
    )

    assert sends(one, ACCEPTED) == again


def test_an_early_look_does_not_shorten_the_servers_delay() -> None:
    """A look that comes before the reset sends nothing, and the next is planned for the reset at the latest."""
    one = walk(machine(timeout=60.0), BUILDING, events.CallFailed(RateLimitError("canceling", 429, retry_after=1.0)))
    one.observe(BUILDING, 0.8)

    assert one.action == actions.ReadStatus(1.0)
    assert [actions.SendCancel(1.0)] == [walk(one, BUILDING).action]


def test_every_attempt_counts() -> None:
    """Lost, refused and conflicting attempts are counted together."""
    one = walk(machine(timeout=600.0), BUILDING, LOST)
    times = sends(one, REFUSED)

    assert times == [5.0, 5.5, 6.5, 8.5]
    assert isinstance(one.action, actions.Fail)
    assert isinstance(one.action.error, CancellationTimeoutError)


@pytest.mark.parametrize("event", [LOST, REFUSED, CONFLICT])
def test_without_an_id_it_is_sent_once(event: events.Event) -> None:
    """Nobody can tell whether what runs now is what ran then."""
    assert sends(machine(timeout=600.0), event, events.StatusRead(status(None, "BUILDING"))) == [0.0]


@pytest.mark.parametrize("event", [ACCEPTED, events.Accepted(status(None, "BUILDING"))])
def test_what_was_accepted_is_never_sent_again(event: events.Event) -> None:
    """However long the state shows nothing of it."""
    assert sends(machine(timeout=7200.0), event) == [0.0]


def test_a_lost_answer_that_shows_counts_as_accepted() -> None:
    """When the target is being canceled, the cancel was received: a later look that denies it changes nothing."""
    one = walk(machine(timeout=60.0), BUILDING, LOST, CANCELING)

    assert one.known.sent is Sent.ACCEPTED
    assert sends(one, LOST) == []


def test_a_joined_cancellation_stays_joined() -> None:
    """What somebody else began is not claimed as accepted, and nothing is sent even if it stops to show."""
    one = walk(machine(timeout=60.0), CANCELING)

    assert one.known.sent is Sent.ADOPTED
    assert sends(one, LOST) == []
    assert one.known.sent is Sent.ADOPTED


def test_an_accepted_cancel_stays_accepted() -> None:
    """PollSchedule at what was accepted do not turn it into something joined."""
    assert walk(machine(), BUILDING, ACCEPTED, CANCELING).known.sent is Sent.ACCEPTED


# Words and steps.


def test_verdicts_are_steps_at_times() -> None:
    """Each step has its own verdict, all of them for now."""
    one = machine(include_queued=True)
    observed = (BUILDING, events.QueueListed(["r2"]), events.QueuedCanceled("r2"), BUILDING, ACCEPTED)
    asked_for = [one.action, *(walk(one, event).action for event in observed)]
    other = walk(machine(deployment_id="d9"), BUILDING)

    assert asked_for == [
        actions.ReadStatus(0.0),
        actions.ListQueue(0.0),
        actions.CancelQueued(0.0, "r2"),
        actions.ReadStatus(0.0),
        actions.SendCancel(0.0),
        actions.ReadStatus(0.75),
    ]
    assert other.action == actions.ReadHistory(0.0)


def test_the_last_state_is_kept_word_for_word() -> None:
    """A state that nobody knows is what it is."""
    strange = EnvironmentStatus("env", "FINE", "REHEARSING ★", last_deployment_id="d1")

    assert walk(machine(), events.StatusRead(strange)).known.deployment_state == "REHEARSING ★"


@pytest.mark.parametrize(("later", "is_over"), [(29.9, False), (30.0, True)])
def test_the_history_gets_half_a_minute(later: float, *, is_over: bool) -> None:
    """It may be late; but whoever waits for it to tell how the target ended does not wait for ever."""
    one = walk(
        machine(), BUILDING, ACCEPTED, events.StatusRead(status("d2", "BUILDING")), untold := events.HistoryRead([])
    )
    since = one.known.now
    one.observe(events.StatusRead(status("d2", "BUILDING")), since + later)
    one.observe(untold, since + later)

    assert isinstance(one.action, actions.Fail) is is_over


@pytest.mark.parametrize(
    ("sent", "observed"),
    [
        pytest.param(Sent.ACCEPTED, [], id="resumed"),
        pytest.param(Sent.NOT_SENT, [BUILDING, events.QueueListed([])], id="queue emptied"),
    ],
)
def test_an_absence_is_believed_the_second_time(sent: Sent, observed: Sequence[events.Event]) -> None:
    """Wherever there was an environment, one look without it does not mean that it is gone."""
    one = walk(
        resumed(sent, include_queued=True, on_completed="succeed"),
        *observed,
        missing := events.CallFailed(FAILURES["404"]),
    )

    assert isinstance(one.action, actions.ReadStatus)
    assert walk(one, missing).result().outcome == "environment_gone"


def test_a_second_absence_has_to_follow_the_first() -> None:
    """A look that shows the environment in between starts the count anew."""
    gone = events.CallFailed(FAILURES["404"])
    one = walk(machine(timeout=600.0), CANCELING, gone, CANCELING, gone)

    assert isinstance(one.action, actions.ReadStatus)

    walk(one, gone)

    assert isinstance(one.action, actions.Fail)
    assert isinstance(one.action.error, NotCanceledError)


@pytest.mark.parametrize(
    "error",
    [
        ServerError("canceling", 503),
        TransportError("canceling", "reset", "", may_have_executed=True, retryable=False),
    ],
)
def test_doubt_does_not_ask_whether_to_try_again(error: ServerError | TransportError) -> None:
    """What may have been executed is looked after, whatever the call itself would do."""
    one = walk(machine(), BUILDING, events.CallFailed(error))

    assert one.known.sent is Sent.UNCONFIRMED
    assert one.action == actions.ReadStatus(0.75)


def test_a_conflict_is_looked_at_at_once() -> None:
    """409 has two meanings; only a look can tell which."""
    one = walk(machine(), BUILDING, events.CallFailed(ConflictError("canceling", 409)))

    assert one.action == actions.ReadStatus(0.0)
    assert one.known.sent is Sent.NOT_SENT
