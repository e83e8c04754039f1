"""One call to Qovery: planned for a time, then on the wire, retried where that is right, and never forever.

Calls run on threads, so that one that hangs neither holds up the others nor outlives its time. It knows no
cancellation, and what a call asks only in words.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, Generic, TypeVar

from qovery_provider._clock import Clock
from qovery_provider._driver.retry import Retry
from qovery_provider._qovery.failures import NETWORK
from qovery_provider.errors import CallError, TransportError

CALL_LIMIT = 60.0
"""Seconds for one attempt in all: a server that sends a byte now and then passes every limit on silence."""

MAX_CONCURRENT_CALLS = 64
"""Calls on the wire side by side; one that has been given up no longer counts."""

Answer = TypeVar("Answer")


class DaemonThreadExecutor(Executor):
    """Runs each call on a thread of its own that nobody has to wait for, not even the end of the process.

    The standard library joins the threads of its pools when the interpreter exits: a call that hangs would hold it.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as in the base
        """Start the call."""
        future: Future[Any] = Future()

        def run() -> None:
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - handed over to whoever reads the future
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=run, name="qovery-call", daemon=True).start()
        return future


DAEMON_THREADS = DaemonThreadExecutor()


class Call(Generic[Answer]):
    """One call.

    Args:
        operation: What it asks for, as in the errors of the client.
        function: Makes it.
        at: When.
        retry: How often it is made again when it fails; None where that is not for this file to say.

    Attributes:
        at: When it is to be made or, on the wire, when it was made.
        patience: Seconds after which an attempt is given up.
    """

    def __init__(self, operation: str, function: Callable[[], Answer], at: float, retry: Retry | None = None) -> None:
        self.at = at
        self.timeout = CALL_LIMIT
        self._operation, self._function, self._retry = operation, function, retry
        self.future: Future[Answer] | None = None

    def start(self, executor: Executor, now: float) -> None:
        """Make the call."""
        self.at, self.future = now, executor.submit(self._function)

    def bring_forward(self, at: float) -> None:
        """Make it earlier, unless it is on the wire or backs off after a failure."""
        if self.future is None and not (self._retry and self._retry.failures):
            self.at = min(self.at, at)

    @property
    def limit(self) -> float:
        """When something must be done about it: it is to be made, or it has hung long enough."""
        return self.at if self.future is None else self.at + self.timeout

    def outcome(self, now: float, deadline: float) -> Answer | CallError | None:
        """Return how it ended, or None while it has not; a failure worth another attempt plans that."""
        if self.future is None or not (self.future.done() or now >= self.limit):
            return None
        answer = self._answer(self.future)
        if not isinstance(answer, CallError) or self._retry is None:
            return answer
        again_at = self._retry.again_at(answer, now, deadline)
        if again_at is None:
            return answer
        self.at, self.future = again_at, None
        return None

    def _answer(self, future: Future[Answer]) -> Answer | CallError:
        if not future.done():
            words = f"no whole answer within {self.timeout:.0f} s"
            return TransportError(self._operation, words, NETWORK, may_have_executed=True)
        try:
            return future.result()
        except CallError as error:
            return error


def advance(calls: Sequence[Call[Any]], executor: Executor, clock: Clock, wake: Future[None] | None = None) -> None:
    """Make the calls that are due, then wait until one has ended, something else must be done, or `wake` is set."""
    now = clock.monotonic()
    due = [call for call in calls if call.future is None and call.at <= now]
    room = MAX_CONCURRENT_CALLS - sum(call.future is not None for call in calls)
    waiting = set(due[room:])
    for call in due[:room]:
        call.start(executor, now)
    futures: list[Future[Any]] = [call.future for call in calls if call.future]
    timeout = max(0.0, min(call.limit for call in calls if call not in waiting) - now)
    if futures:
        wait([*futures, wake] if wake else futures, timeout=timeout, return_when=FIRST_COMPLETED)
    elif wake:
        clock.sleep(timeout, wake)
    else:
        clock.sleep(timeout)


def call_with_retries(
    operation: str, function: Callable[[], Answer], clock: Clock, timeout: float, random: Callable[[], float]
) -> Answer:
    """Make one call that changes nothing, with its retries, and return its answer.

    Raises:
        CallError: It failed, and no further attempt is worth it within `timeout` seconds.
    """
    deadline = clock.monotonic() + timeout
    call = Call(operation, function, clock.monotonic(), Retry(random))
    call.timeout = min(timeout, CALL_LIMIT)
    while (answer := call.outcome(clock.monotonic(), deadline)) is None:
        advance([call], DAEMON_THREADS, clock)
    if isinstance(answer, CallError):
        raise answer
    return answer
