"""A TCP server on loopback whose every byte a test decides. It knows requests, and no Qovery.

One thread per connection. What a script still sends or waits for when the server stops ends at once.
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import parse_headers
from io import BufferedReader
from threading import Event, Thread
from typing import NamedTuple

LOOPBACK = "127.0.0.1"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER without time to linger: the kernel closes with a reset."""

DRIP = 0.002
"""Seconds between two bytes of a slow server."""


class Request(NamedTuple):
    """A request that arrived whole."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One accepted connection.

    Attributes:
        socket: The socket; TLS may take its place.
        sent: How many bytes the kernel took.
    """

    def __init__(self, accepted: socket.socket, stopping: Event) -> None:
        self.socket, self.stopping, self.sent = accepted, stopping, 0

    def send(self, data: bytes) -> bool:
        """Send bytes; false when the client has hung up."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        self.sent += len(data)
        return True

    def drip(self, data: bytes) -> None:
        """Send bytes one at a time, then the last one for ever, until the client or the test has had enough."""
        position = 0
        while self.send(data[position : position + 1]) and not self.stopping.wait(DRIP):
            position = min(position + 1, len(data) - 1)

    def be_silent(self) -> None:
        """Send nothing until the client hangs up or the test ends."""
        with suppress(OSError):
            self.socket.recv(1)

    def reset(self) -> None:
        """Close so that the client sees a reset."""
        with suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        # A shutdown would send an ordinary end of the stream first.
        self.socket.close()

    def secure(self, context: ssl.SSLContext) -> bool:
        """Speak TLS from here on; false when the client does not like the certificate."""
        try:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        except OSError:
            self.close()
            return False
        return True

    def close(self) -> None:
        """Close the connection; a thread that reads from it wakes up."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


Handle = Callable[[Connection, Request], bool]
"""Answers a request; returns whether the connection stays open."""

Welcome = Callable[[Connection], bool]
"""Is told of a new connection; returns whether requests are read from it."""


class ScriptedServer:
    """Serves from entering the context to leaving it.

    Attributes:
        connections: Every connection so far.
    """

    def __init__(self, handle: Handle, welcome: Welcome = lambda _: True) -> None:
        self._handle, self._welcome = handle, welcome
        self._stopping = Event()
        self._threads: list[Thread] = []
        self._listener = socket.create_server((LOOPBACK, 0))
        self.connections: list[Connection] = []
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> ScriptedServer:  # noqa: PYI034 - `Self` came with Python 3.11
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        # Closing a listener does not wake up a thread in accept(); a connection does.
        socket.create_connection((LOOPBACK, self.port)).close()
        for connection in self.connections:
            connection.close()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def close_connections(self) -> None:
        """Close every connection, as a server does with those that are idle."""
        for connection in self.connections:
            connection.close()

    def _start(self, function: Callable[..., None], *arguments: object) -> None:
        thread = Thread(target=function, args=arguments, daemon=True, name="scripted-server")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            accepted, _ = self._listener.accept()
            if self._stopping.is_set():
                accepted.close()
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(accepted, self._stopping)
            self.connections.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: Connection) -> None:
        with suppress(OSError):
            if not self._welcome(connection):
                connection.close()
                return
            with connection.socket.makefile("rb") as stream:
                while (request := read_request(stream)) is not None:
                    if not self._handle(connection, request):
                        break
        connection.close()


class DeadPorts:
    """Two ports that lead nowhere: one refuses connections, one does not answer to them."""

    def __init__(self) -> None:
        refusing, full = socket.socket(), socket.socket()
        for listener in (refusing, full):
            listener.bind((LOOPBACK, 0))
        self.refusing: int = refusing.getsockname()[1]
        self.silent: int = full.getsockname()[1]
        self._sockets = [refusing, full]
        # The kernel answers no more connections once the queue of connections is full.
        full.listen(0)
        for _ in range(3):
            waiting = socket.socket()
            waiting.setblocking(False)  # noqa: FBT003 - the library's signature
            waiting.connect_ex((LOOPBACK, self.silent))
            self._sockets.append(waiting)

    def close(self) -> None:
        """Give the ports back."""
        for opened in self._sockets:
            opened.close()


def read_request(stream: BufferedReader) -> Request | None:
    """Read one request, or None when none comes any more."""
    method, _, rest = stream.readline().decode("ascii").partition(" ")
    if not rest:
        return None
    headers = dict(parse_headers(stream).items())
    body = stream.read(int(headers.get("Content-Length", "0")))
    return Request(method, rest.split(" ")[0], headers, body)


def http(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Write a whole answer."""
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
