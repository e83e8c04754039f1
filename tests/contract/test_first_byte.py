"""The first byte of a request: the hook before it is called once and can refuse; and what may have been executed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import pytest
import requests

from qovery_provider._qovery.connections import DEPARTURE, AlreadySentError, Departure, TrackedAdapter
from qovery_provider._qovery.failures import Progress
from qovery_provider.errors import CallError, NotSentError, TransportError
from tests.support.calls import CANCEL, STATUS
from tests.support.certificates import Certificate
from tests.support.proxy import Proxy
from tests.support.recorder import STATUS_ANSWER, Answer, Recorder, client_of, recorder
from tests.support.wire import LOOPBACK, Connection, DeadPorts

ROADS = ["http", "https", "CONNECT proxy", "CONNECT proxy with TLS"]


class Road(NamedTuple):
    """A server and a proxy, which may be on the way to it."""

    server: Recorder
    proxy: Proxy

    def close_connections(self) -> None:
        """Close the kept connections at both."""
        self.server.server.close_connections()
        self.proxy.close_connections()


@contextmanager
def on(road: str, answer: bytes | Answer = STATUS_ANSWER) -> Iterator[Road]:
    """Lend a server that is reached on this road."""
    certificate: Certificate | None = None if road == "http" else "good"
    proxy = Proxy(certificate="good" if road == "CONNECT proxy with TLS" else None)
    with recorder(answer, certificate) as server, proxy, pytest.MonkeyPatch.context() as environ:
        if road.startswith("CONNECT"):
            environ.setenv("HTTPS_PROXY", proxy.url)
        yield Road(server, proxy)


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch, bundle: str) -> None:
    """The servers' authority is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)


class Hook:
    """Counts how often it is called, and notes what had arrived by then; it may raise."""

    def __init__(self, server: Recorder, error: Exception | None = None) -> None:
        self._server, self._error = server, error
        self.arrived: list[int] = []

    def __call__(self) -> None:
        self.arrived.append(len(self._server.requests))
        if self._error:
            raise self._error


@pytest.mark.parametrize("road", ROADS)
def test_is_asked_once_before_each_request(road: str) -> None:
    """On a new connection and on one that was kept, before anything of the request has arrived."""
    with on(road) as (server, _), client_of(server.url) as client:
        hook = Hook(server)
        for call in (CANCEL, STATUS, CANCEL):
            client.send(call, hook)

        assert hook.arrived == [0, 1, 2]
        assert len(server.requests) == 3
        assert len(server.server.connections) == 1


@pytest.mark.parametrize("road", ROADS)
def test_is_asked_again_on_a_new_connection(road: str) -> None:
    """The server closes the kept connection: the next request opens another one and is asked about once."""
    with on(road) as ends, client_of(ends.server.url) as client:
        server, hook = ends.server, Hook(ends.server)
        client.send(CANCEL, hook)
        ends.close_connections()
        client.send(CANCEL, hook)

        assert hook.arrived == [0, 1]
        assert len(server.server.connections) == 2


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize(
    "error", [NotSentError("canceling", "it is too late"), OSError("like the network's"), TimeoutError()]
)
def test_nothing_is_sent_when_it_refuses(road: str, error: Exception, *, kept: bool) -> None:
    """Its error comes out as it is, and the next call works."""
    with on(road) as (server, _), client_of(server.url) as client:
        if kept:
            client.send(STATUS)
        with pytest.raises(type(error)) as caught:
            client.send(CANCEL, Hook(server, error))
        methods = [request.method for request in server.requests]
        client.send(STATUS)

    assert caught.value is error
    assert methods == ["GET"] * kept


@pytest.mark.parametrize("road", ROADS)
def test_it_is_asked_after_the_connection_is_made(road: str) -> None:
    """Names, connections, CONNECT and TLS come first: what it decides is not older than the request's first byte."""
    with on(road) as (server, _), client_of(server.url) as client:
        stands: list[bool] = []
        client.send(CANCEL, lambda: stands.append(server.greeted.wait(5)))

    assert stands == [True]


def _reset(connection: Connection) -> bool:
    connection.reset()
    return False


