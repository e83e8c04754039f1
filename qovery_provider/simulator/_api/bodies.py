"""Renders what the world holds as the JSON bodies of the Qovery API; field names are the API's.

It reads and never changes anything, and knows neither routes nor HTTP.
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Final

from qovery_provider.simulator._world.deployments import Deployment
from qovery_provider.simulator._world.environments import Environment, QueuedRequest
from qovery_provider.simulator._world.plans import CANCELED, CANCELING

Json = Mapping[str, object]

ORGANIZATION_ID: Final = "0b7f4c7e-6f0a-4f5e-9f0c-2d6a1c8e4b10"
CLUSTER_ID: Final = "5a1e9d3c-8b42-4c67-9e0f-7d3b6a2c1f58"


def environment_status(environment: Environment, latest: Deployment | None) -> Json:
    """An EnvironmentStatus, with the optional fields as the environment's behavior wants them.

    Args:
        environment: The environment.
        latest: The deployment that it shows: the one that started last. Requests in the queue are in no status.
    """
    state, last_deployment_state = environment.states_after(latest)
    status: dict[str, object] = {
        "id": environment.id,
        "state": state,
        "last_deployment_state": last_deployment_state,
        **(_NEVER_DEPLOYED if latest is None else _of_latest(latest)),
    }
    # The required fields can be left out too: a client has to survive a broken answer.
    status.update(dict.fromkeys(environment.behavior.null_fields))
    for name in environment.behavior.omitted_fields:
        status.pop(name, None)
    return status


def environment_details(environment: Environment) -> Json:
    """An Environment; what belongs to no world here, such as its cluster, is the same for all."""
    return {
        "id": environment.id,
        "created_at": "2026-01-02T03:04:05.000000Z",
        "name": environment.name,
        "mode": "DEVELOPMENT",
        "project": {"id": environment.project_id},
        "organization": {"id": ORGANIZATION_ID},
        "cluster_id": CLUSTER_ID,
        "cloud_provider": {"provider": "aws", "cluster": "eu-west-3"},
    }


def request_status(environment: Environment, request_id: str, state: str) -> Json:
    """An EnvDeploymentStatus: the state of one deployment request."""
    return {"deployment_request_id": request_id, "environment_id": environment.id, "status": state}


def history_entry(deployment: Deployment) -> Json:
    """A DeploymentHistoryEnvironmentV2, without its stages.

    Only deployments that have started are in the history; a queued request has no execution id yet.
    """
    # While it runs, the duration is the one up to now.
    ended_at = deployment.ended_at
    last_moment = deployment.now() if ended_at is None else ended_at
    return {
        "identifier": {"execution_id": deployment.id, "environment_id": deployment.environment_id},
        "auditing_data": {
            "created_at": rfc3339(deployment.started_at),
            "updated_at": rfc3339(last_moment),
            "triggered_by": deployment.plan.triggered_by,
            "origin": deployment.plan.origin,
        },
        "status": deployment.state,
        "action_status": _action_status(deployment),
        "trigger_action": deployment.plan.trigger_action,
        "total_duration": f"PT{last_moment - deployment.started_at:.3f}S",
        "stages": [],
    }


def queue_entry(environment: Environment, request: QueuedRequest) -> Json:
    """A QueuedDeploymentRequestWithStages, without its stages.

    Its id is the one that `POST /deploymentQueue/{id}/cancelDeployment` takes, not an execution id.
    """
    return {
        "identifier": {"deployment_request_id": request.id, "environment_id": environment.id},
        "auditing_data": {"triggered_by": request.plan.triggered_by, "origin": request.plan.origin},
        "trigger_action": request.plan.trigger_action,
        "stages": [],
    }


# Each status read of a project formats the same few hundred starts again.
@lru_cache(maxsize=4096)
def rfc3339(at: float) -> str:
    """A moment as the API writes it: RFC 3339, in UTC, with a `Z`."""
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


_NEVER_DEPLOYED: Json = {
    "last_deployment_date": None,
    "last_deployment_id": None,
    "total_deployment_duration_in_seconds": None,
    "origin": None,
    "triggered_by": None,
    "deployment_status": "NEVER_DEPLOYED",
    "deployment_request_id": None,
}


def _of_latest(latest: Deployment) -> Json:
    # The total duration is known at the end only. A deployment that failed or was canceled leaves things out of date.
    ended_at = latest.ended_at
    return {
        "last_deployment_date": rfc3339(latest.started_at),
        "last_deployment_id": latest.id,
        "total_deployment_duration_in_seconds": None if ended_at is None else int(ended_at - latest.started_at),
        "origin": latest.plan.origin,
        "triggered_by": latest.plan.triggered_by,
        "deployment_status": "UP_TO_DATE" if _action_status(latest) == "SUCCESS" else "OUT_OF_DATE",
        "deployment_request_id": latest.request_id,
    }


def _action_status(deployment: Deployment) -> str:
    # QUEUED and NEVER exist too, but not for a deployment that has started.
    end_state = deployment.end_state
    if end_state is None:
        return CANCELING if deployment.state == CANCELING else "ONGOING"
    if end_state == CANCELED:
        return CANCELED
    return "ERROR" if end_state.endswith("_ERROR") else "SUCCESS"
