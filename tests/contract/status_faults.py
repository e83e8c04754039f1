"""Answers that refuse: every status code with every form of body, redirects, and every hint of a rate limit."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from itertools import product

from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    IntermediaryError,
    PermissionDeniedError,
    ServerError,
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
from tests.support.recorder import error_body
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


def _own(status: int, row: Row, *phrases: str, detail: str = "as told by the server") -> list[Kind]:
    """One kind for each form in which Qovery's API writes errors; their text has to be quoted."""
    newer = json.dumps({"status": status, "detail": detail}).encode()
    older = json.dumps({"status": status, "error": "Oops", "message": detail, "path": "/", "timestamp": "now"}).encode()
    said = (f"Qovery answered {status}", *phrases, detail)
    return [
        Kind(f"{status} with detail", answering(status, newer), row, said),
        Kind(f"{status} with message", answering(status, older), row, said),
    ]


def _foreign(status: int, what: str, body: bytes) -> list[Kind]:
    """An intermediary answers for itself, and has passed the request on or has not."""
    phrases = (f"the {status} response", "something in between")
    return [
        Kind(
            f"{status} with {what}{' although executed' if acts else ''}",
            answering(status, body, lambda _: HTML if body else {}, acts=acts),
            row(IntermediaryError),
            phrases,
        )
        for acts, row in ((False, lost), (True, executed))
    ]


ABSENT = "The environment does not exist"

OWN = [
    *_own(400, refused(ApiError)),
    *[replace(kind, name=f"{kind.name}: absent") for kind in _own(400, missing(), detail=ABSENT)],
    *_own(401, refused(AuthenticationError), "token", "QOVERY_API_TOKEN", "expired", "policy"),
    *_own(403, refused(PermissionDeniedError), "role"),
    *_own(404, missing(), "the id does not exist"),
    *_own(409, conflict()),
    *_own(422, refused(ApiError)),
    *_own(429, limited(), "rate limit", "1000"),
    *[kind for status in (500, 502, 503) for kind in _own(status, lost(ServerError))],
    Kind("409 although executed", answering(409, error_body(409), acts=True), conflict_although_executed(), ("409",)),
    Kind("500 although executed", answering(500, error_body(500), acts=True), executed(ServerError), ("500",)),
]

PAGES = (400, 403, 404, 407, 408, 429, 499, 502, 504, 520)
EMPTY = (300, 401, 404, 405, 409, 413, 425, 431, 500, 503, 999)

FOREIGN = [
    *[kind for status in PAGES for kind in _foreign(status, "a page", PAGE)],
    *[kind for status in EMPTY for kind in _foreign(status, "no body", b"")],
    *_foreign(404, "JSON of another API", b'{"message": "no Route matched with those values"}'),
    *_foreign(409, "JSON of another API", b'{"status": "409", "detail": "conflict"}'),
    *_foreign(408, "JSON as Qovery writes it", error_body(408)),
    # A success of another kind may be one, and says nothing that can be used.
    Kind("204 although a body is due", answering(204, acts=True), executed(IntermediaryError), ("204",)),
    Kind("205 although a body is due", answering(205, acts=True), executed(IntermediaryError), ("205",)),
    Kind("206 with a part of the body", answering(206, b'{"id": ', acts=True), executed(IntermediaryError), ("206",)),
    Kind("101 instead of an answer", answering(101), lost(IntermediaryError), ("101",)),
]


def _redirects() -> list[Kind]:
    targets: dict[str, Headers] = {
        "to the same host": lambda moment: {"Location": f"/elsewhere{moment.request.target}"},
        "to another host": lambda _: {"Location": "https://elsewhere.invalid/status"},
        "to plain http": lambda _: {"Location": "http://elsewhere.invalid/status"},
        "to no URL": lambda _: {"Location": "http://[login]/"},
        "without a place": lambda _: {},
    }
    return [
        Kind(
            f"{status} {name}{' although executed' if acts else ''}",
            answering(status, headers=headers, acts=acts),
            (executed if acts else lost)(IntermediaryError),
            (str(status), "redirect"),
        )
        for number, (status, (name, headers)) in enumerate(product((301, 302, 303, 307, 308), targets.items()))
        for acts in [number % 2 == 0]
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
            Kind(f"429, {name}", answering(429, error_body(429), headers=h), limited(), phrases, pause)
            for name, (h, pause) in hints.items()
        ],
        *[
            Kind(f"429, {name}", answering(429, error_body(429), headers=h), limited_past_the_deadline(), phrases)
            for name, h in far.items()
        ],
        Kind(
            "503, Retry-After in seconds",
            answering(503, headers=hints["Retry-After in seconds"][0]),
            lost(IntermediaryError),
            ("503",),
        ),
        Kind(
            "a gateway's 429, Retry-After in seconds",
            answering(429, PAGE, headers=hints["Retry-After in seconds"][0]),
            lost(IntermediaryError),
            ("429", "something in between"),
        ),
        Kind(
            "503, Retry-After of a day",
            answering(503, headers=far["Retry-After of a day"]),
            unavailable_past_the_deadline(),
            ("503",),
        ),
    ]


STATUS_KINDS = [*OWN, *FOREIGN, *_redirects(), *_limits()]
