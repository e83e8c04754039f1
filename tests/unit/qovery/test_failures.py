"""What a failed call means: every status with every known body, every way for the transport to break."""

import http.client
import socket
import ssl
from collections.abc import Callable
from types import SimpleNamespace
from typing import TypeVar

import pytest
import requests
import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    IncompleteRead,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from qovery_provider._qovery import endpoints
from qovery_provider._qovery.connections import TooLongError
from qovery_provider._qovery.failures import AFTER, BEFORE, Progress, Route, malformed, transport_error
from qovery_provider._qovery.transport import BrokenCompressionError
from qovery_provider.errors import (
    TransportError,
)

CALL, CANCEL = endpoints.environment_status("3c90"), endpoints.cancel_deployment("3c90", force=False)
DIRECT = Route("api.qovery.com")
PROXIED = Route("api.qovery.com", "HTTPS_PROXY", "proxy.internal")

NETWORK = "Check the network, then try again."
HOST = "Check the network, and qovery:apiUrl."
ADDRESS = "Check qovery:apiUrl, and whether a proxy or a login page is in between."
LIMIT = "Reading it was stopped. Check qovery:apiUrl; if it is correct, please report this."
PROXY = "Check HTTPS_PROXY and NO_PROXY."
ROAD = "Check the network, HTTPS_PROXY and NO_PROXY, then try again."
TRUST = "Check qovery:apiUrl, this machine's clock, and REQUESTS_CA_BUNDLE if a proxy inspects TLS."
BUNDLE = "the file named by REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE"

POOL = urllib3.HTTPSConnectionPool("api.qovery.com")
CONNECTION = HTTPConnection("api.qovery.com")

Raised = TypeVar("Raised", bound=BaseException)

CERTIFICATE = ssl.SSLCertVerificationError(1, "self-signed certificate")
NO_NAME = socket.gaierror(-2, "Name or service not known")
REFUSED = ConnectionRefusedError(111, "Connection refused")
RESET = ConnectionResetError(104, "Connection reset by peer")


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


def test_a_malformed_answer_says_what_is_wrong() -> None:
    """A cancel may have been executed all the same."""
    error = malformed(CANCEL, "id is missing")

    assert (
        str(error)
        == f"{CANCEL.operation}: the response does not have the format of Qovery's API (id is missing). {ADDRESS}"
    )
    assert error.may_have_executed


def told(error: Exception, progress: Progress = Progress.NOT_SENT, route: Route = DIRECT) -> TransportError:
    return transport_error(CANCEL, error, progress, route)


