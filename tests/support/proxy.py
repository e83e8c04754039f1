"""A forward proxy on loopback that remembers its requests."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from urllib.parse import urlsplit

from tests.support.wire import LOOPBACK, Connection, Request, ScriptedServer, http


class Proxy:
    """Tunnels TLS and answers plain requests itself.

    Attributes:
        requests: What came, in order.
        url: Where it listens.
    """

    def __init__(self, answer: bytes = b"{}") -> None:
        self.requests: list[Request] = []
        self._answer = answer
        self._server = ScriptedServer(self._handle)
        self.url = f"http://{LOOPBACK}:{self._server.port}"

    def __enter__(self) -> Proxy:  # noqa: PYI034 - `Self` came with Python 3.11
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def _handle(self, connection: Connection, request: Request) -> bool:
        self.requests.append(request)
        if request.method != "CONNECT":
            return connection.send(http(200, self._answer))
        port = urlsplit(f"//{request.target}").port
        with socket.create_connection((LOOPBACK, port or 443)) as upstream:
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
