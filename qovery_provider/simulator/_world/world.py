"""The Qovery world: projects and environments, made by a test, read and changed through the API.

Pure: the time comes from the clock that is handed in, ids from counters, so that the same steps give the same world. It
knows no HTTP, no thread and no wall clock.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from uuid import NAMESPACE_OID, uuid5

from qovery_provider.simulator._world.deployments import Deployment
from qovery_provider.simulator._world.environments import Behavior, Environment, QueuedRequest
from qovery_provider.simulator._world.turns import Clock, Lock, Turn, in_turn


class World:
    """Everything that one Qovery organization holds here.

    Attributes:
        environments: Every environment by its id, removed ones too.
        unknown_as: The status code that answers for an environment that never existed: 404, 403 or 400.
    """

    def __init__(self, now: Clock, *, lock: Lock | None = None) -> None:
        self.turn = Turn(now, lock or nullcontext())
        self.environments: dict[str, Environment] = {}
        self.unknown_as = 404
        self._projects: dict[str, list[Environment]] = {}
        self._requests: dict[str, tuple[Environment, QueuedRequest]] = {}

    @in_turn
    def add_project(self, *, id: str | None = None) -> str:  # noqa: A002 - the API's word
        """Make a project, or find it, and give its id."""
        project_id = id or _uuid("project", len(self._projects) + 1)
        self._projects.setdefault(project_id, [])
        return project_id

    @in_turn
    def add_environment(
        self,
        *,
        id: str | None = None,  # noqa: A002 - the API's word
        project_id: str | None = None,
        name: str | None = None,
        behavior: Behavior | None = None,
    ) -> Environment:
        """Make an environment; without a project it goes into the first one.

        Raises:
            ValueError: There is an environment with this id already.
        """
        number = len(self.environments) + 1
        environment_id = id or _uuid("environment", number)
        if environment_id in self.environments:
            raise ValueError(f"environment {environment_id} exists already")
        home = self.add_project(id=project_id or next(iter(self._projects), None))
        environment = Environment(
            id=environment_id, project_id=home, name=name or f"environment-{number}", turn=self.turn
        )
        environment.behavior = behavior or environment.behavior
        self.environments[environment_id] = environment
        self._projects[home].append(environment)
        return environment

    @in_turn
    def in_project(self, project_id: str) -> tuple[Environment, ...] | None:
        """The environments of a project that still exist; `None` when there is no such project."""
        # A project's statuses leave out what is gone; only calls about the environment itself answer 404, 403 or 400.
        environments = self._projects.get(project_id)
        return None if environments is None else tuple(e for e in environments if e.gone_as is None)

    @in_turn
    def find_request(self, request_id: str) -> tuple[Environment, QueuedRequest] | None:
        """A request that is or was queued, and its environment."""
        # Requests are never forgotten, so the index only grows: it is built again when an id is not in it.
        if request_id not in self._requests:
            self._requests = {r.id: (e, r) for e in self.environments.values() for r in e.requests}
        return self._requests.get(request_id)

    @in_turn
    def truth(self) -> dict[str, object]:
        """What really happened, for tests to assert on and for other processes to read as JSON."""
        return {"environments": {e.id: _truth_of(e) for e in self.environments.values()}}


# Ids come from a name instead of from chance, so that a failing schedule fails again with the same ids.
def _uuid(kind: str, number: int) -> str:
    return str(uuid5(NAMESPACE_OID, f"qovery-simulator/{kind}/{number}"))


# Below: the truth as JSON. Its field names are those of the attributes, so that one vocabulary serves both.


def _truth_of(environment: Environment) -> Mapping[str, object]:
    return {
        "project_id": environment.project_id,
        "name": environment.name,
        "gone_as": environment.gone_as,
        "state": environment.state,
        "last_deployment_state": environment.last_deployment_state,
        "deployments": [_truth_of_deployment(deployment) for deployment in environment.deployments],
        "queue": [_truth_of_request(request) for request in environment.requests],
    }


def _truth_of_deployment(deployment: Deployment) -> Mapping[str, object]:
    return {
        "id": deployment.id,
        "request_id": deployment.request_id,
        "trigger_action": deployment.plan.trigger_action,
        "triggered_by": deployment.plan.triggered_by,
        "state": deployment.state,
        "started_at": deployment.started_at,
        "ended_at": deployment.ended_at,
        "end_state": deployment.end_state,
        "canceled_by": deployment.canceled_by,
        "effective_cancels": deployment.effective_cancels,
        "cancels": [
            {"number": c.number, "at": c.at, "force_cancel": c.force_cancel, "effective": c.effective}
            for c in deployment.cancels
        ],
    }


def _truth_of_request(request: QueuedRequest) -> Mapping[str, object]:
    return {
        "id": request.id,
        "trigger_action": request.plan.trigger_action,
        "triggered_by": request.plan.triggered_by,
        "state": request.state,
        "deployment_id": None if request.deployment is None else request.deployment.id,
        "canceled_by": request.canceled_by,
    }
