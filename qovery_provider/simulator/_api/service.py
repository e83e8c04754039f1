"""A request in, a reply out: credentials, rate limit, routes and error bodies, still without a socket.

The layer between the pure API and the server: it knows HTTP's terms, and no HTTP library.
"""

import json
from collections.abc import Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Final, NamedTuple

from qovery_provider.simulator._api.api import Answer, Api, problem
from qovery_provider.simulator._api.errors import JSON_TYPE, ErrorStyle, error_body
from qovery_provider.simulator._api.limits import RateLimiter
from qovery_provider.simulator._api.log import LoggedRequest

DOTS_IN_A_JWT: Final = 2
"""It has three parts: header, payload and signature."""

Call = Callable[[Api, str, LoggedRequest], Answer]
"""A call of the API, given the id in the path and the request."""


class Reply(NamedTuple):
    """What goes back to the client, and whether the API acted at all."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    executed: bool


def authorization_for(token: str) -> str:
    """The header that the API expects.

    `Bearer` is for a person's JWT with its three parts, `Token` for an API token (`qov_...`) and a policy token
    (`sk-qov-...`).
    """
    is_jwt = token.count(".") == DOTS_IN_A_JWT
    return f"Bearer {token}" if is_jwt else f"Token {token}"


class Service:
    """Answers requests, one after the other, in the order in which they arrive.

    Attributes:
        token: The token that is accepted; changing it makes the old one expire.
        limiter: The rate limit.
        error_style: How errors are written; may be changed at any time.
    """

    def __init__(self, api: Api, token: str, limiter: RateLimiter) -> None:
        self.token = token
        self.limiter = limiter
        self.error_style: ErrorStyle = "detail"
        self._api = api

    def reply(self, request: LoggedRequest) -> Reply:
        """Answer one request as the real API would: first credentials, then the rate limit, then the call."""
        # The limit is counted before anything else, also for tokens that are rejected, each with its own count.
        authorization = request.headers.get("Authorization", "")
        within_limit, headers = self.limiter.count(authorization)
        headers["Date"] = formatdate(request.at, usegmt=True)
        if authorization != authorization_for(self.token):
            return self._write(problem(401, "Full authentication is required"), headers, request, executed=False)
        if not within_limit:
            return self._write(problem(429, "API rate limit exceeded"), headers, request, executed=False)
        return self._write(_answer(self._api, request), headers, request, executed=True)

    def _write(self, answer: Answer, headers: dict[str, str], request: LoggedRequest, *, executed: bool) -> Reply:
        status, body = answer
        # The 202 of a queued request has no body, and no content type either.
        if body is None:
            return Reply(status, headers, b"", executed)
        if status < HTTPStatus.BAD_REQUEST:
            headers["Content-Type"] = JSON_TYPE
            return Reply(status, headers, json.dumps(body).encode(), executed)
        style, detail = self.error_style, str(body["detail"])
        headers["Content-Type"], content = error_body(style, status, detail, path=request.path, at=request.at)
        return Reply(status, headers, content, executed)


# A table instead of aiohttp's router, which needs aiohttp's request and an event loop: tests call this without either.
def _answer(api: Api, request: LoggedRequest) -> Answer:
    resource, _, rest = request.path.removeprefix("/").partition("/")
    identity, _, action = rest.partition("/")
    methods = ROUTES.get((resource, action))
    if methods is None or not identity:
        return problem(404, f"No such path: {request.path}")
    call = methods.get(request.method)
    if call is None:
        return problem(405, f"{request.method} is not supported here")
    return call(api, identity, request)


def _environment(api: Api, identity: str, request: LoggedRequest) -> Answer:
    # The one path in which a word stands where the others have an id.
    if identity != "deploymentStatus":
        return api.environment(identity)
    request_id = request.query.get("deploymentRequestId")
    return api.request_status(request_id) if request_id else problem(400, "deploymentRequestId is missing")


def _history(api: Api, environment_id: str, request: LoggedRequest) -> Answer:
    page_size = request.query.get("pageSize") or "20"
    if not page_size.isdecimal():
        return problem(400, "pageSize must be a number")
    return api.history(environment_id, page_size=int(page_size))


def _cancel(api: Api, environment_id: str, request: LoggedRequest) -> Answer:
    # No body at all means the default, `false`; a value of another type is an error.
    try:
        body = json.loads(request.body or "{}")
    except ValueError:
        return problem(400, "The body is no JSON")
    body = {} if body is None else body
    force = body.get("force_cancel", False) if isinstance(body, dict) else None
    if not isinstance(force, bool):
        return problem(400, "force_cancel must be a boolean")
    return api.cancel(environment_id, force=force, number=request.number)


ROUTES: Final[Mapping[tuple[str, str], Mapping[str, Call]]] = {
    ("environment", ""): {"GET": _environment},
    ("environment", "status"): {"GET": lambda api, identity, _: api.status(identity)},
    ("environment", "cancelDeployment"): {"POST": _cancel},
    ("environment", "deploymentHistoryV2"): {"GET": _history},
    ("environment", "deploymentQueue"): {"GET": lambda api, identity, _: api.queue(identity)},
    ("project", "environment/status"): {"GET": lambda api, identity, _: api.project_statuses(identity)},
    ("deploymentQueue", "cancelDeployment"): {
        "POST": lambda api, identity, request: api.cancel_queued(identity, number=request.number)
    },
}
"""The calls by the first segment of the path and by what follows the id."""
