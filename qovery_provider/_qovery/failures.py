"""What a broken transport means: an exception of the HTTP library in, one typed error out.

It calls nothing itself. Exceptions are distinguished by name: the most specific is often one of urllib3's or of the
standard library's, deep inside the exception that was raised, and their texts hold addresses and object dumps. The
names choose the words only; the transport knows whether a request can have arrived.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from traceback import walk_tb

from qovery_provider._qovery.endpoints import MAX_OBJECT_BYTES, ApiCall
from qovery_provider._qovery.redaction import redact
from qovery_provider.errors import TransportError

NETWORK = "Check the network, then try again."
HOST = "Check the network, and qovery:apiUrl."
RESOLVER = "Check {route}{url_too}."
ADDRESS = "Check qovery:apiUrl, and whether a proxy or a login page is in between."
LIMIT = "Reading it was stopped. Check qovery:apiUrl; if it is correct, please report this."
PROXY = "Check {variable} and NO_PROXY."
ROUTE = "Check {route}, then try again."
BUNDLE = "the file named by REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE"
VARIABLE = "Correct the variable, or unset it."
TRUST = "Check {address}, this machine's clock, and REQUESTS_CA_BUNDLE if a proxy inspects TLS."


HANDSHAKE = frozenset({"do_handshake", "_ssl_wrap_socket_impl"})
"""The function of the standard library's `ssl` that makes TLS, and its caller in `urllib3`: of TLS to the server inside
TLS to a proxy, only the caller is seen."""

FIND_BUNDLE, LOAD_BUNDLE = "cert_verify", "ssl_wrap_socket"
"""The functions of `requests` and `urllib3` that find and read the trusted certificates, before the handshake."""

KEY_LOG = "create_urllib3_context"
"""The function of `urllib3` that opens the file for the keys of TLS connections."""

RESETS = frozenset({"RemoteDisconnected", "ConnectionResetError", "ConnectionAbortedError", "BrokenPipeError"})


class Progress(Enum):
    """How far a request got."""

    NOT_SENT = "nothing of it was sent"
    SENT = "it may have arrived"
    ANSWERED = "an answer has begun"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes.

    Attributes:
        host: The server.
        variable: The environment variable that names a proxy for it; None without one.
        proxy: That proxy's host, as far as it can be read.
    """

    host: str
    variable: str | None = None
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """A way for the transport to fail.

    Attributes:
        names: The names of its exceptions, or of the function that raised one.
        problem: What happened, as a phrase that may name, in braces, facts of the call and its route.
        advice: What to do next.
        retryable: Whether trying again can help.
    """

    names: frozenset[str]
    problem: str
    advice: str
    retryable: bool = True


UNUSABLE_URL = frozenset({"ValueError"})
"""What requests, urllib3 and the standard library raise for a URL, a host name or a password that they cannot write."""

UNUSABLE = TransportFailure(UNUSABLE_URL, "{url} is malformed", "Correct it.", retryable=False)

HOST_NAME = re.compile(r"[\w.:-]+")

BEFORE = (
    TransportFailure(
        frozenset({"SSLCertVerificationError", "CertificateError"}),
        "the {peer}'s TLS certificate is not trusted",
        TRUST,
        retryable=False,
    ),
    TransportFailure(frozenset({"gaierror"}), "{host} cannot be resolved", RESOLVER),
    TransportFailure(
        frozenset({"InvalidSchema"}),
        "{variable} names a SOCKS proxy, but the package PySocks, which it needs, is not installed",
        "Install it (`pip install pysocks`), or use another proxy.",
        retryable=False,
    ),
    TransportFailure(frozenset({FIND_BUNDLE}), f"{BUNDLE} does not exist", VARIABLE, retryable=False),
    TransportFailure(
        frozenset({KEY_LOG}), "the file named by SSLKEYLOGFILE cannot be written", VARIABLE, retryable=False
    ),
    TransportFailure(HANDSHAKE, "no TLS connection could be made", TRUST),
    TransportFailure(
        frozenset({LOAD_BUNDLE}), f"{BUNDLE} cannot be read, or holds no certificates", VARIABLE, retryable=False
    ),
    TransportFailure(frozenset({"ProxyError"}), "the proxy refused the connection or did not respond", PROXY),
    TransportFailure(frozenset({"ConnectTimeout", "ReadTimeout"}), "the connection timed out{through}", ROUTE),
    TransportFailure(
        frozenset({"NewConnectionError"}), "the connection was refused, or the host is unreachable", ROUTE
    ),
    UNUSABLE,
    TransportFailure(frozenset({"OSError", "HTTPException"}), "the connection failed{through}", ROUTE),
    TransportFailure(frozenset({"Exception"}), "the request could not be sent ({kind})", HOST),
)
"""While nothing has been sent: from the most specific to the least; the last one fits every exception."""