@pytest.mark.parametrize(
    ("error", "route", "problem", "advice", "retryable"),
    [
        pytest.param(
            requests.exceptions.SSLError(gave_up(urllib3.exceptions.SSLError(CERTIFICATE))),
            DIRECT,
            "the server's TLS certificate is not trusted",
            TRUST,
            False,
            id="certificate",
        ),
        pytest.param(
            requests.exceptions.ProxyError(gave_up(urllib3.exceptions.SSLError(CERTIFICATE))),
            PROXIED,
            "the proxy's TLS certificate is not trusted",
            TRUST.replace("qovery:apiUrl", "HTTPS_PROXY"),
            False,
            id="proxy's certificate",
        ),
        pytest.param(
            requests.ConnectionError(gave_up(caused(NewConnectionError(CONNECTION, "no name"), NO_NAME))),
            DIRECT,
            "the host name 'api.qovery.com' cannot be resolved",
            HOST,
            True,
            id="name",
        ),
        pytest.param(
            requests.exceptions.ProxyError(gave_up(NO_NAME)),
            PROXIED,
            "the host name 'proxy.internal' of the proxy in HTTPS_PROXY cannot be resolved",
            "Check the network, HTTPS_PROXY and NO_PROXY.",
            True,
            id="proxy's name",
        ),
        pytest.param(
            requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."),
            PROXIED,
            "HTTPS_PROXY names a SOCKS proxy, but the package PySocks, which it needs, is not installed",
            "Install it (`pip install pysocks`), or use another proxy.",
            False,
            id="SOCKS",
        ),
        pytest.param(
            requests.ConnectTimeout(gave_up(ConnectTimeoutError(CONNECTION, "timed out"))),
            DIRECT,
            "the connection timed out",
            NETWORK,
            True,
            id="connect timeout",
        ),
        pytest.param(
            requests.ReadTimeout(ReadTimeoutError(POOL, "/status", "timed out")),
            PROXIED,
            "the connection timed out through the proxy in HTTPS_PROXY",
            ROAD,
            True,
            id="silent proxy",
        ),
        pytest.param(
            requests.ConnectionError(gave_up(caused(NewConnectionError(CONNECTION, "refused"), REFUSED))),
            DIRECT,
            "the connection was refused, or the host is unreachable",
            NETWORK,
            True,
            id="refused",
        ),
        pytest.param(
            requests.exceptions.ProxyError(gave_up(NewConnectionError(CONNECTION, "refused"))),
            PROXIED,
            "the proxy refused the connection or did not respond",
            PROXY,
            True,
            id="proxy refused",
        ),
        pytest.param(
            requests.ConnectionError(ProtocolError("aborted", http.client.BadStatusLine("SSH"))),
            PROXIED,
            "the connection failed through the proxy in HTTPS_PROXY",
            ROAD,
            True,
            id="a proxy that speaks another protocol",
        ),
        pytest.param(
            requests.exceptions.InvalidProxyURL("Please check"),
            PROXIED,
            "the proxy's URL in HTTPS_PROXY is malformed",
            "Correct it.",
            False,
            id="proxy URL",
        ),
        pytest.param(
            UnicodeError("label too long"),
            DIRECT,
            "the URL in qovery:apiUrl or QOVERY_API_URL is malformed",
            "Correct it.",
            False,
            id="URL",
        ),
        pytest.param(
            TypeError("anything"), DIRECT, "the request could not be sent (TypeError)", HOST, True, id="anything"
        ),
    ],
)
def test_what_fails_before_the_request_was_certainly_not_executed(
    error: Exception, route: Route, problem: str, advice: str, *, retryable: bool
) -> None:
    """The real cause is deep inside; problem, advice and retries follow from it."""
    failure = told(error, Progress.NOT_SENT, route)

    assert (str(failure), failure.problem) == (f"{CANCEL.operation}: {problem}. {advice}", problem)
    assert (failure.may_have_executed, failure.retryable) == (False, retryable)


@pytest.mark.parametrize(
    ("error", "progress", "problem", "advice"),
    [
        pytest.param(TooLongError(), Progress.SENT, "the response is longer than 1 MiB", LIMIT, id="endless head"),
        pytest.param(TooLongError(), Progress.ANSWERED, "the response is longer than 1 MiB", LIMIT, id="too long"),
        pytest.param(
            BrokenCompressionError(),
            Progress.ANSWERED,
            "the response's compression is broken",
            ADDRESS,
            id="compression",
        ),
        pytest.param(
            requests.ReadTimeout(ReadTimeoutError(POOL, "/status", "timed out")),
            Progress.SENT,
            "no response in time",
            NETWORK,
            id="read timeout",
        ),
        pytest.param(
            ReadTimeoutError(POOL, "/status", "timed out"),
            Progress.ANSWERED,
            "no response in time",
            NETWORK,
            id="read timeout in the body",
        ),
        pytest.param(
            requests.exceptions.SSLError(gave_up(urllib3.exceptions.SSLError(ssl.SSLEOFError(8, "EOF")))),
            Progress.SENT,
            "the TLS connection broke",
            TRUST,
            id="TLS",
        ),
        pytest.param(
            ProtocolError("cut", IncompleteRead(3, 10)),
            Progress.ANSWERED,
            "the response was cut off",
            NETWORK,
            id="cut off",
        ),
        pytest.param(
            ProtocolError("ended"),
            Progress.ANSWERED,
            "the response was cut off",
            NETWORK,
            id="ended between two chunks",
        ),
        pytest.param(RESET, Progress.ANSWERED, "the response was cut off", NETWORK, id="reset in the body"),
        pytest.param(
            requests.ConnectionError(ProtocolError("Connection aborted.", RESET)),
            Progress.SENT,
            "the connection broke before a response came",
            NETWORK,
            id="reset",
        ),
        pytest.param(
            requests.exceptions.ProxyError(gave_up(http.client.RemoteDisconnected("closed"))),
            Progress.SENT,
            "the connection broke before a response came",
            NETWORK,
            id="closed behind a proxy",
        ),
        pytest.param(
            requests.ConnectionError(ProtocolError("aborted", http.client.BadStatusLine("SSH"))),
            Progress.SENT,
            "the response is not HTTP",
            ADDRESS,
            id="another protocol",
        ),
        pytest.param(
            OSError("anything"), Progress.SENT, "the connection broke before a response came", NETWORK, id="system"
        ),
        pytest.param(
            ValueError("read length"),
            Progress.SENT,
            "the response could not be read (ValueError)",
            ADDRESS,
            id="anything",
        ),
        pytest.param(
            ValueError("read length"),
            Progress.ANSWERED,
            "the response could not be read (ValueError)",
            ADDRESS,
            id="anything in the body",
        ),
    ],
)
def test_what_fails_after_the_request_may_have_been_executed(
    error: Exception, progress: Progress, problem: str, advice: str
) -> None:
    """On every route and for every exception; a read has changed nothing."""
    for route in (DIRECT, PROXIED):
        failure = told(error, progress, route)

        assert (str(failure), failure.problem) == (f"{CANCEL.operation}: {problem}. {advice}", problem)
        assert (failure.may_have_executed, failure.retryable) == (True, True)
        assert not transport_error(CALL, error, progress, route).may_have_executed


