"""Separate resources of one process, driven together: one connection pool, one rate budget, and shared looks.

Pulumi creates the resources of a stack side by side, each by a call of its own that waits. A single one is watched by
itself; as soon as there are more, those of one project are looked at by one call. It knows threads, and no Pulumi.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing, suppress
from functools import partial
from random import random
from threading import Lock

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import Knowledge, Sent
from qovery_provider._clock import Clock
from qovery_provider._driver.calls import CALL_LIMIT, DAEMON_THREADS, MAX_CONCURRENT_CALLS
from qovery_provider._driver.driver import Group, Statuses, Watcher, by_id
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.models import EnvironmentStatus, QueuedRequest
from qovery_provider._qovery.settings import Settings
from qovery_provider.errors import CallError

OnChange = Callable[[Knowledge], None]

LONG_WAIT = 3.0
"""Seconds after which whoever waits for one deployment is told who is queued behind it."""


class SharedWatch:
    """The cancellations of a process that use the same settings."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._lock = Lock()
        self._newcomers: list[Cancellation] = []
        self._members: dict[Cancellation, tuple[OnChange, Future[None]]] = {}
        self._wake: Future[None] = Future()
        self._driver: Future[None] | None = None

    def follow(self, cancellation: Cancellation, on_change: OnChange) -> None:
        """Return when the cancellation is over; the first one to come starts the driver, the last one ends it."""
        done: Future[None] = Future()
        with self._lock:
            if self._driver is None or self._driver.done():
                # Something is left over only where a bug ended the last driver.
                self._members.clear()
                self._newcomers.clear()
                self._driver = DAEMON_THREADS.submit(self._drive)
            driver = self._driver
            self._members[cancellation] = on_change, done
            self._newcomers.append(cancellation)
            if not self._wake.done():
                self._wake.set_result(None)
        wait([done, driver], return_when=FIRST_COMPLETED)
        if not done.done():
            driver.result()  # a bug ended it: raise it in every operation that waits

    def _drive(self) -> None:
        with closing(QoveryClient(self._settings, self._clock, connections=MAX_CONCURRENT_CALLS)) as client:
            neighbors, queues = _Neighbors(client), _Queues(client)
            watcher = Watcher(client, self._clock, DAEMON_THREADS, random, partial(self._tell, queues))
            while self._admit(neighbors):
                watcher.advance(neighbors.groups(), self._wake)
            queues.settle()

    def _admit(self, neighbors: _Neighbors) -> bool:
        """Take in who has come since; return False, and be ready for a next start, when nobody is left."""
        with self._lock:
            newcomers, self._newcomers = self._newcomers, []
            self._wake = Future()
            is_needed = bool(self._members)
            if not is_needed:
                self._driver = None
        for cancellation in newcomers:
            neighbors.add(cancellation)
        return is_needed

    def _tell(self, queues: _Queues, cancellation: Cancellation) -> None:
        on_change, done = self._members[cancellation]
        if len(self._members) == 1:
            queues.note(cancellation)
        if isinstance(cancellation.action, actions.Done | actions.Fail):
            with self._lock:
                del self._members[cancellation]
            done.set_result(None)
        else:
            on_change(cancellation.known)


class _Queues:
    """Who is queued behind a deployment: one call in a long wait, which nothing waits for and nothing depends on."""

    def __init__(self, client: QoveryClient) -> None:
        self._client = client
        self._operation: dict[Cancellation, Future[Sequence[QueuedRequest]]] = {}

    def note(self, cancellation: Cancellation) -> None:
        """Ask when it is time, and pass on what has been answered."""
        known = cancellation.known
        operation = self._operation.get(cancellation)
        if operation is None:
            if known.sent in {Sent.ACCEPTED, Sent.ADOPTED} and known.now - known.started >= LONG_WAIT:
                environment_id = known.request.environment_id
                self._operation[cancellation] = DAEMON_THREADS.submit(
                    self._client.send, endpoints.deployment_queue(environment_id)
                )
        elif operation.done():
            with suppress(CallError):
                known.queued = operation.result()

    def settle(self) -> None:
        """Let what is still on the wire come to its end before the connections are closed."""
        wait(self._operation.values(), timeout=CALL_LIMIT)


class _Neighbors:
    """Who is looked at together: environments of one project, once it is known that they are.

    The first one is looked at by itself. Those that come while others are there wait in the lobby: the look there asks
    for the project of each that is not known yet, and shows the whole project at once.
    """

    def __init__(self, client: QoveryClient) -> None:
        self._client = client
        self._lobby = Group([], self._look_around, is_complete=False)
        self._projects: dict[str, Group] = {}
        self._alone: list[Group] = []
        self._project_of: dict[str, str] = {}
        self._loners: set[str] = set()

    def groups(self) -> list[Group]:
        """Return the groups, after whoever has ended was let go and whoever belongs to a known project has moved."""
        for group in [self._lobby, *self._alone]:
            for one in list(group.cancellations):
                is_loner = group is self._lobby and one.request.environment_id in self._loners
                if is_loner or one.request.environment_id in self._project_of:
                    group.cancellations.remove(one)
                    self._place(one)
        groups = [self._lobby, *self._projects.values(), *self._alone]
        for group in groups:
            group.cancellations[:] = [
                one for one in group.cancellations if not isinstance(one.action, actions.Done | actions.Fail)
            ]
        self._alone = [group for group in self._alone if group.cancellations]
        return groups

    def add(self, cancellation: Cancellation) -> None:
        """Take in a cancellation."""
        has_company = any(group.cancellations for group in [self._lobby, *self._projects.values(), *self._alone])
        is_known = cancellation.request.environment_id in self._project_of
        if has_company and not is_known:
            self._lobby.cancellations.append(cancellation)
        else:
            self._place(cancellation)

    def _place(self, cancellation: Cancellation) -> None:
        project_id = self._project_of.get(cancellation.request.environment_id)
        if project_id is None:
            self._alone.append(Group.alone(cancellation, self._client))
        else:
            group = self._projects.setdefault(project_id, Group([], lambda: self._look_at(project_id)))
            group.cancellations.append(cancellation)

    def _look_at(self, project_id: str) -> dict[str, EnvironmentStatus]:
        return by_id(self._client.send(endpoints.project_statuses(project_id)))

    def _look_around(self) -> Statuses:
        shown: dict[str, EnvironmentStatus] = {}
        for one in list(self._lobby.cancellations):
            environment_id = one.request.environment_id
            if environment_id not in shown:
                shown |= self._discover(environment_id)
        return shown

    def _discover(self, environment_id: str) -> dict[str, EnvironmentStatus]:
        """Return the status of the environment's whole project; one whose project cannot be read stays by itself."""
        try:
            project_id = self._client.send(endpoints.project_of(environment_id))
            shown = self._look_at(project_id)
        except CallError:
            shown = {}
        if environment_id in shown:
            self._project_of |= dict.fromkeys(shown, project_id)
        else:
            self._loners.add(environment_id)
        return shown


_watches: dict[tuple[Settings, Clock], SharedWatch] = {}


def follow(settings: Settings, cancellation: Cancellation, on_change: OnChange, clock: Clock) -> None:
    """Drive a cancellation to its end, together with all others of this process that use the same settings."""
    _watches.setdefault((settings, clock), SharedWatch(settings, clock)).follow(cancellation, on_change)