TOO_LONG = TransportFailure(frozenset({"TooLongError"}), "the response is longer than {limit}", LIMIT)
SILENCE = TransportFailure(frozenset({"ReadTimeout", "ReadTimeoutError"}), "no response in time", NETWORK)
BROKEN_TLS = TransportFailure(frozenset({"SSLError"}), "the TLS connection broke", TRUST)
UNREADABLE = TransportFailure(frozenset({"Exception"}), "the response could not be read ({kind})", ADDRESS)

AFTER = {
    Progress.NOT_SENT: BEFORE,
    Progress.SENT: (
        TOO_LONG,
        SILENCE,
        BROKEN_TLS,
        TransportFailure(RESETS, "the connection broke before a response came", NETWORK),
        TransportFailure(frozenset({"HTTPException"}), "the response is not HTTP", ADDRESS),
        TransportFailure(frozenset({"OSError"}), "the connection broke before a response came", NETWORK),
        UNREADABLE,
    ),
    Progress.ANSWERED: (
        TOO_LONG,
        TransportFailure(frozenset({"BrokenCompressionError"}), "the response's compression is broken", ADDRESS),
        SILENCE,
        BROKEN_TLS,
        TransportFailure(frozenset({"OSError", "HTTPException", "HTTPError"}), "the response was cut off", NETWORK),
        UNREADABLE,
    ),
}
"""The ways to fail, by how far the request got."""


def transport_error(call: ApiCall[object], error: Exception, progress: Progress, route: Route) -> TransportError:
    """Return the error for an exception of the HTTP library.

    Args:
        call: What was asked for.
        error: What was raised.
        progress: How far the request got.
        route: Where it was to go.
    """
    causes = list(_causes(error))
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    names |= {frame.f_code.co_name for cause in causes for frame, _ in walk_tb(cause.__traceback__)}
    failure = next(failure for failure in AFTER[progress] if failure.names & names)
    if route.variable and "gaierror" in names and not HOST_NAME.fullmatch(route.proxy):
        failure = UNUSABLE  # a resolver was asked for something that is not a name, such as a part of a URL in quotes
    is_of_proxy = "ProxyError" in names
    facts = {"peer": "proxy" if is_of_proxy else "server", "kind": type(error).__name__}
    facts["address"] = (is_of_proxy and route.variable) or "qovery:apiUrl"
    facts |= {"limit": f"{call.max_bytes // 2**20} MiB", **_facts(route)}
    return TransportError(
        call.operation,
        failure.problem.format_map(facts),
        failure.advice.format_map(facts),
        may_have_executed=call.changes and progress is not Progress.NOT_SENT,
        # An object that is too long is not Qovery's. A list may be Qovery's, and would be as long again.
        retryable=failure.retryable and not (failure is TOO_LONG and call.max_bytes > MAX_OBJECT_BYTES),
        is_too_long=failure is TOO_LONG,
    )


def malformed(call: ApiCall[object], problem: object) -> TransportError:
    """Return the error of a response that is JSON, but does not match the API's description."""
    problem = f"the response does not have the format of Qovery's API ({problem})"
    return TransportError(call.operation, problem, ADDRESS, may_have_executed=call.changes)


def _facts(route: Route) -> dict[str, str]:
    """Return what failures name of a route."""
    if not route.variable:
        host = f"the host name {redact(route.host)}"
        url = "the URL in qovery:apiUrl or QOVERY_API_URL"
        return {"host": host, "url": url, "route": "the network", "url_too": ", and qovery:apiUrl", "through": ""}
    proxy = f"the proxy in {route.variable}"
    return {
        "host": f"the host name {redact(route.proxy)} of {proxy}",
        "url": f"the proxy's URL in {route.variable}",
        "route": f"the network, {route.variable} and NO_PROXY",
        "url_too": "",
        "through": f" through {proxy}",
        "variable": route.variable,
    }


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, in its args, its `reason`, its cause or its context."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        wrapped = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        waiting += [item for item in wrapped if isinstance(item, BaseException)]
