"""The driver with one cancellation: which call is made when. On a fake clock, without threads."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Sent
from qovery_provider._clock import Signal
from qovery_provider._driver.calls import CALL_LIMIT, LAST_CALL_LIMIT, MAX_CONCURRENT_CALLS, CallRunner
from qovery_provider._driver.driver import Driver
from qovery_provider._driver.gate import MAX_STATUS_AGE
from qovery_provider._driver.polls import PollGroup
from qovery_provider._qovery.models import DeploymentRecord, QueuedRequest
from qovery_provider.errors import (
    AuthenticationError,
    CancellationStoppedError,
    CancellationTimeoutError,
    ConflictError,
    NotSentError,
    QoveryError,
    RateLimitError,
    ServerError,
)
from tests.support.cancellations import poll_times
from tests.support.inline import InlineExecutor
from tests.support.script import Script, status
from tests.support.time import FakeClock, Trip, VirtualTime

BROKEN = ServerError("reading", 503)
EMPTY = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3000"}


def full() -> float:
    return 1.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0.0)


def new_cancellation(environment_id: str = "a", /, **options: object) -> Cancellation:
    return Cancellation(CancellationRequest(environment_id, **options), 0.0, full)  # type: ignore[arg-type]


def run(script: Script, clock: FakeClock, *cancellations: Cancellation) -> list[Cancellation]:
    """Drive cancellations, and return the reported changes."""
    told: list[Cancellation] = []
    Driver(script, CallRunner(clock, InlineExecutor(), full), told.append).run(
        [PollGroup(list(cancellations), script.read_statuses)]
    )
    return told


def error_of(cancellation: Cancellation) -> QoveryError:
    with pytest.raises(QoveryError) as caught:
        cancellation.result()
    return caught.value


# One cancellation.


def test_a_cancellation_from_its_beginning_to_its_end(clock: FakeClock) -> None:
    """A status read, the cancel, polls with growing pauses, and each event is reported as progress."""
    script = Script(
        clock,
        {
            "poll": [*[[status("a", state)] for state in ("BUILDING", "CANCELING", "CANCELING", "CANCELED")]],
            "cancel a": [status("a", "CANCELING")],
        },
    )
    cancellation = new_cancellation()

    told = run(script, clock, cancellation)

    assert script.calls == [(0.0, "poll"), (0.0, "cancel a"), *((at, "poll") for at in poll_times(3))]
    assert cancellation.result().outcome == "canceled"
    assert told == [cancellation] * 5


def test_the_queue_and_the_history_are_read(clock: FakeClock) -> None:
    """Every step of the machine has its call."""
    script = Script(
        clock,
        {
            "poll": [[status("a", "BUILDING")], [status("a", "BUILDING")], [status("a", "BUILDING", "d2")]],
            "queue a": [[QueuedRequest("r1"), QueuedRequest("r2")]],
            "unqueue r1": [None],
            "unqueue r2": [None],
            "cancel a": [status("a", "CANCELING")],
            "history a": [[DeploymentRecord("a-d1", "CANCELED")]],
        },
    )

    run(script, clock, cancellation := new_cancellation(include_queued=True))

    operation = ["poll", "queue a", "unqueue r1", "unqueue r2", "poll", "cancel a", "poll", "history a"]
    assert [name for _, name in script.calls] == operation
    assert (cancellation.result().outcome, cancellation.result().canceled_request_ids) == ("canceled", ("r1", "r2"))


def test_the_request_of_the_target_is_read_as_the_last_resort(clock: FakeClock) -> None:
    """The history never shows the end; the request of the target does."""
    ran = replace(status("a", "BUILDING"), deployment_request_id="r1")
    script = Script(
        clock,
        {
            "poll": [[ran], [status("a", "BUILDING", "d2")]],
            "cancel a": [status("a", "CANCELING")],
            "history a": [list[DeploymentRecord]()],
            "request": ["CANCELED"],
        },
    )

    run(script, clock, cancellation := new_cancellation())

    assert script.calls[-1][1] == "request"
    assert cancellation.result().outcome == "canceled"


@pytest.mark.parametrize(
    ("call", "answer", "options"),
    [
        ("poll", [status("a", "DEPLOYED")], {}),
        ("history a", [DeploymentRecord("x", "DEPLOYED")], {"deployment_id": "x"}),
        ("queue a", list[QueuedRequest](), {"include_queued": True}),
    ],
)
def test_calls_that_change_nothing_are_retried(
    clock: FakeClock, call: str, answer: object, options: dict[str, object]
) -> None:
    """Polls, the history and the queue get five attempts, with pauses that grow."""
    answers: dict[str, list[object]] = {"poll": [[status("a", "DEPLOYED")]]}
    script = Script(clock, {**answers, call: [BROKEN, BROKEN, BROKEN, BROKEN, answer]})

    run(script, clock, cancellation := new_cancellation(**options))

    assert script.times(call)[:5] == [0.0, 0.5, 1.5, 3.5, 7.5]
    assert cancellation.result().outcome in {"nothing_to_cancel", "superseded"}


def test_no_answer_silences_a_wait(clock: FakeClock) -> None:
    """A server may ask for a pause of any length: while a cancellation is awaited, a read is put off for a minute."""
    asked = ServerError("reading", 503, retry_after=1500.0)
    polls: list[object] = [[status("a", "BUILDING")], [status("a", "BUILDING", "d2")]]
    answers: dict[str, list[object]] = {"poll": polls, "cancel a": [status("a", "CANCELING")]}
    script = Script(clock, {**answers, "history a": [asked, [DeploymentRecord("a-d1", "CANCELED")]]})

    run(script, clock, cancellation := new_cancellation())

    first, second = script.times("history a")
    assert second - first == 60.0
    assert cancellation.result().outcome == "canceled"


@pytest.mark.parametrize(("call", "options"), [("cancel a", {}), ("unqueue r1", {"include_queued": True})])
def test_what_changes_something_is_not_retried_here(clock: FakeClock, call: str, options: dict[str, object]) -> None:
    """Every failure of a cancel goes to the machine, which reads the status before it sends again."""
    answers = {"poll": [[status("a", "BUILDING")], [status("a", "BUILDING")], [status("a", "CANCELED")]]}
    script = Script(
        clock,
        {**answers, "queue a": [[QueuedRequest("r1")], []], "cancel a": [BROKEN], "unqueue r1": [BROKEN]},
    )

    run(script, clock, new_cancellation(**options))

    following = script.calls[[name for _, name in script.calls].index(call) + 1]
    assert following[1] in {"poll", "queue a"}


def test_a_failure_for_good_ends_it(clock: FakeClock) -> None:
    """A refused token is no reason to try again."""
    refused = AuthenticationError("reading", 401, token_source="a test")

    run(script := Script(clock, {"poll": [refused]}), clock, cancellation := new_cancellation())

    assert script.times("poll") == [0.0]
    assert error_of(cancellation) is refused


def test_bugs_go_up(clock: FakeClock) -> None:
    """Any other exception than a CallError is a bug, keeps its traceback and stops everything."""
    with pytest.raises(KeyError, match="bug"):
        run(Script(clock, {"poll": [KeyError("bug")]}), clock, new_cancellation())


def test_a_bug_keeps_what_was_on_the_wire(time: VirtualTime) -> None:
    """A cancel whose answer is not taken in may have been executed, and that is kept."""
    many = [*(new_cancellation(name) for name in "abcd"), new_cancellation("e", include_queued=True)]
    polls = [[status(name, "BUILDING") for name in "abce"] + [status("d", "CANCELING")]]
    cancels: dict[str, list[object]] = {
        "cancel a": [status("a", "CANCELING")],
        "cancel b": [ZeroDivisionError()],
        "cancel c": [BROKEN],
        "queue e": [[QueuedRequest("r1")]],
    }
    script = Script(time, {"poll": polls, **cancels})
    time.let_travel(Trip(), Trip(), Trip(), Trip(0.0, 0.3))
    driver = Driver(script, CallRunner(time, time, lambda: 1.0), lambda _: None)

    with pytest.raises(ZeroDivisionError):
        driver.run([PollGroup(many, script.read_statuses)])

    expected = [Sent.ACCEPTED, Sent.UNCONFIRMED, Sent.UNCONFIRMED, Sent.ADOPTED, Sent.NOT_SENT]
    assert [each.known.sent for each in many] == expected
    assert [each.known.is_resumable for each in many] == [True] * 4 + [False]


def test_a_bug_in_a_source_keeps_what_was_on_the_wire(time: VirtualTime) -> None:
    """If a source of statuses fails, a cancel on the wire is kept as one in doubt."""
    sending, reading = new_cancellation("a"), new_cancellation("b")
    polls: list[object] = [[status("a", "BUILDING")], [status("b", "BUILDING")]]
    script = Script(time, {"poll": polls, "cancel a": [status("a", "CANCELING")]})
    groups = [PollGroup([each], script.read_statuses) for each in (sending, reading)]
    trips = iter([Trip(), Trip(0.0, 1.0), Trip(0.0, 9.0)])
    time.trip = lambda: next(trips)
    driver = Driver(script, CallRunner(time, time, lambda: 1.0), lambda _: None)
    driver.advance(lambda: groups)  # reads one status
    driver.advance(lambda: groups)  # reads the other one while the cancel is on the wire

    with pytest.raises(StopIteration):
        driver.advance(lambda: next(iter(())))

    assert (sending.known.sent, reading.known.sent) == (Sent.UNCONFIRMED, Sent.NOT_SENT)


def test_nothing_to_do(clock: FakeClock) -> None:
    """Without cancellations there is no call."""
    script = Script(clock, {})

    run(script, clock)

    assert script.calls == []


def test_one_step_at_a_time(clock: FakeClock) -> None:
    """Each step returns whether anything is left to do."""
    script = Script(clock, {"poll": [[status("a", "BUILDING")]], "cancel a": [status("a", "CANCELED")]})
    group = PollGroup([new_cancellation()], script.read_statuses)
    driver = Driver(script, CallRunner(clock, InlineExecutor(), full), lambda _: None)

    assert [driver.advance(lambda: [group]) for _ in range(3)] == [True, True, False]


def test_a_signal_wakes_the_driver(clock: FakeClock) -> None:
    """A driver that waits for its next status read takes in something new at once."""
    script = Script(clock, {"poll": [[status("a", "CANCELING")]]})
    group = PollGroup([new_cancellation()], script.read_statuses)
    driver = Driver(script, CallRunner(clock, InlineExecutor(), full), lambda _: None)
    driver.advance(lambda: [group])
    wake = Signal()
    wake.set_result(None)

    assert driver.advance(lambda: [group], [wake])
    assert (clock.now, script.times("poll")) == (0.0, [0.0])


# Time.


def test_the_last_poll_is_made_at_the_deadline(clock: FakeClock) -> None:
    """No sleep ends after the deadline, and the last poll is made exactly then."""
    script = Script(clock, {"poll": [[status("a", "BUILDING")]], "cancel a": [status("a", "CANCELING")]})

    run(script, clock, cancellation := new_cancellation(timeout=10.0))

    assert [at for at, _ in script.calls] == [0.0, 0.0, *(at for at in poll_times(40) if at < 10.0), 10.0]
    assert clock.now == 10.0
    assert isinstance(error_of(cancellation), CancellationTimeoutError)


def test_ten_minutes_cost_at_most_fifty_requests(clock: FakeClock) -> None:
    """The rate limit is 1000 requests per hour and token: one long wait leaves most of it to others."""
    script = Script(clock, {"poll": [[status("a", "CANCELING")]]})
    script.answers["poll"].insert(0, [status("a", "BUILDING")])
    script.answers["cancel a"] = [status("a", "CANCELING")]

    run(script, clock, new_cancellation(timeout=600.0))

    assert len(script.calls) <= 50


def test_retries_end_at_the_deadline(clock: FakeClock) -> None:
    """The last attempt is made at the deadline, and the end is a timeout, not a success."""
    script = Script(clock, {"poll": [[status("a", "CANCELING")], BROKEN]})

    run(script, clock, cancellation := new_cancellation(timeout=2.0))

    assert script.times("poll") == [0.0, *poll_times(2), 2.0]
    assert isinstance(error_of(cancellation), CancellationTimeoutError)


def test_the_servers_delay_is_kept(clock: FakeClock) -> None:
    """A rate limit is waited for; where it ends after the deadline, the last status read is made then."""
    limited = RateLimitError("reading", 429, retry_after=30.0)
    script = Script(clock, {"poll": [[status("a", "CANCELING")], limited]})

    run(script, clock, cancellation := new_cancellation(timeout=45.0))

    assert script.times("poll") == [0.0, 0.75, 30.75, 45.0]
    assert isinstance(error_of(cancellation), CancellationTimeoutError)


def test_a_scarce_budget_slows_polls_down(clock: FakeClock) -> None:
    """Below a fifth of the limit, polls are spread over the time that is left; first read and cancel never wait."""
    script = Script(clock, {"poll": [[status("a", "BUILDING")]], "cancel a": [status("a", "CANCELING")]})
    scarce = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "99", "X-RateLimit-Reset": "1000"}
    script.budget.observe(scarce, 0.0, 0.0)

    run(script, clock, new_cancellation(timeout=60.0))

    assert script.times("cancel a") == [0.0]
    polls = script.times("poll")
    assert all(later - earlier > 10.0 for earlier, later in pairwise(polls[:-1]))
    assert (polls[0], polls[-1]) == (0.0, 60.0)


def test_pacing_never_passes_the_deadline(clock: FakeClock) -> None:
    """However scarce the budget is, the last poll is made at the deadline."""
    script = Script(clock, {"poll": [[status("a", "CANCELING")]]})
    script.budget.observe(EMPTY, 0.0, 0.0)

    run(script, clock, cancellation := new_cancellation(timeout=60.0))

    assert script.times("poll") == [0.0, 60.0]
    assert isinstance(error_of(cancellation), CancellationTimeoutError)


def test_a_late_poll_is_made_at_once() -> None:
    """A poll that is due at the deadline, because a call took long, is not held back by the budget."""
    time = VirtualTime(0.0)
    refused = ConflictError("canceling", 409)
    script = Script(time, {"poll": [[status("a", "BUILDING")], [status("a", "CANCELED")]], "cancel a": [refused]})
    time.let_travel(Trip(), Trip(0.0, 50.0))
    time.plan(1.0, lambda: script.budget.observe(EMPTY, 1.0, 0.0))
    cancellation = new_cancellation(timeout=40.0)

    Driver(script, CallRunner(time, time, full), lambda _: None).run([PollGroup([cancellation], script.read_statuses)])

    assert script.times("poll") == [0.0, 40.0]
    assert cancellation.result().outcome == "canceled"


# Stopped.


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime(0.0)


def stopped(script: Script, time: VirtualTime, at: float, *cancellations: Cancellation, spared: str = "") -> None:
    """Drive cancellations, and set their stop signal at a time; a spared environment has a signal of its own."""
    stop, never = Signal(), Signal()
    time.plan(at, lambda: stop.set_result(None))

    def stop_of(cancellation: Cancellation) -> Signal:
        return never if cancellation.request.environment_id == spared else stop

    driver = Driver(script, CallRunner(time, time, full), lambda _: None, stop_of)
    driver.run([PollGroup(list(cancellations), script.read_statuses)])


def test_a_wait_ends_at_once_when_it_is_stopped(time: VirtualTime) -> None:
    """Nothing more is called, and accepted cancels can be resumed."""
    script = Script(time, {"poll": [[status("a", "BUILDING")]], "cancel a": [status("a", "CANCELING")]})

    stopped(script, time, 0.3, cancellation := new_cancellation())

    assert isinstance(error_of(cancellation), CancellationStoppedError)
    assert (time.now, script.calls) == (0.3, [(0.0, "poll"), (0.0, "cancel a")])
    assert (cancellation.known.sent, cancellation.known.is_resumable) == (Sent.ACCEPTED, True)


def test_what_is_stopped_before_it_begins_calls_nothing(time: VirtualTime) -> None:
    """It ends without a status read."""
    time.now = 5.0
    time.pass_until(5.0)
    script = Script(time, {})
    stop = Signal()
    stop.set_result(None)
    cancellation = new_cancellation()

    Driver(script, CallRunner(time, time, full), lambda _: None, lambda _: stop).run([PollGroup([cancellation], dict)])

    assert isinstance(error_of(cancellation), CancellationStoppedError)
    assert script.calls == []


@pytest.mark.parametrize(
    ("answers", "options"),
    [
        pytest.param({}, {}, id="status"),
        pytest.param({"history a": [BROKEN]}, {"deployment_id": "x"}, id="history"),
        pytest.param({"queue a": [BROKEN]}, {"include_queued": True}, id="queue"),
    ],
)
def test_a_read_on_the_wire_is_not_waited_for(
    time: VirtualTime, answers: dict[str, list[object]], options: dict[str, object]
) -> None:
    """Its answer would change nothing any more."""
    script = Script(time, {"poll": [[status("a", "BUILDING")]], **answers})
    time.let_travel(*[Trip()] * len(answers), Trip(0.0, 30.0))

    stopped(script, time, 1.0, cancellation := new_cancellation(**options))

    assert isinstance(error_of(cancellation), CancellationStoppedError)
    assert time.now == 1.0


@pytest.mark.parametrize(
    ("trip", "answer", "end", "sent"),
    [
        pytest.param(Trip(0.1, 5.0), status("a", "CANCELING"), 5.1, Sent.ACCEPTED, id="accepted"),
        pytest.param(Trip(0.1, 5.0), ServerError("canceling", 502), 5.1, Sent.UNCONFIRMED, id="lost"),
        pytest.param(Trip(0.1, 5.0), ConflictError("canceling", 409), 5.1, Sent.NOT_SENT, id="refused"),
        pytest.param(Trip(0.1, 500.0), status("a", "CANCELING"), CALL_LIMIT, Sent.UNCONFIRMED, id="never answered"),
    ],
)
def test_a_cancel_on_the_wire_is_waited_for(
    time: VirtualTime, trip: Trip, answer: object, end: float, sent: Sent
) -> None:
    """Its effect is known before the end, and it is not sent again."""
    script = Script(time, {"poll": [[status("a", "BUILDING")]], "cancel a": [answer]})
    time.let_travel(Trip(), trip)

    stopped(script, time, 1.0, cancellation := new_cancellation())

    assert isinstance(error_of(cancellation), CancellationStoppedError)
    assert (time.now, cancellation.known.sent) == (end, sent)
    assert script.times("cancel a") == [0.1]


def test_what_ends_by_the_answer_is_not_stopped(time: VirtualTime) -> None:
    """The cancel on the wire may be all that was missing."""
    script = Script(time, {"poll": [[status("a", "BUILDING")]], "cancel a": [status("a", "CANCELED")]})
    time.let_travel(Trip(), Trip(0.1, 5.0))

    stopped(script, time, 1.0, cancellation := new_cancellation())

    assert cancellation.result().outcome == "canceled"


def test_a_queue_is_not_emptied_any_further(time: VirtualTime) -> None:
    """The request whose cancel is on the wire is the last one."""
    queued = [QueuedRequest("r1"), QueuedRequest("r2")]
    script = Script(time, {"poll": [[status("a", "BUILDING")]], "queue a": [queued], "unqueue r1": [None]})
    time.let_travel(Trip(), Trip(), Trip(0.1, 5.0))

    stopped(script, time, 1.0, cancellation := new_cancellation(include_queued=True))

    assert isinstance(error_of(cancellation), CancellationStoppedError)
    assert [name for _, name in script.calls] == ["poll", "queue a", "unqueue r1"]
    assert cancellation.known.canceled_request_ids == ["r1"]


def test_a_cancel_that_waits_for_room_is_not_sent(time: VirtualTime) -> None:
    """Only cancels on the wire are waited for."""
    names = [f"e{number}" for number in range(MAX_CONCURRENT_CALLS + 1)]
    script = Script(time, {f"cancel {name}": [status(name, "CANCELING")] for name in names})
    script.answers["poll"] = [[status(name, "BUILDING") for name in names]]
    time.let_travel(Trip(), *[Trip(0.1, 5.0)] * len(names))
    many = [new_cancellation(name) for name in names]

    stopped(script, time, 1.0, *many)

    assert [cancellation.known.sent for cancellation in many] == [Sent.ACCEPTED] * MAX_CONCURRENT_CALLS + [
        Sent.NOT_SENT
    ]
    assert {type(error_of(cancellation)) for cancellation in many} == {CancellationStoppedError}


def test_a_stop_ends_those_alone_that_share_it(time: VirtualTime) -> None:
    """The others go on, with their polls."""
    reads = [[status(name, state) for name in "ab"] for state in ("CANCELING", "CANCELED")]
    script = Script(time, {"poll": reads})

    stopped(script, time, 0.3, cancellation := new_cancellation("a"), other := new_cancellation("b"), spared="b")

    assert isinstance(error_of(cancellation), CancellationStoppedError)
    assert other.result().outcome == "canceled"
    assert script.times("poll") == [0.0, 0.75]


# Between the decision to cancel and its first byte.


def driven(script: Script, time: VirtualTime, *cancellations: Cancellation) -> None:
    """Drive cancellations to their end on virtual time."""
    group = PollGroup(list(cancellations), script.read_statuses)
    Driver(script, CallRunner(time, time, full), lambda _: None).run([group])


def test_a_crowd_of_cancels_never_sends_on_an_old_status(time: VirtualTime) -> None:
    """The 65th waits for a free slot: the status is read again before it is sent."""
    names = [f"e{number}" for number in range(MAX_CONCURRENT_CALLS + 1)]
    first = [status(name, "BUILDING") for name in names]
    later = [status(name, "CANCELED") for name in names[:-1]] + [status(names[-1], "BUILDING", "d2")]
    script = Script(time, {f"cancel {name}": [status(name, "CANCELING")] for name in names})
    script.answers |= {
        "poll": [first, later],
        f"history {names[-1]}": [[DeploymentRecord(f"{names[-1]}-d1", "DEPLOYED")]],
    }
    time.let_travel(Trip(), *[Trip(0.1, 4.0)] * MAX_CONCURRENT_CALLS)
    many = [new_cancellation(name, on_completed="succeed") for name in names]

    driven(script, time, *many)

    assert script.times(f"cancel {names[-1]}") == []
    assert [cancellation.result().outcome for cancellation in many[:-1]] == ["canceled"] * MAX_CONCURRENT_CALLS
    assert many[-1].result().outcome == "completed"


@pytest.mark.parametrize(
    "before", [2.5, 68.0], ids=["a slow connection", "a name that takes long, after it was given up"]
)
def test_a_cancel_whose_connection_takes_long_is_not_sent(time: VirtualTime, before: float) -> None:
    """By then another deployment may run: the next status decides, and the late one sends nothing."""
    polls = [[status("a", "BUILDING")], [status("a", "BUILDING")], [status("a", "CANCELED")]]
    script = Script(time, {"poll": polls, "cancel a": [status("a", "CANCELING")]})
    time.let_travel(Trip(), Trip(before=before))
    cancellation = new_cancellation()

    driven(script, time, cancellation)
    time.pass_until(200.0)

    assert cancellation.result().outcome == "canceled"
    (sent_at,) = script.times("cancel a")
    assert max(read_at for read_at in script.times("poll") if read_at <= sent_at) >= sent_at - MAX_STATUS_AGE


@pytest.mark.parametrize("forced", [False, True])
def test_two_cancellations_of_one_environment_send_one_cancel(time: VirtualTime, *, forced: bool) -> None:
    """While the first is on the wire, the second one is refused; it reads again and adopts or forces it."""
    polls = [[status("a", "BUILDING")], [status("a", "CANCELING")], [status("a", "CANCELED")]]
    script = Script(
        time, {"poll": polls, "cancel a": [status("a", "CANCELING")], "force a": [status("a", "CANCELING")]}
    )
    time.let_travel(Trip(), Trip(), Trip(0.1, 0.1), Trip(0.1, 0.1))
    first, second = new_cancellation(), new_cancellation(force_cancel=forced)
    groups = [PollGroup([each], script.read_statuses) for each in (first, second)]

    script.answers["poll"].insert(0, polls[0])
    script.answers["poll"].insert(2, polls[1])
    Driver(script, CallRunner(time, time, full), lambda _: None).run(groups)

    assert [name for _, name in script.calls if "poll" not in name] == ["cancel a", "force a"][: 1 + forced]
    assert [each.known.sent for each in (first, second)] == [Sent.ACCEPTED, Sent.ACCEPTED if forced else Sent.ADOPTED]
    assert [each.result().outcome for each in (first, second)] == ["canceled"] * 2


def test_a_cancel_that_has_no_connection_yet_is_taken_back_by_a_stop(time: VirtualTime) -> None:
    """It is certain that nothing was sent, so there is nothing to wait for."""
    script = Script(time, {"poll": [[status("a", "BUILDING")]], "cancel a": [status("a", "CANCELING")]})
    time.let_travel(Trip(), Trip(before=1.5))

    stopped(script, time, 1.0, cancellation := new_cancellation())

    assert isinstance(error_of(cancellation), CancellationStoppedError)
    assert (time.now, cancellation.known.sent) == (1.0, Sent.NOT_SENT)
    time.pass_until(100.0)
    assert script.times("cancel a") == []


# The timeout limits the whole operation.


@pytest.mark.parametrize(
    ("trips", "sent"),
    [
        pytest.param([Trip(back=1000.0)], Sent.NOT_SENT, id="the first status read"),
        pytest.param([Trip(), Trip(back=1000.0)], Sent.UNCONFIRMED, id="the cancel"),
        pytest.param([Trip(), Trip(back=1000.0), Trip(back=1000.0)], Sent.UNCONFIRMED, id="the cancel and a read"),
        pytest.param([Trip(), Trip(), Trip(back=1000.0)], Sent.ACCEPTED, id="a later status read"),
    ],
)
def test_a_silent_server_holds_no_update_past_its_timeout(time: VirtualTime, trips: list[Trip], sent: Sent) -> None:
    """Each call is given up at the deadline; the last one, which is made then, gets two seconds."""
    script = Script(time, {"poll": [[status("a", "BUILDING")]], "cancel a": [status("a", "CANCELING")]})
    time.let_travel(*trips)
    cancellation = new_cancellation(timeout=5.0)

    driven(script, time, cancellation)

    error_of(cancellation)
    assert time.now <= 5.0 + LAST_CALL_LIMIT
    assert cancellation.known.sent is sent


def test_a_cancel_that_a_stop_has_refused_is_told_as_stopped(clock: FakeClock) -> None:
    """The refusal is no answer of its own: the stop that caused it ends the cancellation."""
    stop = Signal()

    def refused() -> NotSentError:
        stop.set_result(None)
        return NotSentError("canceling", "the update was stopped")

    script = Script(clock, {"poll": [[status("a", "BUILDING")]], "cancel a": [refused]})
    cancellation = new_cancellation()
    runner = CallRunner(clock, InlineExecutor(), full)

    Driver(script, runner, lambda _: None, lambda _: stop).run([PollGroup([cancellation], script.read_statuses)])

    assert isinstance(error_of(cancellation), CancellationStoppedError)
    assert cancellation.known.sent is Sent.NOT_SENT
