"""The calls of Qovery's API that this package makes, as data: what each asks for, its path, and how to read its answer.

Source: Qovery's public openapi.yaml. Nothing is sent here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

from qovery_provider._qovery.models import (
    DeploymentRecord,
    EnvironmentStatus,
    MalformedAnswerError,
    QueuedRequest,
    UnreadableStatus,
    history_of,
    project_id_of,
    queue_of,
    request_state_of,
    statuses_of,
)

MAX_OBJECT_BYTES, MAX_LIST_BYTES = 2**20, 16 * 2**20
"""Bytes of an answer: a list grows with a project's environments, or with a deployment's services and their commits."""

ACCEPTED = frozenset({202})
SUCCESS = frozenset({200, *ACCEPTED})

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
        max_bytes: How long the body of the answer may be. Default: 1 MiB.
        statuses: The status codes of a good answer. Default: 200 and 202.
    """

    operation: str
    path: str
    parse: Callable[[bytes], Answer_co]
    body: Mapping[str, object] | None = None
    max_bytes: int = MAX_OBJECT_BYTES
    statuses: frozenset[int] = SUCCESS

    @property
    def changes(self) -> bool:
        """Whether it changes something at Qovery."""
        return self.body is not None


def environment_status(environment_id: str) -> ApiCall[EnvironmentStatus]:
    """Read an environment's status."""
    operation = f"reading the status of environment {environment_id}"
    return ApiCall(operation, f"/environment/{environment_id}/status", _json(_status_of(environment_id)))


def project_statuses(project_id: str) -> ApiCall[Sequence[EnvironmentStatus | UnreadableStatus]]:
    """Read the status of every environment of a project; an entry that is no status spoils no other."""
    operation = f"reading the status of the environments of project {project_id}"
    path = f"/project/{project_id}/environment/status"
    return ApiCall(operation, path, _json(statuses_of), max_bytes=MAX_LIST_BYTES)


def project_of(environment_id: str) -> ApiCall[str]:
    """Read the id of the project that an environment belongs to."""
    return ApiCall(f"reading environment {environment_id}", f"/environment/{environment_id}", _json(project_id_of))


def deployment_history(environment_id: str, page_size: int) -> ApiCall[Sequence[DeploymentRecord]]:
    """Read an environment's newest deployments, `page_size` of them."""
    operation = f"reading the deployment history of environment {environment_id}"
    path = f"/environment/{environment_id}/deploymentHistoryV2?pageSize={page_size}"
    return ApiCall(operation, path, _json(history_of), max_bytes=MAX_LIST_BYTES)


def request_state(request_id: str) -> ApiCall[str]:
    """Read the state of one deployment request."""
    operation = f"reading the state of deployment request {request_id}"
    path = f"/environment/deploymentStatus?deploymentRequestId={quote(request_id, safe='')}"
    return ApiCall(operation, path, _json(_state_of(request_id)))


def deployment_queue(environment_id: str) -> ApiCall[Sequence[QueuedRequest]]:
    """Read the deployment requests that wait in an environment's queue; their order is not documented."""
    operation = f"reading the deployment queue of environment {environment_id}"
    path = f"/environment/{environment_id}/deploymentQueue"
    return ApiCall(operation, path, _json(queue_of), max_bytes=MAX_LIST_BYTES)


def cancel_deployment(environment_id: str, *, force: bool) -> ApiCall[EnvironmentStatus]:
    """Cancel the running deployment of an environment; the status names the deployment that was hit."""
    operation = f"canceling the deployment of environment {environment_id}"
    path = f"/environment/{environment_id}/cancelDeployment"
    return ApiCall(operation, path, _json(_status_of(environment_id)), {"force_cancel": force})


def cancel_queued(request_id: str) -> ApiCall[None]:
    """Cancel one request of a queue.

    A successful response has no body, so only its status identifies it: a proxy answers anything with 200.
    """
    path = f"/deploymentQueue/{quote(request_id, safe='')}/cancelDeployment"
    return ApiCall(f"canceling the queued request {request_id}", path, _nothing, {}, statuses=ACCEPTED)


def _json(read: Callable[[object], Answer]) -> Callable[[bytes], Answer]:
    return lambda content: read(_decoded(content))


def _decoded(content: bytes) -> object:
    """Read JSON so that a problem with one field of one entry of a list concerns that field alone."""
    try:
        return json.loads(content, parse_int=_number)
    except UnicodeDecodeError:
        # What cannot be read becomes lone surrogates, which are in no plain text.
        return json.loads(content.decode("utf-8", "surrogateescape"), parse_int=_number)


def _number(digits: str) -> int | None:
    """Read a number, unless it has more digits than Python reads (4300, `sys.set_int_max_str_digits`)."""
    with suppress(ValueError):
        return int(digits)
    return None


def _nothing(content: bytes) -> None:
    if content:
        _decoded(content)


def _state_of(request_id: str) -> Callable[[object], str]:
    def read(data: object) -> str:
        shown, state = request_state_of(data)
        if shown.lower() != request_id.lower():
            raise MalformedAnswerError("it is about another deployment request")
        return state

    return read


def _status_of(environment_id: str) -> Callable[[object], EnvironmentStatus]:
    def read(data: object) -> EnvironmentStatus:
        status = EnvironmentStatus.from_json(data)
        if status.id.lower() != environment_id.lower():
            raise MalformedAnswerError("it is about another environment")
        return status

    return read
