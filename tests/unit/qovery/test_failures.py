"""What a failed call means: every status with every known body, every way for the transport to break."""

import http.client
import json
import socket
import ssl
from types import SimpleNamespace
from typing import TypeVar

import pytest
import requests
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    IncompleteRead,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from qovery_provider._qovery.client import TooLongError
from qovery_provider._qovery.failures import TRANSPORT_FAILURES, api_error, transport_error
from qovery_provider._qovery.redaction import Token
from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RedirectError,
    ServerError,
)

ASKED = "reading the status of environment 3c90"
TOKEN = Token("qov_1234567890", "QOVERY_API_TOKEN")

NETWORK = "Check the network, then try again."
HOST = "Check the network, and qovery:apiUrl."
ADDRESS = "Check qovery:apiUrl, and whether a proxy or a login page stands in between."
PROXY = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
TRUST = "Check qovery:apiUrl, this machine's clock, and REQUESTS_CA_BUNDLE if a proxy inspects TLS."

POOL = urllib3.HTTPSConnectionPool("api.qovery.com")
CONNECTION = HTTPConnection("api.qovery.com")

Raised = TypeVar("Raised", bound=BaseException)

CERTIFICATE = ssl.SSLCertVerificationError(1, "self-signed certificate")
NO_NAME = socket.gaierror(-2, "Name or service not known")
REFUSED = ConnectionRefusedError(111, "Connection refused")
RESET = ConnectionResetError(104, "Connection reset by peer")


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def refused(status: int = 400, content: bytes = b"", retry_after: float | None = None) -> ApiError:
    return api_error(ASKED, status, content, TOKEN, retry_after)


def gave_up(reason: Exception) -> MaxRetryError:
    """Return what urllib3 raises in the end."""
    return MaxRetryError(POOL, "/status", reason)


def caused(error: Raised, by: BaseException) -> Raised:
    error.__cause__ = by
    return error


def during(error: Raised, context: BaseException) -> Raised:
    error.__context__ = context
    return error


def named(name: str, *args: object) -> Exception:
    """Return an exception of a class with that name."""
    error: Exception = type(name, (Exception,), {})(*args)
    return error


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (100, ApiError),
        (201, ApiError),
        (204, ApiError),
        (301, RedirectError),
        (302, RedirectError),
        (304, RedirectError),
        (308, RedirectError),
        (399, RedirectError),
        (400, ApiError),
        (401, AuthenticationError),
        (402, ApiError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (405, ApiError),
        (409, ConflictError),
        (418, ApiError),
        (422, ApiError),
        (429, RateLimitError),
        (499, ApiError),
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (504, ServerError),
        (599, ServerError),
        (600, ApiError),
    ],
)
@pytest.mark.parametrize(
    ("content", "detail"),
    [
        pytest.param(body(status=1, detail="what it says"), "what it says", id="current"),
        pytest.param(
            body(status=1, error="Bad", message="what it says", path="/", timestamp="now"), "what it says", id="older"
        ),
        pytest.param(body(error="what it says"), "what it says", id="error alone"),
        pytest.param(b"", "", id="empty"),
        pytest.param(b"<html><h1>Bad gateway</h1></html>", "", id="page of a proxy"),
    ],
)
def test_every_status_with_every_body_has_its_error(
    status: int, kind: type[ApiError], content: bytes, detail: str
) -> None:
    """The class follows from the status, the text from the body."""
    error = refused(status, content)

    assert type(error) is kind
    assert (ASKED, status, detail) == (error.operation, error.status, error.detail)


@pytest.mark.parametrize(
    ("status", "detail", "kind"),
    [
        pytest.param(400, "Environment does not exist", NotFoundError, id="400 that says so"),
        pytest.param(400, "NO SUCH ENVIRONMENT EXISTS", NotFoundError, id="400 in upper case"),
        pytest.param(400, "exist", NotFoundError, id="400 with the word alone"),
        pytest.param(400, "force_cancel must be a boolean", ApiError, id="another 400"),
        pytest.param(403, "Environment does not exist", PermissionDeniedError, id="403"),
        pytest.param(409, "No deployment exists", ConflictError, id="409"),
        pytest.param(422, "Environment does not exist", ApiError, id="422"),
        pytest.param(500, "The row does not exist", ServerError, id="500"),
    ],
)
def test_a_400_may_say_that_the_environment_is_unknown(status: int, detail: str, kind: type[ApiError]) -> None:
    """Of all statuses, only a 400 is read by its text."""
    assert type(refused(status, body(detail=detail))) is kind


