"""One call: when it is made, when again, and when it is given up. With threads only where they are the point."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future
from threading import Event, Thread, current_thread
from typing import Any

import pytest

from qovery_provider._cancellation.schedule import Retry
from qovery_provider._clock import Signal, SystemClock
from qovery_provider._driver.calls import (
    CALL_LIMIT,
    DAEMON_THREADS,
    MAX_CONCURRENT_CALLS,
    Call,
    CallRunner,
)
from qovery_provider._qovery import endpoints
from qovery_provider.errors import ApiError, CallError, RateLimitError, ServerError, TransportError
from tests.support.inline import InlineExecutor
from tests.support.script import Script, status
from tests.support.time import FakeClock, Trip, VirtualTime

CALL = endpoints.environment_status("a")
OPERATION = CALL.operation
BROKEN = ServerError("reading", 503)
DEPLOYED = status("a", "DEPLOYED")
FAR = 10_000.0


def full() -> float:
    return 1.0


def answering(*answers: object) -> Callable[[], object]:
    """Return a function that returns or raises one after the other."""
    rest = iter(answers)

    def function() -> object:
        answer = next(rest)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return function


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(100.0)


@pytest.fixture
def executor() -> InlineExecutor:
    return InlineExecutor()


@pytest.fixture
def hanging() -> Iterator[Event]:
    """A call that hangs until the test is over."""
    event = Event()
    yield event
    event.set()


# Planned, on the wire, answered.


def test_a_planned_call_has_no_outcome(executor: InlineExecutor) -> None:
    """Before it is made there is nothing to tell."""
    call = Call(OPERATION, answering("answer"), 100.0)

    assert call.outcome(FAR, FAR) is None
    assert executor.submitted == 0


def test_a_made_call_has_its_answer(executor: InlineExecutor) -> None:
    """The outcome is the function's result, and `at` is the time of the call."""
    call = Call(OPERATION, answering("answer"), 100.0)
    call.start(executor, 103.0)

    assert call.at == 103.0
    assert call.outcome(103.0, FAR) == "answer"


def test_a_failure_is_an_outcome(executor: InlineExecutor) -> None:
    """Without a retry, the error is the answer at once."""
    error = ServerError("reading", 503)
    call = Call(OPERATION, answering(error), 100.0)
    call.start(executor, 100.0)

    assert call.outcome(100.0, FAR) is error


def test_a_call_on_the_wire_has_no_outcome() -> None:
    """Until its answer is here."""
    call = Call(OPERATION, answering("answer"), 100.0)
    call.future = Future()

    assert call.outcome(100.0 + CALL_LIMIT - 0.001, FAR) is None


@pytest.mark.parametrize("changes", [True, False])
def test_a_call_that_hangs_is_given_up(*, changes: bool) -> None:
    """After its limit it counts as failed, and as one that may have been executed."""
    call = Call(OPERATION, answering("answer"), 100.0, None if changes else Retry(full))
    call.future = Future()

    outcome = call.outcome(100.0 + CALL_LIMIT, 100.0)

    assert isinstance(outcome, TransportError)
    assert str(outcome) == f"{OPERATION}: no complete response within 60 s. Check the network, then try again."
    assert (outcome.may_have_executed, outcome.retryable) == (True, True)


def test_an_answer_beats_the_limit(executor: InlineExecutor) -> None:
    """An answer that is here counts, however late it is taken."""
    call = Call(OPERATION, answering("answer"), 100.0)
    call.start(executor, 100.0)

    assert call.outcome(100.0 + 2 * CALL_LIMIT, FAR) == "answer"


def test_a_bug_is_no_answer(executor: InlineExecutor) -> None:
    """Only a CallError is a failure of the call; everything else is a bug and goes up."""
    call = Call(OPERATION, answering(KeyError("bug")), 100.0, Retry(full))
    call.start(executor, 100.0)

    with pytest.raises(KeyError, match="bug"):
        call.outcome(100.0, FAR)


# Again.