LOST: dict[str, Answer] = {
    "closed": lambda _: False,
    "reset": _reset,
    "garbage": lambda c: c.send(b"SSH-2.0\r\n") and False,
}


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("road", ROADS)
def test_a_lost_answer_may_have_been_executed(road: str, answer: Answer, *, kept: bool) -> None:
    """A request that has left may have arrived, on every road: it is not sent again, and said so."""
    answers: list[bytes | Answer] = [STATUS_ANSWER] * kept + [answer]

    def next_answer(connection: Connection) -> bool:
        this = answers.pop(0)
        return connection.send(this) if isinstance(this, bytes) else this(connection)

    with on(road, next_answer) as (server, _), client_of(server.url) as client:
        if kept:
            client.send(STATUS)
        with pytest.raises(TransportError) as caught:
            client.send(CANCEL)

        assert caught.value.may_have_executed
        assert "proxy" not in caught.value.problem
        assert [request.method for request in server.requests] == ["GET"] * kept + ["POST"]
        assert len(server.server.connections) == 1


REFUSALS = {
    "refused": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "password": b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
    "closed": b"",
    "garbage": b"SSH-2.0-OpenSSH_9.7\r\n",
    "cut off": b"HTTP/1.1 200 Connec",
}


@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
def test_what_fails_at_the_proxy_was_certainly_not_executed(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    """CONNECT is not our request: the hook is not asked, and the cancel may be sent again."""
    with (
        recorder(lambda connection: connection.send(answer) and False) as proxy,
        recorder(certificate="good") as server,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        hook = Hook(server)
        with client_of(server.url) as client, pytest.raises(TransportError, match="proxy") as caught:
            client.send(CANCEL, hook)

        assert (caught.value.may_have_executed, caught.value.retryable) == (False, True)
        assert (hook.arrived, server.requests, len(proxy.requests)) == ([], [], 1)


@pytest.mark.parametrize("certificate", ["expired", "wrong host"])
@pytest.mark.parametrize("road", ROADS[1:3])
def test_tls_that_fails_sends_nothing(road: str, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hook comes after the certificate is trusted."""
    with recorder(certificate=certificate) as server, Proxy() as proxy, client_of(server.url) as client:
        if road == "CONNECT proxy":
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        hook = Hook(server)
        with pytest.raises(TransportError, match="not trusted") as caught:
            client.send(CANCEL, hook)

        assert (caught.value.may_have_executed, hook.arrived) == (False, [])
        assert len(server.server.connections) == 1


@pytest.mark.parametrize("port", ["refusing", "silent"])
def test_no_connection_asks_nothing(port: str) -> None:
    """Without a connection there is nothing to send."""
    ports = DeadPorts()
    calls: list[None] = []
    with (
        client_of(f"http://{LOOPBACK}:{getattr(ports, port)}", (0.05, 0.05)) as client,
        pytest.raises(CallError) as caught,
    ):
        client.send(CANCEL, lambda: calls.append(None))
    ports.close()

    assert (caught.value.may_have_executed, calls) == (False, [])


BUSY = [413, 429, 503]


@pytest.mark.parametrize("status", [*BUSY, 301, 307, 408, 425])
def test_nothing_is_sent_twice_by_the_library(status: int) -> None:
    """Neither a response that asks for another attempt nor a redirect leads to a second request."""
    head = f"HTTP/1.1 {status} Later\r\nRetry-After: 0\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n".encode()
    with recorder(head) as server, client_of(server.url) as client:
        hook = Hook(server)
        with pytest.raises(CallError):
            client.send(CANCEL, hook)

        assert (len(hook.arrived), len(server.requests), len(server.server.connections)) == (1, 1, 1)


def test_a_request_leaves_once() -> None:
    """Should the library ever try a second time, that is refused, and the first one may have arrived."""
    departure = Departure(lambda: None, 0)

    departure.begin()
    with pytest.raises(AlreadySentError):
        departure.begin()

    assert departure.progress is Progress.SENT


def test_a_proxy_that_forwards_is_a_road_as_well() -> None:
    """The product uses none, since plain http is for this machine; a connection to one announces the first byte too."""
    with Proxy() as proxy:
        arrived: list[int] = []
        before = DEPARTURE.set(Departure(lambda: arrived.append(len(proxy.requests)), 1000))
        request = requests.Request("POST", "http://api.qovery.com/").prepare()
        with closing(TrackedAdapter()) as adapter:
            answer = adapter.send(request, proxies={"http": proxy.url})
        DEPARTURE.reset(before)

        assert (answer.status_code, arrived, len(proxy.requests)) == (200, [0], 1)
