"""The calls of the Qovery API as functions of the world: a status code and a body, without any HTTP.

Answers to calls that fail carry the newer `{status, detail}` body; `errors.py` writes the other forms. Tests on a
virtual clock drive this file directly. It knows no routes, credentials or limits.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from qovery_provider.simulator._api.bodies import (
    Json,
    environment_details,
    environment_status,
    history_entry,
    queue_entry,
    request_status,
)
from qovery_provider.simulator._world.environments import Environment
from qovery_provider.simulator._world.turns import in_turn
from qovery_provider.simulator._world.world import World

# Three ways in which the real API has been seen to say that an environment is gone; the texts are not documented.
GONE: Final = {
    400: "The environment {id} does not exist",
    403: "You don't have access to the environment {id}",
    404: "No environment found with id {id}",
}
CONFLICT: Final = "Deployment is already cancelled or an operation is in progress"


class Answer(NamedTuple):
    """What a call answers; a body of `None` is an empty one."""

    status: int
    body: Json | None


def _status_now(environment: Environment) -> Answer:
    return Answer(200, environment_status(environment, environment.latest))


def problem(status: int, detail: str) -> Answer:
    """An answer that says what was wrong."""
    return Answer(status, {"status": status, "detail": detail})


class Api:
    """The calls, each one step of the world."""

    def __init__(self, world: World) -> None:
        self.turn = world.turn
        self._world = world

    def status(self, environment_id: str) -> Answer:
        """`GET /environment/{id}/status`."""
        return self._for_environment(environment_id, _status_now)

    def environment(self, environment_id: str) -> Answer:
        """`GET /environment/{id}`: its name and its project, not its state."""
        return self._for_environment(environment_id, lambda environment: Answer(200, environment_details(environment)))

    @in_turn
    def project_statuses(self, project_id: str) -> Answer:
        """`GET /project/{id}/environment/status`: all of a project's environments in one call."""
        environments = self._world.in_project(project_id.lower())
        if environments is None:
            return problem(404, f"No project found with id {project_id}")
        return Answer(200, {"results": [_status_now(environment).body for environment in environments]})

    def history(self, environment_id: str, *, page_size: int = 20) -> Answer:
        """`GET /environment/{id}/deploymentHistoryV2`: newest first, without the requests that still wait."""

        def page(environment: Environment) -> Answer:
            newest_first = environment.deployments[::-1][:page_size]
            results = [history_entry(deployment) for deployment in newest_first]
            return Answer(200, {"page": 1, "page_size": page_size, "results": results})

        return self._for_environment(environment_id, page)

    def queue(self, environment_id: str) -> Answer:
        """`GET /environment/{id}/deploymentQueue`: the requests that wait, next first."""

        def entries(environment: Environment) -> Answer:
            return Answer(200, {"results": [queue_entry(environment, request) for request in environment.queue]})

        return self._for_environment(environment_id, entries)

    def cancel(self, environment_id: str, *, force: bool = False, number: int = 0) -> Answer:
        """`POST /environment/{id}/cancelDeployment`: cancel the running deployment; the record keeps `number`."""

        def cancel(environment: Environment) -> Answer:
            # Two meanings in one code: nothing runs, or it is canceling already. A client has to read the status again.
            hit = environment.cancel(force=force, number=number)
            if hit is None:
                return problem(409, CONFLICT)
            # The answer names what was hit, even if that ended at once and the next request has started already.
            return Answer(202, environment_status(environment, hit))

        return self._for_environment(environment_id, cancel)

    @in_turn
    def cancel_queued(self, request_id: str, *, number: int = 0) -> Answer:
        """`POST /deploymentQueue/{id}/cancelDeployment`: take a request out of its queue; what runs goes on."""
        found = self._world.find_request(request_id.lower())
        if found is None or found[0].gone_as is not None:
            return problem(404, f"No deployment request found with id {request_id}")
        environment, request = found
        # The one 202 of these calls that comes without a body.
        canceled = environment.cancel_queued(request, number=number)
        return Answer(202, None) if canceled else problem(409, CONFLICT)

    @in_turn
    def request_status(self, request_id: str) -> Answer:
        """`GET /environment/deploymentStatus?deploymentRequestId=`: the state of one request, waiting or started."""
        for environment in self._world.environments.values():
            states = {deployment.request_id: deployment.state for deployment in environment.deployments}
            waited = {request.id: request.state for request in environment.requests if request.deployment is None}
            state = {**states, **waited}.get(request_id.lower())
            if state is not None and environment.gone_as is None:
                return Answer(200, request_status(environment, request_id.lower(), state))
        return problem(404, f"No deployment request found with id {request_id}")

    @in_turn
    def _for_environment(self, environment_id: str, call: Callable[[Environment], Answer]) -> Answer:
        environment = self._world.environments.get(environment_id.lower())
        # An environment that is gone and one that never existed answer alike, so that ids cannot be guessed.
        status = self._world.unknown_as if environment is None else environment.gone_as
        if environment is None or status is not None:
            return problem(status or 404, GONE[status or 404].format(id=environment_id))
        return call(environment)