def test_a_failure_plans_the_next_attempt(executor: InlineExecutor) -> None:
    """A failure that is worth another attempt is no outcome: the call is planned again, after a pause."""
    call = Call(OPERATION, answering(ServerError("reading", 503), "answer"), 100.0, Retry(full))
    call.start(executor, 100.0)

    assert call.outcome(101.0, FAR) is None
    assert (call.at, call.future) == (101.5, None)

    call.start(executor, 101.5)

    assert call.outcome(101.5, FAR) == "answer"


def test_a_failure_for_good_is_the_outcome(executor: InlineExecutor) -> None:
    """A refusal is not tried again."""
    error = ApiError("reading", 400)
    call = Call(OPERATION, answering(error), 100.0, Retry(full))
    call.start(executor, 100.0)

    assert call.outcome(100.0, FAR) is error


def test_the_deadline_ends_the_attempts(executor: InlineExecutor) -> None:
    """At the deadline, a failure is the outcome."""
    error = ServerError("reading", 503)
    call = Call(OPERATION, answering(error), 100.0, Retry(full))
    call.start(executor, 100.0)

    assert call.outcome(100.0, 100.0) is error


# Waiting.


class Waits(FakeClock):
    """A clock that stands still, and remembers for how long it should have waited."""

    def wait(self, futures: Collection[Future[Any]], timeout: float) -> None:  # noqa: ARG002 - as in the base
        self.sleeps.append(timeout)


class Silence(Executor):
    """Makes calls that are never answered."""

    def submit(self, *_: object, **__: object) -> Future[Any]:
        return Future()


def runner_with(clock: FakeClock, executor: Executor) -> CallRunner:
    return CallRunner(clock, executor, full)


def test_the_clock_sleeps_until_the_first_call(clock: FakeClock, executor: InlineExecutor) -> None:
    """With nothing on the wire, the next thing to do is the earliest call."""
    calls = [Call(OPERATION, answering("a"), 107.0), Call(OPERATION, answering("b"), 103.0)]

    runner_with(clock, executor).advance(calls)

    assert clock.sleeps == [3.0]
    assert executor.submitted == 0


def test_due_calls_are_made(clock: FakeClock, executor: InlineExecutor) -> None:
    """Those whose time has come are made, the others are not; an answer that is here ends the wait."""
    calls = [Call(OPERATION, answering(answer), at) for answer, at in (("a", 100.0), ("b", 99.0), ("c", 100.1))]

    runner_with(clock, executor).advance(calls)

    assert [call.outcome(100.0, FAR) for call in calls] == ["a", "b", None]
    assert [call.at for call in calls] == [100.0, 100.0, 100.1]
    assert clock.sleeps == []


def test_a_call_is_made_once(clock: FakeClock, executor: InlineExecutor) -> None:
    """A call on the wire is not made again."""
    call = Call(OPERATION, answering("a", "b"), 100.0)

    runner_with(clock, executor).advance([call])
    runner_with(clock, executor).advance([call])

    assert executor.submitted == 1


def test_waiting_ends_when_something_else_is_due() -> None:
    """A call on the wire is waited for until the next one is due, or until it has hung long enough."""
    clock = Waits(100.0)
    runner = runner_with(clock, Silence())
    on_the_wire, planned = Call(OPERATION, answering("a"), 100.0), Call(OPERATION, answering("b"), 104.0)

    runner.advance([on_the_wire, planned])
    runner.advance([on_the_wire])
    clock.now = 100.0 + CALL_LIMIT + 1
    runner.advance([on_the_wire])

    assert clock.sleeps == [4.0, CALL_LIMIT, 0.0]


def test_a_thread_that_hangs_delays_no_other(clock: FakeClock, hanging: Event) -> None:
    """The wait ends with the first answer, while another call hangs."""
    stuck, quick = Call(OPERATION, hanging.wait, 100.0), Call(OPERATION, answering("answer"), 100.0)

    runner_with(clock, DAEMON_THREADS).advance([stuck, quick])

    assert (stuck.outcome(100.0, FAR), quick.outcome(100.0, FAR)) == (None, "answer")


