"""One schedule, played: the real driver and machines against the server; again after a crash, a stop or a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import Any, NamedTuple

from qovery_provider import errors
from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Sent
from qovery_provider._clock import Signal
from qovery_provider._driver.calls import CallRunner
from qovery_provider._driver.driver import Driver
from qovery_provider._driver.gate import Gate
from qovery_provider._driver.poll_groups import PollGroups
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.simulator import Environment, World
from tests.model.conditions import (
    INTERFERENCES,
    MOMENTS,
    START,
    TIMEOUTS,
    environment,
    plan,
    request,
    weather,
)
from tests.model.server import Bug, Crash, Server
from tests.model.tape import Tape
from tests.support.time import VirtualTime

MAX_RUNS = 3
"""The number of times `up` is run, unless nothing is left earlier."""


class Turn(NamedTuple):
    """One step of a machine: the event, its time, the action before it and the action after it."""

    now: float
    operation: actions.Action
    event: events.Event
    action: actions.Action


def _was_refused(answer: Turn) -> bool:
    """Return whether a cancel was refused when its first byte was about to leave."""
    return isinstance(answer.event, events.CallFailed) and isinstance(answer.event.error, errors.NotSentError)


class Recorded(Cancellation):
    """The real machine, with a record of its turns and a judge at its end."""

    def __init__(  # noqa: PLR0913, PLR0917 - the machine's own, and three more
        self,
        request: CancellationRequest,
        now: float,
        random: Callable[[], float],
        sent: Sent,
        place: Environment,
        stop: Signal | None,
        judge: Callable[[Recorded], None],
    ) -> None:
        super().__init__(request, now, random, sent)
        self.turns: list[Turn] = []
        self.resumes, self.place, self.stop, self.judge = sent, place, stop, judge

    def observe(self, event: events.Event, now: float) -> None:
        """Note the turn; call the judge when it was the last one."""
        operation = self.action
        super().observe(event, now)
        self.turns.append(Turn(now, operation, event, self.action))
        if isinstance(self.action, actions.Done | actions.Fail):
            self.judge(self)

    @property
    def sends(self) -> list[Turn]:
        """The turns in which the machine decided to send, and the cancel was not refused at its first byte."""
        following = [*self.turns[1:], None]
        decided = [
            pair for pair in zip(self.turns, following, strict=True) if isinstance(pair[0].action, actions.SendCancel)
        ]
        return [turn for turn, answer in decided if answer is None or not _was_refused(answer)]

    @property
    def answers(self) -> list[Turn]:
        """What became of the requests that were sent."""
        answers = [turn for turn in self.turns if isinstance(turn.operation, actions.SendCancel)]
        return [turn for turn in answers if not _was_refused(turn)]

    @property
    def is_stopped(self) -> bool:
        """Whether its stop signal has been set."""
        return self.stop is not None and self.stop.done()

    @property
    def is_broken_off(self) -> bool:
        """Whether a bug has ended it."""
        return not isinstance(self.action, actions.Done | actions.Fail)

    @property
    def is_resumable(self) -> bool:
        """Whether it failed after something was sent, so that the next run resumes it."""
        return (
            not isinstance(self.action, actions.Done)
            and self.known.sent is not Sent.NOT_SENT
            and self.known.deployment_id is not None
        )

    @property
    def last_seen(self) -> EnvironmentStatus | None:
        """The status by which the machine decides."""
        return self.known.status


class _RecordingDriver(Driver):
    """The real driver, which tells the server of whom each cancel is: two may be in one environment."""

    def _gate(self, cancellation: Cancellation, *details: Any) -> Gate:  # noqa: ANN401 - as in the base
        gate = super()._gate(cancellation, *details)
        assert isinstance(self._client, Server)
        self._client.gates[id(gate)] = cancellation
        self._kept = [*getattr(self, "_kept", ()), gate]  # so that no later one has the same identity
        return gate


class Story:
    """A schedule read from tapes, and what came of it.

    Attributes:
        time: The virtual time.
        server: Qovery.
        places: The environments.
        requests: What the users ask for.
        runs: The cancellations of each run.
        refusals: The errors of the runs that did not begin.
        stop: The signal that stops a run, at any moment or never.
        stopped_at: When it was set.
    """

    def __init__(self, people: Tape, places: Sequence[Tape], nature: Tape) -> None:
        self.time = VirtualTime(START)
        self.world = World(self.time.monotonic)
        self.server = Server(self.world, self.time, weather(nature), nature)
        self.time.trip = self.server.trip
        self.time.note = lambda: {cancellation: cancellation.is_stopped for cancellation in self.runs[-1]}
        self.runs: list[list[Recorded]] = []
        self.refusals: list[str] = []
        self.places = [self._place(tape) for tape in places]
        timeout = people.pick(TIMEOUTS)
        self.requests = [request(tape, place, timeout) for tape, place in zip(places, self.places, strict=True)]
        self._people = people
        if people.happens(4):
            self.server.dies_at = (1 + people.number() % 8, people.happens(8))
        elif people.happens(4):
            self.server.breaks_at = (1 + people.number() % 8, people.happens(8))
        if people.happens(3):
            self._ask_twice()
        self._waits_before_rerun = people.pick(MOMENTS)
        self.stop, self.stopped_at = Signal(), inf
        self._spared = self._plan_stop(people) if people.happens(6) else set()
        for place in self.places:
            self._interfere(place, people)

    @property
    def groups(self) -> int:
        """How many polls show everything."""
        return 1

    def _ask_twice(self) -> None:
        """Let two resources cancel in the first environment."""
        self.requests.append(self.requests[0])

    def _place(self, tape: Tape) -> Environment:
        return environment(tape, self.world, self.time)

    def _plan_stop(self, people: Tape) -> set[str]:
        """Read when a run is stopped; return the environments whose cancellations do not share that signal."""
        if people.happens(8):
            self.server.before.setdefault(1 + people.number() % 12, []).append(self._set_stop)
        else:
            self.time.plan(START + people.pick(MOMENTS), self._set_stop)
        return {place.id for place in self.places if people.happens(4)}

    def _set_stop(self) -> None:
        self.server.say("STOP")
        self.stopped_at = self.time.now
        self.stop.set_result(None)

    def stop_for(self, environment_id: str) -> Signal | None:
        """Return the signal of a cancellation that begins now: one that is set was that of an earlier run."""
        return None if self.stop.done() or environment_id in self._spared else self.stop

    def _interfere(self, place: Environment, people: Tape) -> None:
        """Read what other people do in the meantime."""
        for _ in range(people.pick((0, 1, 0, 2, 3))):
            kind, deed = people.pick(INTERFERENCES), self._deed(place, people)
            act = deed[kind]
            if people.happens(8):
                self.server.before.setdefault(1 + people.number() % 8, []).append(act)
            else:
                self.time.plan(START + people.pick(MOMENTS), act)

    def _deed(self, place: Environment, people: Tape) -> dict[str, Callable[[], None]]:
        course, code = plan(people), people.pick((404, 403, 400))

        def unqueue() -> None:
            for waiting in place.queue[:1]:
                place.cancel_queued(waiting)

        def change(**how: object) -> None:
            place.behavior = replace(place.behavior, **how)  # type: ignore[arg-type]

        deeds: dict[str, Callable[[], object]] = {
            "cancel": place.cancel,
            "force": lambda: place.cancel(force=True),
            "enqueue": lambda: place.enqueue(course),
            "unqueue": unqueue,
            "remove": lambda: place.remove(gone_as=code),
            "conflicts": lambda: change(conflict_when_canceling=not place.behavior.conflict_when_canceling),
            "silence": lambda: change(null_fields=frozenset({"last_deployment_id"})),
        }
        return {kind: self._remembered(place, kind, deed) for kind, deed in deeds.items()}

    def _remembered(self, place: Environment, kind: str, deed: Callable[[], object]) -> Callable[[], None]:
        def act() -> None:
            self.server.remember(place)
            self.server.say(f"a person: {kind} {place.id}")
            deed()

        return act

    def play(self, judge: Callable[[Recorded], None]) -> None:
        """Run until the end; after a crash begin anew, and resume what failed after something was sent.

        What was stopped before anything was sent begins anew as well.
        """
        left = [(request, Sent.NOT_SENT) for request in self.requests]
        try:
            self._run(left, judge)
        except Crash:
            self._pass("CRASH")
            self._run(left, judge)
        except Bug:
            self.check_kept()
        while len(self.runs) < MAX_RUNS and (left := _left(self.runs[-1])):
            self._pass("RESUMED")
            self._run(left, judge)

    def check_kept(self) -> None:
        """Check that a bug has not made any cancellation forget what it has sent."""
        self.server.say("BUG")
        for cancellation in self.runs[-1]:
            has_hit = any(post.hit for post in self.server.posts if post.sender is cancellation)
            assert not has_hit or cancellation.known.sent is not Sent.NOT_SENT, "forgets what it has sent"

    def _pass(self, why: str) -> None:
        """Let time pass before the next run."""
        self.server.dies_at = self.server.breaks_at = None
        self.time.pass_until(self.time.now + self._waits_before_rerun)
        self.server.say(why)

    def _run(self, targets: Sequence[tuple[CancellationRequest, Sent]], judge: Callable[[Recorded], None]) -> None:
        chance = self._people.pick((0.99, 0.0, 0.5))
        places = [self.world.environments[request.environment_id] for request, _ in targets]
        self.runs.append(
            [
                Recorded(request, self.time.now, lambda: chance, sent, place, self.stop_for(place.id), judge)
                for (request, sent), place in zip(targets, places, strict=True)
            ]
        )
        stops: dict[Cancellation, Signal | None] = {cancellation: cancellation.stop for cancellation in self.runs[-1]}
        groups, runner = (
            PollGroups(self.server),
            CallRunner(self.time, self.time, lambda: chance, concurrent=self.server.weather.concurrent),
        )
        driver = _RecordingDriver(self.server, runner, lambda _: None, stops.get)
        groups.add(*stops)
        while driver.advance(groups.groups):
            pass

    def told(self) -> str:
        """Tell what happened, to explain a failure."""
        lines = [str(operation) for operation in self.requests] + [str(self.server.weather)]
        for place in self.places:
            lines += [f"{ran.id}: from {ran.started_at - START:.3f}, {ran.plan}" for ran in place.deployments]
            lines += [
                f"{ran.id}: {ran.cancels}, {ran.end_state} at {ran.ends_at - START:.3f}" for ran in place.deployments
            ]
        lines += [f"{at - START:12.3f}  {text}" for at, text in self.server.log]
        for run in self.runs:
            for cancellation in run:
                known = cancellation.known
                lines.append(f"{known.request.environment_id} from {known.started - START:.3f}, {cancellation.resumes}")
                lines += [
                    f"{turn.now - START:12.3f}  {_brief(turn.event)} -> {turn.action}" for turn in cancellation.turns
                ]
        return "\n".join(lines)


def _left(run: Sequence[Recorded]) -> list[tuple[CancellationRequest, Sent]]:
    """Return what the next run does: it resumes what is resumable, and begins anew what was stopped before."""
    resumed = [
        (replace(cancellation.request, deployment_id=cancellation.known.deployment_id), cancellation.known.sent)
        for cancellation in run
        if cancellation.is_resumable
    ]
    return resumed + [
        (cancellation.request, Sent.NOT_SENT)
        for cancellation in run
        if not cancellation.is_resumable
        and (cancellation.is_broken_off or isinstance(cancellation.turns[-1].event, events.Stopped))
    ]


def _brief(event: events.Event) -> str:
    """Say an event briefly."""
    match event:
        case events.StatusRead(status) | events.Accepted(status):
            return f"{type(event).__name__} {status.last_deployment_id} {status.last_deployment_state}"
        case _:
            return str(event)
