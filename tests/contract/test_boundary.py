"""The boundary around the HTTP library: every exception becomes a typed error, and nothing is read without an end."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from functools import cache
from itertools import count

import pytest

from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider.errors import CallError, IntermediaryError, TransportError
from tests.support.calls import CANCEL, STATUS
from tests.support.certificates import Certificate
from tests.support.recorder import STATUS_BODY, Answer, client_of, error_of, recorder
from tests.support.wire import Connection, http

MEBIBYTE = 2**20

CALLS = pytest.mark.parametrize("call", [STATUS, CANCEL], ids=["status", "cancel"])

LOCATIONS = [
    "http://[login]/",
    "http://[::1",
    "//",
    "http://host:port/",
    "http://a b/",
    "\xff\xfe",
    "http://\udcff/",
    "%",
]


@CALLS
@pytest.mark.parametrize("location", LOCATIONS)
@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_location_is_not_parsed(call: ApiCall[object], status: int, location: str) -> None:
    """A redirect is an answer like any other: where it points does not matter."""
    head = f"HTTP/1.1 {status} Found\r\nContent-Length: 0\r\nLocation: ".encode()

    error = error_of(call, head + location.encode("latin-1", "replace") + b"\r\n\r\n")

    assert error.may_have_executed == call.changes
    assert f"the {status} response (a redirect" in str(error)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

NONSENSE = {
    "chunk of -5": CHUNKED + b"-5\r\n" + STATUS_BODY,
    "chunk of -1": CHUNKED + b"-1\r\n" + STATUS_BODY,
    "chunk of -0": CHUNKED + b"-0\r\n" + STATUS_BODY + b"\r\n0\r\n\r\n",
    "chunk of f * 5000": CHUNKED + b"f" * 5000 + b"\r\n" + STATUS_BODY,
    "chunk in bytes that are no text": CHUNKED + b"\xff\xfe\r\n" + STATUS_BODY,
    "endless chunk extension": CHUNKED + b"5;" + b"a" * (8 * MEBIBYTE),
    "two codings": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n\r\n"
    + STATUS_BODY[:5],
    "a status of 1000 digits": b"HTTP/1.1 " + b"2" * 1000 + b" OK\r\n\r\n",
    "a negative status": b"HTTP/1.1 -200 OK\r\n\r\n",
    "status 0": b"HTTP/1.1 000 OK\r\n\r\n",
    "a superscript length": b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n" + STATUS_BODY[:2],
    "lengths in a list": b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\n" + STATUS_BODY[:3],
    "a cookie that is none": b"HTTP/1.1 200 OK\r\nSet-Cookie: =;;expires=\xff;domain=[\r\nContent-Length: 2\r\n\r\n{}",
    "a type that is none": b'HTTP/1.1 200 OK\r\nContent-Type: ;;=;charset=\xff"\r\nContent-Length: 2\r\n\r\n{}',
}


@CALLS
@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_a_call_error(call: ApiCall[object], answer: bytes) -> None:
    """The driver gets an error that it knows, for any exception, and the cancel may have been executed."""
    error = error_of(call, lambda c: c.send(answer) and False)

    assert (error.may_have_executed, error.retryable) == (call.changes, True)
    assert str(error).isprintable()


HARMLESS = {
    "a length of 5000 digits": b"Content-Length: " + b"9" * 5000,
    "bytes that are no text": b"X-\xff: \xfe\r\nConnection: close",
    "an empty coding": b"Content-Encoding: \r\nConnection: close",
    "identity": b"Content-Encoding: Identity\r\nConnection: close",
}


@pytest.mark.parametrize("headers", HARMLESS.values(), ids=HARMLESS)
def test_odd_headers_around_a_whole_answer_are_harmless(headers: bytes) -> None:
    """The body is read correctly."""
    answer = b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\n" + STATUS_BODY
    with recorder(lambda c: c.send(answer) and False) as server, client_of(server.url) as client:
        assert client.send(STATUS).state == "DEPLOYED"


def _endless(head: bytes, piece: bytes = b"a" * 65536) -> Answer:
    def answer(connection: Connection) -> bool:
        connection.socket.settimeout(2)
        connection.send(head)
        for _ in count():
            if connection.sent > 64 * MEBIBYTE or not connection.send(piece):
                return False
        return False

    return answer


@cache
def _bomb() -> bytes:
    """Zeros, 64 MiB of them, packed twice: some hundred bytes."""
    packer = zlib.compressobj(9, wbits=31)
    once = b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    return gzip.compress(once, 9)


OK = b"HTTP/1.1 200 OK\r\n"

ENDLESS = {
    "redirect": _endless(b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n"),
    "redirect in one chunk": _endless(
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"
    ),
    "refusal": _endless(b"HTTP/1.1 404 Not Found\r\n\r\n"),
    "page": _endless(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"),
    "answer": _endless(OK + b"\r\n"),
    "chunk of -1": _endless(CHUNKED + b"-1\r\n"),
    "chunk's size": _endless(CHUNKED, b"0" * 65536),
    "chunk extension": _endless(CHUNKED + b"1;"),
    "chunks of one byte": _endless(CHUNKED, b"1\r\n \r\n" * 10000),
    "trailers": _endless(CHUNKED + b"0\r\n", b"X-Trailer: 1\r\n" * 4000),
    "one trailer": _endless(CHUNKED + b"0\r\nX-Trailer: "),
    "header": _endless(OK + b"X-Long: "),
    "headers": _endless(OK, b"X-Header: 1\r\n" * 4000),
    "status line": _endless(b"HTTP/1.1 200 "),
    "100 again and again": _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000),
    "100 with endless headers": _endless(b"HTTP/1.1 100 Continue\r\n", b"X-Header: 1\r\n" * 4000),
    "204": _endless(b"HTTP/1.1 204 No Content\r\n\r\n"),
}


LONG = {"chunks of one byte", "100 again and again"}
"""Those of which the client reads a hundred thousand pieces."""


@CALLS
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answer, id=name, marks=[pytest.mark.unmeasured(seconds=10)] if name in LONG else [])
        for name, answer in ENDLESS.items()
    ],
)
def test_nothing_is_read_without_an_end(call: ApiCall[object], answer: Answer) -> None:
    """Not the body of a refusal, nor what comes before a body or between its parts: neither memory nor time goes."""
    with recorder(answer) as server, client_of(server.url) as client:
        tracemalloc.start()
        with pytest.raises(CallError) as caught:
            client.send(call)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        taken = server.server.connections[0].sent

    assert caught.value.may_have_executed == call.changes
    assert peak < 16 * MEBIBYTE
    assert taken < 16 * MEBIBYTE


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,gzip,gzip", "gzip", "deflate, gzip", "br", "zstd", "x-gzip"])
def test_compression_takes_no_memory(encoding: str) -> None:
    """It was not asked for; what was packed twice is not unpacked at all."""
    with recorder(http(200, _bomb(), {"Content-Encoding": encoding})) as server, client_of(server.url) as client:
        tracemalloc.start()
        with pytest.raises(TransportError) as caught:
            client.send(CANCEL)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert caught.value.may_have_executed
    assert peak < 16 * MEBIBYTE
    assert [request.headers["Accept-Encoding"] for request in server.requests] == ["identity"]


def test_an_answer_that_is_packed_once_is_read() -> None:
    """Some proxies compress unasked."""
    answer = http(200, gzip.compress(STATUS_BODY), {"Content-Encoding": "gzip"})
    with recorder(answer) as server, client_of(server.url) as client:
        assert client.send(STATUS).state == "DEPLOYED"


@pytest.mark.parametrize(
    "content", [gzip.compress(STATUS_BODY)[:-9], b"not packed at all"], ids=["cut off", "not packed"]
)
def test_an_answer_whose_compression_is_broken_is_refused(content: bytes) -> None:
    """A part of an answer is none."""
    error = error_of(STATUS, http(200, content, {"Content-Encoding": "gzip"}))

    assert "the response's compression is broken" in str(error)


def test_an_answer_that_is_too_long_once_it_is_unpacked_is_refused() -> None:
    """The limit counts after unpacking as well."""
    packed = gzip.compress(b" " * (MEBIBYTE + 1))

    assert "longer than 1 MiB" in str(error_of(STATUS, http(200, packed, {"Content-Encoding": "gzip"})))


LISTS = {
    "project statuses": endpoints.project_statuses("project"),
    "history": endpoints.deployment_history("env", 20),
    "queue": endpoints.deployment_queue("env"),
}


@pytest.mark.parametrize("call", LISTS.values(), ids=LISTS)
def test_lists_may_be_longer_than_one_object(call: ApiCall[object]) -> None:
    """An entry of the history carries all services with their commit messages: 20 entries may pass 1 MiB."""
    body = b'{"results": [], "page": "' + b"x" * (3 * MEBIBYTE) + b'"}'
    with recorder(http(200, body)) as server, client_of(server.url) as client:
        client.send(call)

    assert len(server.requests) == 1


@pytest.mark.parametrize(("call", "limit"), [(STATUS, 1), (LISTS["history"], 16)], ids=["object", "list"])
def test_a_long_answer_is_not_blamed_on_a_login_page(call: ApiCall[object], limit: int) -> None:
    """The text names the limit."""
    text = str(error_of(call, http(200, b" " * (limit * MEBIBYTE + 1))))

    assert (f"longer than {limit} MiB" in text, "login" in text) == (True, False)


def test_a_connection_that_failed_is_not_used_again() -> None:
    """The rest of a response that was not read to its end would be taken for the next response."""
    answers = [CHUNKED + b"-5\r\n" + STATUS_BODY, http(200, STATUS_BODY)]
    with recorder(lambda c: c.send(answers.pop(0))) as server, client_of(server.url) as client:
        with pytest.raises(CallError):
            client.send(STATUS)
        assert client.send(STATUS).state == "DEPLOYED"

        assert len(server.server.connections) == 2


@pytest.mark.parametrize("status", [101, 102, 103, 204, 304])
@pytest.mark.parametrize("certificate", [None, "good"], ids=["plain", "TLS"])
def test_what_follows_an_answer_without_a_body_is_not_taken_for_the_next_one(
    monkeypatch: pytest.MonkeyPatch, bundle: str, status: int, certificate: Certificate | None
) -> None:
    """The library takes 103 for the answer, and leaves the true one on the connection, which is not used again."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    early = f"HTTP/1.1 {status} Early\r\n".encode() + b"Link: </a>\r\n" * 90 + b"\r\n"
    late = http(200, STATUS_BODY.replace(b"DEPLOYED", b"BUILDING"))
    answers = [[early, late], [http(200, STATUS_BODY)]]

    def answer(connection: Connection) -> bool:
        return all(connection.send(part) for part in answers.pop(0))

    with recorder(answer, certificate) as server, client_of(server.url) as client:
        with pytest.raises(IntermediaryError):
            client.send(STATUS)
        assert client.send(STATUS).state == "DEPLOYED"

        assert len(server.server.connections) == 2
