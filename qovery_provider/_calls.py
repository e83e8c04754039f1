"""One call to Qovery: planned for a time, then on the wire, retried where that is right, and never forever.

Calls run on a pool of threads, so that one that hangs neither holds up the others nor outlives its time. This file and
`_watcher` alone may know threads; it knows no cancellation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from qovery_provider._clock import Clock
from qovery_provider._failures import NETWORK
from qovery_provider._retry import Retry
from qovery_provider.errors import CallError, TransportError

CALL_LIMIT = 60.0
"""Seconds for one attempt in all: a server that sends a byte now and then passes every limit on silence."""

MOST_THREADS, RESERVE = 64, 4

Answer = TypeVar("Answer")


@contextmanager
def pool(calls: int) -> Iterator[Executor]:
    """Lend threads for that many calls side by side, and a few in reserve: a call that hangs is left behind."""
    executor = ThreadPoolExecutor(max_workers=min(calls, MOST_THREADS) + RESERVE, thread_name_prefix="qovery")
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


class Call(Generic[Answer]):
    """One call.

    Attributes:
        at: When it is to be made or, on the wire, when it was made.
    """

    def __init__(
        self, function: Callable[[], Answer], at: float, retry: Retry | None = None, patience: float = CALL_LIMIT
    ) -> None:
        self.at = at
        self._function, self._retry, self._patience = function, retry, patience
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
        return self.at if self.future is None else self.at + self._patience

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
            words = f"no whole answer within {self._patience:.0f} s"
            return TransportError("waiting for Qovery", words, NETWORK, may_have_executed=True)
        try:
            return future.result()
        except CallError as error:
            return error


def advance(calls: Sequence[Call[Any]], executor: Executor, clock: Clock, wake: Future[None] | None = None) -> None:
    """Make the calls that are due, then wait until one has ended, something else must be done, or `wake` is set."""
    now = clock.monotonic()
    for call in calls:
        if call.future is None and call.at <= now:
            call.start(executor, now)
    futures: list[Future[Any]] = [call.future for call in calls if call.future]
    patience = max(0.0, min(call.limit for call in calls) - now)
    if futures:
        wait([*futures, wake] if wake else futures, timeout=patience, return_when=FIRST_COMPLETED)
    elif wake:
        clock.sleep(patience, wake)
    else:
        clock.sleep(patience)


def ask(function: Callable[[], Answer], clock: Clock, timeout: float, random: Callable[[], float]) -> Answer:
    """Make one call that changes nothing, with its retries, and return its answer.

    Raises:
        CallError: It failed, and no further attempt is worth it within `timeout` seconds.
    """
    deadline = clock.monotonic() + timeout
    call = Call(function, clock.monotonic(), Retry(random), min(timeout, CALL_LIMIT))
    with pool(1) as executor:
        while (answer := call.outcome(clock.monotonic(), deadline)) is None:
            advance([call], executor, clock)
    if isinstance(answer, CallError):
        raise answer
    return answer
