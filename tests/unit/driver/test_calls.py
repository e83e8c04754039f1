"""One call: when it is made, when again, and when it is given up. With threads only where they are the point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Thread, current_thread

import pytest

from qovery_provider._driver import calls as _calls
from qovery_provider._driver.calls import (
    CALL_LIMIT,
    DAEMON_THREADS,
    MAX_CONCURRENT_CALLS,
    Call,
    advance,
    call_with_retries,
)
from qovery_provider._driver.retry import Retry
from qovery_provider.errors import ApiError, CallError, ServerError, TransportError
from tests.support.clock import FakeClock
from tests.support.inline import InlineExecutor

ASKED = "reading the status of environment 3c90"
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
    """What hangs until the test is over."""
    event = Event()
    yield event
    event.set()


# Planned, on the wire, answered.


def test_a_planned_call_has_no_outcome(executor: InlineExecutor) -> None:
    """Before it is made there is nothing to tell."""
    call = Call(ASKED, answering("answer"), 100.0)

    assert call.outcome(FAR, FAR) is None
    assert executor.submitted == 0


def test_a_made_call_has_its_answer(executor: InlineExecutor) -> None:
    """What the function returns is the outcome, and `at` is when it was made."""
    call = Call(ASKED, answering("answer"), 100.0)
    call.start(executor, 103.0)

    assert call.at == 103.0
    assert call.outcome(103.0, FAR) == "answer"


def test_a_failure_is_an_outcome(executor: InlineExecutor) -> None:
    """Without a retry, the error is the answer at once."""
    error = ServerError("reading", 503)
    call = Call(ASKED, answering(error), 100.0)
    call.start(executor, 100.0)

    assert call.outcome(100.0, FAR) is error


def test_a_call_under_way_has_no_outcome() -> None:
    """Until its answer is here, nobody knows."""
    call = Call(ASKED, answering("answer"), 100.0)
    call.future = Future()

    assert call.outcome(100.0 + CALL_LIMIT - 0.001, FAR) is None


@pytest.mark.parametrize("changes", [True, False])
def test_a_call_that_hangs_is_given_up(*, changes: bool) -> None:
    """After its limit it counts as failed, and as one that may have been executed."""
    call = Call(ASKED, answering("answer"), 100.0, None if changes else Retry(full))
    call.future = Future()

    outcome = call.outcome(100.0 + CALL_LIMIT, 100.0)

    assert isinstance(outcome, TransportError)
    assert str(outcome) == f"{ASKED}: no whole answer within 60 s. Check the network, then try again."
    assert (outcome.may_have_executed, outcome.retryable) == (True, True)


def test_an_answer_beats_the_limit(executor: InlineExecutor) -> None:
    """An answer that is here counts, however late somebody looks at it."""
    call = Call(ASKED, answering("answer"), 100.0)
    call.start(executor, 100.0)

    assert call.outcome(100.0 + 2 * CALL_LIMIT, FAR) == "answer"


def test_a_bug_is_no_answer(executor: InlineExecutor) -> None:
    """Only a CallError is a failure of the call; everything else is a bug and goes up."""
    call = Call(ASKED, answering(KeyError("bug")), 100.0, Retry(full))
    call.start(executor, 100.0)

    with pytest.raises(KeyError, match="bug"):
        call.outcome(100.0, FAR)


# Again.


def test_a_failure_plans_the_next_attempt(executor: InlineExecutor) -> None:
    """A failure that is worth another attempt is no outcome: the call is planned again, after a pause."""
    call = Call(ASKED, answering(ServerError("reading", 503), "answer"), 100.0, Retry(full))
    call.start(executor, 100.0)

    assert call.outcome(101.0, FAR) is None
    assert (call.at, call.future) == (101.5, None)

    call.start(executor, 101.5)

    assert call.outcome(101.5, FAR) == "answer"


def test_a_failure_for_good_is_the_outcome(executor: InlineExecutor) -> None:
    """A refusal is not tried again."""
    error = ApiError("reading", 400)
    call = Call(ASKED, answering(error), 100.0, Retry(full))
    call.start(executor, 100.0)

    assert call.outcome(100.0, FAR) is error


def test_the_deadline_ends_the_attempts(executor: InlineExecutor) -> None:
    """At the deadline, a failure is the outcome."""
    error = ServerError("reading", 503)
    call = Call(ASKED, answering(error), 100.0, Retry(full))
    call.start(executor, 100.0)

    assert call.outcome(100.0, 100.0) is error


# Earlier.


def test_a_planned_call_can_be_brought_forward() -> None:
    """It moves to an earlier time, and never to a later one."""
    call = Call(ASKED, answering("answer"), 100.0, Retry(full))
    call.bring_forward(90.0)
    call.bring_forward(95.0)

    assert call.at == 90.0


def test_a_call_on_the_wire_keeps_its_time(executor: InlineExecutor) -> None:
    """When it was made stays true."""
    call = Call(ASKED, answering("answer"), 100.0)
    call.start(executor, 100.0)
    call.bring_forward(90.0)

    assert call.at == 100.0


def test_a_pause_after_a_failure_is_kept(executor: InlineExecutor) -> None:
    """Nobody's hurry shortens the pause that the server asked for."""
    call = Call(ASKED, answering(ServerError("reading", 503, retry_after=30.0)), 100.0, Retry(full))
    call.start(executor, 100.0)
    call.outcome(100.0, FAR)
    call.bring_forward(101.0)

    assert call.at == 130.0


