"""How a cancellation must end when one of its calls fails in some way: written from the design, not from the code.

A row holds the four positions; each has two ends: for a fault that strikes once and for one that lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from qovery_provider._cancellation.schedule import ATTEMPTS
from qovery_provider.errors import (
    CallError,
    CancellationInterruptedError,
    CancellationTimeoutError,
    ConflictError,
    IntermediaryError,
    NotCanceledError,
    NotFoundError,
    QoveryError,
    RateLimitError,
    TransportError,
    WrongDeploymentError,
)
from tests.support.stage import Position


@dataclass(frozen=True, slots=True)
class Ends:
    """How a run ends.

    Attributes:
        how: The outcome, or the class of the error.
        posts: How many cancels reach the server.
        phrases: What the error says, beside the phrases of the fault itself.
        retryable: What the failed call says of another attempt; None where no call failed for good.
        names_fault: Whether the error says what came back.
    """

    how: str | type[QoveryError]
    posts: int
    phrases: tuple[str, ...] = ()
    retryable: bool | None = None
    names_fault: bool = True


Row: TypeAlias = Mapping[Position, tuple[Ends, Ends]]

CANCELED = Ends("canceled", 1)
CANCELED_BY_THE_SECOND = Ends("canceled", 2)

ACCEPTED = ("was accepted", "resumes without sending it again")
"""The text when a call fails after the cancel was accepted (design 2.6, 2.7)."""

INTERRUPTED = Ends(CancellationInterruptedError, 1, ACCEPTED)

OUT_OF_TIME = Ends(CancellationTimeoutError, 1, ACCEPTED)

NEVER_KNOWN_TO_ARRIVE = Ends(
    CancellationTimeoutError,
    ATTEMPTS,
    ("may have been received", "sends it again only if the status shows no effect"),
)
"""Sent within the attempts, each after a grace period, then waited for (design 2.3)."""

GONE = Ends(NotCanceledError, 1, ("vanished",), names_fault=False)


def _row(first: tuple[Ends, Ends], post: tuple[Ends, Ends], waiting: tuple[Ends, Ends], last: tuple[Ends, Ends]) -> Row:
    return {Position.FIRST_READ: first, Position.POST: post, Position.WAITING: waiting, Position.LAST_POLL: last}


HARMLESS: Row = dict.fromkeys(Position, (CANCELED, CANCELED))
"""Odd, but a whole and valid answer."""


def _retried(post: tuple[Ends, Ends], error: type[CallError]) -> Row:
    """A failed status read is made again; it ends no wait, the last poll tells the end (design 2.7)."""
    return _row(
        first=(CANCELED, Ends(error, 0, retryable=True)),
        post=post,
        waiting=(CANCELED, CANCELED),
        last=(OUT_OF_TIME, OUT_OF_TIME),
    )


def lost(error: type[CallError] = TransportError) -> Row:
    """Nothing tells whether Qovery has acted, and it has not: polls, then another cancel after a grace (design 2.3)."""
    return _retried((CANCELED_BY_THE_SECOND, NEVER_KNOWN_TO_ARRIVE), error)


def taking_all_the_time(row: Row) -> Row:
    """Each call lasts as long as it may, so that no other poll is made at the deadline."""
    once, _ = row[Position.WAITING]
    return {**row, Position.WAITING: (once, OUT_OF_TIME)}


def lost_on_the_way(error: type[CallError] = TransportError) -> Row:
    """The same, with requests that do not reach the server whole."""
    return _retried((CANCELED, replace(NEVER_KNOWN_TO_ARRIVE, posts=0)), error)


def executed(error: type[CallError] = TransportError) -> Row:
    """Nothing tells whether Qovery has acted, and it has: polls show it, nothing is sent again (design 2.3)."""
    return _retried((CANCELED, CANCELED), error)


def unsent() -> Row:
    """There was no way to the server, so that the cancel may be sent again (design 2.3)."""
    return _retried((CANCELED, Ends(TransportError, 0, retryable=True)), TransportError)


def limited() -> Row:
    """429: certainly not executed; it waits as long as it is told (design 2.3, 2.8)."""
    return _retried((CANCELED_BY_THE_SECOND, Ends(RateLimitError, ATTEMPTS, retryable=True)), RateLimitError)


def limited_past_the_deadline() -> Row:
    """429 until after the deadline: it fails and says so, but while it waits only the deadline ends it (design 2.7)."""
    first, post = Ends(RateLimitError, 0, retryable=True), Ends(RateLimitError, 1, retryable=True)
    return _row((first, first), (post, post), (CANCELED, CANCELED), (OUT_OF_TIME, OUT_OF_TIME))


def unavailable_past_the_deadline() -> Row:
    """503 until after the deadline: no further first read is worth it, and the cancel may have been executed."""
    first = Ends(IntermediaryError, 0, retryable=True)
    return _row(
        (first, first),
        (CANCELED_BY_THE_SECOND, NEVER_KNOWN_TO_ARRIVE),
        (CANCELED, CANCELED),
        (OUT_OF_TIME, OUT_OF_TIME),
    )


def refused(error: type[CallError], *, reaches_server: bool = True) -> Row:
    """Another attempt would get the same answer (design 3): it is told at once."""
    first, post = Ends(error, 0, retryable=False), Ends(error, int(reaches_server), retryable=False)
    later = replace(INTERRUPTED, retryable=False)
    return _row((first, first), (post, post), (later, later), (later, later))


def missing() -> Row:
    """No such environment: believed at once before anything ran, later when a second read agrees (design 1)."""
    first = Ends(NotFoundError, 0, retryable=False)
    post = (CANCELED_BY_THE_SECOND, Ends(NotFoundError, ATTEMPTS, retryable=False))
    return _row((first, first), post, (CANCELED, GONE), (CANCELED, GONE))


def conflict() -> Row:
    """409 to a cancel has two meanings, so polls decide (design 2.4); to a read it is a refusal like any other."""
    post = (CANCELED_BY_THE_SECOND, Ends(ConflictError, ATTEMPTS, retryable=False))
    return {**refused(ConflictError), Position.POST: post}


def conflict_although_executed() -> Row:
    """409 because a cancellation is already in progress: a poll shows that, nothing is sent again (design 2.4)."""
    return {**refused(ConflictError), Position.POST: (CANCELED, CANCELED)}


def another_deployment() -> Row:
    """An answer that names another deployment is never success (design 2.2), and its end is in the history (2.5)."""
    wrong = Ends(WrongDeploymentError, 1)
    return {**HARMLESS, Position.FIRST_READ: (wrong, wrong), Position.POST: (wrong, wrong)}