def test_a_refused_token_is_told_by_its_source() -> None:
    """The error says where the token was taken from."""
    error = refused(401, body(detail="expired"))

    assert isinstance(error, AuthenticationError)
    assert error.token_source == "QOVERY_API_TOKEN"


@pytest.mark.parametrize("status", [302, 400, 403, 404, 409, 429, 500, 503])
def test_the_servers_delay_is_kept(status: int) -> None:
    """A retry obeys it."""
    assert refused(status, retry_after=30.0).retry_after == 30.0


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        pytest.param(body(detail="first", message="second", error="third"), "first", id="detail first"),
        pytest.param(body(error="third", message="second"), "second", id="then message"),
        pytest.param(body(detail=None, message="second"), "second", id="null detail"),
        pytest.param(body(detail=["first"], error="third"), "third", id="detail that is no text"),
        pytest.param(body(detail={"a": 1}, message=7, error=None), "", id="no text at all"),
        pytest.param(body(status=400), "", id="status alone"),
        pytest.param(body(detail="a\n b\t\tc\x1b[31m\x00"), "a b c [31m", id="control characters"),
        pytest.param(body(detail="  a  "), "a", id="spaces"),
        pytest.param(rb'{"detail": "a\ud800\u202eb"}', "a b", id="surrogate and direction mark"),
        pytest.param(body(detail="Zoë ✓"), "Zoë ✓", id="unicode"),
        pytest.param(body(detail="x" * 200), "x" * 200, id="longest"),
        pytest.param(body(detail="x" * 201), "x" * 200, id="cut"),
        pytest.param(body(detail="\n" * 300 + "x"), "x", id="cut after the spaces"),
        pytest.param(b'["detail"]', "", id="list"),
        pytest.param(b'"detail"', "", id="text"),
        pytest.param(b"7", "", id="number"),
        pytest.param(b"null", "", id="null"),
        pytest.param(b'{"detail": "a', "", id="cut off"),
        pytest.param(b"[" * 100_000, "", id="very deep"),
        pytest.param(b'{"detail": "\xff"}', "", id="no UTF-8"),
        pytest.param(b"1" * 5000, "", id="huge number"),
    ],
)
def test_the_servers_words_are_one_short_line(content: bytes, detail: str) -> None:
    """What is no text that a person can read is left out."""
    assert refused(content=content).detail == detail


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        pytest.param("token qov_1234567890 is wrong", "token *** is wrong", id="inside"),
        pytest.param("qov_1234567890 qov_1234567890", "*** ***", id="twice"),
        pytest.param("x" * 186 + "qov_1234567890", "x" * 186 + "***", id="just before the cut"),
    ],
)
def test_a_server_that_repeats_the_token_is_not_quoted(detail: str, shown: str) -> None:
    """Some proxies put the refused header into the page."""
    error = refused(content=body(detail=detail))

    assert error.detail == shown
    assert "qov_" not in str(error)


@pytest.mark.parametrize("at", [187, 190, 195, 199])
def test_a_token_across_the_cut_is_not_quoted_in_part(at: int) -> None:
    """Not even its first letters show."""
    assert "qov_"[: 200 - at] not in refused(content=body(detail="x" * at + "qov_1234567890")).detail


@given(st.integers(100, 599), st.binary() | st.text().map(lambda text: body(detail=text)))
@settings(max_examples=50, deadline=None)
def test_any_answer_has_an_error_of_one_line(status: int, content: bytes) -> None:
    """No body of any server breaks the message around it."""
    error = refused(status, content)

    assert str(error).isprintable()
    assert len(error.detail) <= 200


