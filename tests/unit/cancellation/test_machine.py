"""The machine, walked by hand: the cases that the stories in `tests/stories` do not cover."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import Sent, Stage
from qovery_provider._cancellation.schedule import ATTEMPTS, HISTORY_PAUSE
from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus
from qovery_provider.errors import (
    CancellationTimeoutError,
    ConflictError,
    NotCanceledError,
    NotSentError,
    RateLimitError,
    ServerError,
    TransportError,
)
from tests.support.cancellations import (
    ACCEPTED,
    BUILDING,
    CANCELED,
    CANCELING,
    CONFLICT,
    DEPLOYED,
    LOST,
    REFUSED,
    RUNS_WITHOUT_ID,
    machine,
    poll_times,
    resumed,
    walk,
)
from tests.support.stories import FAILURES, status


def at(cancellation: Cancellation) -> float:
    """Return for when the next step is planned."""
    assert not isinstance(cancellation.action, actions.Done | actions.Fail)
    return round(cancellation.action.at, 3)


def sends(
    cancellation: Cancellation, event: events.Event, seen: events.StatusRead = BUILDING, most: int = 200
) -> list[float]:
    """Return when the machine sends, if every cancel ends in this event and every status read shows the same."""
    times = []
    for _ in range(most):
        if isinstance(cancellation.action, actions.Done | actions.Fail):
            break
        if isinstance(cancellation.action, actions.SendCancel):
            times.append(at(cancellation))
        walk(cancellation, event if isinstance(cancellation.action, actions.SendCancel) else seen)
    return times


# The beginning.


def test_it_begins_with_a_status_read() -> None:
    """The first action is a status read, now."""
    cancellation = machine(now=7.0)

    assert cancellation.action == actions.ReadStatus(7.0)
    assert (cancellation.known.started, cancellation.known.now, cancellation.known.sent) == (7.0, 7.0, Sent.NOT_SENT)


@pytest.mark.parametrize(("given", "known"), [(None, None), ("", None), ("d1", "d1")])
def test_a_pinned_target_is_known_from_the_beginning(given: str | None, known: str | None) -> None:
    """The id that was given is the target; an empty one is none."""
    assert machine(deployment_id=given).known.deployment_id == known


def test_the_first_status_read_fixes_the_target() -> None:
    """The deployment that runs then is the target, and its state is known."""
    cancellation = walk(machine(), BUILDING)

    assert (cancellation.known.deployment_id, cancellation.known.deployment_state) == ("d1", "BUILDING")
    assert cancellation.known.status is BUILDING.status


def test_the_last_event_tells_the_time() -> None:
    """The machine has no clock: it knows the time of its last event."""
    cancellation = machine()
    cancellation.observe(BUILDING, 4.5)

    assert cancellation.known.now == 4.5
    assert cancellation.action == actions.SendCancel(4.5)


# Resuming.


@pytest.mark.parametrize("sent", [Sent.ACCEPTED, Sent.ADOPTED])
def test_a_resumed_cancellation_is_not_sent_again(sent: Sent) -> None:
    """A cancellation that an earlier run sent or adopted is waited for, even if it shows no effect any more."""
    cancellation = resumed(sent, timeout=60.0)

    assert sends(cancellation, LOST) == []
    assert cancellation.known.sent is sent


@pytest.mark.parametrize(
    ("sent", "sends_force"), [(Sent.ADOPTED, True), (Sent.ACCEPTED, False), (Sent.TOO_LATE, False)]
)
def test_a_resumed_cancellation_is_forced_unless_it_was(sent: Sent, *, sends_force: bool) -> None:
    """A cancel that an earlier run sent itself carried the flag; an adopted one may not."""
    cancellation = walk(resumed(sent, force_cancel=True), CANCELING)

    assert isinstance(cancellation.action, actions.SendCancel) is sends_force


@pytest.mark.parametrize("wait_until_canceled", [True, False])
def test_nothing_is_sent_for_a_target_that_ended_too_early(*, wait_until_canceled: bool) -> None:
    """A late status that still shows it running is not believed: by now, a cancel would hit another deployment."""
    cancellation = walk(
        resumed(Sent.TOO_LATE, wait_until_canceled=wait_until_canceled, on_completed="succeed"), BUILDING
    )

    assert cancellation.action == actions.ReadStatus(0.75)
    assert walk(cancellation, DEPLOYED).result().outcome == "completed"


def test_a_resumed_unconfirmed_cancel_is_checked() -> None:
    """If a cancel whose answer an earlier run lost shows no effect, it is sent again; that run may just have ended."""
    assert sends(resumed(Sent.UNCONFIRMED), ACCEPTED) == [5.0]
    assert walk(resumed(Sent.UNCONFIRMED), CANCELING).known.sent is Sent.ACCEPTED


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (Sent.UNCONFIRMED, ", though a cancel may have been received"),
        (Sent.ACCEPTED, ", although the cancel was accepted"),
        (Sent.ADOPTED, ", although a cancellation was in progress"),
    ],
)
def test_a_resumed_cancellation_knows_what_was_sent(sent: Sent, words: str) -> None:
    """A target that finished on its own is not reported as idle."""
    cancellation = walk(resumed(sent, on_completed="succeed"), DEPLOYED)

    assert cancellation.result().outcome == "completed"
    assert cancellation.result().sentence == f"deployment d1 finished on its own (DEPLOYED){words}"


def test_a_resumed_target_is_fixed() -> None:
    """Another deployment that runs by now is left alone, and the history is read until it shows the end."""
    cancellation = walk(resumed(Sent.ACCEPTED), events.StatusRead(status("d2", "BUILDING")), events.HistoryRead([]))

    assert cancellation.action == actions.ReadStatus(0.75)

    walk(
        cancellation,
        events.StatusRead(status("d2", "BUILDING")),
        events.HistoryRead([DeploymentRecord("d1", "CANCELED")]),
    )

    assert (cancellation.result().outcome, cancellation.result().deployment_id) == ("canceled", "d1")


def test_a_resumed_cancellation_leaves_the_queue_alone() -> None:
    """It was emptied before anything was sent; requests that wait by now are new."""
    assert walk(resumed(Sent.ACCEPTED, include_queued=True), CANCELING).action == actions.ReadStatus(0.75)


# Stages.


def stages(cancellation: Cancellation, *observed: events.Event) -> list[Stage]:
    """Return the stage at the beginning and after each event."""
    return [cancellation.stage, *(walk(cancellation, event).stage for event in observed)]


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


# Polls.


def test_the_polls_of_a_wait_follow_the_schedule() -> None:
    """They follow the schedule from the accepted cancel on, and the last one is made at the deadline."""
    cancellation = walk(machine(timeout=90.0), BUILDING, ACCEPTED)
    times = []
    while isinstance(cancellation.action, actions.ReadStatus):
        times.append(at(cancellation))
        walk(cancellation, CANCELING)

    assert times == [*(round(poll, 3) for poll in poll_times(40) if poll < 90.0), 90.0]
    assert isinstance(cancellation.action, actions.Fail)
    assert isinstance(cancellation.action.error, CancellationTimeoutError)


def test_the_polls_begin_anew_with_the_cancel() -> None:
    """Long pauses from before the cancel do not delay the polls after it."""
    cancellation = walk(machine(), BUILDING, CONFLICT, *[BUILDING] * 7, ACCEPTED)

    assert cancellation.action == actions.ReadStatus(5.75)


def test_an_early_read_counts() -> None:
    """A status read that was made early for another cancellation is used, and the next one is planned from it."""
    cancellation = walk(machine(), BUILDING, ACCEPTED, CANCELING, CANCELING)
    first, second, third = poll_times(3)
    assert at(cancellation) == round(third, 3)

    early = (second + third) / 2
    cancellation.observe(CANCELING, early)

    assert at(cancellation) > round(third, 3)

    cancellation.observe(CANCELED, early + first)

    assert cancellation.result().outcome == "canceled"


def test_an_early_read_does_not_shorten_the_grace() -> None:
    """After a lost answer it is not sent again before its time, however many status reads come early."""
    cancellation = walk(machine(), BUILDING, LOST)
    for now in (0.1, 0.2, 0.3, 4.9, 4.99):
        cancellation.observe(BUILDING, now)
        assert isinstance(cancellation.action, actions.ReadStatus)
        assert 4.99 < cancellation.action.at <= 5.0 or now < 4.9

    cancellation.observe(BUILDING, 5.0)

    assert cancellation.action == actions.SendCancel(5.0)


def test_the_last_read_is_at_the_deadline() -> None:
    """A pause that would end later ends there."""
    cancellation = walk(machine(now=100.0, timeout=1.0), CANCELING, CANCELING)

    assert cancellation.action == actions.ReadStatus(101.0)


def test_after_the_deadline_nothing_is_sent() -> None:
    """A status read that comes too late to send on is the last."""
    cancellation = machine(timeout=10.0)
    cancellation.observe(BUILDING, 10.0)

    assert isinstance(cancellation.action, actions.Fail)
    assert isinstance(cancellation.action.error, CancellationTimeoutError)


def test_right_before_the_deadline_it_is_sent() -> None:
    """Any time before the deadline is early enough."""
    cancellation = machine(timeout=10.0)
    cancellation.observe(BUILDING, 9.999)

    assert cancellation.action == actions.SendCancel(9.999)


@pytest.mark.parametrize(("took", "action"), [(5.0, actions.SendCancel(7.0)), (5.1, actions.ReadStatus(7.0))])
def test_nothing_is_sent_on_a_slow_read(took: float, action: actions.SendCancel | actions.ReadStatus) -> None:
    """It shows an earlier moment: if its response took more than five seconds, another read is made first."""
    cancellation = machine()
    cancellation.observe(events.StatusRead(BUILDING.status, took), 7.0)

    assert cancellation.action == action


def test_a_slow_read_without_an_id_that_shows_a_cancellation_is_adopted() -> None:
    """Nothing is to be sent, so it does not matter that the status is old."""
    cancellation = machine()
    cancellation.observe(events.StatusRead(status(None, "CANCELING"), 6.0), 6.0)

    assert (cancellation.stage, cancellation.known.sent) == (Stage.WAITING, Sent.ADOPTED)


def test_a_slow_read_without_an_id_at_the_deadline_is_the_last() -> None:
    """There is no time for another one."""
    cancellation = machine(timeout=6.0)
    cancellation.observe(events.StatusRead(status(None, "BUILDING"), 6.0), 6.0)

    assert isinstance(cancellation.action, actions.Fail)
    assert isinstance(cancellation.action.error, CancellationTimeoutError)


# Sending again.


def test_the_grace_after_a_lost_answer_doubles() -> None:
    """5, 10, 20 and 40 s after each lost answer, then no more; the wait goes on until the deadline."""
    cancellation = machine(timeout=600.0)

    assert sends(cancellation, LOST) == [0.0, 5.0, 15.0, 35.0, 75.0]
    assert isinstance(cancellation.action, actions.Fail)
    assert isinstance(cancellation.action.error, CancellationTimeoutError)
    assert cancellation.known.now == 600.0


def test_the_grace_after_a_conflict_doubles() -> None:
    """The same for 409, but after the last one its error is the end: nothing was accepted."""
    cancellation = machine(timeout=600.0)

    assert sends(cancellation, CONFLICT) == [0.0, 5.0, 15.0, 35.0, 75.0]
    assert isinstance(cancellation.action, actions.Fail)
    assert cancellation.action.error is FAILURES["409"]
    assert cancellation.known.now == 75.0


def test_what_was_not_executed_is_sent_again_soon() -> None:
    """With pauses as for any call, drawn by chance, and five attempts in all; after the last one there is no pause."""
    cancellation = machine()

    assert sends(cancellation, REFUSED) == [0.0, 0.5, 1.5, 3.5, 7.5]
    assert cancellation.known.now == 7.5
    assert sends(machine(random=0.5), REFUSED) == [0.0, 0.25, 0.75, 1.75, 3.75]
    assert ATTEMPTS == 5


@pytest.mark.parametrize(("retry_after", "again"), [(None, 0.5), (0.2, 0.5), (30.0, 30.0), (60.0, 60.0), (60.1, None)])
def test_the_servers_delay_is_obeyed(retry_after: float | None, again: float | None) -> None:
    """A 429 is sent again when the server allows it, or not at all if that is after the deadline."""
    limited = RateLimitError("canceling", 429, retry_after=retry_after)
    cancellation = walk(machine(timeout=60.0), BUILDING, events.CallFailed(limited))

    assert cancellation.action == (actions.Fail(limited) if again is None else actions.ReadStatus(again))


@pytest.mark.parametrize(
    ("retry_after", "again"), [(None, [5.0]), (2.0, [5.0]), (30.0, [30.0]), (60.0, []), (60.1, [5.0])]
)
def test_after_a_lost_answer_a_delay_that_ends_in_time_is_obeyed(retry_after: float | None, again: list[float]) -> None:
    """One that ends after the deadline is no reason to give up: polls go on, and the grace period is enough."""
    cancellation = walk(
        machine(timeout=60.0), BUILDING, events.CallFailed(ServerError("canceling", 503, retry_after=retry_after))
    )

    assert sends(cancellation, ACCEPTED) == again


def test_an_early_read_does_not_shorten_the_servers_delay() -> None:
    """A status read before the reset sends nothing, and the next is planned for the reset at the latest."""
    cancellation = walk(
        machine(timeout=60.0), BUILDING, events.CallFailed(RateLimitError("canceling", 429, retry_after=1.0))
    )
    cancellation.observe(BUILDING, 0.8)

    assert cancellation.action == actions.ReadStatus(1.0)
    assert [actions.SendCancel(1.0)] == [walk(cancellation, BUILDING).action]


def test_every_attempt_counts() -> None:
    """Lost, refused and conflicting attempts are counted together."""
    cancellation = walk(machine(timeout=600.0), BUILDING, LOST)
    times = sends(cancellation, REFUSED)

    assert times == [5.0, 5.5, 6.5, 8.5]
    assert isinstance(cancellation.action, actions.Fail)
    assert isinstance(cancellation.action.error, CancellationTimeoutError)


@pytest.mark.parametrize("event", [LOST, REFUSED, CONFLICT])
def test_without_an_id_it_is_sent_once(event: events.Event) -> None:
    """Without an id, the running deployment cannot be distinguished from the one before."""
    assert sends(machine(timeout=600.0), event, events.StatusRead(status(None, "BUILDING"))) == [0.0]


@pytest.mark.parametrize("event", [ACCEPTED, events.Accepted(status(None, "BUILDING"))])
def test_what_was_accepted_is_never_sent_again(event: events.Event) -> None:
    """However long the state shows nothing of it."""
    assert sends(machine(timeout=7200.0), event) == [0.0]


def test_a_lost_answer_that_shows_counts_as_accepted() -> None:
    """When the target is being canceled, the cancel was received: a later status that denies it changes nothing."""
    cancellation = walk(machine(timeout=60.0), BUILDING, LOST, CANCELING)

    assert cancellation.known.sent is Sent.ACCEPTED
    assert sends(cancellation, LOST) == []


def test_an_adopted_cancellation_stays_adopted() -> None:
    """Another user's cancel is not claimed as accepted, and nothing is sent even if it no longer shows."""
    cancellation = walk(machine(timeout=60.0), CANCELING)

    assert cancellation.known.sent is Sent.ADOPTED
    assert sends(cancellation, LOST) == []
    assert cancellation.known.sent is Sent.ADOPTED


