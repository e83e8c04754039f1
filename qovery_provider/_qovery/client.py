"""The HTTP layer: one call in, typed data or one typed error out. The only module that imports `requests`.

It neither retries nor sleeps and decides nothing about cancellations. What it does know is whether a failed call may
have been executed all the same, for only the transport can tell.

Calls and answers: Qovery's public openapi.yaml.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from qovery_provider._clock import Clock
from qovery_provider._qovery.failures import ADDRESS, api_error, transport_error
from qovery_provider._qovery.models import (
    HISTORY_PAGE,
    DeploymentRecord,
    EnvironmentStatus,
    MalformedAnswerError,
    QueuedRequest,
    project_id_of,
    results_of,
)
from qovery_provider._qovery.rate_limit import RateBudget, retry_after
from qovery_provider._qovery.redaction import redact
from qovery_provider._qovery.settings import Settings
from qovery_provider._version import __version__
from qovery_provider.errors import TransportError

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0
"""Seconds for a connection, and for the silence between two pieces of an answer."""

MAX_BODY_BYTES = 1024 * 1024
CHUNK_BYTES = 64 * 1024
"""Bytes of an answer in all, and that are read at once."""

SUCCESS = frozenset({200, 202})
REFUSALS = frozenset({3, 4, 5})
"""The statuses of a good answer, and the hundreds of those that refuse. Of any other nobody knows what was done."""

USER_AGENT = f"qovery-provider/{__version__} (pulumi)"

BUDGETS: dict[Settings, RateBudget] = {}
"""The limit is the token's: everything in a process that uses one shares its budget."""

Read = TypeVar("Read")


class _Authorization(AuthBase):
    """Sets the Authorization header. As an AuthBase, since a plain header would lose to an entry of ~/.netrc."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"{self._settings.auth_scheme} {self._settings.token.reveal()}"
        return request


class QoveryClient:
    """Qovery's API, as far as it is needed here. Threads may share one; it keeps its connections alive.

    Every method makes one call and raises a `CallError` when that fails.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        connections: int = 1,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT, READ_TIMEOUT),
    ) -> None:
        self.budget = BUDGETS.setdefault(settings, RateBudget())
        self._settings, self._clock, self._timeout = settings, clock, timeout
        self._session = requests.Session()
        self._session.auth = _Authorization(settings)
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for prefix in ("https://", "http://"):
            self._session.mount(prefix, HTTPAdapter(pool_connections=1, pool_maxsize=connections))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def environment_status(self, environment_id: str) -> EnvironmentStatus:
        """Read an environment's status."""
        operation = f"reading the status of environment {environment_id}"
        return self._call("GET", f"/environment/{environment_id}/status", operation, _status_of(environment_id))

    def project_statuses(self, project_id: str) -> Sequence[EnvironmentStatus]:
        """Read the status of every environment of a project."""
        operation = f"reading the environments' status of project {project_id}"
        return self._call(
            "GET", f"/project/{project_id}/environment/status", operation, _each(EnvironmentStatus.from_json)
        )

    def project_of(self, environment_id: str) -> str:
        """Read to which project an environment belongs."""
        return self._call(
            "GET", f"/environment/{environment_id}", f"reading environment {environment_id}", project_id_of
        )

    def deployment_history(self, environment_id: str) -> Sequence[DeploymentRecord]:
        """Read an environment's newest deployments."""
        path = f"/environment/{environment_id}/deploymentHistoryV2?pageSize={HISTORY_PAGE}"
        operation = f"reading the deployment history of environment {environment_id}"
        return self._call("GET", path, operation, _each(DeploymentRecord.from_json))

    def deployment_queue(self, environment_id: str) -> Sequence[QueuedRequest]:
        """Read the deployment requests that wait in an environment's queue, the next one first."""
        operation = f"reading the deployment queue of environment {environment_id}"
        return self._call(
            "GET", f"/environment/{environment_id}/deploymentQueue", operation, _each(QueuedRequest.from_json)
        )

    def cancel_deployment(self, environment_id: str, *, force: bool) -> EnvironmentStatus:
        """Cancel whatever an environment runs; the status names the deployment that was hit."""
        path, operation = (
            f"/environment/{environment_id}/cancelDeployment",
            f"canceling in environment {environment_id}",
        )
        return self._call("POST", path, operation, _status_of(environment_id), {"force_cancel": force})

    def cancel_queued(self, request_id: str) -> None:
        """Cancel one request of a queue; the answer has no body."""
        path = f"/deploymentQueue/{quote(request_id, safe='')}/cancelDeployment"
        self._exchange("POST", path, f"canceling the queued request {request_id}", {})

    def _call(
        self, method: str, path: str, operation: str, read: Callable[[object], Read], body: object = None
    ) -> Read:
        """Make one call and read its JSON, or raise the error that its failure stands for."""
        content, kind = self._exchange(method, path, operation, body)
        try:
            return read(json.loads(content))
        except MalformedAnswerError as error:
            problem = f"the answer is not what Qovery's API speaks ({error})"
        except (ValueError, RecursionError):
            problem = f"the answer is no JSON but {kind}"
        raise TransportError(operation, problem, ADDRESS, may_have_executed=method == "POST")

    def _exchange(self, method: str, path: str, operation: str, body: object) -> tuple[bytes, str]:
        """Send one request; return the body of a good answer and what kind of text it says it is."""
        url = self._settings.api_url + path
        try:
            with self._session.request(
                method, url, json=body, timeout=self._timeout, stream=True, allow_redirects=False
            ) as answer:
                kind = self._settings.token.hidden_in(redact(answer.headers.get("Content-Type")))
                return self._content(answer, operation, changes=method == "POST"), kind
        # A RequestException is one; a bundle of trusted certificates that does not exist raises a bare one.
        except OSError as error:
            raise transport_error(operation, error, changes=method == "POST") from None

    def _content(self, answer: requests.Response, operation: str, *, changes: bool) -> bytes:
        now, wall = self._clock.monotonic(), self._clock.wall()
        self.budget.observe(answer.headers, now, wall)
        if answer.status_code in SUCCESS:
            return _body(answer)
        if answer.status_code // 100 not in REFUSALS:
            words = f"{answer.status_code} is no answer of Qovery's API"
            raise TransportError(operation, words, ADDRESS, may_have_executed=changes)
        try:
            content = _body(answer)
        except requests.RequestException:
            content = b""  # the status says it all
        hint = retry_after(answer.headers, wall)
        raise api_error(operation, answer.status_code, content, self._settings.token, hint)


class TooLongError(requests.RequestException):
    """The body is longer than any answer of the API."""


def _body(answer: requests.Response) -> bytes:
    """Read at most 1 MiB, counted after decompression."""
    content = bytearray()
    for piece in answer.iter_content(CHUNK_BYTES):
        content += piece
        if len(content) > MAX_BODY_BYTES:
            raise TooLongError
    return bytes(content)


def _status_of(environment_id: str) -> Callable[[object], EnvironmentStatus]:
    def read(data: object) -> EnvironmentStatus:
        status = EnvironmentStatus.from_json(data)
        if status.id.lower() != environment_id.lower():
            raise MalformedAnswerError("it speaks of another environment")
        return status

    return read


def _each(read: Callable[[object], Read]) -> Callable[[object], Sequence[Read]]:
    return lambda data: [read(item) for item in results_of(data)]
