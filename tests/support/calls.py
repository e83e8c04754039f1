"""Qovery's calls by name, an adapter that answers all of them alike, and the settings for a simulator."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.settings import Settings, resolve

if TYPE_CHECKING:  # its server needs a package that the fuzzers do without
    from qovery_provider.simulator import QoverySimulator

STATUS = endpoints.environment_status("env")
CANCEL = endpoints.cancel_deployment("env", force=False)


def calls_of(
    environment_id: str, project_id: str = "project", request_id: str = "request"
) -> dict[str, ApiCall[object]]:
    """Return every call, by a name."""
    return {
        "environment status": endpoints.environment_status(environment_id),
        "project statuses": endpoints.project_statuses(project_id),
        "project of an environment": endpoints.project_of(environment_id),
        "deployment history": endpoints.deployment_history(environment_id, 5),
        "request state": endpoints.request_state(request_id),
        "deployment queue": endpoints.deployment_queue(environment_id),
        "cancel": endpoints.cancel_deployment(environment_id, force=False),
        "cancel of a queued request": endpoints.cancel_queued(request_id),
    }


CALLS = calls_of("env")


class CannedAdapter(HTTPAdapter):
    """Answers every request in the same way, without a connection."""

    def __init__(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._answer = HTTPResponse(io.BytesIO(body), headers, status, preload_content=False)

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        return self.build_response(request, self._answer)


def settings_for(qovery: QoverySimulator, token: str | None = None) -> Settings:
    """Settings as a user gives them."""
    return resolve({"qovery:apiUrl": qovery.url}, {"QOVERY_API_TOKEN": token or qovery.token})