RANKED = [
    "SSLCertVerificationError",
    "gaierror",
    "InvalidSchema",
    "cert_verify",
    "create_urllib3_context",
    "do_handshake",
    "ssl_wrap_socket",
    "ProxyError",
    "ConnectTimeout",
    "NewConnectionError",
    "ValueError",
    "OSError",
    "TypeError",
]


@pytest.mark.parametrize("rank", range(len(RANKED) - 1), ids=RANKED[:-1])
def test_the_most_telling_exception_decides(rank: int) -> None:
    """It decides as the outer one and as the inner one."""
    telling, other = RANKED[rank], RANKED[rank + 1]
    expected = told(named(telling), route=PROXIED).problem

    assert told(named(telling, named(other)), route=PROXIED).problem == expected
    assert told(named(other, named(telling)), route=PROXIED).problem == expected
    assert told(named(other), route=PROXIED).problem != expected


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("do_handshake", "no TLS connection could be made"),
        ("cert_verify", f"{BUNDLE} does not exist"),
        ("ssl_wrap_socket", f"{BUNDLE} cannot be read, or holds no certificates"),
        ("create_urllib3_context", "the file named by SSLKEYLOGFILE cannot be written"),
    ],
)
def test_some_failures_are_told_by_the_function_that_raised(name: str, problem: str) -> None:
    """Their exceptions are of the most general kind."""
    namespace: dict[str, Callable[[], None]] = {}
    exec(f"def {name}(): raise OSError", namespace)

    with pytest.raises(OSError) as raised:  # noqa: PT011 - any text
        namespace[name]()

    assert told(requests.ConnectionError(raised.value)).problem == problem


def test_a_handshake_inside_a_proxy_s_tls_is_no_broken_bundle() -> None:
    """There it is another function that fails, below the one that reads the trusted certificates."""
    error = told(named("ssl_wrap_socket", named("_ssl_wrap_socket_impl")), route=PROXIED)

    assert error.problem == "no TLS connection could be made"


def test_every_way_to_fail_is_ranked() -> None:
    """The list above is as long as the table, and each table ends with what fits every exception."""
    assert len(RANKED) == len(BEFORE)
    assert [table[-1].names for table in AFTER.values()] == [frozenset({"Exception"})] * len(Progress)


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
    assert told(error).problem == "the host name 'api.qovery.com' cannot be resolved"


def test_causes_that_go_round_in_circles_end() -> None:
    """An exception may be its own cause, over one or two corners."""
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    second.__context__ = caused(RuntimeError(first), NO_NAME)

    assert told(first).problem == "the host name 'api.qovery.com' cannot be resolved"


def test_a_circle_hides_nothing_beside_it() -> None:
    """The other exceptions that it wraps are still searched."""
    error = ValueError(NO_NAME)
    error.__cause__ = error

    assert told(error).problem == "the host name 'api.qovery.com' cannot be resolved"


def test_a_reason_that_is_no_exception_is_passed_over() -> None:
    """Other libraries have a `reason` too: a word, say."""
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    assert told(error, Progress.SENT).problem == "the response could not be read (UnicodeDecodeError)"


def test_the_text_of_an_exception_never_shows() -> None:
    """It may hold addresses, headers and dumps of objects."""
    dump = SimpleNamespace(headers={"Authorization": "Token qov_1234567890"})
    failure = told(requests.ConnectionError("secret", dump, gave_up(RESET)), Progress.SENT)

    assert str(failure) == f"{CANCEL.operation}: the connection broke before a response came. {NETWORK}"
