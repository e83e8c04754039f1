"""The bodies of failed calls, in every form in which the API and the proxies before it have been seen to send them.

It knows how an error is written, and not when it happens.
"""

import json
from http import HTTPStatus
from typing import Final, Literal

from qovery_provider.simulator._api.bodies import rfc3339

ErrorStyle = Literal["detail", "legacy", "empty", "html"]
"""How errors are written: the newer JSON, the older JSON, no body at all, or a proxy's HTML page."""

JSON_TYPE: Final = "application/json"
HTML_TYPE: Final = "text/html; charset=utf-8"


def error_body(style: ErrorStyle, status: int, detail: str, *, path: str, at: float) -> tuple[str, bytes]:
    """The content type and the body of an error.

    Args:
        style: How it is written.
        status: The status code; two of the styles repeat it in the body.
        detail: The sentence that says what was wrong.
        path: The path that was asked for.
        at: When that was, in seconds by the simulator's clock.
    """
    match style:
        case "detail":
            return JSON_TYPE, json.dumps({"status": status, "detail": detail}).encode()
        case "legacy":
            return JSON_TYPE, _legacy_body(status, detail, path, at)
        case "empty":
            # Labelled as JSON all the same: a client that believes the label fails on the body.
            return JSON_TYPE, b""
        case "html":
            return HTML_TYPE, _html_page(status)


# The older shape, with its text under `message`; Qovery's current clients read `detail`.
def _legacy_body(status: int, detail: str, path: str, at: float) -> bytes:
    fields = {"status": status, "error": reason(status), "message": detail, "path": path, "timestamp": rfc3339(at)}
    return json.dumps(fields).encode()


# What a load balancer or a company's proxy answers when the API itself is out of reach.
def _html_page(status: int) -> bytes:
    title = f"{status} {reason(status)}"
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>nginx</body></html>".encode()


def reason(status: int) -> str:
    """The reason phrase; empty for a code that HTTP does not know."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
