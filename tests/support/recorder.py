"""A server that gives every request the same answer and remembers the requests, and a client for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event

from qovery_provider._clock import SystemClock
from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.settings import resolve
from qovery_provider.errors import CallError
from tests.support.certificates import HOST, Certificate, server_context
from tests.support.wire import LOOPBACK, Connection, Request, ScriptedServer, http

TOKEN = "qov_secret"
STATUS_BODY = json.dumps({"id": "env", "state": "DEPLOYED", "last_deployment_state": "DEPLOYED"}).encode()
STATUS_ANSWER = http(200, STATUS_BODY)

Answer = Callable[[Connection], bool]
"""Answers a request; returns whether the connection stays open."""


def error_body(status: int, detail: str = "as told by the server") -> bytes:
    """Write an error body in the words of Qovery's API."""
    return json.dumps({"status": status, "detail": detail}).encode()


class Recorder:
    """The server.

    Attributes:
        requests: The requests that arrived whole.
        greeted: Set when a connection stands, with TLS where that is spoken.
        server: What listens.
        url: Where it is.
    """

    def __init__(self, answer: bytes | Answer, certificate: Certificate | None = None) -> None:
        self.requests: list[Request] = []
        self.greeted = Event()
        self._answer, self._certificate = answer, certificate
        self.server = ScriptedServer(self._handle, self._welcome)
        self.url = f"{'https' if certificate else 'http'}://{HOST if certificate else LOOPBACK}:{self.server.port}"

    def _welcome(self, connection: Connection) -> bool:
        stands = self._certificate is None or connection.secure(server_context(self._certificate))
        if stands:
            self.greeted.set()
        return stands

    def _handle(self, connection: Connection, request: Request) -> bool:
        self.requests.append(request)
        return connection.send(self._answer) if isinstance(self._answer, bytes) else self._answer(connection)


@contextmanager
def recorder(answer: bytes | Answer = STATUS_ANSWER, certificate: Certificate | None = None) -> Iterator[Recorder]:
    """Lend a recorder that listens."""
    recording = Recorder(answer, certificate)
    with recording.server:
        yield recording


@contextmanager
def client_of(url: str, timeout: tuple[float, float] = (5.0, 5.0), token: str = TOKEN) -> Iterator[QoveryClient]:
    """Lend a client for a server."""
    settings = resolve({"qovery:apiUrl": url}, {"QOVERY_API_TOKEN": token})
    with closing(QoveryClient(settings, SystemClock(), timeout=timeout)) as client:
        yield client


def error_of(call: ApiCall[object], answer: bytes | Answer, token: str = TOKEN) -> CallError:
    """Return what a call raises when it is answered with this."""
    with recorder(answer) as server, client_of(server.url, token=token) as client:
        try:
            client.send(call)
        except CallError as error:
            return error
    raise AssertionError("it did not fail")
