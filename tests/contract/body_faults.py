"""Answers that say 200 or 202 with a body that cannot be used, or one that is odd and can be.

All of them are given after Qovery has acted, so that a cancel is executed and its answer lost.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from functools import cache

from qovery_provider.errors import IntermediaryError
from tests.contract.faults import Kind
from tests.contract.outcomes import HARMLESS, Row, another_deployment, executed
from tests.support.stage import Fault, Moment, Reply, Road

Status = dict[str, object]

NO_JSON = "not JSON"
NOT_QOVERY = "not have the format of Qovery's API"

ELSEWHERE = "00000000-0000-0000-0000-000000000000"


def rewritten(write: Callable[[Reply], bytes], **headers: str) -> Fault:
    """Answer truly, but with another body and with these headers."""

    def answer(moment: Moment) -> bool:
        reply = moment.execute()
        other = Reply(reply.status, write(reply), {**reply.headers, **headers})
        return moment.connection.send(other.to_bytes())

    return Fault(answer)


def body(content: bytes, **headers: str) -> Fault:
    """Answer with this body."""
    return rewritten(lambda _: content, **headers)


def edited(edit: Callable[[Status], object]) -> Fault:
    """Answer with the true status, changed; a change that returns something answers with that."""

    def write(reply: Reply) -> bytes:
        status: Status = json.loads(reply.body)
        other = edit(status)
        return json.dumps(status if other is None else other).encode()

    return rewritten(write)


def field(name: str, value: object) -> Fault:
    """Answer with another value in a field."""
    return edited(lambda status: status.update({name: value}))


def number(literal: bytes) -> Fault:
    """Answer with this number, as it is written, in the duration."""
    return rewritten(
        lambda reply: reply.body.replace(
            b'"total_deployment_duration_in_seconds": null', b'"total_deployment_duration_in_seconds": ' + literal
        )
    )


def _without(name: str) -> Fault:
    return edited(lambda status: status.pop(name) and None)


@cache
def _bomb(window: int) -> bytes:
    """A gigabyte of zeros in a megabyte: gzip with a window of 31, deflate with one of 15."""
    packer = zlib.compressobj(wbits=window)
    first, again = (packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    # After a full flush, the same bytes always mean the same; a client that reads to the end of this has lost.
    return first + again * 1023


def _endless(chunk: bytes, times: int, head: bytes) -> Fault:
    """Send a chunk again and again, and stop when it is not taken any more."""

    def answer(moment: Moment) -> bool:
        moment.execute()
        connection = moment.connection
        connection.send(head)
        return all(connection.send(chunk) for _ in range(times)) and False

    return Fault(answer)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNK_BYTES = b" " * 65536

CONTENT_KINDS = [
    Kind(
        "HTML with 200",
        body(b"<html><h1>Log in</h1></html>", **{"Content-Type": "text/html"}),
        executed(),
        (NO_JSON, "text/html"),
    ),
    Kind("an empty body", body(b""), executed(), (NO_JSON,)),
    Kind("invalid UTF-8", body(b'{"id": "\xff\xfe\xfa"}'), executed(), (NOT_QOVERY, "id")),
    Kind("half of the JSON", rewritten(lambda reply: reply.body[: len(reply.body) // 2]), executed(), (NO_JSON,)),
    Kind("two JSON texts", rewritten(lambda reply: reply.body * 2), executed(), (NO_JSON,)),
    Kind("100 000 brackets", body(b"[" * 100_000), executed(), (NO_JSON,)),
    Kind("100 000 nested lists", body(b"[" * 100_000 + b"]" * 100_000), executed(), (NO_JSON,)),
    Kind("100 000 nested objects", body(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), executed(), (NO_JSON,)),
    Kind("a number of 10 000 digits", number(b"9" * 10_000), HARMLESS),
    Kind("1e400 as the duration", number(b"1e400"), HARMLESS),
    Kind("NaN as the duration", number(b"NaN"), HARMLESS),
    Kind("-Infinity as the duration", number(b"-Infinity"), HARMLESS),
    Kind("a text as the duration", number(b'"long"'), HARMLESS),
    Kind("NaN instead of an answer", body(b"NaN"), executed(), (NOT_QOVERY,)),
    Kind("null instead of an answer", body(b"null"), executed(), (NOT_QOVERY,)),
    Kind("a list instead of an answer", edited(lambda status: [status]), executed(), (NOT_QOVERY,)),
    Kind("a text instead of an answer", edited(lambda _: "DEPLOYED"), executed(), (NOT_QOVERY,)),
    Kind("an empty object", edited(lambda _: {}), executed(), (NOT_QOVERY, "id")),
    Kind("another environment", field("id", ELSEWHERE), executed(), (NOT_QOVERY, "another environment")),
    Kind("another deployment", field("last_deployment_id", "ghost-1"), another_deployment(), ("ghost-1",)),
    Kind(
        "a deployment's id of the wrong type",
        field("last_deployment_id", 7),
        executed(),
        (NOT_QOVERY, "last_deployment_id"),
    ),
    Kind(
        "a state of two lines",
        field("last_deployment_state", "A\nB"),
        executed(),
        (NOT_QOVERY, "last_deployment_state"),
    ),
    Kind(
        "a state without end",
        field("last_deployment_state", "A" * 10_000),
        executed(),
        (NOT_QOVERY, "last_deployment_state"),
    ),
    Kind(
        "notes of the wrong type",
        edited(lambda status: status.update(origin=[], triggered_by={}, last_deployment_date=1)),
        HARMLESS,
    ),
    Kind("unknown fields", field("novelty", {"a": [1]}), HARMLESS),
    Kind("a wrong content type", rewritten(lambda reply: reply.body, **{"Content-Type": "text/html"}), HARMLESS),
    Kind("UTF-16", rewritten(lambda reply: reply.body.decode().encode("utf-16")), HARMLESS),
    *[
        Kind(f"{name} {value_name}", field(name, value), executed(), (NOT_QOVERY, name))
        for name in ("id", "state", "last_deployment_state")
        for value_name, value in {
            "as null": None,
            "as a number": 7,
            "as a truth value": True,
            "as a list": ["DEPLOYED"],
            "as an object": {"state": "DEPLOYED"},
            "empty": "",
        }.items()
    ],
    *[
        Kind(f"{name} missing", _without(name), executed(), (NOT_QOVERY, name))
        for name in ("id", "state", "last_deployment_state")
    ],
]

PACKED_KINDS = [
    Kind("gzip", rewritten(lambda reply: gzip.compress(reply.body), **{"Content-Encoding": "gzip"}), HARMLESS),
    Kind("deflate", rewritten(lambda reply: zlib.compress(reply.body), **{"Content-Encoding": "deflate"}), HARMLESS),
    Kind(
        "raw deflate",
        rewritten(lambda reply: zlib.compress(reply.body)[2:-4], **{"Content-Encoding": "deflate"}),
        executed(),
        ("compression",),
    ),
    Kind(
        "packed twice",
        rewritten(lambda reply: gzip.compress(gzip.compress(reply.body)), **{"Content-Encoding": "gzip, gzip"}),
        executed(),
        ("compression",),
    ),
    Kind(
        "gzip that is none",
        rewritten(lambda reply: reply.body, **{"Content-Encoding": "gzip"}),
        executed(),
        ("compression",),
    ),
    Kind(
        "broken gzip",
        rewritten(lambda reply: gzip.compress(reply.body)[:20] + b"\xff" * 40, **{"Content-Encoding": "gzip"}),
        executed(),
        ("compression",),
    ),
    Kind(
        "half of the gzip",
        rewritten(lambda reply: gzip.compress(reply.body)[:40], **{"Content-Encoding": "gzip"}),
        executed(),
        ("compression",),
    ),
    Kind(
        "an unknown encoding",
        body(b"\x8b\x02\x80", **{"Content-Encoding": "x-unknown"}),
        executed(),
        ("compression",),
    ),
]

TOO_LONG = "longer than 1 MiB"

STREAMED = frozenset({Road.DIRECT, Road.TUNNEL})
"""A gateway of the tests reads an answer whole before it passes it on."""


def _huge(name: str, fault: Fault, row: Row, phrase: str = TOO_LONG) -> Kind:
    return Kind(name, fault, row, (phrase,), is_huge=True, roads=STREAMED)


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

HUGE_KINDS = [
    _huge("100 MB", _endless(CHUNK_BYTES, 1526, HEAD + b"Content-Length: 100007936\r\n\r\n"), executed()),
    _huge("an endless body", _endless(CHUNK_BYTES, 10_000, HEAD + b"\r\n"), executed()),
    _huge("endless chunks", _endless(b"10000\r\n" + CHUNK_BYTES + b"\r\n", 10_000, CHUNKED), executed()),
    _huge("an endless chunk", _endless(CHUNK_BYTES, 10_000, CHUNKED + b"-1\r\n"), executed()),
    _huge("endless headers", _endless(b"X-Header: 1\r\n" * 4000, 10_000, HEAD), executed(), ""),
    _huge("an endless trailer", _endless(CHUNK_BYTES, 10_000, CHUNKED + b"0\r\nX-Trailer: "), executed(), ""),
    _huge("a gzip bomb", rewritten(lambda _: _bomb(31), **{"Content-Encoding": "gzip"}), executed()),
    _huge("a deflate bomb", rewritten(lambda _: _bomb(15), **{"Content-Encoding": "deflate"}), executed()),
    _huge(
        "an endless page with 500",
        _endless(CHUNK_BYTES, 10_000, b"HTTP/1.1 500 Oops\r\n\r\n"),
        executed(IntermediaryError),
        "500",
    ),
    _huge(
        "an endless page with a redirect",
        _endless(CHUNK_BYTES, 10_000, b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n"),
        executed(IntermediaryError),
        "302",
    ),
]

BODY_KINDS = [*CONTENT_KINDS, *PACKED_KINDS, *HUGE_KINDS]