def test_an_accepted_cancel_stays_accepted() -> None:
    """A status read that shows the accepted cancel does not turn it into an adopted one."""
    assert walk(machine(), BUILDING, ACCEPTED, CANCELING).known.sent is Sent.ACCEPTED


# Words and steps.


def test_each_call_has_its_action() -> None:
    """Each call has its own action, all of them for now."""
    cancellation = machine(include_queued=True)
    observed = (BUILDING, events.QueueListed(["r2"]), events.QueuedCanceled("r2"), BUILDING, ACCEPTED)
    asked_for = [cancellation.action, *(walk(cancellation, event).action for event in observed)]
    other = walk(machine(deployment_id="d9"), BUILDING)

    assert asked_for == [
        actions.ReadStatus(0.0),
        actions.ListQueue(0.0),
        actions.CancelQueued(0.0, "r2"),
        actions.ReadStatus(0.0),
        actions.SendCancel(0.0),
        actions.ReadStatus(0.75),
    ]
    assert other.action == actions.ReadHistory(0.0, 5)


def test_the_last_state_is_kept_word_for_word() -> None:
    """An unknown state is kept as it is."""
    strange = EnvironmentStatus("env", "FINE", "REHEARSING ★", last_deployment_id="d1")

    assert walk(machine(), events.StatusRead(strange)).known.deployment_state == "REHEARSING ★"


