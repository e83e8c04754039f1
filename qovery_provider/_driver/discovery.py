"""Finds out which project each of many environments belongs to, with few requests and without waiting for any of them.

A scout reads the project of one environment, and then the status of that whole project: so it shows which others belong
there as well. Scouts are sent in rounds of 1, 2, 4 and so on: where all environments are in one project, the first one
is enough; where each has its own, all are found within a few rounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from qovery_provider._cancellation import events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._driver.calls import Call, Client
from qovery_provider._driver.polls import Pace, Statuses, by_id, can_use
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import AuthenticationError, CallError, PermissionDeniedError

SCOUT_PATIENCE = 2.0
"""Seconds that the next round waits for a scout. After that, the scout's environment is read separately."""

SCOUT_LIMIT = 30.0
"""Seconds until a scout is given up; until then it may still show that environments belong together."""

MAX_ROUND, MAX_SCOUTS = 16, 32
"""Scouts of one round, and of all rounds on the wire: silent ones must leave room for other calls."""

MAX_UNASSIGNED = 30.0
"""Seconds until an environment whose turn has not come is read separately; less where most of its time is up."""

UNASSIGNED_PART = 0.75
"""The part of its time after which it is read separately in any case."""

MAX_DENIALS = 10
"""Refused scouts after which a token counts as one that may read no project."""


class Project(NamedTuple):
    """What a scout has found."""

    id: str
    statuses: Statuses


class Discovery:
    """The cancellations in environments whose project is not known yet: a `StatusSource`.

    Args:
        client: Makes the calls.

    Attributes:
        cancellations: The cancellations.
        project_of: The projects of environments that are known by now.
        ungrouped: The environments that are to be read separately, for now or for good.
        denials: How many scouts were refused.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.cancellations: list[Cancellation] = []
        self.project_of = dict[str, str]()
        self.ungrouped = set[str]()
        self.denials = 0
        self._scouts = dict[str, Call[Project]]()  # on the wire, by environment
        self._planned = dict[str, Call[Project]]()
        self._round_size = 1

    @property
    def is_denied(self) -> bool:
        """Whether the token seems to be one that may read no project."""
        return self.denials >= MAX_DENIALS and not self.project_of

    def plan(self, now: float, _pace: Pace) -> list[Call[Project]]:
        """Return the scouts on the wire, and those of the next round."""
        self._take_started()
        self._round_size = self._round_size if self.cancellations else 1
        at = max([now, *(scout.at + SCOUT_PATIENCE for scout in self._scouts.values())])
        ids = dict.fromkeys(each.request.environment_id for each in self.cancellations)
        left = [environment_id for environment_id in ids if environment_id not in self._scouts]
        size = min(self._round_size, MAX_SCOUTS - len(self._scouts))
        self._planned = {environment_id: self._scout(environment_id, at) for environment_id in left[:size]}
        scouts = {**self._scouts, **self._planned}
        urgent_at = min(map(_impatient_at, self.cancellations), default=inf)
        for environment_id, scout in scouts.items():
            limit = SCOUT_LIMIT if environment_id in self.ungrouped else SCOUT_PATIENCE
            scout.timeout = min(limit, urgent_at - scout.at)
        return list(scouts.values())

    def _take_started(self) -> None:
        started = {environment_id: scout for environment_id, scout in self._planned.items() if scout.future}
        if started:
            self._scouts |= started
            self._planned = {}
            self._round_size = min(2 * self._round_size, MAX_ROUND)

    def _scout(self, environment_id: str, at: float) -> Call[Project]:
        def read() -> Project:
            project_id = self._client.send(endpoints.project_of(environment_id))
            return Project(project_id, by_id(self._client.send(endpoints.project_statuses(project_id))))

        return Call("reading a project", read, at)

    def observations(self, now: float) -> Iterator[tuple[Cancellation, events.Event]]:
        """Yield the status of each cancellation that a scout has shown; a failure concerns the scout alone."""
        self._take_started()
        self.ungrouped.update(each.request.environment_id for each in self.cancellations if _impatient_at(each) <= now)
        for environment_id, scout in list(self._scouts.items()):
            if scout.at + SCOUT_PATIENCE <= now:
                self.ungrouped.add(environment_id)
            if (scout.future and scout.future.done()) or scout.at + SCOUT_LIMIT <= now:
                del self._scouts[environment_id]
                shown = self._found(environment_id, scout.outcome(now, inf))
                yield from self._events_of(scout, shown, now)

    def _found(self, environment_id: str, outcome: Project | CallError | None) -> Statuses:
        """Take in what a scout has found; if it found nothing, its environment is read separately."""
        if isinstance(outcome, Project) and environment_id in outcome.statuses:
            self.project_of |= dict.fromkeys(outcome.statuses, outcome.id)
            return outcome.statuses
        self.denials += isinstance(outcome, AuthenticationError | PermissionDeniedError)
        self.ungrouped.add(environment_id)
        return {}

    def _events_of(
        self, scout: Call[Project], shown: Statuses, now: float
    ) -> Iterator[tuple[Cancellation, events.Event]]:
        for cancellation in self.cancellations:
            status = shown.get(cancellation.request.environment_id)
            if isinstance(status, EnvironmentStatus) and can_use(cancellation, scout):
                yield cancellation, events.StatusRead(status, now - scout.at)


def _impatient_at(cancellation: Cancellation) -> float:
    """Return when a cancellation reads its environment separately, even if a scout still searches for its project."""
    known = cancellation.known
    return known.started + min(MAX_UNASSIGNED, (known.deadline - known.started) * UNASSIGNED_PART)
