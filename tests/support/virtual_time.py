"""A network on virtual time: calls that overlap, are answered late or never, without a thread and without waiting."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from heapq import heappop, heappush
from typing import Any, NamedTuple


class Trip(NamedTuple):
    """One call's way: how long until the server executes it, and from then until its answer is here."""

    there: float = 0.0
    back: float = 0.0


class VirtualTime(Executor):
    """A clock, an executor and all that happens in between, as one list of moments.

    Attributes:
        now: The monotonic time.
        sleeps: From when until when was waited with no call on the wire.
        trip: Says how a call that is made now will travel.
        note: Says what the function of a call that is made now may want to know when it is executed.
        noted: That note, while the function runs.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self.sleeps: list[tuple[float, float]] = []
        self.trip: Callable[[], Trip] = Trip
        self.note: Callable[[], object] = lambda: None
        self.noted: object = None
        self._moments: list[tuple[float, int, Callable[[], None]]] = []
        self._planned = 0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def wall(self) -> float:
        """Return the same time; nothing here reads it as an epoch."""
        return self.now

    def wait(self, futures: Collection[Future[Any]], timeout: float) -> None:
        """Let everything happen that happens within that time, or until one of the futures is done."""
        if not any(future.running() or future.done() for future in futures):
            self.sleeps.append((self.now, self.now + timeout))
        self.pass_until(self.now + timeout, unless=lambda: any(future.done() for future in futures))

    def plan(self, at: float, action: Callable[[], None]) -> None:
        """Let something happen at a time; what is planned first happens first."""
        self._planned += 1
        heappush(self._moments, (max(at, self.now), self._planned, action))

    def pass_until(self, time: float, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, until a moment after which a condition holds."""
        while self._moments and self._moments[0][0] <= time and not unless():
            self.now, _, action = heappop(self._moments)
            action()
        if not unless():
            self.now = max(self.now, time)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as in Executor
        """Send a function on its way; it runs on arrival, and the future is told when the answer is back."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        trip, note = self.trip(), self.note()

        def arrive() -> None:
            self.noted = note
            answer = _run(fn, *args, **kwargs)
            self.plan(self.now + trip.back, lambda: answer(future))

        self.plan(self.now + trip.there, arrive)
        return future


def _run(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[Future[Any]], None]:  # noqa: ANN401 - any call
    try:
        result = fn(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - as every executor does
        failure = error
        return lambda future: future.set_exception(failure)
    return lambda future: future.set_result(result)
