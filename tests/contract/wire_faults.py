"""What goes wrong below the answer's body: the way to the server, TLS, the connection, and HTTP itself."""

from __future__ import annotations

import socket
from collections.abc import Callable

from qovery_provider.errors import TransportError
from tests.contract.faults import Kind
from tests.contract.outcomes import HARMLESS, Row, executed, lost, lost_on_the_way, refused, unsent
from tests.support.certificates import Certificate
from tests.support.stage import Fault, Moment, Reply
from tests.support.wire import Connection, http


def raw(write: Callable[[Reply], bytes], *, closes: bool = True, acts: bool = True) -> Fault:
    """Send these bytes instead of an answer; `acts` says whether Qovery acts on the request."""

    def answer(moment: Moment) -> bool:
        nothing = Reply(200, b"{}", {})
        return moment.connection.send(write(moment.execute() if acts else nothing)) and not closes

    return Fault(answer)


def _reset(moment: Moment) -> bool:
    moment.connection.reset()
    return False


def _executed_and_reset(moment: Moment) -> bool:
    moment.execute()
    return _reset(moment)


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


def _certificate(certificate: Certificate) -> Kind:
    row = refused(TransportError, reaches_server=False)
    return Kind(f"TLS: {certificate}", Fault(certificate=certificate), row, ("TLS certificate", "not trusted"))


ROAD_KINDS = [
    Kind("connection refused", Fault(route="closed port", is_before_request=True), unsent(), ("refused",)),
    Kind(
        "no answer to connects",
        Fault(route="no answer to connects", is_silent=True, is_before_request=True),
        unsent(),
        ("no connection in time",),
    ),
    Kind("unknown host", Fault(route="unknown host", is_before_request=True), unsent(), ("host name", "resolved")),
    *[
        _certificate(certificate)
        for certificate in ("expired", "not yet valid", "self-signed", "unknown authority", "wrong host")
    ],
    Kind(
        "TLS: plain HTTP on its port",
        Fault(on_connection=_speak_plainly, certificate="good", is_before_request=True),
        unsent(),
        ("TLS",),
    ),
    Kind(
        "TLS: hung up in the handshake",
        Fault(on_connection=_hang_up, certificate="good", is_before_request=True),
        unsent(),
        ("TLS",),
    ),
    Kind("TLS: all is well", Fault(certificate="good"), HARMLESS),
    Kind(
        "reset before the request is read",
        Fault(on_connection=_reset_at_once, is_before_request=True),
        lost_on_the_way(),
        ("broke",),
    ),
    Kind(
        "reset in the request",
        Fault(on_connection=_reset_in_the_request, is_before_request=True),
        lost_on_the_way(),
        ("broke",),
    ),
    Kind("reset after the request", Fault(_reset), lost(), ("broke",)),
    Kind("executed, then reset", Fault(_executed_and_reset), executed(), ("broke",)),
    Kind("hung up after the request", Fault(lambda _: False), lost(), ("broke",)),
    Kind("hung up before the body", raw(lambda reply: reply.to_bytes()[: -len(reply.body)]), executed(), ("cut off",)),
    Kind("reset in the body", Fault(_reset_in_the_body), executed(), ("cut off",)),
    Kind("hung up in the body", raw(lambda reply: reply.to_bytes()[:-20]), executed(), ("cut off",)),
    Kind("hung up in the headers", raw(lambda _: b"HTTP/1.1 200 OK\r\nContent-Ty"), executed(), ()),
    Kind("idle connection closed", Fault(closes_idle=True), HARMLESS),
    Kind("silence", _silent(lambda _: b"", acts=False), lost(), ("no answer in time",)),
    Kind(
        "silence in the headers",
        _silent(lambda reply: reply.to_bytes()[:30], acts=True),
        executed(),
        ("no answer in time",),
    ),
    Kind(
        "silence in the body",
        _silent(lambda reply: reply.to_bytes()[:-20], acts=True),
        executed(),
        ("no answer in time",),
    ),
    Kind(
        "headers that drip",
        _dripping(lambda _: b"HTTP/1.1 200 OK\r\nX-Slow: aaaa", acts=False),
        lost(),
        ("no whole answer within",),
    ),
    Kind(
        "a body that drips",
        _dripping(lambda reply: reply.to_bytes()[: -len(reply.body)] + b" ", acts=True),
        executed(),
        ("no whole answer within",),
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
    return Kind(name, raw(write), row, phrases)


HTTP_KINDS = [
    _odd("a length that is too long", lambda reply: _lines(reply, "Content-Length: 9999"), executed(), "cut off"),
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
    Kind("chunks without an end", _chunked(lambda reply: _chunk(reply.body)), executed(), ("cut off",)),
    Kind("a chunk cut off", _chunked(lambda reply: _chunk(reply.body)[:-40]), executed(), ("cut off",)),
    Kind("a chunk's size that is no number", _chunked(lambda reply: b"zz\r\n" + reply.body), executed(), ("cut off",)),
    Kind("a chunk's size that is missing", _chunked(lambda reply: b"\r\n" + reply.body), executed(), ("cut off",)),
    Kind(
        "100 before the answer",
        raw(lambda reply: b"HTTP/1.1 100 Continue\r\n\r\n" + reply.to_bytes(), closes=False),
        HARMLESS,
    ),
    _odd(
        "103 before the answer",
        lambda reply: b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + reply.to_bytes(),
        executed(),
        "103",
    ),
    Kind(
        "103 before the answer, kept open",
        raw(lambda reply: b"HTTP/1.1 103 Early Hints\r\n\r\n" + reply.to_bytes(), closes=False),
        executed(),
        ("103",),
    ),
    Kind(
        "an answer too many, kept open", raw(lambda reply: reply.to_bytes() + http(200, b"{}"), closes=False), HARMLESS
    ),
    _odd("a header line of 100 000 characters", lambda reply: _lines(reply, "X-Long: " + "a" * 100_000), executed()),
    _odd("200 headers", lambda reply: _lines(reply, *[f"X-{number}: 1" for number in range(200)]), executed()),
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
    _odd("a body without a head", lambda reply: reply.body, executed()),
    _odd("another protocol", lambda _: b"SSH-2.0-OpenSSH_9.7\r\n", executed()),
    _odd("noise", lambda _: bytes(range(256)) * 8, executed()),
    _odd(
        "a status that is no number",
        lambda reply: _lines(reply).replace(b"200", b"OK!").replace(b"202", b"OK!"),
        executed(),
    ),
    _odd("HTTP/1.0", lambda reply: _lines(reply).replace(b"HTTP/1.1", b"HTTP/1.0"), HARMLESS),
    _odd("HTTP/9.9", lambda reply: _lines(reply).replace(b"HTTP/1.1", b"HTTP/9.9"), executed()),
]

WIRE_KINDS = [*ROAD_KINDS, *HTTP_KINDS]