@pytest.mark.parametrize(("later", "is_over"), [(29.9, False), (30.0, True)])
def test_the_history_gets_half_a_minute(later: float, *, is_over: bool) -> None:
    """It may be late, but it is not waited for without end."""
    cancellation = walk(
        machine(), BUILDING, ACCEPTED, events.StatusRead(status("d2", "BUILDING")), unknown := events.HistoryRead([])
    )
    since = cancellation.known.now
    cancellation.observe(events.StatusRead(status("d2", "BUILDING")), since + later)
    cancellation.observe(unknown, since + later)

    assert isinstance(cancellation.action, actions.Fail) is is_over


def test_a_slow_history_ends_nothing_by_itself() -> None:
    """The status before it may have been out of date: only one that is read after half a minute ends the wait."""
    away = events.StatusRead(status("d1", "BUILDING"))
    unknown = events.HistoryRead([DeploymentRecord("d2", "BUILDING", "ONGOING")])
    cancellation = walk(machine(deployment_id="d2"), away, unknown, away)
    since = cancellation.known.now
    cancellation.observe(unknown, since + 40.0)
    again = cancellation.action
    cancellation.observe(events.StatusRead(status("d2", "BUILDING")), since + 41.0)

    assert isinstance(again, actions.ReadStatus)
    assert isinstance(cancellation.action, actions.SendCancel)


