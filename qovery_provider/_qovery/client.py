"""The HTTP layer: one call in, typed data or one typed error out. The only module that imports `requests`.

It neither retries nor sleeps and decides nothing about cancellations. What it does know is whether a failed call may
have been executed all the same, for only the transport can tell.
"""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from qovery_provider._clock import Clock
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.failures import ADDRESS, api_error, transport_error
from qovery_provider._qovery.models import MalformedAnswerError
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
"""The statuses of a good answer, and the hundreds of those that refuse. Any other does not tell what was done."""

USER_AGENT = f"qovery-provider/{__version__} (pulumi)"

Answer = TypeVar("Answer")


class _Authorization(AuthBase):
    """Sets the Authorization header. As an AuthBase, since a plain header would lose to an entry of ~/.netrc."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"{self._settings.auth_scheme} {self._settings.token.reveal()}"
        return request


class QoveryClient:
    """The way to Qovery's API. Threads may share one; it keeps its connections alive.

    Args:
        settings: Where the API is, and with what token.
        clock: The time at which answers come, for the rate limit.
        connections: How many connections are kept. Default: 1.
        timeout: Seconds for a connection, and for the silence between two pieces of an answer. Default: (10, 30).
        adapter: What carries the requests. Default: the one of `requests`.

    Attributes:
        budget: What is left of the rate limit, which is the token's: clients with the same one may share it.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        connections: int = 1,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT, READ_TIMEOUT),
        adapter: HTTPAdapter | None = None,
    ) -> None:
        self.budget = RateBudget()
        self._settings, self._clock, self._timeout = settings, clock, timeout
        self._session = requests.Session()
        self._session.auth = _Authorization(settings)
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for prefix in ("https://", "http://"):
            self._session.mount(prefix, adapter or HTTPAdapter(pool_connections=1, pool_maxsize=connections))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, call: ApiCall[Answer]) -> Answer:
        """Make a call, once, and return its answer.

        Raises:
            CallError: It failed; the error says whether it may have been executed all the same.
        """
        content, content_type = self._exchange(call)
        try:
            return call.parse(content)
        except MalformedAnswerError as error:
            problem = f"the answer is not what Qovery's API speaks ({error})"
        except (ValueError, RecursionError):
            problem = f"the answer is no JSON but {content_type}"
        raise TransportError(call.operation, problem, ADDRESS, may_have_executed=call.changes)

    def _exchange(self, call: ApiCall[object]) -> tuple[bytes, str]:
        """Send one request; return the body of a good answer, and its content type."""
        method, url = "POST" if call.changes else "GET", self._settings.api_url + call.path
        try:
            with self._session.request(
                method, url, json=call.body, timeout=self._timeout, stream=True, allow_redirects=False
            ) as answer:
                content_type = self._settings.token.hidden_in(redact(answer.headers.get("Content-Type")))
                return self._content(answer, call), content_type
        # Every RequestException is an OSError; a bundle of certificates that does not exist raises a bare OSError.
        except OSError as error:
            raise transport_error(call.operation, error, changes=call.changes) from None

    def _content(self, answer: requests.Response, call: ApiCall[object]) -> bytes:
        now, wall = self._clock.monotonic(), self._clock.wall()
        self.budget.observe(answer.headers, now, wall)
        if answer.status_code in SUCCESS:
            return _body(answer)
        if answer.status_code // 100 not in REFUSALS:
            problem = f"{answer.status_code} is no answer of Qovery's API"
            raise TransportError(call.operation, problem, ADDRESS, may_have_executed=call.changes)
        try:
            content = _body(answer)
        except requests.RequestException:
            content = b""  # the status says it all
        hint = retry_after(answer.headers, wall)
        raise api_error(call.operation, answer.status_code, content, self._settings.token, hint)


class TooLongError(requests.RequestException):
    """The body is longer than any answer of the API."""


def _body(answer: requests.Response) -> bytes:
    """Read at most 1 MiB, counted after decompression."""
    content = bytearray()
    for chunk in answer.iter_content(CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise TooLongError
    return bytes(content)
