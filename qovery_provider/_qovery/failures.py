"""What a failed call means: a refusal or a broken transport in, one typed error out. It calls nothing itself.

Error bodies come as {status, detail}, as the older {status, error, message, path, timestamp}, empty, or as the HTML
page of a proxy in front. Exceptions are recognised by their names: the most specific is often one of urllib3's or of
the standard library's, deep inside the exception that was raised, and their texts hold addresses and object dumps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from traceback import walk_tb

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
    TransportError,
)

MAX_DETAIL_LENGTH = 200
"""Characters of the server's own text that are shown."""

BY_STATUS: dict[int, type[ApiError]] = {403: PermissionDeniedError, 404: NotFoundError, 409: ConflictError}

NETWORK = "Check the network, then try again."
HOST = "Check the network, and qovery:apiUrl."
ADDRESS = "Check qovery:apiUrl, and whether a proxy or a login page stands in between."
PROXY = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
BUNDLE = "the file that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names"
VARIABLE = "Correct the variable, or unset it."
TRUST = "Check qovery:apiUrl, this machine's clock, and REQUESTS_CA_BUNDLE if a proxy inspects TLS."


HANDSHAKE = frozenset({"do_handshake", "_ssl_wrap_socket_impl"})
"""The function of the standard library's `ssl` in which a failure means that nothing has been sent yet, and its caller
in `urllib3`, which is all that can be seen of TLS to the server inside a TLS proxy."""

FIND_BUNDLE, LOAD_BUNDLE = "cert_verify", "ssl_wrap_socket"
"""The functions of `requests` and `urllib3` that find and read the trusted certificates, before the handshake."""


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """A way for the transport to fail.

    Attributes:
        names: The names of its exceptions, or of the function that raised one.
        problem: What happened, as a phrase.
        advice: What to do next.
        may_have_arrived: Whether the request may have reached the server.
        retryable: Whether trying again can help.
    """

    names: frozenset[str]
    problem: str
    advice: str
    may_have_arrived: bool = True
    retryable: bool = True


TRANSPORT_FAILURES = (
    TransportFailure(frozenset({"ProxyError"}), "the proxy refused or did not answer", PROXY, may_have_arrived=False),
    TransportFailure(
        frozenset({"SSLCertVerificationError"}),
        "the server's TLS certificate is not trusted",
        TRUST,
        may_have_arrived=False,
        retryable=False,
    ),
    TransportFailure(frozenset({"gaierror"}), "the host name cannot be resolved", HOST, may_have_arrived=False),
    TransportFailure(frozenset({"ConnectTimeout"}), "no connection in time", NETWORK, may_have_arrived=False),
    TransportFailure(
        frozenset({"NewConnectionError"}), "no connection: refused, or unreachable", NETWORK, may_have_arrived=False
    ),
    TransportFailure(
        frozenset({"InvalidURL"}), "the URL cannot be used", ADDRESS, may_have_arrived=False, retryable=False
    ),
    TransportFailure(frozenset({"TooLongError"}), "the answer is longer than 1 MiB", ADDRESS),
    TransportFailure(frozenset({"ContentDecodingError"}), "the answer's compression is broken", ADDRESS),
    TransportFailure(HANDSHAKE, "no TLS connection could be made", TRUST, may_have_arrived=False),
    TransportFailure(
        frozenset({FIND_BUNDLE}), f"{BUNDLE} does not exist", VARIABLE, may_have_arrived=False, retryable=False
    ),
    TransportFailure(
        frozenset({LOAD_BUNDLE}),
        f"{BUNDLE} cannot be read, or holds no certificates",
        VARIABLE,
        may_have_arrived=False,
        retryable=False,
    ),
    TransportFailure(frozenset({"ReadTimeout", "ReadTimeoutError"}), "no answer in time", NETWORK),
    TransportFailure(frozenset({"SSLError"}), "the TLS connection broke", TRUST),
    TransportFailure(frozenset({"ChunkedEncodingError", "IncompleteRead"}), "the answer was cut off", NETWORK),
    TransportFailure(frozenset({"Exception"}), "the connection broke before an answer came", NETWORK),
)
"""From the most specific to the least; the last one fits every exception."""


def api_error(operation: str, status: int, content: bytes, token: Token, retry_after: float | None) -> ApiError:
    """Return the error that an answer other than success stands for."""
    detail = token.hidden_in(_detail(content))[:MAX_DETAIL_LENGTH]
    if status == 401:  # noqa: PLR2004
        return AuthenticationError(operation, status, detail, token_source=token.source)
    if status == 429:  # noqa: PLR2004
        return RateLimitError(operation, status, detail, retry_after=retry_after)
    # An unknown environment is answered with 404, with 403, or with a 400 that says so.
    if status == 400 and "exist" in detail.lower():  # noqa: PLR2004
        return NotFoundError(operation, status, detail)
    by_class = {3: RedirectError, 5: ServerError}.get(status // 100, ApiError)
    return BY_STATUS.get(status, by_class)(operation, status, detail, retry_after=retry_after)


def transport_error(operation: str, error: Exception, *, changes: bool) -> TransportError:
    """Return the error that an exception of the HTTP library stands for.

    Args:
        operation: The call, as a phrase.
        error: What was raised.
        changes: Whether the call would have changed something.
    """
    causes = list(_causes(error))
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    names |= {frame.f_code.co_name for cause in causes for frame, _ in walk_tb(cause.__traceback__)}
    kind = next(kind for kind in TRANSPORT_FAILURES if kind.names & names)
    may_have_executed = changes and kind.may_have_arrived
    return TransportError(
        operation, kind.problem, kind.advice, may_have_executed=may_have_executed, retryable=kind.retryable
    )


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


def _detail(content: bytes) -> str:
    """Return the server's own text on one line, or "" where there is none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    text = next(
        (body[key] for key in ("detail", "message", "error") if isinstance(body.get(key), str) and body[key]), ""
    )
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
