"""Time that tests decide: a clock that does not wait, a network on virtual time, and a wall clock that jumps."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from heapq import heappop, heappush
from typing import Any, NamedTuple

from greenlet import greenlet

REAL_LIMIT = 10.0
"""Real seconds for a call on a thread; none of those in the tests takes nearly as long."""


class FakeClock:
    """Implements the package's `Clock` without any waiting.

    Attributes:
        now: The monotonic time; a test may move it.
        epoch: The wall clock's time when the monotonic one is zero.
        sleeps: What was waited in vain, in order.
    """

    def __init__(self, now: float = 0.0, epoch: float = 1_700_000_000.0) -> None:
        self.now, self.epoch = now, epoch
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        """Return the time, which stands still between sleeps."""
        return self.now

    def wall(self) -> float:
        """Return the same time as seconds since the epoch."""
        return self.epoch + self.now

    def wait(self, futures: Collection[Future[Any]], timeout: float) -> None:
        """Move on at once, unless a future is done; what runs on a thread takes its real time, and none of this one."""
        if any(future.running() for future in futures):
            assert wait(futures, timeout=REAL_LIMIT, return_when=FIRST_COMPLETED).done, "a call hangs"
        elif not any(future.done() for future in futures):
            self.sleep(timeout)

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.sleeps.append(seconds)
        self.move_to(self.now + seconds)

    def travel(self) -> None:
        """Take no time: the server is where the client is."""

    def move_to(self, moment: float) -> None:
        """Move on without having slept, as time does while a call is on the wire."""
        self.now = moment


class Trip(NamedTuple):
    """One call's way, in seconds.

    Attributes:
        there: From its first byte until the server executes it.
        back: From then until its answer is here.
        before: From the decision to make it until its first byte leaves: a name is resolved, a connection is made.
    """

    there: float = 0.0
    back: float = 0.0
    before: float = 0.0


INSTANT = Trip()


class VirtualTime(Executor):
    """A network on virtual time: calls overlap, are answered late or never, and no thread waits for them.

    It is a clock and an executor, with all that happens in between as one list of moments.

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

    def let_travel(self, *first: Trip, rest: Trip = INSTANT) -> None:
        """Let the next calls travel like this, and all others like the rest."""
        trips = iter(first)
        self.trip = lambda: next(trips, rest)

    def plan(self, at: float, action: Callable[[], None]) -> None:
        """Let something happen at a time; what is planned first happens first."""
        self._planned += 1
        heappush(self._moments, (max(at, self.now), self._planned, action))

    def pass_until(self, moment: float, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, until a moment after which a condition holds."""
        while self._moments and self._moments[0][0] <= moment and not unless():
            self.now, _, action = heappop(self._moments)
            action()
        if not unless():
            self.now = max(self.now, moment)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as in Executor
        """Start a function when its first byte leaves; the future is told when the answer is back."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        trip, note = self.trip(), self.note()
        journey = greenlet(lambda: _run(fn, *args, **kwargs))

        def go_on() -> None:
            """Let the call run until it travels or has its answer."""
            self.noted = note
            answer = journey.switch()
            if journey.dead:
                self.plan(self.now + trip.back, lambda: answer(future))
            else:
                self.plan(self.now + trip.there, go_on)

        self.plan(self.now + trip.before, go_on)
        return future

    def travel(self) -> None:
        """Let the time pass between the first byte of the call that runs now and its execution."""
        greenlet.getcurrent().parent.switch()


def _run(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[Future[Any]], None]:  # noqa: ANN401 - any call
    try:
        result = fn(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - as every executor does
        failure = error
        return lambda future: future.set_exception(failure)
    return lambda future: future.set_result(result)


class JumpingClock:
    """A wall clock for a simulator that other processes use: the machine's own, but it can stand still and jump."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._stands_at: float | None = None

    def __call__(self) -> float:
        # Read once: another thread may let it go on in between.
        stands_at = self._stands_at
        return time.time() + self._ahead if stands_at is None else stands_at

    def jump(self, seconds: float) -> None:
        """Let time pass at once: deployments end, and those that are queued start and end."""
        self._ahead += seconds

    def stand_still(self) -> None:
        """Let no time pass from now on."""
        self._stands_at = self()

    def go_on(self) -> None:
        """Let time pass again, from where it stood."""
        if self._stands_at is not None:
            self._ahead = self._stands_at - time.time()
            self._stands_at = None


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