def test_not_too_many_calls_are_on_the_wire() -> None:
    """A call without a free place is made once there is one, without busy waiting."""
    clock = Waits(100.0)
    runner = runner_with(clock, Silence())
    calls = [Call(OPERATION, answering("answer"), 100.0) for _ in range(MAX_CONCURRENT_CALLS + 1)]

    runner.advance(calls)
    begun = [call.future is not None for call in calls]
    runner.advance(calls[1:])

    assert begun == [True] * MAX_CONCURRENT_CALLS + [False]
    assert calls[-1].future is not None
    assert clock.sleeps == [CALL_LIMIT, CALL_LIMIT]


def test_no_call_is_made_while_there_are_too_many() -> None:
    """A call that comes back to the others may make them one too many: that is no room for another."""
    clock = Waits(100.0)
    runner = runner_with(clock, Silence())
    on_the_wire = [Call(OPERATION, answering("answer"), 100.0) for _ in range(MAX_CONCURRENT_CALLS + 1)]
    for call in on_the_wire:
        call.start(Silence(), 100.0)
    planned = [Call(OPERATION, answering("answer"), 100.0) for _ in range(2)]

    runner.advance([*on_the_wire, *planned])

    assert [call.future for call in planned] == [None, None]


def test_a_signal_ends_the_wait(clock: FakeClock) -> None:
    """A wait that would last until the next call is due ends with the first signal."""
    signals = [Signal(), Signal()]
    signals[1].set_result(None)

    runner_with(clock, InlineExecutor()).advance([Call(OPERATION, answering("a"), 107.0)], signals)

    assert clock.sleeps == []


# Threads.


def test_the_process_does_not_wait_for_a_thread(hanging: Event) -> None:
    """A thread that hangs does not keep the interpreter from ending."""
    threads: list[Thread] = []

    DAEMON_THREADS.submit(lambda: threads.append(current_thread())).result()
    DAEMON_THREADS.submit(hanging.wait)

    assert [thread.daemon for thread in threads] == [True]


def test_a_call_runs_from_its_start(hanging: Event) -> None:
    """A clock that waits can tell a call on a thread from a signal."""
    future = DAEMON_THREADS.submit(hanging.wait)

    assert future.running()


def test_a_thread_hands_over_what_went_wrong() -> None:
    """Its exception is raised again where the result is read."""
    with pytest.raises(KeyError, match="bug"):
        DAEMON_THREADS.submit(answering(KeyError("bug"))).result()


# One call with all its attempts.


def read(clock: FakeClock, *answers: object, timeout: float = 10.0) -> object:
    """Make a call that gets these answers."""
    script = Script(clock, {"status a": answers})
    return runner_with(clock, InlineExecutor()).call_with_retries(script, CALL, timeout)


def test_a_call_that_works_is_made_once(clock: FakeClock) -> None:
    """Its answer is returned at once."""
    assert read(clock, DEPLOYED) == DEPLOYED
    assert clock.sleeps == []


def test_failures_are_followed_by_further_attempts(clock: FakeClock) -> None:
    """Each after a pause."""
    assert read(clock, BROKEN, BROKEN, DEPLOYED) == DEPLOYED
    assert clock.sleeps == [0.5, 1.0]


def test_the_last_failure_is_raised(clock: FakeClock) -> None:
    """When no attempt is left."""
    failures = [ServerError("reading", 500 + number) for number in range(5)]

    with pytest.raises(CallError) as caught:
        read(clock, *failures, timeout=100.0)

    assert caught.value is failures[-1]
    assert clock.sleeps == [0.5, 1.0, 2.0, 4.0]


def test_the_attempts_end_in_time(clock: FakeClock) -> None:
    """The last one is made when the time is up."""
    with pytest.raises(ServerError):
        read(clock, BROKEN, timeout=1.25)

    assert clock.sleeps == [0.5, 0.75]