# Waiting.


def test_the_clock_sleeps_until_the_first_call(clock: FakeClock, executor: InlineExecutor) -> None:
    """With nothing on the wire, the next thing to do is the earliest call."""
    calls = [Call(ASKED, answering("a"), 107.0), Call(ASKED, answering("b"), 103.0)]

    advance(calls, executor, clock)

    assert clock.sleeps == [3.0]
    assert executor.submitted == 0


def test_due_calls_are_made(clock: FakeClock, executor: InlineExecutor) -> None:
    """Those whose time has come are made, the others are not; an answer that is here ends the wait."""
    calls = [Call(ASKED, answering("a"), 100.0), Call(ASKED, answering("b"), 99.0), Call(ASKED, answering("c"), 100.1)]

    advance(calls, executor, clock)

    assert [call.outcome(100.0, FAR) for call in calls] == ["a", "b", None]
    assert [call.at for call in calls] == [100.0, 100.0, 100.1]
    assert clock.sleeps == []


def test_a_call_is_made_once(clock: FakeClock, executor: InlineExecutor) -> None:
    """What is on the wire is not made again."""
    call = Call(ASKED, answering("a", "b"), 100.0)

    advance([call], executor, clock)
    advance([call], executor, clock)

    assert executor.submitted == 1


def test_waiting_ends_when_something_else_is_due(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call on the wire is waited for until the next one is due, or until it has hung long enough."""
    waits: list[float] = []
    monkeypatch.setattr(_calls, "wait", lambda *_, timeout, **__: waits.append(timeout))
    with ThreadPoolExecutor(1) as threads:
        on_the_wire, planned = Call(ASKED, answering("a"), 100.0), Call(ASKED, answering("b"), 104.0)
        on_the_wire.start(threads, 100.0)

        advance([on_the_wire, planned], threads, clock)
        advance([on_the_wire], threads, clock)
        clock.now = 100.0 + CALL_LIMIT + 1
        advance([on_the_wire], threads, clock)

    assert waits == [4.0, CALL_LIMIT, 0.0]
    assert clock.sleeps == []


def test_a_hanging_thread_holds_up_nobody(clock: FakeClock, hanging: Event) -> None:
    """The wait ends with the first answer, while another call hangs."""
    stuck, quick = Call(ASKED, hanging.wait, 100.0), Call(ASKED, answering("answer"), 100.0)

    advance([stuck, quick], DAEMON_THREADS, clock)

    assert (stuck.outcome(100.0, FAR), quick.outcome(100.0, FAR)) == (None, "answer")


def test_a_hanging_thread_is_left_behind(hanging: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it, not even the end of the process, which would join the threads of a pool."""
    monkeypatch.setattr(_calls, "CALL_LIMIT", 0.02)

    with pytest.raises(TransportError, match="no whole answer within 0 s"):
        _calls.call_with_retries(ASKED, hanging.wait, _RealTime(), 0.0, full)

    assert not hanging.is_set()


class _RealTime(FakeClock):
    """A clock that knows no more than that time has passed when somebody waited."""

    def monotonic(self) -> float:
        self.now += 0.01
        return self.now


def test_nobody_has_to_wait_for_a_thread(hanging: Event) -> None:
    """A thread that hangs does not keep the interpreter from ending."""
    threads: list[Thread] = []

    DAEMON_THREADS.submit(lambda: threads.append(current_thread())).result()
    DAEMON_THREADS.submit(hanging.wait)

    assert [thread.daemon for thread in threads] == [True]


def test_a_thread_hands_over_what_went_wrong() -> None:
    """Whatever is raised in it is raised again where the answer is read."""
    with pytest.raises(KeyError, match="bug"):
        DAEMON_THREADS.submit(answering(KeyError("bug"))).result()


def test_not_too_many_calls_are_on_the_wire(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What finds no room is made when there is some again; the wait for it is no busy one."""
    waits: list[float] = []
    monkeypatch.setattr(_calls, "wait", lambda *_, timeout, **__: waits.append(timeout))
    silent = InlineExecutor()
    monkeypatch.setattr(silent, "submit", lambda _: Future())
    calls = [Call(ASKED, answering("answer"), 100.0) for _ in range(MAX_CONCURRENT_CALLS + 1)]

    advance(calls, silent, clock)
    begun = [call.future is not None for call in calls]
    advance(calls[1:], silent, clock)

    assert begun == [True] * MAX_CONCURRENT_CALLS + [False]
    assert calls[-1].future is not None
    assert waits == [CALL_LIMIT, CALL_LIMIT]


def test_somebody_may_end_the_wait(clock: FakeClock) -> None:
    """Who sets `wake` ends a wait that would last until the next call is due."""
    wake: Future[None] = Future()
    wake.set_result(None)

    advance([Call(ASKED, answering("a"), 107.0)], InlineExecutor(), clock, wake)

    assert clock.sleeps == []


# Asking.


def test_asking_returns_the_answer(clock: FakeClock) -> None:
    """One call that works is one call."""
    assert call_with_retries(ASKED, answering("answer"), clock, 10.0, full) == "answer"
    assert clock.sleeps == []


def test_asking_retries(clock: FakeClock) -> None:
    """Failures are followed by pauses and further attempts."""
    broken = ServerError("reading", 503)

    assert call_with_retries(ASKED, answering(broken, broken, "answer"), clock, 10.0, full) == "answer"
    assert clock.sleeps == [0.5, 1.0]


def test_asking_ends_with_the_last_error(clock: FakeClock) -> None:
    """When no attempt is left, the failure of the last one goes up."""
    failures = [ServerError("reading", 500 + number) for number in range(5)]

    with pytest.raises(CallError) as caught:
        call_with_retries(ASKED, answering(*failures), clock, 100.0, full)

    assert caught.value is failures[-1]
    assert clock.sleeps == [0.5, 1.0, 2.0, 4.0]


def test_asking_ends_in_time(clock: FakeClock) -> None:
    """The time that is given limits the attempts; the last one is made at its end."""
    broken = ServerError("reading", 503)

    with pytest.raises(ServerError):
        call_with_retries(ASKED, answering(*[broken] * 5), clock, 1.25, full)

    assert clock.sleeps == [0.5, 0.75]


def test_asking_waits_no_longer_than_allowed(hanging: Event) -> None:
    """A call that hangs is given up when the time is up, if that is before its limit."""
    with pytest.raises(TransportError, match="no whole answer within 0 s"):
        call_with_retries(ASKED, hanging.wait, _RealTime(), 0.02, full)


def test_asking_lets_bugs_through(clock: FakeClock) -> None:
    """A bug in the function is not taken for a failure of the call."""
    with pytest.raises(ZeroDivisionError):
        call_with_retries(ASKED, lambda: 1 // 0, clock, 10.0, full)
