"""What goes wrong below the answer's body: the way to the server, TLS, the connection, and HTTP itself."""

from __future__ import annotations

import socket
from collections.abc import Callable

from qovery_provider.errors import CallError, IntermediaryError, TransportError
from tests.contract.faults import Expected, Kind
from tests.contract.outcomes import HARMLESS, Row, executed, lost, lost_on_the_way, refused, taking_all_the_time, unsent
from tests.support.certificates import Certificate
from tests.support.stage import Fault, Moment, Reply, Road, Route
from tests.support.wire import Connection, http


def raw(write: Callable[[Reply], bytes], *, closes: bool = True, acts: bool = True) -> Fault:
    """Send these bytes instead of an answer; `acts` says whether Qovery acts on the request."""

    def answer(moment: Moment) -> bool:
        nothing = Reply(200, b"{}", {})
        return moment.connection.send(write(moment.execute() if acts else nothing)) and not closes

    return Fault(answer, hangs_up=closes)


def _reset(moment: Moment) -> bool:
    moment.connection.reset()
    return False


def _executed_and_reset(moment: Moment) -> bool:
    moment.execute()
    return _reset(moment)


def _executed_and_hung_up(moment: Moment) -> bool:
    moment.execute()
    return False


def _reset_in_the_body(moment: Moment) -> bool:
    answer = moment.execute().to_bytes()
    moment.connection.send(answer[:-20])
    return _reset(moment)


def _reset_at_once(connection: Connection) -> bool:
    # Earlier, the client might not even see that it was connected.
    connection.socket.recv(1, socket.MSG_PEEK)
    connection.reset()
    return False


def _reset_in_the_request(connection: Connection) -> bool:
    connection.socket.recv(10)
    connection.reset()
    return False


def _speak_plainly(connection: Connection) -> bool:
    connection.socket.recv(10)
    connection.send(http(400, b"You sent TLS to a plain port"))
    return False


def _hang_up(connection: Connection) -> bool:
    connection.socket.recv(10)
    return False


def _silent(sent: Callable[[Reply], bytes], *, acts: bool) -> Fault:
    def answer(moment: Moment) -> bool:
        if acts:
            moment.connection.send(sent(moment.execute()))
        moment.connection.be_silent()
        return False

    return Fault(answer, is_silent=True)


def _dripping(data: Callable[[Reply], bytes], *, acts: bool) -> Fault:
    def answer(moment: Moment) -> bool:
        data_to_drip = data(moment.execute() if acts else Reply(200, b"{}", {}))
        moment.hang()
        moment.connection.drip(data_to_drip)
        return False

    return Fault(answer, hangs=True)


WITHOUT_GATEWAY = frozenset({Road.DIRECT, Road.TUNNEL})
"""A gateway ends TLS, and passes on what comes slowly."""


def by_gateway(row: Callable[[type[CallError]], Row]) -> Expected:
    """A gateway that gets no whole answer answers with a page of its own."""
    return Expected(row(IntermediaryError), ("something in between",))


def _certificate(certificate: Certificate) -> Kind:
    row = refused(TransportError, reaches_server=False)
    phrases = ("TLS certificate", "not trusted")
    return Kind(f"TLS: {certificate}", Fault(certificate=certificate), row, phrases, roads=WITHOUT_GATEWAY)


def _no_way(name: str, route: Route, *phrases: str, is_silent: bool = False) -> Kind:
    """There is no connection to the server: a proxy refuses to make a tunnel then."""
    return Kind(
        name,
        Fault(route=route, is_silent=is_silent, is_before_request=True),
        unsent(),
        phrases,
        tunnel=Expected(unsent(), ("proxy", "HTTPS_PROXY")),
        gateway=by_gateway(lost_on_the_way),
    )


def _no_handshake(name: str, on_connection: Callable[[Connection], bool]) -> Kind:
    fault = Fault(on_connection=on_connection, certificate="good", is_before_request=True)
    return Kind(name, fault, unsent(), ("TLS",), roads=WITHOUT_GATEWAY)


def _broken_early(name: str, on_connection: Callable[[Connection], bool]) -> Kind:
    """In a tunnel, it is the handshake that breaks."""
    return Kind(
        name,
        Fault(on_connection=on_connection, is_before_request=True),
        lost_on_the_way(),
        ("broke",),
        tunnel=Expected(unsent(), ("TLS",)),
        gateway=by_gateway(lost_on_the_way),
    )


def _broken(name: str, fault: Fault, row: Callable[[type[CallError]], Row], *phrases: str) -> Kind:
    return Kind(name, fault, row(TransportError), phrases, gateway=by_gateway(row))


