"""Everything in this process that uses the same settings: it shares connections, the rate budget, and polls.

Pulumi creates the resources of a stack side by side, each by a call of its own that waits. A single cancellation is
polled separately; as soon as there are several, one call polls all of a project. It knows threads, and no Pulumi.
"""

from __future__ import annotations

import random as _random
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Protocol, TypeVar

from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Knowledge, Sent, Stage
from qovery_provider._clock import Clock, Signal, SystemClock
from qovery_provider._driver.calls import CALL_LIMIT, DAEMON_THREADS, MAX_CONCURRENT_CALLS, CallRunner, Client
from qovery_provider._driver.driver import Driver
from qovery_provider._driver.poll_groups import PollGroups
from qovery_provider._driver.polls import Statuses, by_id
from qovery_provider._driver.reading import Reading
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.client import CONNECT_TIMEOUT, READ_TIMEOUT, QoveryClient
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.models import EnvironmentStatus, QueuedRequest
from qovery_provider._qovery.rate_limit import RateBudget
from qovery_provider._qovery.settings import Settings
from qovery_provider.errors import CallError

Answer = TypeVar("Answer")

READ_LIMIT = 120.0
"""Seconds for reading something, retries included."""

LONG_WAIT = 3.0
"""Seconds of waiting for one deployment after which the progress names the queued requests behind it."""

SYSTEM_CLOCK = SystemClock()


class Connect(Protocol):
    """Returns a client, as `QoveryClient` itself does."""

    def __call__(
        self, settings: Settings, clock: Clock, *, connections: int, timeout: tuple[float, float]
    ) -> Client: ...


class Sessions:
    """The sessions of a process, one for each settings; all resources of a process share one object of this class.

    Args:
        clock: The time. Default: the machine's.
        random: Returns a number from 0 to below 1, for the pauses before retries. Default: Python's.
        connect: Makes clients. Default: those that speak HTTP.
        executor: Runs calls. Default: daemon threads.
    """

    def __init__(
        self,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[], float] = _random.random,
        connect: Connect = QoveryClient,
        executor: Executor = DAEMON_THREADS,
    ) -> None:
        runner = CallRunner(clock, executor, random)
        self._new_session = partial(Session, runner=runner, connect=connect)
        self._sessions: dict[Settings, Session] = {}

    def of(self, settings: Settings) -> Session:
        """Return the session of these settings; equal settings have the same one."""
        return self._sessions.setdefault(settings, self._new_session(settings))


@dataclass(frozen=True, slots=True)
class _Member:
    """What belongs to a cancellation in progress."""

    on_change: Callable[[Knowledge], None]
    stop: Signal | None
    done: Signal = field(default_factory=Signal)