def test_a_call_that_hangs_is_given_up_when_the_time_is_up(hanging: Event) -> None:
    """It is left behind, on its thread."""
    runner = CallRunner(SystemClock(), DAEMON_THREADS, full)
    script = Script(FakeClock(), {"status a": [hanging.wait]})

    with pytest.raises(TransportError, match="no complete response within 0 s"):
        runner.call_with_retries(script, CALL, 0.02)

    assert not hanging.is_set()


def test_a_call_that_hangs_is_given_up_after_its_limit() -> None:
    """However much time there is for all attempts: the next one is made."""
    time = VirtualTime(0.0)
    time.let_travel(Trip(0.0, 1000.0))
    script = Script(time, {"status a": [DEPLOYED]})

    assert CallRunner(time, time, full).call_with_retries(script, CALL, 100.0) == DEPLOYED
    assert script.times("status a") == [0.0, CALL_LIMIT + 0.5]


def test_a_bug_is_no_failure_of_the_call(clock: FakeClock) -> None:
    """It goes up at once."""
    with pytest.raises(ZeroDivisionError):
        read(clock, lambda: 1 // 0)


# When a failed call is made again: by the error, the schedule and the time.


def failed(retry_after: float | None = None) -> ServerError:
    return ServerError("reading", 503, retry_after=retry_after)


def test_a_call_is_tried_five_times() -> None:
    """Four pauses that double, then the failure is the answer, and stays it."""
    retry = Retry(full)

    assert [retry.again_at(failed(), 100.0, FAR) for _ in range(6)] == [100.5, 101.0, 102.0, 104.0, None, None]


def test_pauses_are_drawn() -> None:
    """Full jitter: any number between zero and the bound."""
    draws = iter([0.5, 0.0, 0.25])
    retry = Retry(lambda: next(draws))

    assert [retry.again_at(failed(), 0.0, FAR) for _ in range(3)] == [0.25, 0.0, 0.5]


@pytest.mark.parametrize(
    ("retry_after", "again"),
    [
        pytest.param(None, 100.5, id="not said"),
        pytest.param(0.0, 100.5, id="at once"),
        pytest.param(0.4, 100.5, id="sooner than the own pause"),
        pytest.param(0.6, 100.6, id="later than the own pause"),
        pytest.param(100.0, 200.0, id="just in time"),
        pytest.param(100.1, None, id="after the deadline"),
    ],
)
def test_the_servers_delay_is_obeyed(retry_after: float | None, again: float | None) -> None:
    """No attempt comes before the server allows it; one that it allows too late does not come."""
    assert Retry(full).again_at(failed(retry_after), 100.0, 200.0) == again


@pytest.mark.parametrize(
    ("now", "again"),
    [
        pytest.param(9.0, 9.5, id="time enough"),
        pytest.param(9.5, 10.0, id="just enough"),
        pytest.param(9.9, 10.0, id="too little for the pause"),
        pytest.param(10.0, None, id="at the deadline"),
        pytest.param(10.1, None, id="after the deadline"),
    ],
)
def test_no_attempt_is_planned_past_the_deadline(now: float, again: float | None) -> None:
    """The last attempt comes at the deadline; there is none when it has passed."""
    assert Retry(full).again_at(failed(), now, 10.0) == again


@pytest.mark.parametrize(
    ("error", "again"),
    [
        pytest.param(failed(), 0.5, id="server"),
        pytest.param(RateLimitError("reading", 429), 0.5, id="rate limit"),
        pytest.param(TransportError("reading", "reset", "", may_have_executed=True), 0.5, id="reset"),
        pytest.param(ApiError("reading", 400), None, id="refusal"),
        pytest.param(ApiError("reading", 400, retry_after=1.0), None, id="refusal with a delay"),
        pytest.param(
            TransportError("reading", "no trust", "", may_have_executed=False, retryable=False), None, id="TLS trust"
        ),
    ],
)
def test_only_what_can_help_is_tried_again(error: CallError, again: float | None) -> None:
    """A refusal for good is the answer at once."""
    assert Retry(full).again_at(error, 0.0, FAR) == again