def _refusing(name: str, answer: bytes, *phrases: str, is_silent: bool = False) -> Kind:
    """It is the proxy that fails: CONNECT is not our request."""

    def on_connect(connection: Connection) -> bool:
        connection.send(answer)
        if is_silent:
            connection.be_silent()
        return False

    fault = Fault(on_connect=on_connect, is_silent=is_silent, is_before_request=True)
    return Kind(name, fault, unsent(), phrases, roads=frozenset({Road.TUNNEL}))


ROAD_KINDS = [
    _no_way("connection refused", "closed port", "refused"),
    _no_way("no answer to connects", "no answer to connects", "the connection timed out", is_silent=True),
    _no_way("unknown host", "unknown host", "host name", "resolved"),
    _refusing(
        "CONNECT: wants a password", b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "proxy", "HTTPS_PROXY"
    ),
    _refusing("CONNECT: refused", http(403, b"<html>Forbidden</html>"), "proxy", "HTTPS_PROXY"),
    _refusing("CONNECT: no way", http(502, b"<html>Bad gateway</html>"), "proxy", "HTTPS_PROXY"),
    _refusing("CONNECT: hung up", b"", "proxy", "HTTPS_PROXY"),
    _refusing("CONNECT: another protocol", b"SSH-2.0-OpenSSH_9.7\r\n", "proxy", "HTTPS_PROXY"),
    _refusing("CONNECT: silence", b"", "proxy", "HTTPS_PROXY", is_silent=True),
    _refusing("CONNECT: endless headers", b"HTTP/1.1 200 Connected\r\n" + b"X-Header: 1\r\n" * 400_000),
    _refusing("CONNECT: hung up in the tunnel", b"HTTP/1.1 200 Connected\r\n\r\n", "TLS"),
    *[
        _certificate(certificate)
        for certificate in ("expired", "not yet valid", "self-signed", "unknown authority", "wrong host")
    ],
    _no_handshake("TLS: plain HTTP on its port", _speak_plainly),
    _no_handshake("TLS: hung up in the handshake", _hang_up),
    Kind("TLS: all is well", Fault(certificate="good"), HARMLESS, roads=WITHOUT_GATEWAY),
    _broken_early("reset before the request is read", _reset_at_once),
    _broken_early("reset in the request", _reset_in_the_request),
    _broken("reset after the request", Fault(_reset), lost, "broke"),
    _broken("executed, then reset", Fault(_executed_and_reset), executed, "broke"),
    _broken("hung up after the request", Fault(lambda _: False), lost, "broke"),
    _broken("executed, then hung up", Fault(_executed_and_hung_up), executed, "broke"),
    _broken("hung up before the body", raw(lambda reply: reply.to_bytes()[: -len(reply.body)]), executed, "cut off"),
    _broken("reset in the body", Fault(_reset_in_the_body), executed, "cut off"),
    _broken("hung up in the body", raw(lambda reply: reply.to_bytes()[:-20]), executed, "cut off"),
    Kind("hung up in the headers", raw(lambda _: b"HTTP/1.1 200 OK\r\nContent-Ty"), executed()),
    Kind("idle connection closed", Fault(closes_idle=True), HARMLESS),
    _broken("silence", _silent(lambda _: b"", acts=False), lost, "no response in time"),
    _broken(
        "silence in the headers",
        _silent(lambda reply: reply.to_bytes()[:30], acts=True),
        executed,
        "no response in time",
    ),
    _broken(
        "silence in the body", _silent(lambda reply: reply.to_bytes()[:-20], acts=True), executed, "no response in time"
    ),
    Kind(
        "headers that drip",
        _dripping(lambda _: b"HTTP/1.1 200 OK\r\nX-Slow: aaaa", acts=False),
        taking_all_the_time(lost()),
        ("no complete response within",),
        roads=WITHOUT_GATEWAY,
    ),
    Kind(
        "a body that drips",
        _dripping(lambda reply: reply.to_bytes()[: -len(reply.body)] + b" ", acts=True),
        taking_all_the_time(executed()),
        ("no complete response within",),
        roads=WITHOUT_GATEWAY,
    ),
]


def _lines(reply: Reply, *headers: str) -> bytes:
    """Write an answer with just these headers."""
    return "\r\n".join([f"HTTP/1.1 {reply.status} OK", *headers, "", ""]).encode() + reply.body


def _chunked(chunks: Callable[[Reply], bytes]) -> Fault:
    head = "Transfer-Encoding: chunked"
    return raw(lambda reply: _lines(Reply(reply.status, b"", {}), head) + chunks(reply))


