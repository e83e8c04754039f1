"""Many environments at once: which project each belongs to, whether they fit the rate budget, and all to their end.

It knows no Pulumi. One poll shows a whole project, so what many environments cost is one cancel each and a few polls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from math import inf
from typing import TypeVar

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.messages import over_budget
from qovery_provider._cancellation.model import CancellationRequest, Sent
from qovery_provider._clock import Signal
from qovery_provider._driver.calls import MAX_CONCURRENT_CALLS, Client, StoppedError
from qovery_provider._driver.driver import Driver
from qovery_provider._driver.polls import PollGroup, Statuses, by_id
from qovery_provider._driver.session import READ_LIMIT, Session
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import CallError, NotFoundError, PermissionDeniedError, RateBudgetError

Answer = TypeVar("Answer")

SECONDS_BETWEEN_LINES = 0.5

MAX_UNREAD = 10
"""Environments of a list that are tried before anything could be read."""

READS_PER_PROJECT = 12
"""Requests for the status and the history that a cancellation of about a minute costs a project, beside its cancels."""

Projects = Mapping[str, Statuses]
"""What is known of environments, by the ids of project and environment."""


@dataclass(frozen=True, slots=True)
class Target:
    """One environment, and what an earlier run that is resumed knows of it."""

    environment_id: str
    deployment_id: str | None = None
    sent: Sent = Sent.NOT_SENT


def tally(cancellations: Sequence[Cancellation]) -> str:
    """Say in one line how far many cancellations are."""
    failed = sum(isinstance(cancellation.action, actions.Fail) for cancellation in cancellations)
    done = sum(isinstance(cancellation.action, actions.Done) for cancellation in cancellations)
    left = len(cancellations) - done - failed
    return f"{done} of {len(cancellations)} done, {left} under way, {failed} failed"


class BulkCancellation:
    """The cancellations of many environments.

    Args:
        session: The settings, the time, and what carries the calls.
        request: What is asked for in each environment; its `environment_id` is not used.
        on_change: Is told of all cancellations now and then.
        stop: Ends all of them early when it is set, as in `Session.follow`. Default: nothing does.
        limit: Seconds for each of the first reads, retries included. Default: 120.

    Attributes:
        cancellations: One for each environment, once they have begun: what is known of them, whatever ends the run.
    """

    def __init__(
        self,
        session: Session,
        request: CancellationRequest,
        on_change: Callable[[Sequence[Cancellation]], None],
        *,
        stop: Signal | None = None,
        limit: float = READ_LIMIT,
    ) -> None:
        self._session, self._request, self._on_change = session, request, on_change
        self._stop, self._limit = stop, limit
        self.cancellations: Sequence[Cancellation] = ()
        self._shown_at = -inf

    def cancel_project(self, project_id: str) -> Sequence[Cancellation]:
        """Cancel in every environment of a project; return when each has come to its end.

        Raises:
            CallError: The project cannot be read; StoppedError if that was stopped.
            RateBudgetError: There are too many environments for what is left of the rate limit.
        """
        started = self._session.clock.monotonic()
        with closing(self._open_client(MAX_CONCURRENT_CALLS)) as client:
            statuses = self._read_project(client, project_id)
            targets = [Target(environment_id) for environment_id in statuses]
            return self._cancel(client, {project_id: statuses}, {}, targets, started)

    def cancel(self, targets: Sequence[Target]) -> Sequence[Cancellation]:
        """Cancel in these environments; return when each has come to its end.

        Raises:
            CallError: No project can be read.
            RateBudgetError: There are too many environments for what is left of the rate limit.
        """
        started = self._session.clock.monotonic()
        with closing(self._open_client(len(targets))) as client:
            projects, unread = self._projects(client, [target.environment_id for target in targets])
            return self._cancel(client, projects, unread, targets, started)

    def read_statuses(self, project_id: str | None, environment_ids: Sequence[str]) -> dict[str, EnvironmentStatus]:
        """Read the status of what `cancel_project` or `cancel` would act on; nothing is sent."""
        with closing(self._open_client(1)) as client:
            if project_id:
                return _readable(self._read_project(client, project_id))
            projects, unread = self._projects(client, environment_ids)
            statuses = _readable(_all_of(projects))
            if unread and not statuses:
                raise next(iter(unread.values()))
            return {key: statuses[key] for key in environment_ids if key in statuses}

    def _open_client(self, connections: int) -> Client:
        return self._session.open_client(connections, self._limit)

    def _read_project(
        self, client: Client, project_id: str, wanted: Sequence[str] = ()
    ) -> dict[str, EnvironmentStatus | CallError]:
        return by_id(self._read(client, endpoints.project_statuses(project_id)), wanted)

    def _read(self, client: Client, call: ApiCall[Answer]) -> Answer:
        return self._session.runner.call_with_retries(client, call, self._limit, self._stop)

    def _projects(
        self, client: Client, environment_ids: Sequence[str]
    ) -> tuple[dict[str, dict[str, EnvironmentStatus | CallError]], dict[str, CallError]]:
        """Find the projects of the environments: the project of the first shows which others belong to it, and so on.

        What fails for one environment alone does not end the search; it comes back beside the projects. But a token
        that may read none of the first few will read no other either, and each try costs a request.
        """
        projects, unread = dict[str, dict[str, EnvironmentStatus | CallError]](), dict[str, CallError]()
        left = list(environment_ids)
        while left:
            first, *left = left
            try:
                project_id = self._read(client, endpoints.project_of(first))
                projects[project_id] = self._read_project(client, project_id, [first])
            except StoppedError:
                break
            except (NotFoundError, PermissionDeniedError) as error:
                unread[first] = error
                if not projects and len(unread) == MAX_UNREAD:
                    raise
                continue
            left = [environment_id for environment_id in left if environment_id not in projects[project_id]]
        return projects, unread

    def _cancel(
        self,
        client: Client,
        projects: Projects,
        unread: Mapping[str, CallError],
        targets: Sequence[Target],
        started: float,
    ) -> Sequence[Cancellation]:
        statuses = _all_of(projects)
        seen: dict[str, EnvironmentStatus | CallError] = {**unread, **statuses}
        cancellations = [self._begun(target, seen.get(target.environment_id), started) for target in targets]
        self._check_budget(client, cancellations, len(projects))
        groups = [
            PollGroup.of_project(client, project_id, _those_in(project, cancellations))
            for project_id, project in projects.items()
        ]
        # A run that resumes what no project shows any more reads a second time.
        groups += [
            PollGroup.alone(client, cancellation)
            for cancellation in cancellations
            if cancellation.request.environment_id not in statuses
        ]
        self.cancellations = cancellations
        Driver(client, self._session.runner, lambda _: self._tell(cancellations), lambda _: self._stop).run(groups)
        return cancellations

    def _begun(self, target: Target, seen: EnvironmentStatus | CallError | None, started: float) -> Cancellation:
        """Return a cancellation after its first status read, made at or after `started`, which may have failed."""
        request = replace(self._request, environment_id=target.environment_id, deployment_id=target.deployment_id)
        cancellation = self._session.begin(request, target.sent)
        now = cancellation.known.now
        cancellation.observe(self._first_event(seen, now - started), now)
        return cancellation

    def _first_event(self, seen: EnvironmentStatus | CallError | None, took: float) -> events.Event:
        if seen is None:
            return events.Stopped() if self._stop and self._stop.done() else events.NotListed()
        return events.CallFailed(seen) if isinstance(seen, CallError) else events.StatusRead(seen, took)

    def _tell(self, cancellations: Sequence[Cancellation]) -> None:
        """Hundreds of answers may come within a second: too many lines to read."""
        now = self._session.clock.monotonic()
        if now >= self._shown_at + SECONDS_BETWEEN_LINES:
            self._shown_at = now
            self._on_change(cancellations)

    def _check_budget(self, client: Client, cancellations: Sequence[Cancellation], projects: int) -> None:
        """Refuse to begin what the rate limit would break off in the middle."""
        begins = actions.SendCancel | actions.ListQueue
        calls = sum(isinstance(cancellation.action, begins) for cancellation in cancellations)
        needed = calls + READS_PER_PROJECT * projects
        left = client.budget.remaining(self._session.clock.monotonic())
        if calls and left and needed > left.requests:
            raise RateBudgetError(over_budget(calls, needed, left.requests, left.seconds))


def _readable(statuses: Statuses) -> dict[str, EnvironmentStatus]:
    return {key: status for key, status in statuses.items() if isinstance(status, EnvironmentStatus)}


def _those_in(project: Statuses, cancellations: Sequence[Cancellation]) -> list[Cancellation]:
    return [cancellation for cancellation in cancellations if cancellation.request.environment_id in project]


def _all_of(projects: Projects) -> dict[str, EnvironmentStatus | CallError]:
    return {key: status for statuses in projects.values() for key, status in statuses.items()}
