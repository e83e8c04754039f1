"""What a response other than success means: one typed error of ours, or that it did not come from Qovery at all.

Qovery's API writes errors as {status, detail} or as {status, error, message, path, timestamp}: what is in neither form
was not written by it. It calls nothing itself.
"""

from __future__ import annotations

import json
import re

from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.failures import ADDRESS
from qovery_provider._qovery.redaction import Token, TokenKind, without_tokens
from qovery_provider.errors import (
    SET_VALID_TOKEN,
    UNAUTHORIZED,
    ApiError,
    AuthenticationError,
    ConflictError,
    IntermediaryError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)

MAX_DETAIL_LENGTH, MAX_READ_LENGTH = 200, 1000
"""Characters of the server's own text that are shown, and that are searched for what looks like a token."""

BY_STATUS: dict[int, type[ApiError]] = {
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}

NEVER_QOVERY_S = frozenset({408, 425, 499})
"""The statuses, beside all redirects, that concern a connection or a caller: the API's description has none of them."""

LATER = "Try again later; if the problem persists, check qovery:apiUrl and HTTPS_PROXY."


def api_error(
    call: ApiCall[object], status: int, content: bytes, token: Token, retry_after: float | None
) -> ApiError | IntermediaryError:
    """Return the error for a response other than success.

    Args:
        call: What was asked for.
        status: The status code.
        content: The body.
        token: The token, which is not shown.
        retry_after: Seconds that the answer asks to wait.
    """
    detail = _detail(status, content)
    if detail is None or status in NEVER_QOVERY_S or status // 100 == 3:  # noqa: PLR2004
        return _foreign(call, status, content, token, retry_after)
    shown = without_tokens(token.hidden_in(detail)[:MAX_READ_LENGTH])[:MAX_DETAIL_LENGTH]
    if status == 401:  # noqa: PLR2004
        reason, advice = _denial(call, token)
        return AuthenticationError(
            call.operation, status, shown, token_source=token.source, reason=reason, advice=advice
        )
    # An unknown environment is answered with 404, with 403, or with a 400 that says so.
    if status == 400 and _says_absent(detail, call.path):  # noqa: PLR2004
        return NotFoundError(call.operation, status, shown)
    by_class = ServerError if status // 100 == 5 else ApiError  # noqa: PLR2004
    return BY_STATUS.get(status, by_class)(call.operation, status, shown, retry_after=retry_after)


def _denial(call: ApiCall[object], token: Token) -> tuple[str, str]:
    """Return why Qovery may reject a token with a 401, and what to do next."""
    if token.wrong_scheme:
        sent = (
            f"is sent with the scheme {token.wrong_scheme} because of qovery:authScheme, but looks like "
            f"{token.kind.value}"
        )
        return f"{sent}, which uses another scheme", "Remove qovery:authScheme."
    if token.kind is TokenKind.POLICY:
        # Qovery answers 401 where a policy denies, also where it cannot resolve the ids of a path.
        whole = "" if call.path.startswith("/environment/") else " (it may deny every call that names no environment)"
        return f"is invalid, or its policy denies this call{whole}", "Check the token and its policy."
    return UNAUTHORIZED, SET_VALID_TOKEN


def _foreign(
    call: ApiCall[object], status: int, content: bytes, token: Token, retry_after: float | None
) -> IntermediaryError:
    """Return the error of a response that is not Qovery's. One without a body may be, but nothing proves it."""
    explanation, advice = "" if content.strip() else " without a body", LATER
    if status // 100 == 3:  # noqa: PLR2004
        explanation, advice = " (a redirect, which is never followed, to protect the token)", ADDRESS
    if status in {401, 403}:
        advice = f"Check qovery:apiUrl and HTTPS_PROXY, and the token from {token.source}."
    return IntermediaryError(
        call.operation, status, explanation, advice, may_have_executed=call.changes, retry_after=retry_after
    )


def _detail(status: int, content: bytes) -> str | None:
    """Return Qovery's own text on one line, or None when the body is not in one of the forms of its API."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or body.get("status") != status:
        return None
    older = body if body.keys() >= {"error", "path", "timestamp"} else {}
    text = next((text for text in (body.get("detail"), older.get("message")) if isinstance(text, str)), None)
    return text and " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _says_absent(detail: str, path: str) -> bool:
    """Return whether a text says that the object named in the path does not exist, rather than another object."""
    _, kind, identity, *_ = path.split("/")
    words = [
        word for word in re.findall(r"[\w-]+", detail.lower()) if word not in {"the", "with", "id", identity.lower()}
    ]
    return " ".join(words) in {f"{kind} does not exist", f"{kind} doesn t exist"}
