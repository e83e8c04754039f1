"""What stands between a client and a server: a tunnel, a gateway with answers of its own, a proxy that holds."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from urllib.parse import urlsplit

import requests

from qovery_provider.simulator import Environment, QoverySimulator
from tests.support.certificates import HOST, Certificate, server_context
from tests.support.time import wait_until
from tests.support.wire import LOOPBACK, Connection, Request, ScriptedServer, http

UPSTREAM_TIMEOUT = 0.05
"""Seconds that a proxy waits for a connection to a server that does not answer."""

UPSTREAM_LIMIT = 60.0
"""Seconds for a call to a simulator: far more than any takes."""

HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}
"""Headers that concern one connection; the length of the body is written anew."""


class Proxy:
    """Tunnels TLS and answers plain requests itself.

    Args:
        answer: The body of its answers.
        connect: Is told of a CONNECT; returns whether the tunnel is made. Default: it always is.
        certificate: What it speaks TLS with, to its own clients. Default: it speaks plain HTTP.

    Attributes:
        requests: What came, in order.
        url: Where it listens.
    """

    def __init__(
        self,
        answer: bytes = b"{}",
        connect: Callable[[Connection], bool] = lambda _: True,
        certificate: Certificate | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self._answer, self._connect, self._certificate = answer, connect, certificate
        self._server = ScriptedServer(self._handle, self._greet)
        self.url = f"{'https' if certificate else 'http'}://{HOST if certificate else LOOPBACK}:{self._server.port}"

    def __enter__(self) -> Proxy:  # noqa: PYI034 - `Self` came with Python 3.11
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def close_connections(self) -> None:
        """Close every connection, as a proxy does with those that are idle."""
        self._server.close_connections()

    def _greet(self, connection: Connection) -> bool:
        return self._certificate is None or connection.secure(server_context(self._certificate))

    def _handle(self, connection: Connection, request: Request) -> bool:
        self.requests.append(request)
        if request.method != "CONNECT":
            return connection.send(http(200, self._answer))
        if not self._connect(connection):
            return False
        target = urlsplit(f"//{request.target}")
        try:
            upstream = socket.create_connection((target.hostname or "", target.port or 443), UPSTREAM_TIMEOUT)
        except OSError:
            return connection.send(http(502, b"<html>No way to that server</html>")) and False
        with upstream:
            upstream.settimeout(None)
            connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = Thread(target=_pump, args=(upstream, connection.socket), daemon=True)
            back.start()
            _pump(connection.socket, upstream)
            back.join(5)
        return False


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes on until one side has ended."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


class Gateway:
    """A reverse proxy: it passes requests on and whole answers back, and answers with a page where there is none.

    Args:
        port: Returns where the server is.
        timeout: Returns how many seconds it waits for the server.

    Attributes:
        port: Where it listens.
    """

    def __init__(self, port: Callable[[], int], timeout: Callable[[], float]) -> None:
        self._upstream, self._timeout = port, timeout
        self._server = ScriptedServer(self._handle)
        self.port = self._server.port

    def __enter__(self) -> Gateway:  # noqa: PYI034 - `Self` came with Python 3.11
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def _handle(self, connection: Connection, request: Request) -> bool:
        with closing(HTTPConnection(LOOPBACK, self._upstream(), timeout=self._timeout())) as upstream:
            return connection.send(_passed_on(upstream, request))


def _passed_on(upstream: HTTPConnection, request: Request) -> bytes:
    """Return the server's answer, written anew, or a page of the gateway's own."""
    try:
        upstream.request(request.method, request.target, request.body or None, dict(request.headers))
        answer = upstream.getresponse()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
        return http(answer.status, answer.read(), headers)
    except TimeoutError:
        return http(504, b"<html>Gateway timeout</html>", {"Content-Type": "text/html"})
    except (OSError, HTTPException, ValueError):
        return http(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})


class HoldingProxy:
    """A reverse proxy in front of a simulator: some requests wait before it until it is opened, others pass.

    Args:
        qovery: The simulator.
        holds: Whether a request waits.
        loses: Whether the answer to a request is lost: it is executed, and the connection is closed.
        certificate: What it speaks TLS with. Default: it speaks plain HTTP.

    Attributes:
        url: The address that a client takes for Qovery.
        held: The requests that had to wait.
        answered: The requests whose answers were passed on.
    """

    def __init__(
        self,
        qovery: QoverySimulator,
        holds: Callable[[Request], bool] = lambda _: False,
        loses: Callable[[Request], bool] = lambda _: False,
        certificate: Certificate | None = None,
    ) -> None:
        self.held: list[Request] = []
        self.answered: list[Request] = []
        self._qovery, self._holds, self._loses, self._certificate = qovery, holds, loses, certificate
        self._server = ScriptedServer(self._pass_on, self._greet)
        self.url = f"{'https' if certificate else 'http'}://{HOST if certificate else LOOPBACK}:{self._server.port}"
        self._opened = Event()

    def __enter__(self) -> HoldingProxy:  # noqa: PYI034 - `Self` came with Python 3.11
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.open()
        self._server.__exit__()

    def open(self) -> None:
        """Pass on what is held, and return when it has been answered."""
        self._opened.set()
        wait_until(lambda: all(request in self.answered for request in self.held))

    def has_shown(self, environment: Environment) -> bool:
        """Return whether a status read of an environment, or of its project, has been answered."""
        paths = (f"/environment/{environment.id}/status", f"/project/{environment.project_id}/environment/status")
        return any(request.target in paths for request in self.answered)

    def _greet(self, connection: Connection) -> bool:
        return self._certificate is None or connection.secure(server_context(self._certificate))

    def _pass_on(self, connection: Connection, request: Request) -> bool:
        if self._holds(request):
            self.held.append(request)
            self._opened.wait()
        answer = requests.request(
            request.method,
            f"{self._qovery.url}{request.target}",
            headers={name: value for name, value in request.headers.items() if name != "Host"},
            data=request.body,
            timeout=UPSTREAM_LIMIT,
        )
        self.answered.append(request)
        if self._loses(request):
            return False
        return connection.send(http(answer.status_code, answer.content, {"Content-Type": "application/json"}))