@pytest.mark.parametrize(
    ("sent", "observed"),
    [
        pytest.param(Sent.ACCEPTED, [], id="resumed"),
        pytest.param(Sent.NOT_SENT, [BUILDING, events.QueueListed([])], id="queue emptied"),
    ],
)
def test_an_absence_is_believed_the_second_time(sent: Sent, observed: Sequence[events.Event]) -> None:
    """An environment that was seen is not gone because a single status read does not find it."""
    cancellation = walk(
        resumed(sent, include_queued=True, on_completed="succeed"),
        *observed,
        missing := events.CallFailed(FAILURES["404"]),
    )

    assert isinstance(cancellation.action, actions.ReadStatus)
    assert walk(cancellation, missing).result().outcome == "environment_gone"


def test_a_second_absence_has_to_follow_the_first() -> None:
    """A status read that shows the environment in between starts the count anew."""
    gone = events.CallFailed(FAILURES["404"])
    cancellation = walk(machine(timeout=600.0), CANCELING, gone, CANCELING, gone)

    assert isinstance(cancellation.action, actions.ReadStatus)

    walk(cancellation, gone)

    assert isinstance(cancellation.action, actions.Fail)
    assert isinstance(cancellation.action.error, NotCanceledError)


@pytest.mark.parametrize(
    "error",
    [
        ServerError("canceling", 503),
        TransportError("canceling", "reset", "", may_have_executed=True, retryable=False),
    ],
)
def test_a_lost_answer_is_confirmed_even_if_it_is_not_retryable(error: ServerError | TransportError) -> None:
    """A cancel that may have been executed is confirmed, also where the call itself would not be tried again."""
    cancellation = walk(machine(), BUILDING, events.CallFailed(error))

    assert cancellation.known.sent is Sent.UNCONFIRMED
    assert cancellation.action == actions.ReadStatus(0.75)


