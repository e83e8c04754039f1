"""The boundary around the HTTP library: one request out, one whole answer in, or one TransportError of ours.

This module and `connections` are the only ones that know `requests` and the libraries below it: `urllib3` (1.26 and 2)
and `http.client`. Statements about these were checked in requests 2.33.0 and 2.34.2, urllib3 1.26.20 and 2.8.0, and
CPython 3.10 to 3.13.

* A request is made once. `HTTPAdapter.send` passes `Retry(0, read=False)` and `redirect=False`, with which `urlopen` of
  urllib3 repeats nothing; if it ever did, the connection would refuse.
* A redirect is an answer like any other. `requests.Session.send` parses `Location`, and reads the whole body, even with
  `allow_redirects=False`; so a request is given to the adapter, without a session.
* A body is read and unpacked up to a limit. urllib3 1.26 unpacks `gzip, gzip` in one step, however much that is; so
  nothing is unpacked there.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy

from qovery_provider._qovery.connections import DEPARTURE, Departure, TooLongError
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.failures import Progress, Route, transport_error

CHUNK_BYTES = 64 * 1024
"""Bytes of a body that are read at once."""

MAX_ERROR_BYTES = 64 * 1024
UNREADABLE = b"unreadable"
"""Bytes of an error body, and the placeholder for one that is longer or broken."""

PLAIN = frozenset({"", "identity"})
PACKED = frozenset({"gzip", "x-gzip", "deflate"})
ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
"""Content codings that are none, those that zlib unpacks, and its number for either of their formats."""


class BrokenCompressionError(Exception):
    """The body cannot be unpacked, or is packed in a way that is not supported."""


Adapter = HTTPAdapter
"""What may carry requests instead, as in tests."""


class Reply(NamedTuple):
    """An answer, read to its end; its headers know no capital letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Transport:
    """The way to a server. Threads may share one; it keeps its connections alive.

    Args:
        url: The server, without a slash at the end.
        headers: What every request carries.
        timeout: Seconds for a connection, and for the silence between two pieces of an answer.
        adapter: What carries the requests.
    """

    def __init__(self, url: str, headers: Mapping[str, str], timeout: tuple[float, float], adapter: Adapter) -> None:
        self._url, self._timeout, self._adapter = url, timeout, adapter
        # A bare "Accept-Encoding" would become what urllib3 can unpack.
        self._headers = {"Accept-Encoding": "identity", **headers}

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def exchange(self, call: ApiCall[object], before_sending: Callable[[], None]) -> Reply:
        """Make a call, once.

        Args:
            call: The call.
            before_sending: Is called right before the first byte; its exceptions are raised, and nothing is sent.

        Raises:
            TransportError: No whole answer came.
        """
        route = Route(urlsplit(self._url).hostname or "")
        departure = Departure(before_sending, call.max_bytes)
        before = DEPARTURE.set(departure)
        try:
            route = _route(self._url, self._options["proxies"])
            return self._exchange(call, departure)
        except Exception as error:  # noqa: BLE001 - the boundary: ValueErrors of all kinds come out as well
            departure.give_up()
            if departure.error:
                raise departure.error from None
            raise transport_error(call, error, departure.progress, route) from None
        finally:
            DEPARTURE.reset(before)

    @cached_property
    def _options(self) -> dict[str, Any]:
        """The environment's settings for proxies and trusted certificates, read once: `requests` is slow at it."""
        session = requests.Session()
        options = session.merge_environment_settings(self._url, proxies={}, stream=True, verify=None, cert=None)
        if urlsplit(self._url).scheme == "http":
            # Plain http is for loopback addresses; a proxy would get the token in clear text.
            options["proxies"] = {}
        return cast("dict[str, Any]", options)

    def _exchange(self, call: ApiCall[object], departure: Departure) -> Reply:
        method = "POST" if call.changes else "GET"
        request = requests.Request(method, self._url + call.path, self._headers, json=call.body).prepare()
        with self._adapter.send(request, timeout=self._timeout, **self._options) as response:
            departure.progress = Progress.ANSWERED
            return Reply(response.status_code, response.headers, self._content(response, call))

    def _content(self, response: requests.Response, call: ApiCall[object]) -> bytes:
        if response.status_code in call.statuses:
            return _body(response.raw, call.max_bytes)
        try:
            return _body(response.raw, MAX_ERROR_BYTES)
        except Exception:  # noqa: BLE001 - the status is enough; an unreadable body is not one of Qovery's error bodies
            return UNREADABLE


def _route(url: str, proxies: Mapping[str, str]) -> Route:
    """Return the host, and the proxy with the variable that names it."""
    parts = urlsplit(url)
    proxy = select_proxy(url, proxies)
    if not proxy:
        return Route(parts.hostname or "")
    name = f"{parts.scheme if parts.scheme in proxies else 'all'}_proxy"
    # The standard library prefers the small letters (`urllib.request.getproxies_environment`).
    return Route(parts.hostname or "", name if name in os.environ else name.upper(), _host(proxy))


def _host(proxy: str) -> str:
    try:
        return urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname or ""
    except ValueError:
        return ""


def _body(raw: Any, max_bytes: int) -> bytes:  # noqa: ANN401 - urllib3's response, of either version
    """Read a body to its end, up to a limit that counts before and after unpacking."""
    raw.enforce_content_length = True  # in urllib3 1.26 it is off
    content = bytearray()
    for chunk in raw.stream(CHUNK_BYTES, decode_content=False):
        content += chunk
        if len(content) > max_bytes:
            raise TooLongError
    coding = raw.headers.get("Content-Encoding", "").strip().lower()
    return bytes(content) if coding in PLAIN or not content else _unpacked(bytes(content), coding, max_bytes)


def _unpacked(content: bytes, coding: str, max_bytes: int) -> bytes:
    """Unpack a body that is packed once, as some proxies do without being asked."""
    if coding not in PACKED:
        raise BrokenCompressionError
    unpacker = zlib.decompressobj(ZLIB_OR_GZIP)
    try:
        unpacked = unpacker.decompress(content, max_bytes + 1)
    except zlib.error:
        raise BrokenCompressionError from None
    if len(unpacked) > max_bytes:
        raise TooLongError
    if not unpacker.eof:
        raise BrokenCompressionError
    return unpacked
