"""The poll groups of many cancellations, which may come at any time: by their projects, where those can be read.

Separate resources and a bulk cancellation use it alike.
"""

from __future__ import annotations

from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import Stage
from qovery_provider._driver.calls import Client
from qovery_provider._driver.discovery import Discovery
from qovery_provider._driver.driver import StatusSource
from qovery_provider._driver.polls import PollGroup


class PollGroups:
    """The poll groups.

    A cancellation that is the only one is polled separately. For one that comes while others are there, `Discovery`
    finds its project. An environment that no project's list shows is polled separately: it may be gone, or the token
    may not be allowed to list it.

    Args:
        client: Makes the calls.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._discovery = Discovery(client)
        self._by_project = dict[str, PollGroup]()
        self._alone = list[PollGroup]()
        self._unlisted = set[str]()
        self._has_read = False

    def groups(self) -> list[StatusSource]:
        """Return the groups, without finished cancellations, and each in the group of its project if that is known."""
        for project_group in self._by_project.values():
            self._unlisted |= project_group.unlisted
        for group in self._sources():
            self._has_read |= any(cancellation.known.status for cancellation in group.cancellations)
            group.cancellations[:] = [each for each in group.cancellations if each.stage is not Stage.FINISHED]
            for cancellation in [each for each in group.cancellations if self._is_misplaced(each, group)]:
                group.cancellations.remove(cancellation)
                self._place(cancellation)
        self._alone = [group for group in self._alone if group.cancellations]
        return self._sources()

    def add(self, *cancellations: Cancellation) -> None:
        """Take in cancellations that have come."""
        has_company = len(cancellations) > 1 or any(group.cancellations for group in self._sources())
        for cancellation in cancellations:
            if has_company and not self._is_assigned(cancellation.request.environment_id):
                self._discovery.cancellations.append(cancellation)
            else:
                self._place(cancellation)

    def know(self, project_id: str, environment_ids: list[str]) -> None:
        """Take it that these environments belong to a project."""
        self._discovery.project_of |= dict.fromkeys(environment_ids, project_id)

    @property
    def projects(self) -> int:
        """How many groups of projects there are."""
        return len(self._by_project)

    def _sources(self) -> list[StatusSource]:
        return [self._discovery, *self._by_project.values(), *self._alone]

    def _is_assigned(self, environment_id: str) -> bool:
        """Return whether it is known by which group an environment is polled."""
        discovery = self._discovery
        has_to_be_alone = discovery.is_denied and self._has_read
        return has_to_be_alone or environment_id in discovery.ungrouped or environment_id in discovery.project_of

    def _project_of(self, environment_id: str) -> str | None:
        return None if environment_id in self._unlisted else self._discovery.project_of.get(environment_id)

    def _is_misplaced(self, cancellation: Cancellation, group: StatusSource) -> bool:
        environment_id = cancellation.request.environment_id
        if group is self._discovery:
            return self._is_assigned(environment_id)
        is_alone = group not in self._by_project.values()
        return is_alone is not (self._project_of(environment_id) is None)

    def _place(self, cancellation: Cancellation) -> None:
        project_id = self._project_of(cancellation.request.environment_id)
        if project_id is None:
            self._alone.append(PollGroup.alone(self._client, cancellation))
        else:
            group = self._by_project.setdefault(project_id, PollGroup.of_project(self._client, project_id, []))
            group.cancellations.append(cancellation)
