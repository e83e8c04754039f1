"""Qovery as the watcher sees it: the simulator's world behind a net that loses, delays and repeats.

Written from what is known of the API, as an `Api` of the watcher. It keeps what a test needs to judge by: what was true
at the moment of every look, and what every cancel really hit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from qovery_provider._qovery.failures import api_error
from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus, QueuedRequest, project_id_of, results_of
from qovery_provider._qovery.rate_limit import RateBudget
from qovery_provider._qovery.redaction import Token
from qovery_provider.errors import (
    AuthenticationError,
    CallError,
    RateLimitError,
)
from qovery_provider.simulator import Answer, Api, Deployment, Environment, World
from tests.model.conditions import Weather
from tests.model.faults import FAULTS, TRUE_OF_REQUESTS, Fault
from tests.model.tape import Tape
from tests.support.virtual_time import Trip, VirtualTime

TOKEN = Token("secret", "a test")

Result = TypeVar("Result")

MOST_REQUESTS = 5000
"""More than any story needs: so that a machine that runs in circles is a failure and not a test that hangs."""


class Crash(BaseException):
    """The machine that runs the program dies."""


class Moment(NamedTuple):
    """What was true when a status was read, and what was shown of it."""

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
    """An `Api` of the watcher, and as a client what the bulk resource needs besides.

    Attributes:
        requests: How many calls arrived.
        faults: Which of them failed by chance.
        failures: How many failed for whatever reason.
        posts: The cancels that arrived, and were not refused by chance.
        moments: The moment of each status that was shown, by the object's identity.
        before: What happens right before the call of that number.
        dies_at: The number of the call during which the caller dies, and whether that is after its execution.
        log: What happened, for whoever reads a failure.
    """

    def __init__(self, world: World, time: VirtualTime, weather: Weather, tape: Tape) -> None:
        self.budget = RateBudget()
        self.requests = 0
        self.faults: list[str] = []
        self.failures = 0
        self.posts: list[Post] = []
        self.moments: dict[int, Moment] = {}
        self.before: dict[int, list[Callable[[], None]]] = {}
        self.dies_at: tuple[int, bool] | None = None
        self.log: list[tuple[float, str]] = []
        self.weather = weather
        self._world, self._api, self._time, self._tape = world, Api(world), time, tape
        self._shown: dict[str, list[Moment]] = {}

    def say(self, words: str) -> None:
        """Note what happens."""
        self.log.append((self._time.now, words))

    def trip(self) -> Trip:
        """Say how the next call travels."""
        return self._tape.pick(self.weather.trips) if self.weather.trips else Trip()

    # The calls.

    def environment_status(self, environment_id: str) -> EnvironmentStatus:
        return self._call(f"look at {environment_id}", lambda operation: self._look(environment_id, operation))

    def project_statuses(self, project_id: str) -> Sequence[EnvironmentStatus]:
        def execute(operation: str) -> Sequence[EnvironmentStatus]:
            places = self._world.in_project(project_id) or ()
            return [self._look(place.id, operation) for place in places]

        return self._call(f"look at project {project_id}", execute)

    def project_of(self, environment_id: str) -> str:
        def execute(operation: str) -> str:
            return project_id_of(_body(self._api.environment(environment_id), operation))

        return self._call(f"project of {environment_id}", execute)

    def deployment_history(self, environment_id: str) -> Sequence[DeploymentRecord]:
        def execute(operation: str) -> Sequence[DeploymentRecord]:
            body = _body(self._api.history(environment_id), operation)
            if self.weather.history_lag:
                return self._late_history(self._world.environments[environment_id])
            return [DeploymentRecord.from_json(item) for item in results_of(body)]

        return self._call(f"history of {environment_id}", execute)

    def deployment_queue(self, environment_id: str) -> Sequence[QueuedRequest]:
        def execute(operation: str) -> Sequence[QueuedRequest]:
            return [
                QueuedRequest.from_json(item) for item in results_of(_body(self._api.queue(environment_id), operation))
            ]

        return self._call(f"queue of {environment_id}", execute)

    def cancel_deployment(self, environment_id: str, *, force: bool) -> EnvironmentStatus:
        senders = self._time.noted
        assert isinstance(senders, dict)

        def execute(operation: str) -> EnvironmentStatus:
            place = self._world.environments[environment_id]
            hit = place.running if place.gone_as is None else None
            answer = self._api.cancel(environment_id, force=force, number=self.requests)
            self.posts.append(Post(senders[environment_id], hit if answer.status == 202 else None))
            self.say(f"{answer.status}, hits {hit and hit.id}")
            return self._show(Moment(self._time.now, _status(answer, operation), hit, is_running=True)).status

        return self._call(f"cancel in {environment_id}", execute, changes=True)

    def cancel_queued(self, request_id: str) -> None:
        def execute(operation: str) -> None:
            answer = self._api.cancel_queued(request_id, number=self.requests)
            if answer.status != 202:
                _body(answer, operation)

        self._call(f"cancel request {request_id}", execute, changes=True, faults=TRUE_OF_REQUESTS)

    def close(self) -> None:
        """Do nothing: there is no connection."""

    # The net.

    def _call(
        self,
        operation: str,
        execute: Callable[[str], Result],
        *,
        changes: bool = False,
        faults: Sequence[Fault] = FAULTS,
    ) -> Result:
        self.requests += 1
        assert self.requests < MOST_REQUESTS, "it goes on and on"
        for happen in self.before.pop(self.requests, ()):
            happen()
        if self.dies_at == (self.requests, False):
            raise Crash
        fault = self._tape.pick(faults) if self._tape.happens(self.weather.faults) else None
        self.say(f"{operation}: {fault.name}" if fault else operation)
        try:
            self._refuse(operation)
            if fault:
                self._fail(fault, operation, execute, changes=changes)
            return execute(operation)
        except CallError:
            self.failures += 1
            raise
        finally:
            if self.dies_at == (self.requests, True):
                raise Crash

    def _refuse(self, operation: str) -> None:
        now, (limited, until) = self._time.now, self.weather.limited
        if now >= self.weather.expires:
            raise AuthenticationError(operation, 401, token_source="a test")
        if limited <= now < until:
            raise RateLimitError(operation, 429, retry_after=until - now)
        if self.weather.scarce:
            headers = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": str(self.weather.scarce)}
            self.budget.observe({**headers, "X-RateLimit-Reset": "3000"}, now, now)

    def _fail(self, fault: Fault, operation: str, execute: Callable[[str], object], *, changes: bool) -> None:
        self.faults.append(fault.name)
        if fault.is_executed:
            try:
                execute(operation)
            except CallError as refused:
                self.say(f"lost with the answer: {refused}")
        raise fault.error(operation, changes)

    # What is shown.

    def remember(self, place: Environment) -> None:
        """Keep what is true of an environment now: a late look may show it."""
        if place.gone_as is None:
            self._look_at_truth(place.id, "")

    def _look_at_truth(self, environment_id: str, operation: str) -> Moment:
        status = _status(self._api.status(environment_id), operation)
        latest = self._world.environments[environment_id].latest
        moment = Moment(self._time.now, status, latest, is_running=latest is not None and latest.is_running)
        self._shown.setdefault(environment_id, []).append(moment)
        return moment

    def _look(self, environment_id: str, operation: str) -> EnvironmentStatus:
        moment = self._look_at_truth(environment_id, operation)
        if self._tape.happens(self.weather.stale):
            earliest = self._time.now - self.weather.staleness
            moment = next(past for past in self._shown[environment_id] if past.at >= earliest)
        return self._show(moment).status

    def _show(self, moment: Moment) -> Moment:
        if self._tape.happens(self.weather.nameless):
            nameless = replace(moment.status, last_deployment_id=None)
            moment = moment._replace(status=nameless)
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


def _body(answer: Answer, operation: str) -> object:
    if answer.status >= 400:
        raise api_error(operation, answer.status, json.dumps(answer.body).encode(), TOKEN, None)
    return answer.body


def _status(answer: Answer, operation: str) -> EnvironmentStatus:
    return EnvironmentStatus.from_json(_body(answer, operation))