def test_after_a_conflict_the_status_is_read_at_once() -> None:
    """409 has two meanings; only the status can tell which."""
    cancellation = walk(machine(), BUILDING, events.CallFailed(ConflictError("canceling", 409)))

    assert cancellation.action == actions.ReadStatus(0.0)
    assert cancellation.known.sent is Sent.NOT_SENT


@pytest.mark.parametrize(
    ("observed", "sent"),
    [([BUILDING], Sent.UNCONFIRMED), ([BUILDING, LOST, BUILDING], Sent.UNCONFIRMED), ([CANCELING], Sent.ADOPTED)],
)
def test_an_abandoned_cancel_may_have_been_executed(observed: Sequence[events.Event], sent: Sent) -> None:
    """A bug ends everything while a cancel is on the wire; earlier knowledge is not lost by that."""
    cancellation = walk(machine(force_cancel=True), *observed)
    cancellation.abandon()

    assert cancellation.known.sent is sent


def test_an_abandoned_queued_cancel_is_no_cancel_of_the_target() -> None:
    """The running deployment has not been touched."""
    cancellation = walk(machine(include_queued=True), BUILDING, events.QueueListed(["r1"]))
    cancellation.abandon()

    assert cancellation.known.sent is Sent.NOT_SENT


# A cancel that was refused at its first byte.

