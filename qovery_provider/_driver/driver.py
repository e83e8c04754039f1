"""Drives cancellations to their end: makes the calls that their machines ask for, when they ask for them, side by side.

It knows calls and clocks, and no Pulumi, no HTTP and no rule about deployments. Only the calling thread touches the
machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from math import inf
from typing import Any, Protocol, TypeVar

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import Sent, Stage
from qovery_provider._clock import Signal
from qovery_provider._driver.calls import Call, CallRunner, Client
from qovery_provider._driver.gate import Gate
from qovery_provider._driver.polls import Pace
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.models import QueuedRequest
from qovery_provider.errors import CallError, NotSentError

Answer = TypeVar("Answer")

OwnStep = actions.SendCancel | actions.CancelQueued | actions.ListQueue | actions.ReadHistory | actions.ReadRequest
"""A step that is made for one cancellation alone; status reads are shared."""


class StatusSource(Protocol):
    """Reads the status of some environments, for all of them at once.

    Attributes:
        cancellations: The cancellations that it serves; they may come and go while they are driven.
    """

    cancellations: list[Cancellation]

    def plan(self, now: float, pace: Pace) -> Sequence[Call[Any]]:
        """Return the status reads on the wire, and those that are planned."""
        ...

    def observations(self, now: float) -> Iterator[tuple[Cancellation, events.Event]]:
        """Yield the events that finished status reads have for the cancellations."""
        ...


class Driver:
    """Drives cancellations.

    Args:
        client: Makes the calls.
        runner: Runs them.
        on_change: Is called with a cancellation after each event.
        stop_of: Returns the signal that ends a cancellation early, or None. Default: none has one.
    """

    def __init__(
        self,
        client: Client,
        runner: CallRunner,
        on_change: Callable[[Cancellation], None],
        stop_of: Callable[[Cancellation], Signal | None] = lambda _: None,
    ) -> None:
        self._client, self._runner, self._on_change, self._stop_of = client, runner, on_change, stop_of
        self._steps: dict[Cancellation, Call[events.Event]] = {}
        self._read_from: dict[Cancellation, float] = {}

    def run(self, sources: Sequence[StatusSource]) -> None:
        """Return when every cancellation is finished."""
        while self.advance(lambda: sources):
            pass

    def advance(
        self, sources: Callable[[], Sequence[StatusSource]], signals: Sequence[Signal] = (), held_until: float = -inf
    ) -> bool:
        """Make the calls that are due, wait for an event and process it; return False when nothing is left to do.

        Args:
            sources: Returns where the cancellations learn the status.
            signals: What else ends the wait.
            held_until: Only the status is read, and the wait ends then at the latest. Default: everything is done.
        """
        try:
            return self._advance(sources(), signals, held_until)
        except Exception:
            # A bug ends all of them: a cancel that may have been executed must be kept.
            for cancellation in self._steps:
                if self._is_sending(cancellation):
                    cancellation.abandon()
            raise

    def _advance(self, sources: Sequence[StatusSource], signals: Sequence[Signal], held_until: float) -> bool:
        now = self._runner.clock.monotonic()
        stops = self._stop(sources, now)
        is_held = now < held_until
        calls = [*([] if is_held else self._own_steps(sources)), *self._polls(sources, now)]
        if not any(each.stage is not Stage.FINISHED for source in sources for each in source.cancellations):
            return False  # no cancellation needs the calls that are still on the wire
        self._runner.advance(calls, [*signals, *stops], held_until if is_held else inf)
        now = self._runner.clock.monotonic()
        # One after the other: a bug in one answer must not lose those before it.
        for cancellation, event in chain(self._step_events(now), *(source.observations(now) for source in sources)):
            self._tell(cancellation, event, now)
        return True

    def _tell(self, cancellation: Cancellation, event: events.Event, now: float) -> None:
        if isinstance(event, events.StatusRead):
            self._read_from[cancellation] = now - event.took
        cancellation.observe(event, now)
        self._on_change(cancellation)

    def _stop(self, sources: Sequence[StatusSource], now: float) -> set[Signal]:
        """Stop the cancellations whose signal is set; return the signals that are not set yet.

        A cancel that is on the wire gets its answer first, so that its effect is known and kept.
        """
        waiting = set[Signal]()
        for cancellation in [cancellation for source in sources for cancellation in source.cancellations]:
            stop = None if cancellation.stage is Stage.FINISHED else self._stop_of(cancellation)
            if stop and not stop.done():
                waiting.add(stop)
            elif stop and not self._is_sending(cancellation):
                self._steps.pop(cancellation, None)
                self._tell(cancellation, events.Stopped(), now)
        return waiting

    def _is_stopped(self, cancellation: Cancellation) -> bool:
        stop = self._stop_of(cancellation)
        return stop is not None and stop.done()

    def _is_sending(self, cancellation: Cancellation) -> bool:
        step = self._steps.get(cancellation)
        is_cancel = isinstance(cancellation.action, actions.SendCancel | actions.CancelQueued)
        # One that has not been sent yet, since it still has no connection, is withdrawn.
        return is_cancel and step is not None and step.future is not None and not step.revoke()

    def _own_steps(self, sources: Sequence[StatusSource]) -> list[Call[Any]]:
        """Return the calls that are made for one cancellation alone."""
        for cancellation in [cancellation for source in sources for cancellation in source.cancellations]:
            action = cancellation.action
            if isinstance(action, OwnStep) and cancellation not in self._steps:
                self._steps[cancellation] = self._step(cancellation, action)
        return list(self._steps.values())

    def _polls(self, sources: Sequence[StatusSource], now: float) -> list[Call[Any]]:
        pause = self._client.budget.pause(now)

        def pace(cancellation: Cancellation, at: float) -> float:
            return _paced(cancellation, at, pause)

        return [poll for source in sources for poll in source.plan(now, pace)]

    def _step(self, cancellation: Cancellation, step: OwnStep) -> Call[events.Event]:
        """Return the call for a step."""
        request, environment_id = cancellation.request, cancellation.request.environment_id
        match step:
            case actions.SendCancel(at):
                cancel = endpoints.cancel_deployment(environment_id, force=request.force_cancel)
                read_from = self._read_from.get(cancellation, cancellation.known.started)
                gate = self._gate(cancellation, cancel, environment_id, read_from, at)
                return self._cancel(cancel, events.Accepted, at, gate)
            case actions.CancelQueued(at, request_id):
                cancel_queued = endpoints.cancel_queued(request_id)
                # A request is canceled by its own id: no status behind that could be out of date.
                gate = self._gate(cancellation, cancel_queued, request_id, inf, inf)
                return self._cancel(cancel_queued, lambda _: events.QueuedCanceled(request_id), at, gate)
            case actions.ListQueue(at):
                return self._read(cancellation, endpoints.deployment_queue(environment_id), _listed, at)
            case actions.ReadHistory(at, page_size):
                history = endpoints.deployment_history(environment_id, page_size)
                return self._read(cancellation, history, events.HistoryRead, at)
            case actions.ReadRequest(at, request_id):
                return self._read(cancellation, endpoints.request_state(request_id), events.RequestRead, at)

    def _read(
        self, cancellation: Cancellation, call: ApiCall[Answer], event: Callable[[Answer], events.Event], at: float
    ) -> Call[events.Event]:
        """Return a planned call that changes nothing, and whose outcome is an event."""
        retry, deadline = self._runner.retry(is_awaited=cancellation.stage.is_awaited), cancellation.known.deadline
        return Call(call.operation, lambda: event(self._client.send(call)), at, retry, deadline=deadline)

    def _cancel(
        self, call: ApiCall[Answer], event: Callable[[Answer], events.Event], at: float, gate: Gate
    ) -> Call[events.Event]:
        """Return a planned call that cancels; it is never retried here."""

        def send() -> events.Event:
            try:
                return event(self._client.send(call, gate))
            finally:
                gate.close()

        return Call(call.operation, send, at, deadline=gate.deadline, revoke=gate.revoke)

    def _gate(
        self, cancellation: Cancellation, call: ApiCall[Any], target: str, read_from: float, read_at: float
    ) -> Gate:
        clock, gates, deadline = self._runner.clock, self._runner.gates, cancellation.known.deadline
        return Gate(gates, target, call.operation, clock, read_from, read_at, deadline, self._stop_of(cancellation))

    def _step_events(self, now: float) -> Iterator[tuple[Cancellation, events.Event]]:
        for cancellation, call in list(self._steps.items()):
            outcome = call.outcome(now, cancellation.known.deadline)
            if outcome is None:
                continue
            del self._steps[cancellation]
            # A call that a stop has kept from being sent needs no event: the stop itself is the next event.
            if not (isinstance(outcome, NotSentError) and self._is_stopped(cancellation)):
                yield cancellation, events.CallFailed(outcome) if isinstance(outcome, CallError) else outcome


def _paced(cancellation: Cancellation, at: float, pause: float) -> float:
    """Return when a status read is made: later than planned where the rate limit is scarce and nothing depends on it.

    Only a read that waits for an accepted cancel to take effect can itself wait, and never past the deadline.
    """
    known = cancellation.known
    can_wait = known.sent in {Sent.ACCEPTED, Sent.ADOPTED}
    return min(at + pause, max(at, known.deadline)) if can_wait else at


def _listed(requests: Sequence[QueuedRequest]) -> events.Event:
    return events.QueueListed([request.id for request in requests])
