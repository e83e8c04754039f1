"""Which cancellations share their status reads: those in environments of one project, once that is known.

A shared poll is a cache: it saves requests, and nothing else is shared. When to read, how long to wait for the answer
and what to do about a failure is decided for each cancellation separately. It plans and reads; the driver says when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf
from typing import Any, TypeAlias

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._driver.calls import LAST_CALL_LIMIT, Call, Client, no_answer, time_limit
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.failures import malformed
from qovery_provider._qovery.models import EnvironmentStatus, UnreadableStatus
from qovery_provider.errors import CallError

Statuses = Mapping[str, EnvironmentStatus | CallError]
"""The status of environments, or why it is not known, by their ids in small letters, as inputs have them."""

Pace: TypeAlias = Callable[[Cancellation, float], float]
"""Returns when a status read of a cancellation is made that it wants at a time."""

MAX_WAIT_FOR_OTHERS = LAST_CALL_LIMIT
"""Seconds for which a cancellation waits until a poll on the wire ends that began too early for it."""


def by_id(
    statuses: Iterable[EnvironmentStatus | UnreadableStatus], wanted: Iterable[str] = ()
) -> dict[str, EnvironmentStatus | CallError]:
    """Return the entries of a project's list by environment.

    Args:
        statuses: The entries of the list.
        wanted: The environments that may be behind an entry that does not name its own.
    """
    shown = dict[str, EnvironmentStatus | CallError]()
    for status in sorted(statuses, key=lambda status: not status.id):  # the nameless last
        if isinstance(status, EnvironmentStatus):
            shown[status.id.lower()] = status
        elif status.id:
            shown[status.id.lower()] = _unreadable(status.id, status)
        else:
            for environment_id in wanted:
                shown.setdefault(environment_id, _unreadable(environment_id, status))
    return shown


def _unreadable(environment_id: str, entry: UnreadableStatus) -> CallError:
    return malformed(endpoints.environment_status(environment_id), entry.problem)


class PollGroup:
    """Cancellations whose status one call reads: a `StatusSource`.

    Args:
        cancellations: The cancellations; more may come, and go, while they are driven.
        read: Reads the status of all of them.

    Attributes:
        unlisted: The environments that a response has left out; it has no event for their cancellations.
    """

    def __init__(self, cancellations: list[Cancellation], read: Callable[[], Statuses]) -> None:
        self.cancellations, self._read = cancellations, read
        self.unlisted = set[str]()
        self._polls: list[Call[Statuses]] = []  # on the wire, the oldest first
        self._next: Call[Statuses] | None = None

    @classmethod
    def alone(cls, client: Client, cancellation: Cancellation) -> PollGroup:
        """Return the group of an environment that no project is known to show."""
        environment_id = cancellation.request.environment_id
        return cls([cancellation], lambda: {environment_id: client.send(endpoints.environment_status(environment_id))})

    @classmethod
    def of_project(cls, client: Client, project_id: str, cancellations: list[Cancellation]) -> PollGroup:
        """Return the group of environments that one project shows."""

        def read() -> Statuses:
            wanted = [cancellation.request.environment_id for cancellation in cancellations]
            return by_id(client.send(endpoints.project_statuses(project_id)), wanted)

        return cls(cancellations, read)

    def plan(self, now: float, pace: Pace) -> list[Call[Statuses]]:
        """Return the polls on the wire, and the next one where a cancellation needs it.

        Each is one attempt: each cancellation decides for itself what it does after a failure.
        """
        self._take_started()
        at = min((self._needed_at(each, pace) for each in self.cancellations), default=inf)
        self._next = Call("reading the status", self._read, max(at, now)) if at < inf else None
        calls = [*self._polls, *([self._next] if self._next else [])]
        for poll in calls:
            ends = [_given_up_at(each, poll) for each in self.cancellations if _waits_for(each, poll)]
            poll.timeout = min(ends, default=inf) - poll.at
        return calls

    def _take_started(self) -> None:
        if self._next and self._next.future:
            self._polls.append(self._next)
            self._next = None
        # One that no cancellation waits for any more has been given up.
        self._polls = [poll for poll in self._polls if any(_waits_for(each, poll) for each in self.cancellations)]

    def _needed_at(self, cancellation: Cancellation, pace: Pace) -> float:
        """Return when the next poll is to be made for a cancellation, or never where one on the wire will do."""
        due = _reads_at(cancellation)
        if due == inf or any(_waits_for(cancellation, poll) for poll in self._polls):
            return inf
        free_at = self._polls[-1].at + MAX_WAIT_FOR_OTHERS if self._polls else -inf
        return max(pace(cancellation, due), min(free_at, cancellation.known.deadline))

    def observations(self, now: float) -> Iterator[tuple[Cancellation, events.Event]]:
        """Yield the events for each cancellation: what a poll has shown, or that it has waited long enough."""
        self._take_started()
        served = set[Cancellation]()
        for poll in reversed(list(self._polls)):  # the newest first: it shows the latest status
            answer = poll.outcome(now, inf) if poll.future and poll.future.done() else None
            if answer is not None:
                self._polls.remove(poll)
            for cancellation in self.cancellations:
                if cancellation not in served and can_use(cancellation, poll):
                    event = self._event(cancellation, poll, answer, now)
                    if event:
                        served.add(cancellation)
                        yield cancellation, event

    def _event(
        self, cancellation: Cancellation, poll: Call[Statuses], answer: Statuses | CallError | None, now: float
    ) -> events.Event | None:
        environment_id = cancellation.request.environment_id
        shown = answer.get(environment_id) if isinstance(answer, Mapping) else answer
        if isinstance(shown, EnvironmentStatus):
            return events.StatusRead(shown, now - poll.at)
        if isinstance(answer, Mapping) and shown is None:
            self.unlisted.add(environment_id)
        elif shown is None and now >= _given_up_at(cancellation, poll):
            shown = no_answer(endpoints.environment_status(environment_id).operation, now - poll.at)
        # A failure concerns only those that had to read by then; the others read when it is their time.
        return events.CallFailed(shown) if shown and _waits_for(cancellation, poll) else None


def _reads_at(cancellation: Cancellation) -> float:
    return cancellation.action.at if isinstance(cancellation.action, actions.ReadStatus) else inf


def can_use(cancellation: Cancellation, poll: Call[Any]) -> bool:
    """Return whether a poll is recent enough: one made before the last event may show the time before a cancel."""
    return _reads_at(cancellation) < inf and cancellation.known.now <= poll.at


def _waits_for(cancellation: Cancellation, poll: Call[Any]) -> bool:
    """Return whether a cancellation that has to read need not read again while this poll is on the wire."""
    return can_use(cancellation, poll) and _reads_at(cancellation) <= poll.at


def _given_up_at(cancellation: Cancellation, poll: Call[Statuses]) -> float:
    return poll.at + time_limit(poll.at, cancellation.known.deadline)