@pytest.mark.parametrize(
    ("error", "problem", "advice", "may_have_executed", "retryable"),
    [
        pytest.param(
            requests.exceptions.SSLError(gave_up(urllib3.exceptions.SSLError(CERTIFICATE))),
            "the server's TLS certificate is not trusted",
            TRUST,
            False,
            False,
            id="certificate",
        ),
        pytest.param(
            requests.ConnectionError(
                gave_up(caused(NameResolutionError("api.qovery.com", CONNECTION, NO_NAME), NO_NAME))
            ),
            "the host name cannot be resolved",
            HOST,
            False,
            True,
            id="name",
        ),
        pytest.param(
            requests.ConnectTimeout(gave_up(ConnectTimeoutError(CONNECTION, "timed out"))),
            "no connection in time",
            NETWORK,
            False,
            True,
            id="connect timeout",
        ),
        pytest.param(
            requests.ConnectionError(gave_up(caused(NewConnectionError(CONNECTION, "refused"), REFUSED))),
            "no connection: refused, or unreachable",
            NETWORK,
            False,
            True,
            id="refused",
        ),
        pytest.param(
            requests.exceptions.ProxyError(gave_up(NewConnectionError(CONNECTION, "refused"))),
            "the proxy refused or did not answer",
            PROXY,
            False,
            True,
            id="proxy refused",
        ),
        pytest.param(
            requests.exceptions.InvalidURL("Failed to parse"), "the URL cannot be used", ADDRESS, False, False, id="URL"
        ),
        pytest.param(
            requests.exceptions.InvalidProxyURL("Failed to parse"),
            "the URL cannot be used",
            ADDRESS,
            False,
            False,
            id="proxy URL",
        ),
        pytest.param(TooLongError(), "the answer is longer than 1 MiB", ADDRESS, True, True, id="too long"),
        pytest.param(
            requests.exceptions.ContentDecodingError(DecodeError("not gzip")),
            "the answer's compression is broken",
            ADDRESS,
            True,
            True,
            id="compression",
        ),
        pytest.param(
            requests.ReadTimeout(ReadTimeoutError(POOL, "/status", "timed out")),
            "no answer in time",
            NETWORK,
            True,
            True,
            id="read timeout",
        ),
        pytest.param(
            requests.ReadTimeout("timed out"), "no answer in time", NETWORK, True, True, id="bare read timeout"
        ),
        pytest.param(
            requests.ConnectionError(ReadTimeoutError(POOL, "/status", "timed out")),
            "no answer in time",
            NETWORK,
            True,
            True,
            id="read timeout in the body",
        ),
        pytest.param(
            requests.exceptions.SSLError(gave_up(urllib3.exceptions.SSLError(ssl.SSLEOFError(8, "EOF")))),
            "the TLS connection broke",
            TRUST,
            True,
            True,
            id="TLS",
        ),
        pytest.param(
            requests.exceptions.ChunkedEncodingError(ProtocolError("cut", IncompleteRead(3, 10))),
            "the answer was cut off",
            NETWORK,
            True,
            True,
            id="cut off in chunks",
        ),
        pytest.param(
            requests.ConnectionError(ProtocolError("cut", http.client.IncompleteRead(b"abc", 7))),
            "the answer was cut off",
            NETWORK,
            True,
            True,
            id="cut off",
        ),
        pytest.param(
            requests.ConnectionError(ProtocolError("Connection aborted.", RESET)),
            "the connection broke before an answer came",
            NETWORK,
            True,
            True,
            id="reset",
        ),
        pytest.param(
            requests.exceptions.ProxyError(gave_up(OSError("Tunnel connection failed: 407"))),
            "the proxy refused or did not answer",
            PROXY,
            False,
            True,
            id="proxy that wants a login",
        ),
        pytest.param(
            Exception("anything"), "the connection broke before an answer came", NETWORK, True, True, id="anything"
        ),
    ],
)
def test_every_breakdown_has_its_words(
    error: Exception, problem: str, advice: str, *, may_have_executed: bool, retryable: bool
) -> None:
    """What really happened is deep inside; the problem, the advice and what may be done follow from it."""
    told = transport_error(ASKED, error, changes=True)

    assert (f"{ASKED}: {problem}. {advice}", problem) == (str(told), told.problem)
    assert (may_have_executed, retryable) == (told.may_have_executed, told.retryable)
    assert not transport_error(ASKED, error, changes=False).may_have_executed