class Session:
    """Calls and cancellations with the same settings. Threads may share a session.

    Args:
        settings: Where Qovery is, and with what token.
        runner: Makes the calls; all sessions of a process share one.
        connect: Makes clients.

    Attributes:
        clock: The time.
    """

    def __init__(self, settings: Settings, runner: CallRunner, connect: Connect) -> None:
        self.settings, self.runner, self.clock = settings, runner, runner.clock
        self._connect, self._budget = connect, RateBudget()
        self._lock = Lock()
        self._joining: list[Cancellation] = []
        self._members: dict[Cancellation, _Member] = {}
        self._wake = Signal()
        self._driver: Future[None] | None = None

    def open_client(self, connections: int = 1, limit: float = READ_LIMIT) -> Client:
        """Return a client with connections of its own, for calls that may take up to `limit` seconds."""
        timeout = min(CONNECT_TIMEOUT, limit), min(READ_TIMEOUT, limit)
        connections = min(connections, MAX_CONCURRENT_CALLS)
        client = self._connect(self.settings, self.clock, connections=connections, timeout=timeout)
        client.budget = self._budget  # the limit is the token's
        return client

    def environment_status(
        self, environment_id: str, limit: float = READ_LIMIT, stop: Signal | None = None
    ) -> EnvironmentStatus:
        """Read the status of one environment within `limit` seconds (default: 120), or until a stop (default: none).

        Raises:
            CallError: Qovery does not say; a StoppedError if it was stopped.
        """
        return self._read(endpoints.environment_status(environment_id), limit, stop)

    def project_statuses(self, project_id: str, limit: float = READ_LIMIT) -> Sequence[EnvironmentStatus]:
        """Read the status of every environment of a project within `limit` seconds (default: 120).

        What Qovery lists without a readable status is left out.

        Raises:
            CallError: Qovery does not say.
        """
        statuses = self._read(endpoints.project_statuses(project_id), limit)
        return [status for status in statuses if isinstance(status, EnvironmentStatus)]

    def read_project(self, project_id: str, limit: float) -> Statuses:
        """Read the status of every environment of a project within `limit` seconds, or why one cannot be read.

        Raises:
            CallError: Qovery does not say.
        """
        return by_id(self._read(endpoints.project_statuses(project_id), limit))

    def _read(self, call: ApiCall[Answer], limit: float, stop: Signal | None = None) -> Answer:
        with closing(self.open_client(limit=limit)) as client:
            return self.runner.call_with_retries(client, call, limit, stop)

    def begin(
        self, request: CancellationRequest, sent: Sent = Sent.NOT_SENT, started: float | None = None
    ) -> Cancellation:
        """Return a cancellation before its first status read.

        Args:
            request: What the user asked for.
            sent: How far an earlier run got, when this one resumes it. Default: nothing was sent.
            started: From when its time counts. Default: now.
        """
        now = self.clock.monotonic() if started is None else started
        return Cancellation(request, now, self.runner.random, sent)

    def follow(
        self, cancellation: Cancellation, on_change: Callable[[Knowledge], None], stop: Signal | None = None
    ) -> None:
        """Bring a cancellation to its end, together with the others of this session; its `result` says how it ended.

        Args:
            cancellation: The cancellation. Its knowledge is up to date, however this method ends.
            on_change: Is called after each event, on another thread, with the cancellation's knowledge.
            stop: Ends it early when it is set: no further cancel is sent, and one that is on the wire is waited for.
                Default: nothing does.
        """
        member = _Member(on_change, stop)
        self._wait_for([member], self._join({cancellation: member}))

    def read_statuses(self, environment_ids: Sequence[str], limit: float) -> dict[str, EnvironmentStatus | CallError]:
        """Read the status of environments within `limit` seconds, together with what else this session polls.

        Environments of one project are read by one call, however many threads ask for them.

        Returns:
            The status of each environment, or why it was not read in time.
        """
        now, stop = self.clock.monotonic(), Signal()
        readings = [Reading(environment_id, now, self.runner.random, limit) for environment_id in environment_ids]
        members: dict[Cancellation, _Member] = {reading: _Member(lambda _: None, stop) for reading in readings}
        driver = self._join(members)
        self._wait_for(members.values(), driver, now + limit)
        stop.set_result(None)
        self._wait_for(members.values(), driver)
        return {reading.request.environment_id: reading.answer for reading in readings if reading.answer is not None}

    def _wait_for(self, members: Collection[_Member], driver: Future[None], until: float | None = None) -> None:
        """Return when all of these are over, or at a time; raise what ended the driver, if a bug did."""
        while (left := [member.done for member in members if not member.done.done()]) and not driver.done():
            if until is None:
                wait([*left, driver], return_when=FIRST_COMPLETED)
            elif (now := self.clock.monotonic()) < until:
                self.clock.wait([*left, driver], until - now)
            else:
                return
        if left:
            driver.result()

    def _join(self, members: Mapping[Cancellation, _Member]) -> Future[None]:
        """Hand cancellations to the driver; the first one starts it, after the last one it ends."""
        with self._lock:
            if self._driver is None or self._driver.done():
                # Something is left over only where a bug ended the last driver.
                self._members.clear()
                self._joining.clear()
                self._driver = self.runner.executor.submit(self._drive)
            self._members |= members
            self._joining += members
            if not self._wake.done():
                self._wake.set_result(None)
            return self._driver

    def _drive(self) -> None:
        with closing(self.open_client(MAX_CONCURRENT_CALLS)) as client:
            groups, queues = PollGroups(client), _Queues(client, self.runner.executor)
            driver = Driver(client, self.runner, partial(self._tell, queues), self._stop_of)
            while self._admit(groups):
                driver.advance(groups.groups, [self._wake])
            queues.settle()

    def _admit(self, groups: PollGroups) -> bool:
        """Take in the joining cancellations; return False, and be ready for a next start, when none is left."""
        with self._lock:
            joining, self._joining = self._joining, []
            self._wake = Signal()
            is_needed = bool(self._members)
            if not is_needed:
                self._driver = None
        groups.add(*joining)
        return is_needed

    def _stop_of(self, cancellation: Cancellation) -> Signal | None:
        return self._members[cancellation].stop

    def _tell(self, queues: _Queues, cancellation: Cancellation) -> None:
        member = self._members[cancellation]
        if len(self._members) == 1:
            queues.note(cancellation)
        if cancellation.stage is Stage.FINISHED:
            with self._lock:
                del self._members[cancellation]
            member.done.set_result(None)
        else:
            member.on_change(cancellation.known)


class _Queues:
    """Reads the queue behind a deployment, once in a long wait; nothing waits for it or depends on it."""

    def __init__(self, client: Client, executor: Executor) -> None:
        self._client, self._executor = client, executor
        self._reads: dict[Cancellation, Future[Sequence[QueuedRequest]]] = {}

    def note(self, cancellation: Cancellation) -> None:
        """Read the queue when it is time, and pass on the result."""
        known = cancellation.known
        read = self._reads.get(cancellation)
        if read is None:
            if known.sent in {Sent.ACCEPTED, Sent.ADOPTED} and known.now - known.started >= LONG_WAIT:
                call = endpoints.deployment_queue(known.request.environment_id)
                self._reads[cancellation] = self._executor.submit(self._client.send, call)
        elif read.done():
            with suppress(CallError):
                known.queued = read.result()

    def settle(self) -> None:
        """Wait for the calls on the wire before the connections are closed."""
        wait(self._reads.values(), timeout=CALL_LIMIT)