def _chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def _odd(name: str, write: Callable[[Reply], bytes], row: Row, *phrases: str) -> Kind:
    """It is passed on by a gateway that can read it."""
    return Kind(name, raw(write), row, phrases)


def _garbled(name: str, write: Callable[[Reply], bytes], *phrases: str) -> Kind:
    """A gateway cannot read it either."""
    return _broken(name, raw(write), executed, *phrases)


HTTP_KINDS = [
    _garbled("a length that is too long", lambda reply: _lines(reply, "Content-Length: 9999"), "cut off"),
    # What follows the ten bytes may be taken for the beginning of the next answer: it has no phrase of its own.
    _odd("a length that is too short", lambda reply: _lines(reply, "Content-Length: 10"), executed()),
    Kind(
        "a length that is too short, kept open",
        raw(lambda reply: _lines(reply, "Content-Length: 10"), closes=False),
        executed(),
    ),
    _odd("a negative length", lambda reply: _lines(reply, "Content-Length: -5"), HARMLESS),
    _odd("a length that is no number", lambda reply: _lines(reply, "Content-Length: many"), HARMLESS),
    _odd(
        "two lengths",
        lambda reply: _lines(reply, "Content-Length: 10", f"Content-Length: {len(reply.body)}"),
        executed(),
    ),
    _odd("no length", _lines, HARMLESS),
    Kind(
        "chunks",
        raw(
            lambda reply: (
                _lines(Reply(reply.status, b"", {}), "Transfer-Encoding: chunked") + _chunk(reply.body) + b"0\r\n\r\n"
            ),
            closes=False,
        ),
        HARMLESS,
    ),
    _broken("chunks without an end", _chunked(lambda reply: _chunk(reply.body)), executed, "cut off"),
    _broken("a chunk cut off", _chunked(lambda reply: _chunk(reply.body)[:-40]), executed, "cut off"),
    _broken("a chunk's size that is no number", _chunked(lambda reply: b"zz\r\n" + reply.body), executed, "cut off"),
    _broken("a chunk's size that is missing", _chunked(lambda reply: b"\r\n" + reply.body), executed, "cut off"),
    _broken("a chunk's size below zero", _chunked(lambda reply: b"-5\r\n" + reply.body), executed, "could not be read"),
    Kind(
        "100 before the answer",
        raw(lambda reply: b"HTTP/1.1 100 Continue\r\n\r\n" + reply.to_bytes(), closes=False),
        HARMLESS,
    ),
    _odd(
        "103 before the answer",
        lambda reply: b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + reply.to_bytes(),
        executed(IntermediaryError),
        "103",
    ),
    Kind(
        "103 before the answer, kept open",
        raw(lambda reply: b"HTTP/1.1 103 Early Hints\r\n\r\n" + reply.to_bytes(), closes=False),
        executed(IntermediaryError),
        ("103",),
    ),
    Kind(
        "an answer too many, kept open", raw(lambda reply: reply.to_bytes() + http(200, b"{}"), closes=False), HARMLESS
    ),
    _garbled("a header line of 100 000 characters", lambda reply: _lines(reply, "X-Long: " + "a" * 100_000)),
    _garbled("200 headers", lambda reply: _lines(reply, *[f"X-{number}: 1" for number in range(200)])),
    Kind(
        "a header without a colon",
        raw(lambda reply: _lines(reply, "nonsense", f"Content-Length: {len(reply.body)}")),
        HARMLESS,
    ),
    Kind(
        "bare line feeds",
        raw(lambda reply: _lines(reply, f"Content-Length: {len(reply.body)}").replace(b"\r\n", b"\n"), closes=False),
        HARMLESS,
    ),
    _garbled("a body without a head", lambda reply: reply.body, "not HTTP"),
    _garbled("another protocol", lambda _: b"SSH-2.0-OpenSSH_9.7\r\n", "not HTTP"),
    _garbled("noise", lambda _: bytes(range(256)) * 8, "not HTTP"),
    _garbled(
        "a status that is no number",
        lambda reply: _lines(reply).replace(b"200", b"OK!").replace(b"202", b"OK!"),
        "not HTTP",
    ),
    _odd("HTTP/1.0", lambda reply: _lines(reply).replace(b"HTTP/1.1", b"HTTP/1.0"), HARMLESS),
    _garbled("HTTP/9.9", lambda reply: _lines(reply).replace(b"HTTP/1.1", b"HTTP/9.9"), "not HTTP"),
]

WIRE_KINDS = [*ROAD_KINDS, *HTTP_KINDS]
