"""The calls of Qovery's API that this package makes, as data: what each asks for, its path, and how to read its answer.

Source: Qovery's public openapi.yaml. Nothing is sent here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

from qovery_provider._qovery.models import (
    HISTORY_PAGE,
    DeploymentRecord,
    EnvironmentStatus,
    MalformedAnswerError,
    QueuedRequest,
    project_id_of,
    results_of,
)

Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ApiCall(Generic[Answer_co]):
    """One call.

    Attributes:
        operation: What it asks for, as a phrase such as "reading environment 3c90...": errors begin with it.
        path: Path and query, below the API's URL.
        parse: Reads the body of a good answer; raises MalformedAnswerError, or another ValueError if it is no JSON.
        body: What is sent as JSON, `{}` included: that makes it a POST. None, the default, makes it a GET.
    """

    operation: str
    path: str
    parse: Callable[[bytes], Answer_co]
    body: Mapping[str, object] | None = None

    @property
    def changes(self) -> bool:
        """Whether it changes something at Qovery."""
        return self.body is not None


def environment_status(environment_id: str) -> ApiCall[EnvironmentStatus]:
    """Read an environment's status."""
    operation = f"reading the status of environment {environment_id}"
    return ApiCall(operation, f"/environment/{environment_id}/status", _json(_status_of(environment_id)))


def project_statuses(project_id: str) -> ApiCall[Sequence[EnvironmentStatus]]:
    """Read the status of every environment of a project."""
    operation = f"reading the environments' status of project {project_id}"
    return ApiCall(operation, f"/project/{project_id}/environment/status", _json(_each(EnvironmentStatus.from_json)))


def project_of(environment_id: str) -> ApiCall[str]:
    """Read the id of the project that an environment belongs to."""
    return ApiCall(f"reading environment {environment_id}", f"/environment/{environment_id}", _json(project_id_of))


def deployment_history(environment_id: str) -> ApiCall[Sequence[DeploymentRecord]]:
    """Read an environment's newest deployments."""
    operation = f"reading the deployment history of environment {environment_id}"
    path = f"/environment/{environment_id}/deploymentHistoryV2?pageSize={HISTORY_PAGE}"
    return ApiCall(operation, path, _json(_each(DeploymentRecord.from_json)))


def deployment_queue(environment_id: str) -> ApiCall[Sequence[QueuedRequest]]:
    """Read the deployment requests that wait in an environment's queue, the next one first."""
    operation = f"reading the deployment queue of environment {environment_id}"
    return ApiCall(operation, f"/environment/{environment_id}/deploymentQueue", _json(_each(QueuedRequest.from_json)))


def cancel_deployment(environment_id: str, *, force: bool) -> ApiCall[EnvironmentStatus]:
    """Cancel what an environment runs; the status names the deployment that was hit."""
    operation = f"canceling in environment {environment_id}"
    path = f"/environment/{environment_id}/cancelDeployment"
    return ApiCall(operation, path, _json(_status_of(environment_id)), {"force_cancel": force})


def cancel_queued(request_id: str) -> ApiCall[None]:
    """Cancel one request of a queue; the answer has no body."""
    path = f"/deploymentQueue/{quote(request_id, safe='')}/cancelDeployment"
    return ApiCall(f"canceling the queued request {request_id}", path, lambda _: None, {})


def _json(read: Callable[[object], Answer]) -> Callable[[bytes], Answer]:
    return lambda content: read(json.loads(content))


def _each(read: Callable[[object], Answer]) -> Callable[[object], Sequence[Answer]]:
    return lambda data: [read(item) for item in results_of(data)]


def _status_of(environment_id: str) -> Callable[[object], EnvironmentStatus]:
    def read(data: object) -> EnvironmentStatus:
        status = EnvironmentStatus.from_json(data)
        if status.id.lower() != environment_id.lower():
            raise MalformedAnswerError("it speaks of another environment")
        return status

    return read
