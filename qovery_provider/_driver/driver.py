"""Drives cancellations to their end: makes the calls that their machines ask for, at the times they say, side by side.

It knows calls and clocks, and no Pulumi, no HTTP and no rule about deployments. The machines are driven by the calling
thread alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from typing import Any, Protocol, TypeAlias, TypeVar

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Sent
from qovery_provider._clock import Clock
from qovery_provider._driver.calls import Call, advance
from qovery_provider._driver.retry import Retry
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.models import EnvironmentStatus, QueuedRequest
from qovery_provider._qovery.rate_limit import RateBudget
from qovery_provider.errors import CallError

Answer = TypeVar("Answer")


class Client(Protocol):
    """The way to Qovery's API: `QoveryClient`, or what stands in for it in a test."""

    budget: RateBudget

    def send(self, call: ApiCall[Answer]) -> Answer:
        """Make one call; raise a CallError when it fails."""
        ...


Statuses = Mapping[str, EnvironmentStatus]

OwnStep: TypeAlias = actions.SendCancel | actions.CancelQueued | actions.ListQueue | actions.ReadHistory
"""A step that is made for one cancellation alone; looks are shared."""


def by_id(statuses: Sequence[EnvironmentStatus]) -> dict[str, EnvironmentStatus]:
    """Return statuses by their environments' ids, in small letters as inputs have them."""
    return {status.id.lower(): status for status in statuses}


class Group:
    """Cancellations that one call can look at, each of another environment.

    Args:
        cancellations: The cancellations; more may come, and go, while they are driven.
        look: Reads the status of all of them.
        is_complete: Whether an environment that is missing in the answer does not exist.
    """

    def __init__(
        self, cancellations: list[Cancellation], look: Callable[[], Statuses], *, is_complete: bool = True
    ) -> None:
        self.cancellations, self._look, self._is_complete = cancellations, look, is_complete
        self.call: Call[Statuses] | None = None

    @classmethod
    def alone(cls, cancellation: Cancellation, client: Client) -> Group:
        """Return the group of an environment that no project is known to show."""
        environment_id = cancellation.request.environment_id
        return cls([cancellation], lambda: {environment_id: client.send(endpoints.environment_status(environment_id))})

    def plan(self, at: float, retry: Retry) -> None:
        """Plan the next look, or bring the planned one forward."""
        if self.call is None:
            self.call = Call(self._operation(), self._look, at, retry)
        else:
            self.call.bring_forward(at)

    def _operation(self) -> str:
        first, *others = (one.request.environment_id for one in self.cancellations)
        return endpoints.environment_status(first).operation + (f" and {len(others)} others" if others else "")

    def news(self, now: float) -> Iterator[tuple[Cancellation, events.Event]]:
        """Yield what a look that has ended tells each cancellation that it can tell something."""
        if self.call is None:
            return
        made_at = self.call.at
        # A look made before the last event of a cancellation may show what was before its cancel.
        watching = [one for one in self.cancellations if _looks_at(one) is not None and one.known.now <= made_at]
        outcome = self.call.outcome(now, min((one.known.deadline for one in watching), default=now))
        if outcome is None:
            return
        self.call = None
        for one in watching:
            event = self._event(one.request.environment_id, outcome, now - made_at)
            # A failure concerns only those that had to look by then; the others look when it is their time.
            if isinstance(event, events.StatusRead) or (event and (_looks_at(one) or 0.0) <= made_at):
                yield one, event

    def _event(self, environment_id: str, outcome: Statuses | CallError, took: float) -> events.Event | None:
        if isinstance(outcome, CallError):
            return events.CallFailed(outcome)
        if environment_id in outcome:
            return events.StatusRead(outcome[environment_id], took)
        return events.NotListed() if self._is_complete else None


def _looks_at(cancellation: Cancellation) -> float | None:
    return cancellation.action.at if isinstance(cancellation.action, actions.ReadStatus) else None


class Watcher:
    """Drives cancellations.

    Args:
        client: Makes the calls.
        clock: Tells and spends the time.
        executor: Runs the calls.
        random: Returns a number from 0 to below 1, for the pauses before retries.
        on_change: Is told of a cancellation after each event.
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        executor: Executor,
        random: Callable[[], float],
        on_change: Callable[[Cancellation], None],
    ) -> None:
        self._client, self._clock, self._executor = client, clock, executor
        self._random, self._on_change = random, on_change
        self._steps: dict[Cancellation, Call[events.Event]] = {}

    def run(self, groups: Sequence[Group]) -> None:
        """Return when the verdict of every cancellation is `Done` or `Fail`."""
        while self.advance(groups):
            pass

    def advance(self, groups: Sequence[Group], wake: Future[None] | None = None) -> bool:
        """Make what is due, wait until something happens, and take it in; return False when nothing is left to do."""
        calls = self._planned(groups)
        if not calls:
            return False
        advance(calls, self._executor, self._clock, wake)
        now = self._clock.monotonic()
        for cancellation, event in [*self._step_events(now), *(e for group in groups for e in group.news(now))]:
            cancellation.observe(event, now)
            self._on_change(cancellation)
        return True

    def _planned(self, groups: Sequence[Group]) -> list[Call[Any]]:
        """Turn verdicts into calls: a look for the group, everything else for its cancellation alone."""
        now = self._clock.monotonic()
        pause = self._client.budget.pause(now)
        for group in groups:
            for cancellation in group.cancellations:
                action = cancellation.action
                if isinstance(action, actions.ReadStatus):
                    known = cancellation.known
                    # Only a look that waits for an accepted cancel to take effect can itself wait for the rate limit.
                    can_wait = known.sent in {Sent.ACCEPTED, Sent.ADOPTED}
                    paced = min(action.at + pause, max(action.at, known.deadline)) if can_wait else action.at
                    group.plan(paced, Retry(self._random))
                elif not isinstance(action, actions.Done | actions.Fail) and cancellation not in self._steps:
                    self._steps[cancellation] = self._step(cancellation.request, action)
        return [*self._steps.values(), *(group.call for group in groups if group.call)]

    def _step(self, request: CancellationRequest, step: OwnStep) -> Call[events.Event]:
        """Return the call for a step."""
        environment_id = request.environment_id
        match step:
            case actions.SendCancel():
                cancel = endpoints.cancel_deployment(environment_id, force=request.force_cancel)
                return self._call(cancel, events.Accepted, step.at)
            case actions.CancelQueued(_, request_id):
                return self._call(
                    endpoints.cancel_queued(request_id), lambda _: events.QueuedCanceled(request_id), step.at
                )
            case actions.ListQueue():
                return self._call(endpoints.deployment_queue(environment_id), _listed, step.at)
            case actions.ReadHistory():
                return self._call(endpoints.deployment_history(environment_id), events.HistoryRead, step.at)

    def _call(self, call: ApiCall[Answer], event: Callable[[Answer], events.Event], at: float) -> Call[events.Event]:
        """Return a planned call whose outcome is an event; only one that changes nothing is retried here."""
        retry = None if call.changes else Retry(self._random)
        return Call(call.operation, lambda: event(self._client.send(call)), at, retry)

    def _step_events(self, now: float) -> Iterator[tuple[Cancellation, events.Event]]:
        for cancellation, call in list(self._steps.items()):
            outcome = call.outcome(now, cancellation.known.deadline)
            if outcome is not None:
                del self._steps[cancellation]
                yield cancellation, events.CallFailed(outcome) if isinstance(outcome, CallError) else outcome


def _listed(requests: Sequence[QueuedRequest]) -> events.Event:
    return events.QueueListed([request.id for request in requests])
