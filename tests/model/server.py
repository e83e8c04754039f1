"""Qovery as the driver sees it: the simulator's world behind a net that loses, delays and repeats.

It stands in for the client. It keeps what a test needs to judge by: what was true at the moment of every status read,
and what every cancel really hit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus
from qovery_provider._qovery.rate_limit import RateBudget
from qovery_provider._qovery.redaction import Token
from qovery_provider._qovery.refusals import api_error
from qovery_provider.errors import (
    AuthenticationError,
    CallError,
    RateLimitError,
)
from qovery_provider.simulator import Answer, Api, Deployment, Environment, World
from tests.model.conditions import Weather
from tests.model.faults import FAULTS, TRUE_OF_REQUESTS, Fault
from tests.model.tape import Tape
from tests.support.time import Trip, VirtualTime

TOKEN = Token("secret", "a test")

Result = TypeVar("Result")
AnyCall: TypeAlias = ApiCall[Any]

MAX_REQUESTS = 5000
"""More than any story needs: a machine that runs in circles is a failure and not a test that hangs."""


class Crash(BaseException):
    """The machine that runs the program dies."""


class Bug(Exception):  # noqa: N818 - it is none of a library's errors
    """An unexpected error: it ends the run, and everything known must be kept."""


class Moment(NamedTuple):
    """The truth when a status was read, and the status that was shown."""

    at: float
    status: EnvironmentStatus
    latest: Deployment | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class Post:
    """A cancel that arrived: who sent it, and what it hit."""

    sender: object
    hit: Deployment | None


class Server:
    """A client.

    Attributes:
        requests: How many calls arrived.
        faults: Which of them failed by chance.
        failures: How many failed, for any reason.
        posts: The cancels that arrived, and were not refused by chance.
        late: The cancels that were started after their stop.
        moments: The moment of each status that was shown, by the object's identity.
        before: What happens right before the call of that number.
        dies_at: The number of the call during which the caller dies, and whether that is after its execution.
        breaks_at: The same for a bug.
        gates: Which cancellation has to pass a gate, by the gate's identity.
        log: What happened, to explain a failure.
    """

    def __init__(self, world: World, time: VirtualTime, weather: Weather, tape: Tape) -> None:
        self.budget = RateBudget()
        self.requests = 0
        self.faults: list[str] = []
        self.failures = 0
        self.posts: list[Post] = []
        self.late: list[str] = []
        self.moments: dict[int, Moment] = {}
        self.before: dict[int, list[Callable[[], None]]] = {}
        self.dies_at: tuple[int, bool] | None = None
        self.breaks_at: tuple[int, bool] | None = None
        self.gates: dict[int, object] = {}
        self._sender: object = None
        self.departures: list[tuple[object, float]] = []
        self.log: list[tuple[float, str]] = []
        self.weather = weather
        self._world, self._api, self._time, self._tape = world, Api(world), time, tape
        self._shown: dict[str, list[Moment]] = {}
        self._executions: dict[tuple[str, str], Callable[[str, AnyCall], object]] = {
            ("environment", "status"): self._status,
            ("project", "environment/status"): self._statuses,
            ("environment", ""): self._project,
            ("environment", "deploymentHistoryV2"): self._history,
            ("environment", "deploymentQueue"): self._queue,
            ("environment", "cancelDeployment"): self._cancel,
            ("deploymentQueue", "cancelDeployment"): self._cancel_queued,
        }

    def say(self, text: str) -> None:
        """Note what happens."""
        self.log.append((self._time.now, text))

    def trip(self) -> Trip:
        """Say how the next call travels."""
        return self._tape.pick(self.weather.trips) if self.weather.trips else Trip()

    # The calls.

    def send(self, call: ApiCall[Result], before_sending: Callable[[], None] = lambda: None) -> Result:
        """Make a call, as the client does."""
        _, kind, identity, *rest = call.path.partition("?")[0].split("/")
        before_sending()
        place_id = identity if kind == "environment" or not call.changes else self._place_of(identity)
        sender = self._sender_of(before_sending, place_id) if call.changes else None
        if rest == ["cancelDeployment"] and kind == "environment":
            self.departures.append((sender, self._time.now))
        self._time.travel()
        execute = self._executions[kind, "/".join(rest)]
        faults = TRUE_OF_REQUESTS if kind == "deploymentQueue" else FAULTS
        if call.changes:
            self._sender = sender
            self.late += [call.operation] if self._running[sender] else []
        return cast("Result", self._travel(call, lambda: execute(identity, call), faults))

    @property
    def _running(self) -> dict[object, bool]:
        """The cancellations of the run, and whether they had been stopped when the call that arrives was made."""
        assert isinstance(self._time.noted, dict)
        return self._time.noted

    def _sender_of(self, gate: object, environment_id: str) -> object:
        """Return which cancellation has sent what arrives: that of the gate, or the only one in the environment."""
        in_place: list[Any] = [each for each in self._running if each.request.environment_id == environment_id]  # type: ignore[attr-defined]
        return self.gates.get(id(gate), in_place[0])

    def _place_of(self, request_id: str) -> str:
        places = self._world.environments.values()
        return next(place.id for place in places if any(request.id == request_id for request in place.requests))

    def _status(self, environment_id: str, call: AnyCall) -> EnvironmentStatus:
        return self._read(call, environment_id)

    def _statuses(self, project_id: str, call: AnyCall) -> Sequence[EnvironmentStatus]:
        return [self._read(call, place.id) for place in self._world.in_project(project_id) or ()]

    def _project(self, environment_id: str, call: AnyCall) -> object:
        return _parsed(call, self._api.environment(environment_id))

    def _history(self, environment_id: str, call: AnyCall) -> object:
        answer = _parsed(call, self._api.history(environment_id))
        lag = self.weather.history_lag
        return self._late_history(self._world.environments[environment_id]) if lag else answer

    def _queue(self, environment_id: str, call: AnyCall) -> object:
        return _parsed(call, self._api.queue(environment_id))

    def _cancel(self, environment_id: str, call: AnyCall) -> EnvironmentStatus:
        place = self._world.environments[environment_id]
        hit = place.running if place.gone_as is None else None
        force = call.body == {"force_cancel": True}
        answer = self._api.cancel(environment_id, force=force, number=self.requests)
        self.posts.append(Post(self._sender, hit if answer.status == 202 else None))
        self.say(f"{answer.status}, hits {hit and hit.id}")
        return self._show(Moment(self._time.now, _parsed(call, answer), hit, is_running=True)).status

    def _cancel_queued(self, request_id: str, call: AnyCall) -> object:
        return _parsed(call, self._api.cancel_queued(request_id, number=self.requests))

    def close(self) -> None:
        """Do nothing: there is no connection."""

    # The net.

    def _travel(self, call: AnyCall, execute: Callable[[], object], faults: Sequence[Fault]) -> object:
        self.requests += 1
        assert self.requests < MAX_REQUESTS, "it goes on and on"
        for happen in self.before.pop(self.requests, ()):
            happen()
        if self.dies_at == (self.requests, False):
            raise Crash
        if self.breaks_at == (self.requests, False):
            raise Bug
        fault = self._tape.pick(faults) if self._tape.happens(self.weather.faults) else None
        self.say(f"{call.operation}: {fault.name}" if fault else call.operation)
        try:
            self._refuse(call.operation)
            if fault:
                self._fail(fault, call, execute)
            return execute()
        except CallError:
            self.failures += 1
            raise
        finally:
            if self.dies_at == (self.requests, True):
                raise Crash
            if self.breaks_at == (self.requests, True):
                raise Bug

    def _refuse(self, operation: str) -> None:
        now, (limited, until) = self._time.now, self.weather.limited
        if now >= self.weather.expires:
            raise AuthenticationError(operation, 401, token_source="a test")
        if limited <= now < until:
            raise RateLimitError(operation, 429, retry_after=until - now)
        if self.weather.scarce:
            headers = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": str(self.weather.scarce)}
            self.budget.observe({**headers, "X-RateLimit-Reset": "3000"}, now, now)

    def _fail(self, fault: Fault, call: AnyCall, execute: Callable[[], object]) -> None:
        self.faults.append(fault.name)
        if fault.is_executed:
            try:
                execute()
            except CallError as refused:
                self.say(f"lost with the answer: {refused}")
        raise fault.error(call.operation, call.changes)

    # What is shown.

    def remember(self, place: Environment) -> None:
        """Keep what is true of an environment now: a stale read may show it."""
        if place.gone_as is None:
            self._read_truth(endpoints.environment_status(place.id), place.id)

    def _read_truth(self, call: AnyCall, environment_id: str) -> Moment:
        status = endpoints.environment_status(environment_id).parse(_body(call, self._api.status(environment_id)))
        latest = self._world.environments[environment_id].latest
        moment = Moment(self._time.now, status, latest, is_running=latest is not None and latest.is_running)
        self._shown.setdefault(environment_id, []).append(moment)
        return moment

    def _read(self, call: AnyCall, environment_id: str) -> EnvironmentStatus:
        moment = self._read_truth(call, environment_id)
        if self._tape.happens(self.weather.stale):
            earliest = self._time.now - self.weather.staleness
            moment = next(past for past in self._shown[environment_id] if past.at >= earliest)
        return self._show(moment).status

    def _show(self, moment: Moment) -> Moment:
        if self._tape.happens(self.weather.nameless):
            nameless = replace(moment.status, last_deployment_id=None)
            moment = moment._replace(status=nameless)
        if self._tape.happens(self.weather.unavailable):
            hidden = replace(moment.status, state="UNAVAILABLE", last_deployment_state="UNAVAILABLE")
            moment = moment._replace(status=hidden)
        self.moments[id(moment.status)] = moment
        self.say(f"shows {moment.status.last_deployment_id} {moment.status.last_deployment_state} of {moment.at}")
        return moment

    def _late_history(self, place: Environment) -> list[DeploymentRecord]:
        then = self._time.now - self.weather.history_lag
        started = [deployment for deployment in place.deployments if deployment.started_at <= then]
        return [
            DeploymentRecord(one.id, one.state, None)
            if one.ends_at <= then
            else DeploymentRecord(one.id, one.plan.phase_at(then - one.started_at), "ONGOING")
            for one in reversed(started)
        ]


def _body(call: AnyCall, answer: Answer) -> bytes:
    content = json.dumps(answer.body).encode()
    if answer.status >= 400:
        raise api_error(call, answer.status, content, TOKEN, None)
    return content


def _parsed(call: ApiCall[Result], answer: Answer) -> Result:
    return call.parse(_body(call, answer))
