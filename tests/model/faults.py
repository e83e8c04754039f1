"""The ways in which single calls fail, as a table. What fails for a while is part of the weather."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qovery_provider.errors import (
    ApiError,
    CallError,
    ConflictError,
    IntermediaryError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
)

AFTER, BEFORE = True, False
"""Whether a call that fails has done its work all the same."""


class Fault(NamedTuple):
    """A way for a call to fail; `is_executed` says whether it has done its work all the same."""

    name: str
    is_executed: bool
    error: Callable[[str, bool], CallError]


def _broken(*, certainly_not: bool = False, retryable: bool = True) -> Callable[[str, bool], CallError]:
    return lambda operation, changes: TransportError(
        operation, "it broke", "", may_have_executed=changes and not certainly_not, retryable=retryable
    )


def _page(status: int, retry_after: float | None = None) -> Callable[[str, bool], CallError]:
    """Return how something in between answers, regardless of what Qovery has done."""
    return lambda operation, changes: IntermediaryError(
        operation, status, "", "", may_have_executed=changes, retry_after=retry_after
    )


FAULTS = (
    Fault("lost answer", AFTER, _broken()),
    Fault("lost request", BEFORE, _broken()),
    Fault("502 after", AFTER, lambda operation, _: ServerError(operation, 502)),
    Fault("502 before", BEFORE, lambda operation, _: ServerError(operation, 502)),
    Fault("503", BEFORE, lambda operation, _: ServerError(operation, 503, retry_after=20.0)),
    Fault("no connection", BEFORE, _broken(certainly_not=True)),
    Fault("429", BEFORE, lambda operation, _: RateLimitError(operation, 429, retry_after=7.0)),
    Fault("409", BEFORE, lambda operation, _: ConflictError(operation, 409)),
    Fault("404", BEFORE, lambda operation, _: NotFoundError(operation, 404)),
    Fault("lost answer", AFTER, _broken()),
    Fault("lost request", BEFORE, _broken()),
    Fault("502 after", AFTER, lambda operation, _: ServerError(operation, 502)),
    Fault("429, no hint", BEFORE, lambda operation, _: RateLimitError(operation, 429)),
    Fault("502 before", BEFORE, lambda operation, _: ServerError(operation, 502)),
    Fault("429, an hour", BEFORE, lambda operation, _: RateLimitError(operation, 429, retry_after=3000.0)),
    Fault("lost answer", AFTER, _broken()),
    Fault("a page instead", AFTER, _page(200)),
    Fault("a page with 404", BEFORE, _page(404)),
    Fault("a page for an hour", BEFORE, _page(503, 3600.0)),
    Fault("a page with 403", AFTER, _page(403)),
    Fault("bad TLS", BEFORE, _broken(certainly_not=True, retryable=False)),
    Fault("too long", AFTER, _broken(retryable=False)),
    Fault("400", BEFORE, lambda operation, _: ApiError(operation, 400)),
)


TRUE_OF_REQUESTS = tuple(fault for fault in FAULTS if fault.name not in {"404", "409"})
"""These two would say that a queued request no longer waits, and no read could show that it still does."""