OUT_OF_DATE = events.CallFailed(NotSentError("canceling", "the status behind it was more than 2 s old"))


def test_a_cancel_that_was_not_sent_is_decided_anew() -> None:
    """It never counts as an attempt, and nothing is known to have been sent."""
    cancellation = machine()
    for _ in range(2 * ATTEMPTS):
        walk(cancellation, BUILDING)
        assert isinstance(cancellation.action, actions.SendCancel)
        walk(cancellation, OUT_OF_DATE)
        assert isinstance(cancellation.action, actions.ReadStatus)

    assert (cancellation.known.sent, cancellation.known.send_error) == (Sent.NOT_SENT, None)
    assert walk(cancellation, BUILDING, ACCEPTED).known.sent is Sent.ACCEPTED


def test_a_cancel_that_was_not_sent_leaves_every_attempt() -> None:
    """The number of attempts does not change."""
    cancellation = walk(machine(), BUILDING, OUT_OF_DATE, BUILDING, OUT_OF_DATE)

    assert len(sends(cancellation, REFUSED)) == ATTEMPTS


@pytest.mark.parametrize("include_queued", [False, True])
def test_a_target_without_an_id_is_found_anew(*, include_queued: bool) -> None:
    """A later deployment cannot be told apart, so there is no second attempt on the first target."""
    nameless, named = (
        events.StatusRead(status(each, "BUILDING", {"last_deployment_date": "today"})) for each in (None, "d1")
    )
    drained: list[events.Event] = [events.QueueListed([]), nameless] if include_queued else []
    cancellation = walk(machine(include_queued=include_queued), nameless, *drained, OUT_OF_DATE)

    assert cancellation.stage is (Stage.DRAINING_QUEUE if include_queued else Stage.FINDING_TARGET)
    assert cancellation.known.deployment_state is None
    walk(cancellation, named)

    assert isinstance(cancellation.action, actions.SendCancel)
    assert cancellation.known.deployment_id == "d1"


def test_a_queued_request_that_is_not_sent_in_time_times_out() -> None:
    """The deadline has passed before its cancel could leave."""
    cancellation = walk(machine(include_queued=True, timeout=60.0), BUILDING, events.QueueListed(["r1"]))

    cancellation.observe(OUT_OF_DATE, 60.0)

    assert isinstance(cancellation.action, actions.Fail)
    assert isinstance(cancellation.action.error, CancellationTimeoutError)


def test_a_queued_request_that_was_not_sent_is_listed_anew() -> None:
    """Before the deadline, it is tried again."""
    cancellation = walk(machine(include_queued=True, timeout=60.0), BUILDING, events.QueueListed(["r1"]))

    cancellation.observe(OUT_OF_DATE, 59.0)

    assert isinstance(cancellation.action, actions.ListQueue)


# What a read says about the next one.