RANKED = [
    "ProxyError",
    "SSLCertVerificationError",
    "gaierror",
    "ConnectTimeout",
    "NewConnectionError",
    "InvalidURL",
    "TooLongError",
    "ContentDecodingError",
    "do_handshake",
    "cert_verify",
    "ssl_wrap_socket",
    "ReadTimeout",
    "SSLError",
    "ChunkedEncodingError",
    "ValueError",
]


@pytest.mark.parametrize("rank", range(len(RANKED) - 1), ids=RANKED[:-1])
def test_the_most_telling_exception_decides(rank: int) -> None:
    """It decides as the outer one and as the inner one."""
    telling, other = RANKED[rank], RANKED[rank + 1]
    expected = transport_error(ASKED, named(telling), changes=True).problem

    assert transport_error(ASKED, named(telling, named(other)), changes=True).problem == expected
    assert transport_error(ASKED, named(other, named(telling)), changes=True).problem == expected
    assert transport_error(ASKED, named(other), changes=True).problem != expected


def test_a_handshake_that_breaks_off_has_sent_nothing() -> None:
    """What tells it is not the exception but the function that it came from."""

    def do_handshake() -> None:
        raise RESET

    with pytest.raises(ConnectionResetError) as raised:
        do_handshake()

    error = transport_error(ASKED, requests.ConnectionError(raised.value), changes=True)
    assert (error.problem, error.may_have_executed) == ("no TLS connection could be made", False)


def test_a_handshake_inside_a_proxy_s_tls_is_no_broken_bundle() -> None:
    """There it is another function that fails, below the one that reads the trusted certificates."""
    error = transport_error(ASKED, named("ssl_wrap_socket", named("_ssl_wrap_socket_impl")), changes=True)

    assert error.problem == "no TLS connection could be made"


def test_every_breakdown_is_ranked() -> None:
    """The list above is as long as the table."""
    assert len(RANKED) == len(TRANSPORT_FAILURES)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ValueError("outer", NO_NAME), id="in the arguments"),
        pytest.param(gave_up(NO_NAME), id="as the reason"),
        pytest.param(caused(ValueError(), NO_NAME), id="as the cause"),
        pytest.param(during(ValueError(), NO_NAME), id="in the context"),
        pytest.param(caused(ValueError(), gave_up(during(ValueError(), NO_NAME))), id="three deep"),
        pytest.param(during(caused(ValueError(), RESET), NO_NAME), id="beside a cause"),
        pytest.param(caused(ValueError(), during(KeyboardInterrupt(), NO_NAME)), id="behind no Exception"),
    ],
)
def test_an_exception_is_found_wherever_it_is_wrapped(error: Exception) -> None:
    """There are four ways in which requests and urllib3 wrap."""
    assert transport_error(ASKED, error, changes=True).problem == "the host name cannot be resolved"


def test_causes_that_go_round_in_circles_end() -> None:
    """An exception may be its own cause, over one or two corners."""
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    second.__context__ = caused(RuntimeError(first), NO_NAME)

    assert transport_error(ASKED, first, changes=True).problem == "the host name cannot be resolved"


def test_a_circle_hides_nothing_beside_it() -> None:
    """What else an exception wraps is searched all the same."""
    error = ValueError(NO_NAME)
    error.__cause__ = error

    assert transport_error(ASKED, error, changes=True).problem == "the host name cannot be resolved"


def test_a_reason_that_is_no_exception_is_passed_over() -> None:
    """Other libraries have a `reason` too: a word, say."""
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    assert transport_error(ASKED, error, changes=True).problem == "the connection broke before an answer came"


def test_the_text_of_an_exception_never_shows() -> None:
    """It may hold addresses, headers and dumps of objects."""
    dump = SimpleNamespace(headers={"Authorization": "Token qov_1234567890"})
    told = transport_error(ASKED, requests.ConnectionError("secret", dump, gave_up(RESET)), changes=True)

    assert str(told) == f"{ASKED}: the connection broke before an answer came. {NETWORK}"
