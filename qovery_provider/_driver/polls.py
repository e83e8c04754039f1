"""Which cancellations share their status reads: those in environments of one project, once that is known.

It plans and reads; the driver says when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import Stage
from qovery_provider._driver.calls import Call, Client, time_limit
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.failures import malformed
from qovery_provider._qovery.models import EnvironmentStatus, UnreadableStatus
from qovery_provider.errors import CallError

Statuses = Mapping[str, EnvironmentStatus | CallError]
"""What is known of environments, by their ids in small letters, as inputs have them."""


def by_id(
    statuses: Iterable[EnvironmentStatus | UnreadableStatus], wanted: Iterable[str] = ()
) -> dict[str, EnvironmentStatus | CallError]:
    """Return what a project's list shows, by environment.

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
    """Cancellations whose status one call reads, each of another environment: a `StatusSource`.

    Args:
        cancellations: The cancellations; more may come, and go, while they are driven.
        read: Reads the status of all of them.
        is_complete: Whether an environment that is missing in the answer does not exist. Default: True.
    """

    def __init__(
        self, cancellations: list[Cancellation], read: Callable[[], Statuses], *, is_complete: bool = True
    ) -> None:
        self.cancellations, self._read, self._is_complete = cancellations, read, is_complete
        self._poll: Call[Statuses] | None = None

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

    def plan(self, at: float) -> Call[Statuses]:
        """Plan the next poll, or bring the planned one forward; return it.

        It is one attempt: each cancellation decides for itself what it does after a failure.
        """
        if self._poll is None:
            deadline = max(cancellation.known.deadline for cancellation in self.cancellations)
            self._poll = Call(self._operation(), self._read, at, timeout=time_limit(at, deadline))
        else:
            self._poll.bring_forward(at)
        return self._poll

    def _operation(self) -> str:
        first, *others = (cancellation.request.environment_id for cancellation in self.cancellations)
        return endpoints.environment_status(first).operation + (f" and {len(others)} others" if others else "")

    def observations(self, now: float) -> Iterator[tuple[Cancellation, events.Event]]:
        """Yield what a poll that has ended tells each cancellation that it can tell something."""
        if self._poll is None:
            return
        made_at = self._poll.at
        watching = [cancellation for cancellation in self.cancellations if _watches(cancellation, made_at)]
        outcome = self._poll.outcome(now, min((cancellation.known.deadline for cancellation in watching), default=now))
        if outcome is None:
            return
        self._poll = None
        for cancellation in watching:
            event = self._event(cancellation.request.environment_id, outcome, now - made_at)
            # A failure concerns only those that had to read by then; the others read when it is their time.
            if isinstance(event, events.StatusRead) or (event and (_reads_at(cancellation) or 0.0) <= made_at):
                yield cancellation, event

    def _event(self, environment_id: str, outcome: Statuses | CallError, took: float) -> events.Event | None:
        if isinstance(outcome, CallError):
            return events.CallFailed(outcome)
        shown = outcome.get(environment_id)
        if shown is None:
            return events.NotListed() if self._is_complete else None
        return events.CallFailed(shown) if isinstance(shown, CallError) else events.StatusRead(shown, took)


def _watches(cancellation: Cancellation, made_at: float) -> bool:
    """Return whether a poll can tell something: one made before the last event may show the time before its cancel."""
    return _reads_at(cancellation) is not None and cancellation.known.now <= made_at


def _reads_at(cancellation: Cancellation) -> float | None:
    return cancellation.action.at if isinstance(cancellation.action, actions.ReadStatus) else None


class PollGroups:
    """The poll groups of separate resources, which may come at any time.

    The first cancellation is polled by itself. One that comes while others are there is unassigned at first; the poll
    of the unassigned reads which project each belongs to, and then the status of that whole project.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._unassigned = PollGroup([], self._discover_all, is_complete=False)
        self._by_project: dict[str, PollGroup] = {}
        self._alone: list[PollGroup] = []
        self._project_of: dict[str, str] = {}
        self._ungrouped: set[str] = set()

    def groups(self) -> list[PollGroup]:
        """Return the groups, without finished cancellations, and each in the group of its project if that is known."""
        for group in [self._unassigned, *self._alone]:
            for cancellation in list(group.cancellations):
                if self._has_moved(cancellation.request.environment_id, group):
                    group.cancellations.remove(cancellation)
                    self._place(cancellation)
        groups = self._all()
        for group in groups:
            unfinished = [each for each in group.cancellations if each.stage is not Stage.FINISHED]
            group.cancellations[:] = unfinished
        self._alone = [group for group in self._alone if group.cancellations]
        return groups

    def add(self, cancellation: Cancellation) -> None:
        """Take in a cancellation."""
        has_company = any(group.cancellations for group in self._all())
        is_known = cancellation.request.environment_id in self._project_of
        if has_company and not is_known:
            self._unassigned.cancellations.append(cancellation)
        else:
            self._place(cancellation)

    def _all(self) -> list[PollGroup]:
        return [self._unassigned, *self._by_project.values(), *self._alone]

    def _has_moved(self, environment_id: str, group: PollGroup) -> bool:
        """Return whether an environment in this group belongs into another one by now."""
        is_ungrouped = group is self._unassigned and environment_id in self._ungrouped
        return is_ungrouped or environment_id in self._project_of

    def _place(self, cancellation: Cancellation) -> None:
        project_id = self._project_of.get(cancellation.request.environment_id)
        if project_id is None:
            self._alone.append(PollGroup.alone(self._client, cancellation))
        else:
            group = self._by_project.setdefault(project_id, PollGroup.of_project(self._client, project_id, []))
            group.cancellations.append(cancellation)

    def _discover_all(self) -> Statuses:
        shown: dict[str, EnvironmentStatus | CallError] = {}
        for cancellation in list(self._unassigned.cancellations):
            environment_id = cancellation.request.environment_id
            if environment_id not in shown:
                shown |= self._discover(environment_id)
        return shown

    def _discover(self, environment_id: str) -> dict[str, EnvironmentStatus | CallError]:
        """Return the status of the environment's whole project; one whose project cannot be read stays by itself."""
        try:
            project_id = self._client.send(endpoints.project_of(environment_id))
            shown = by_id(self._client.send(endpoints.project_statuses(project_id)))
        except CallError:
            shown = {}
        if environment_id in shown:
            self._project_of |= dict.fromkeys(shown, project_id)
        else:
            self._ungrouped.add(environment_id)
        return shown
