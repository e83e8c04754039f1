"""Answers that refuse: every status code with every form of body, redirects, and every hint of a rate limit."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate

from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    PermissionDeniedError,
    RedirectError,
    ServerError,
    TransportError,
)
from tests.contract.faults import Kind
from tests.contract.outcomes import (
    Row,
    conflict,
    conflict_although_executed,
    executed,
    limited,
    limited_past_the_deadline,
    lost,
    missing,
    refused,
    unavailable_past_the_deadline,
)
from tests.support.stage import Fault, Moment
from tests.support.wire import http

JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = b"<html><head><title>Sorry</title></head><body><h1>Sorry</h1><hr>nginx</body></html>"

Headers = Callable[[Moment], Mapping[str, str]]


def answering(status: int, body: bytes = b"", headers: Headers = lambda _: JSON, *, acts: bool = False) -> Fault:
    """Answer with this; `acts` says whether Qovery acts on the request all the same."""

    def answer(moment: Moment) -> bool:
        if acts:
            moment.execute()
        return moment.connection.send(http(status, body, headers(moment)))

    return Fault(answer)


def _kinds(status: int, row: Row, *phrases: str, detail: str = "as told by the server") -> list[Kind]:
    """One kind for each form of error body; those that carry a text have to be quoted."""
    newer = json.dumps({"status": status, "detail": detail}).encode()
    older = json.dumps({"status": status, "error": "Oops", "message": detail, "path": "/", "timestamp": "now"}).encode()
    said = (f"answered {status}", *phrases)
    return [
        Kind(f"{status} with detail", answering(status, newer), row, (*said, detail)),
        Kind(f"{status} with message", answering(status, older), row, (*said, detail)),
        Kind(f"{status} without a body", answering(status), row, said),
        Kind(f"{status} with a page of HTML", answering(status, PAGE, lambda _: HTML), row, said),
    ]


ABSENT = "The environment does not exist"

STATUSES = [
    *_kinds(400, refused(ApiError)),
    *[replace(kind, name=f"{kind.name}: absent") for kind in _kinds(400, missing(), detail=ABSENT)[:2]],
    *_kinds(401, refused(AuthenticationError), "token", "QOVERY_API_TOKEN", "expired", "policy"),
    *_kinds(403, refused(PermissionDeniedError), "role"),
    *_kinds(404, missing(), "it does not exist"),
    *_kinds(409, conflict()),
    *_kinds(422, refused(ApiError)),
    *_kinds(429, limited(), "rate limit", "1000"),
    *[kind for status in (500, 502, 503, 504, 520) for kind in _kinds(status, lost(ServerError))],
    Kind("409 although executed", answering(409, acts=True), conflict_although_executed(), ("409",)),
    Kind("502 although executed", answering(502, PAGE, acts=True), executed(ServerError), ("502",)),
    Kind("504 although executed", answering(504, acts=True), executed(ServerError), ("504",)),
    # A success of another kind may be one, and says nothing that can be used.
    Kind("204 although a body is due", answering(204, acts=True), executed(TransportError), ("204",)),
    Kind("205 although a body is due", answering(205, acts=True), executed(TransportError), ("205",)),
    Kind("206 with a part of the body", answering(206, b'{"id": ', acts=True), executed(TransportError), ("206",)),
    Kind("101 instead of an answer", answering(101), lost(TransportError), ("101",)),
    Kind("999, which no one knows", answering(999), lost(TransportError), ("999",)),
]


def _redirects() -> list[Kind]:
    targets: dict[str, Headers] = {
        "to the same host": lambda moment: {"Location": f"/elsewhere{moment.request.target}"},
        "to another host": lambda _: {"Location": "https://elsewhere.invalid/status"},
        "to plain http": lambda _: {"Location": "http://elsewhere.invalid/status"},
        "without a place": lambda _: {},
    }
    return [
        Kind(f"{status} {name}", answering(status, headers=headers), refused(RedirectError), (str(status), "redirect"))
        for status in (301, 302, 303, 307, 308)
        for name, headers in targets.items()
    ]


def _limits() -> list[Kind]:
    hints: dict[str, tuple[Headers, float]] = {
        "Retry-After in seconds": (lambda _: {"Retry-After": "30"}, 30),
        "Retry-After as a date": (
            lambda moment: {"Retry-After": formatdate(math.ceil(moment.now + 30), usegmt=True)},
            30,
        ),
        "Retry-After of zero": (lambda _: {"Retry-After": "0"}, 0),
        "Retry-After in the past": (lambda _: {"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}, 0),
        "Retry-After below zero": (lambda _: {"Retry-After": "-5"}, 0),
        "X-RateLimit-Reset as an epoch": (lambda moment: {"X-RateLimit-Reset": f"{math.ceil(moment.now + 30)}"}, 30),
        "X-RateLimit-Reset in milliseconds": (
            lambda moment: {"X-RateLimit-Reset": f"{math.ceil(moment.now + 30)}000"},
            30,
        ),
        "X-RateLimit-Reset in seconds": (lambda _: {"X-RateLimit-Reset": "30"}, 30),
        "every header": (
            lambda moment: {
                "X-RateLimit-Limit": "1000",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": f"{math.ceil(moment.now + 30)}",
                "Retry-After": "20",
            },
            20,
        ),
        "hints that are garbage": (lambda _: {"Retry-After": "soon", "X-RateLimit-Reset": "NaN"}, 0),
    }
    far: dict[str, Headers] = {
        "Retry-After of a day": lambda _: {"Retry-After": "86400"},
        "Retry-After in the far future": lambda _: {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"},
        "X-RateLimit-Reset in the far future": lambda moment: {"X-RateLimit-Reset": f"{moment.now + 10**7:.0f}"},
    }
    phrases = ("429", "rate limit")
    return [
        *[
            Kind(f"429, {name}", answering(429, headers=h), limited(), phrases, pause)
            for name, (h, pause) in hints.items()
        ],
        *[
            Kind(f"429, {name}", answering(429, headers=h), limited_past_the_deadline(), phrases)
            for name, h in far.items()
        ],
        Kind(
            "503, Retry-After in seconds",
            answering(503, headers=hints["Retry-After in seconds"][0]),
            lost(ServerError),
            ("503",),
        ),
        Kind(
            "503, Retry-After of a day",
            answering(503, headers=far["Retry-After of a day"]),
            unavailable_past_the_deadline(),
            ("503",),
        ),
    ]


STATUS_KINDS = [*STATUSES, *_redirects(), *_limits()]