NEW_STATE = events.StatusRead(status("d1", "HIBERNATING"))
GOES_ON = events.HistoryRead([DeploymentRecord("d1", "HIBERNATING", "ONGOING")])


def test_a_history_that_was_read_is_no_failed_read() -> None:
    """The progress tells a failed read until one works, of whatever kind."""
    cancellation = walk(machine(), BUILDING, ACCEPTED, events.StatusRead(status("d2", "BUILDING")))
    assert isinstance(cancellation.action, actions.ReadHistory)
    walk(cancellation, LOST)
    assert cancellation.known.read_error is LOST.error

    walk(cancellation, events.StatusRead(status("d2", "BUILDING")), events.HistoryRead([]))

    assert cancellation.known.read_error is None


def test_an_unknown_state_that_the_history_confirms_is_waited_for() -> None:
    """It is no end: the next status read keeps to the schedule."""
    cancellation = walk(machine(), BUILDING, ACCEPTED, NEW_STATE)
    assert isinstance(cancellation.action, actions.ReadHistory)

    walk(cancellation, GOES_ON)

    assert isinstance(cancellation.action, actions.ReadStatus)
    assert cancellation.action.at > cancellation.known.now


def test_the_history_is_believed_for_less_than_a_minute() -> None:
    """An unknown state may have become an end by then, so it is asked again."""
    cancellation = walk(machine(), BUILDING, ACCEPTED, NEW_STATE)
    read_at = cancellation.known.now
    cancellation.observe(GOES_ON, read_at)
    cancellation.observe(NEW_STATE, read_at + HISTORY_PAUSE - 0.1)
    before = type(cancellation.action)
    cancellation.observe(NEW_STATE, read_at + HISTORY_PAUSE)

    assert (before, type(cancellation.action)) == (actions.ReadStatus, actions.ReadHistory)


def test_force_is_given_up_when_it_may_be_added_only_at_the_deadline() -> None:
    """Then nothing is sent any more, so a cancellation that is not waited for is over."""
    cancellation = walk(machine(force_cancel=True, wait_until_canceled=False, timeout=60.0), CANCELING)
    cancellation.observe(events.CallFailed(RateLimitError("calling", 429, retry_after=60.0)), 0.0)
    cancellation.observe(CANCELING, 1.0)

    assert isinstance(cancellation.action, actions.Done)


def test_a_pinned_deployment_that_ended_while_the_queue_was_emptied_is_looked_for() -> None:
    """It ran at first, so its end is asked of the history until that says it."""
    other = events.StatusRead(status("d2", "BUILDING"))
    cancellation = walk(machine(deployment_id="d1", include_queued=True), BUILDING, events.QueueListed([]), other)
    first = cancellation.action
    walk(cancellation, events.HistoryRead([DeploymentRecord(f"d{n}", "BUILDING", None) for n in range(2, 5)]))

    assert isinstance(first, actions.ReadHistory)
    assert isinstance(cancellation.action, actions.ReadStatus)


@pytest.mark.parametrize(
    ("cancellation", "state", "words"),
    [
        pytest.param(
            lambda: walk(machine(on_completed="succeed"), BUILDING, LOST), "CANCELING", True, id="lost answer"
        ),
        pytest.param(lambda: walk(machine(on_completed="succeed"), BUILDING, LOST), "BUILDING", False, id="it goes on"),
        pytest.param(lambda: resumed(Sent.UNCONFIRMED, on_completed="succeed"), "CANCELED", True, id="in doubt before"),
        pytest.param(lambda: resumed(Sent.ACCEPTED, on_completed="succeed"), "CANCELED", False, id="accepted before"),
    ],
)
def test_a_deployment_that_may_have_been_hit_is_named(
    cancellation: Callable[[], Cancellation], state: str, *, words: bool
) -> None:
    """Only where no answer has named the target, and only one that is being canceled or was."""
    one = walk(
        cancellation(), events.StatusRead(status("d2", state)), events.HistoryRead([DeploymentRecord("d1", "DEPLOYED")])
    )

    told = f"deployment d2 is {state}, and may have been canceled instead" in one.result().sentence
    assert (one.result().outcome, told) == ("completed", words)
