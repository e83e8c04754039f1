"""Connections that know when the first byte of a request leaves, and that end an answer which does not end.

Exceptions do not say whether a request was sent: urllib3 closes a connection whose response is lost, which resets what
it knew of the proxy, and then calls the loss a `ProxyError` (`HTTPConnectionPool.urlopen`, in 1.26.20 and 2.8.0). Here
it is known, since these connections hand the first byte to the socket. They also count what comes in: urllib3 reads a
chunk of a negative size to the end of the connection (`_handle_chunk`), in 1.26 a chunk's head of any length, and
http.client skips any number of answers with 100 (`HTTPResponse.begin`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any, cast

from requests.adapters import HTTPAdapter

from qovery_provider._qovery.failures import Progress

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from urllib3 import HTTPConnectionPool, PoolManager

HEAD_BYTES = 256 * 1024
"""Bytes of an answer beside its body; http.client takes up to 100 headers of 64 KiB each, any number of times."""


class TooLongError(Exception):
    """The answer is longer than any answer of Qovery's API to this call."""


class AlreadySentError(Exception):
    """The HTTP library tried to send the same request again."""


class Departure:
    """How one request is sent: with a function that is called right before its first byte is handed to the socket.

    Args:
        before_sending: Is called then; an exception keeps the request from being sent.
        max_bytes: How long the body of the answer may be.

    Attributes:
        progress: How far the request got.
        error: What `before_sending` raised, if it did.
        answer: What is read of the answer.
    """

    def __init__(self, before_sending: Callable[[], None], max_bytes: int) -> None:
        self._before_sending, self.max_bytes = before_sending, max_bytes
        self.progress = Progress.NOT_SENT
        self.error: Exception | None = None
        self.answer: HTTPResponse | None = None

    def begin(self) -> None:
        """Let the first byte leave, once."""
        if self.progress is not Progress.NOT_SENT:
            raise AlreadySentError
        try:
            self._before_sending()
        except Exception as error:
            # The library may wrap it: urllib3 takes an OSError for one of the network's.
            self.error = error
            raise
        self.progress = Progress.SENT

    def give_up(self) -> None:
        """Close the response: urllib3 leaves one open that it rejects (`HTTPResponse._init_length`)."""
        if self.answer:
            with suppress(OSError):
                self.answer.close()


DEPARTURE: ContextVar[Departure] = ContextVar("DEPARTURE")
"""The request that the running thread makes: requests and urllib3 pass none of our objects on to a connection."""


class _Meter(RawIOBase):
    """A socket's incoming bytes, up to a limit."""

    def __init__(self, source: RawIOBase, limit: int) -> None:
        super().__init__()
        self._source, self._left = source, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        count = cast("int | None", self._source.readinto(buffer))
        self._left -= count or 0
        if self._left < 0:
            raise TooLongError
        return count

    def close(self) -> None:
        self._source.close()
        super().close()


class _MeteredResponse(HTTPResponse):
    """An answer that ends the call when it does not end: in its head, its body, or between two chunks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as in the base
        super().__init__(*args, **kwargs)
        departure = DEPARTURE.get()
        departure.answer = self
        # Chunks have heads as well; those of sensible sizes take less than what they hold.
        self.fp = BufferedReader(_Meter(self.fp.detach(), HEAD_BYTES + 2 * departure.max_bytes))

    def begin(self) -> None:
        """Read the head.

        http.client takes 101 to 199 for the answer, and then the true one for the answer to the next request; it does
        not read what a server sends after a 204 or 304 either. So such a connection is not used again.
        """
        super().begin()
        is_bodiless = self.status < HTTPStatus.OK or self.status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
        self.will_close = self.will_close or is_bodiless


class _TrackedConnection(HTTPConnection):
    """A connection that announces the first byte: mixed into those of urllib3, with TLS or without, also to a proxy.

    Until `endheaders`, http.client only collects a request, and `request` of urllib3 goes through it, in 1.26 by way of
    http.client's. CONNECT does not: `_tunnel` sends directly. With TLS or a tunnel the connection stands by then;
    plain http would connect below, in `send`, so it does that here.
    """

    response_class = _MeteredResponse

    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:  # noqa: ANN401 - as in the base
        if self.sock is None:
            self.connect()
        DEPARTURE.get().begin()
        super().endheaders(message_body, encode_chunked=encode_chunked)


def _tracked(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """Return a class of connection pools that make such connections."""
    connection: Any = pool.ConnectionCls
    if issubclass(connection, _TrackedConnection):
        return pool
    tracked = type(connection.__name__, (_TrackedConnection, connection), {})
    return type(pool.__name__, (pool,), {"ConnectionCls": tracked})


def _track(manager: PoolManager) -> None:
    """Let a manager make such connections; one for SOCKS proxies has pools of its own, with PySocks."""
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _tracked(pool) for scheme, pool in pools.items()}


class TrackedAdapter(HTTPAdapter):
    """What carries requests: the adapter of `requests`, with such connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as in the base
        """Make the connections without a proxy."""
        super().init_poolmanager(*args, **kwargs)
        _track(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the base
        """Make the connections through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        _track(manager)
        return manager
