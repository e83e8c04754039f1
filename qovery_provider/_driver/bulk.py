"""Many environments at once: who belongs to which project, does it fit the rate budget, and side by side to the end.

It knows no Pulumi. One look shows a whole project, so what many environments cost is one cancel each and a few looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from random import random
from typing import TypeVar

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.messages import over_budget
from qovery_provider._cancellation.model import CancellationRequest, Sent
from qovery_provider._clock import Clock
from qovery_provider._driver.calls import DAEMON_THREADS, MAX_CONCURRENT_CALLS, call_with_retries
from qovery_provider._driver.driver import Group, Watcher, by_id
from qovery_provider._driver.session import CLOCK, READ_LIMIT
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.client import CONNECT_TIMEOUT, READ_TIMEOUT, QoveryClient
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._qovery.settings import Settings
from qovery_provider.errors import CallError, NotFoundError, PermissionDeniedError, RateBudgetError

Answer = TypeVar("Answer")

SECONDS_BETWEEN_LINES = 0.5

MAX_UNREAD = 10
"""Environments of a list that are tried before anything could be read."""

LOOKS = 12
"""Requests for looks and history that a cancellation of about a minute costs a project, beside its cancels."""


@dataclass(frozen=True, slots=True)
class Target:
    """One environment, and what an earlier run that is resumed knows of it."""

    environment_id: str
    deployment_id: str | None = None
    sent: Sent = Sent.NOT_SENT


def tally(cancellations: Sequence[Cancellation]) -> str:
    """Say in one line how far many cancellations are."""
    failed = sum(isinstance(one.action, actions.Fail) for one in cancellations)
    done = sum(isinstance(one.action, actions.Done) for one in cancellations)
    left = len(cancellations) - done - failed
    return f"{done} of {len(cancellations)} done, {left} under way, {failed} failed"


class BulkCancellation:
    """The cancellations of many environments.

    Args:
        settings: Where Qovery is.
        request: What is asked for in each environment; its `environment_id` is not used.
        on_change: Is told of all cancellations now and then.
        clock: The time.
        limit: Seconds for each of the first looks, retries included.
    """

    def __init__(
        self,
        settings: Settings,
        request: CancellationRequest,
        on_change: Callable[[Sequence[Cancellation]], None],
        clock: Clock = CLOCK,
        limit: float = READ_LIMIT,
    ) -> None:
        self._settings, self._request, self._on_change = settings, request, on_change
        self._clock, self._limit = clock, limit
        self._told_at = -inf

    def cancel_project(self, project_id: str) -> Sequence[Cancellation]:
        """Cancel in every environment of a project; return when each has come to its end."""
        since = self._clock.monotonic()
        with closing(self._client(MAX_CONCURRENT_CALLS)) as client:
            statuses = self._look(client, project_id)
            targets = [Target(environment_id) for environment_id in statuses]
            return self._cancel(client, {project_id: statuses}, {}, targets, since)

    def cancel(self, targets: Sequence[Target]) -> Sequence[Cancellation]:
        """Cancel in these environments; return when each has come to its end."""
        since = self._clock.monotonic()
        with closing(self._client(len(targets))) as client:
            projects, unread = self._projects(client, [target.environment_id for target in targets])
            return self._cancel(client, projects, unread, targets, since)

    def look(self, project_id: str | None, environment_ids: Sequence[str]) -> dict[str, EnvironmentStatus]:
        """Read the status of what `cancel_project` or `cancel` would act on; nothing is sent."""
        with closing(self._client(1)) as client:
            if project_id:
                return self._look(client, project_id)
            projects, unread = self._projects(client, environment_ids)
            shown = _shown(projects)
            if unread and not shown:
                raise next(iter(unread.values()))
            return {key: shown[key] for key in environment_ids if key in shown}

    def _client(self, connections: int) -> QoveryClient:
        timeout = min(CONNECT_TIMEOUT, self._limit), min(READ_TIMEOUT, self._limit)
        return QoveryClient(
            self._settings, self._clock, connections=min(connections, MAX_CONCURRENT_CALLS), timeout=timeout
        )

    def _look(self, client: QoveryClient, project_id: str) -> dict[str, EnvironmentStatus]:
        return by_id(self._read(client, endpoints.project_statuses(project_id)))

    def _read(self, client: QoveryClient, call: ApiCall[Answer]) -> Answer:
        return call_with_retries(call.operation, partial(client.send, call), self._clock, self._limit, random)

    def _projects(
        self, client: QoveryClient, environment_ids: Sequence[str]
    ) -> tuple[dict[str, dict[str, EnvironmentStatus]], dict[str, CallError]]:
        """Find the projects of the environments: ask for one, and its project shows which others belong to it.

        What fails for one environment alone stops no other; it comes back beside the projects. But a token that may
        read none of the first few will read no other either, and each try costs a request.
        """
        projects, unread = dict[str, dict[str, EnvironmentStatus]](), dict[str, CallError]()
        left = list(environment_ids)
        while left:
            first, *left = left
            try:
                project_id = self._read(client, endpoints.project_of(first))
                projects[project_id] = self._look(client, project_id)
            except (NotFoundError, PermissionDeniedError) as error:
                unread[first] = error
                if not projects and len(unread) == MAX_UNREAD:
                    raise
                continue
            left = [environment_id for environment_id in left if environment_id not in projects[project_id]]
        return projects, unread

    def _cancel(
        self,
        client: QoveryClient,
        projects: Mapping[str, Mapping[str, EnvironmentStatus]],
        unread: Mapping[str, CallError],
        targets: Sequence[Target],
        since: float,
    ) -> Sequence[Cancellation]:
        shown = _shown(projects)
        seen: dict[str, EnvironmentStatus | CallError] = {**unread, **shown}
        cancellations = [self._begun(target, seen.get(target.environment_id), since) for target in targets]
        self._check_budget(client, cancellations, len(projects))
        groups = [self._group(client, key, statuses, cancellations) for key, statuses in projects.items()]
        # A run that resumes what no project shows any more looks a second time.
        homeless = [one for one in cancellations if one.request.environment_id not in shown]
        groups += [Group.alone(one, client) for one in homeless]
        Watcher(client, self._clock, DAEMON_THREADS, random, lambda _: self._tell(cancellations)).run(groups)
        return cancellations

    def _begun(self, target: Target, seen: EnvironmentStatus | CallError | None, since: float) -> Cancellation:
        """Return a cancellation after its first look, which was made at or after `since` and may have shown nothing."""
        request = replace(self._request, environment_id=target.environment_id, deployment_id=target.deployment_id)
        now = self._clock.monotonic()
        cancellation = Cancellation(request, now, random, target.sent)
        cancellation.observe(_first_event(seen, now - since), now)
        return cancellation

    def _group(
        self,
        client: QoveryClient,
        project_id: str,
        statuses: Mapping[str, EnvironmentStatus],
        cancellations: Sequence[Cancellation],
    ) -> Group:
        members = [one for one in cancellations if one.request.environment_id in statuses]
        return Group(members, lambda: by_id(client.send(endpoints.project_statuses(project_id))))

    def _tell(self, cancellations: Sequence[Cancellation]) -> None:
        """Hundreds of answers may come within a second; nobody could read that many lines."""
        now = self._clock.monotonic()
        if now >= self._told_at + SECONDS_BETWEEN_LINES:
            self._told_at = now
            self._on_change(cancellations)

    def _check_budget(self, client: QoveryClient, cancellations: Sequence[Cancellation], projects: int) -> None:
        """Refuse to begin what the rate limit would break off in the middle."""
        calls = sum(isinstance(one.action, actions.SendCancel | actions.ListQueue) for one in cancellations)
        needed = calls + LOOKS * projects
        left = client.budget.left(self._clock.monotonic())
        if calls and left and needed > left.requests:
            raise RateBudgetError(over_budget(calls, needed, left.requests, left.seconds))


def _first_event(seen: EnvironmentStatus | CallError | None, took: float) -> events.Event:
    if seen is None:
        return events.NotListed()
    return events.CallFailed(seen) if isinstance(seen, CallError) else events.StatusRead(seen, took)


def _shown(projects: Mapping[str, Mapping[str, EnvironmentStatus]]) -> dict[str, EnvironmentStatus]:
    return {key: status for statuses in projects.values() for key, status in statuses.items()}
