"""One call to Qovery: planned for a time, then on the wire, retried where that is right, and never forever.

Calls run on threads, so that one that hangs neither holds up the others nor outlives its time. Retrying a call and
waiting for a deployment are two things with two limits: this file knows the first, and no cancellation. A call that
changes something is never retried here: whether a cancel is sent again is the cancellation machine's to say.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from math import inf
from typing import Any, Generic, Protocol, TypeVar

from qovery_provider._cancellation.schedule import Retry, asked_pause, full_pause
from qovery_provider._clock import Clock, Signal
from qovery_provider._driver.gate import Gates
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.failures import NETWORK
from qovery_provider._qovery.rate_limit import RateBudget
from qovery_provider.errors import CallError, TransportError

CALL_LIMIT = 60.0
"""Seconds for one attempt in all: a server that sends a byte now and then passes every limit on silence."""

LAST_CALL_LIMIT = 2.0
"""Seconds for a call that is made at the deadline, or right before it; all are given up so long after the deadline."""

MAX_CONCURRENT_CALLS = 64
"""Calls on the wire side by side; one that has been given up no longer counts."""

Answer = TypeVar("Answer")


class Client(Protocol):
    """The way to Qovery's API: `QoveryClient`, or its replacement in a test."""

    budget: RateBudget

    def send(self, call: ApiCall[Answer], before_sending: Callable[[], None] = ...) -> Answer:
        """Make one call; raise a CallError when it fails, or what `before_sending` raises instead of its first byte."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class DaemonThreadExecutor(Executor):
    """Runs each call on a thread of its own, which does not keep the process from ending.

    The standard library joins the threads of its pools at exit: a call that hangs would keep the interpreter alive.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as in the base
        """Start the call."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - handed over with the future
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=run, name="qovery-call", daemon=True).start()
        return future


DAEMON_THREADS = DaemonThreadExecutor()


def time_limit(at: float, deadline: float) -> float:
    """Return how many seconds a call may take that is made at a time: a deadline ends it as well."""
    last = min(LAST_CALL_LIMIT, deadline + LAST_CALL_LIMIT - at)
    return min(CALL_LIMIT, max(0.0, last, deadline - at))


def no_answer(operation: str, seconds: float, *, may_have_executed: bool = False) -> TransportError:
    """Return the error of a call that was given up after this time."""
    problem = f"no complete response within {seconds:.0f} s"
    return TransportError(operation, problem, NETWORK, may_have_executed=may_have_executed)


@dataclass(eq=False, slots=True)
class Call(Generic[Answer]):
    """One call.

    Attributes:
        operation: What it asks for, as a phrase: errors begin with it.
        function: Makes it.
        at: When it is to be made or, on the wire, when it was made.
        retry: When it is made again after a failure. Default: not at all.
        timeout: Seconds after which an attempt is given up. Default: 60.
        deadline: When the operation ends that it belongs to; from then on it is given up earlier. Default: never.
        revoke: Withdraws the call; returns whether it was certainly not sent. Default: that is unknown.
        future: Its answer, once it is on the wire.
    """

    operation: str
    function: Callable[[], Answer]
    at: float
    retry: Retry | None = None
    timeout: float = CALL_LIMIT
    deadline: float = inf
    revoke: Callable[[], bool] = lambda: False
    future: Future[Answer] | None = field(default=None, init=False)

    def start(self, executor: Executor, now: float) -> None:
        """Make the call."""
        self.timeout = min(self.timeout, time_limit(now, self.deadline))
        self.at, self.future = now, executor.submit(self.function)

    @property
    def limit(self) -> float:
        """When something must be done about it: it is to be made, or it has hung long enough."""
        return self.at if self.future is None else self.at + self.timeout

    def outcome(self, now: float, deadline: float) -> Answer | CallError | None:
        """Return how it ended, or None while it has not; a failure worth another attempt plans that."""
        if self.future is None or not (self.future.done() or now >= self.limit):
            return None
        answer = self._answer(self.future)
        if not isinstance(answer, CallError) or self.retry is None:
            return answer
        again_at = self.retry.again_at(answer, now, deadline)
        if again_at is None:
            return answer
        self.at, self.future = again_at, None
        return None

    def _answer(self, future: Future[Answer]) -> Answer | CallError:
        if not future.done():
            return no_answer(self.operation, self.timeout, may_have_executed=not self.revoke())
        try:
            return future.result()
        except CallError as error:
            return error


class StoppedError(TransportError):
    """A stop signal was set before the answer to a read came."""

    def __init__(self, operation: str) -> None:
        advice = "Nothing was sent. Run it again."
        super().__init__(operation, "the update was stopped before a response came", advice, may_have_executed=False)


class CallRunner:
    """Makes calls, side by side, each at its time.

    Args:
        clock: The time, and waiting.
        executor: Runs the calls.
        random: Returns a number from 0 to below 1, for the pauses before retries.
        concurrent: How many calls may be on the wire side by side. Default: 64.

    Attributes:
        gates: The gates that cancels have to pass.
    """

    def __init__(
        self, clock: Clock, executor: Executor, random: Callable[[], float], concurrent: int = MAX_CONCURRENT_CALLS
    ) -> None:
        self.clock, self.executor, self.random, self.gates = clock, executor, random, Gates()
        self._concurrent = concurrent

    def retry(self, *, is_awaited: bool = False) -> Retry:
        """Return the attempts of one call; `is_awaited` says whether the end of a target is awaited with it."""
        return Retry(self.random, asked_pause if is_awaited else full_pause)

    def advance(self, calls: Collection[Call[Any]], signals: Sequence[Signal] = (), until: float = inf) -> None:
        """Make the calls that are due, then wait until one has ended, another one is due, or a signal is set.

        Args:
            calls: The calls, planned and on the wire.
            signals: What else ends the wait.
            until: When the wait ends in any case. Default: never.
        """
        now = self.clock.monotonic()
        due = [call for call in calls if call.future is None and call.at <= now]
        room = max(0, self._concurrent - sum(call.future is not None for call in calls))
        waiting = set(due[room:])
        for call in due[:room]:
            call.start(self.executor, now)
        timeout = max(0.0, min([until, *(call.limit for call in calls if call not in waiting)]) - now)
        self.clock.wait([*(call.future for call in calls if call.future), *signals], timeout)

    def call_with_retries(
        self, client: Client, call: ApiCall[Answer], timeout: float, stop: Signal | None = None
    ) -> Answer:
        """Make one call that changes nothing, with its retries, and return its answer.

        Args:
            client: Makes it.
            call: The call.
            timeout: Seconds for all attempts.
            stop: Ends the wait when it is set. Default: nothing does.

        Raises:
            CallError: It failed, and no further attempt is worth it within `timeout` seconds.
            StoppedError: `stop` was set first.
        """
        now = self.clock.monotonic()
        deadline = now + timeout
        attempts = Call(call.operation, lambda: client.send(call), now, self.retry(), min(timeout, CALL_LIMIT))
        while (answer := attempts.outcome(self.clock.monotonic(), deadline)) is None:
            if stop and stop.done():
                raise StoppedError(call.operation)
            self.advance([attempts], [stop] if stop else [])
        if isinstance(answer, CallError):
            raise answer
        return answer
