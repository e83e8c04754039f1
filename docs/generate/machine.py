"""Everything that the cancellation machine does, found by trying every event in every stage. It renders nothing.

A situation is reached by a story: the observed events, one after the other. In each situation every event that can come
next is tried, until no new situation is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from qovery_provider import errors
from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Sent, Stage
from qovery_provider._cancellation.schedule import ATTEMPTS, HISTORY_TIMEOUT
from qovery_provider._qovery.models import HISTORY_PAGES, DeploymentRecord, EnvironmentStatus

TARGET, NEXT = "target", "next"

ANY = CancellationRequest("environment", timeout=1e6, on_idle="succeed", on_completed="succeed")
PINNED = replace(ANY, deployment_id=TARGET)
REQUESTS = (ANY, PINNED, replace(ANY, include_queued=True), replace(PINNED, include_queued=True))

LONG = 100.0
"""Seconds that are longer than the machine waits for an effect of a cancel, or for the history."""


def status(state: str, deployment_id: str | None = TARGET) -> EnvironmentStatus:
    """Return a status of the environment."""
    request = "request" if deployment_id == TARGET else None
    return EnvironmentStatus(
        "environment", state, state, last_deployment_id=deployment_id, deployment_request_id=request
    )


REJECTED = events.CallFailed(errors.AuthenticationError("a call", 401, token_source="..."))  # noqa: S106 - a source
UNREACHED = events.CallFailed(errors.TransportError("a call", "no connection", "", may_have_executed=False))
LOST = events.CallFailed(errors.TransportError("a call", "no answer", "", may_have_executed=True))
TOO_LONG = events.CallFailed(
    errors.TransportError("a call", "too long", "", may_have_executed=False, retryable=False, is_too_long=True)
)
MISSING = events.CallFailed(errors.NotFoundError("a call", 404))
CONFLICT = events.CallFailed(errors.ConflictError("a call", 409))

RUNS, AT_THE_DEADLINE, SLOW = "it runs", "it still runs at the deadline", "it runs, but the answer took long"
CANCELED, FINISHED, NAMELESS = "it is CANCELED", "it finished on its own", "a deployment without an id"

STOPPED: dict[str, events.Event] = {"the update is stopped": events.Stopped()}

EVENTS: dict[type, dict[str, events.Event]] = {
    actions.ReadStatus: {
        RUNS: events.StatusRead(status("BUILDING")),
        SLOW: events.StatusRead(status("BUILDING"), took=60.0),
        "its state is not known": events.StatusRead(status("A_NEW_STATE")),
        "its status is UNAVAILABLE": events.StatusRead(status("UNAVAILABLE")),
        "it is CANCELING": events.StatusRead(status("CANCELING")),
        CANCELED: events.StatusRead(status("CANCELED")),
        FINISHED: events.StatusRead(status("DEPLOYED")),
        "another deployment": events.StatusRead(status("BUILDING", NEXT)),
        NAMELESS: events.StatusRead(status("BUILDING", None)),
        "404": MISSING,
        "the read fails": REJECTED,
        AT_THE_DEADLINE: events.StatusRead(status("BUILDING")),
        **STOPPED,
    },
    actions.SendCancel: {
        "accepted": events.Accepted(status("CANCELING")),
        "accepted for another deployment": events.Accepted(status("CANCELING", NEXT)),
        "409 or 404": CONFLICT,
        "not received": UNREACHED,
        "answer lost": LOST,
        "rejected": REJECTED,
        **STOPPED,
    },
    actions.ReadHistory: {
        "it was CANCELED": events.HistoryRead([DeploymentRecord(TARGET, "CANCELED")]),
        "it finished on its own": events.HistoryRead([DeploymentRecord(TARGET, "DEPLOYED")]),
        "it is in progress": events.HistoryRead([DeploymentRecord(TARGET, "BUILDING")]),
        "it is not listed": events.HistoryRead([]),
        "it is not on a full page": events.HistoryRead([DeploymentRecord(NEXT, "DEPLOYED")] * HISTORY_PAGES[-1]),
        "a larger page is too long": TOO_LONG,
        "the read fails": REJECTED,
        **STOPPED,
    },
    actions.ReadRequest: {
        "it was CANCELED": events.RequestRead("CANCELED"),
        "it finished on its own": events.RequestRead("DEPLOYED"),
        "its state is not known": events.RequestRead("A_NEW_STATE"),
        "the read fails": REJECTED,
        **STOPPED,
    },
    actions.ListQueue: {
        "it is empty": events.QueueListed([]),
        "requests are queued": events.QueueListed(["first", "second"]),
        "the read fails": REJECTED,
        **STOPPED,
    },
    actions.CancelQueued: {
        "canceled": events.QueuedCanceled("first"),
        "no longer queued": CONFLICT,
        "answer lost": LOST,
        "rejected": REJECTED,
        **STOPPED,
    },
}
"""The possible results of each call."""

POLLS: Mapping[Stage, str] = {Stage.CONFIRMING: "poll to confirm", Stage.WAITING: "wait"}

Story = tuple[tuple[str, events.Event, float], ...]
"""The observed events, each with its delay in seconds."""


@dataclass(frozen=True)
class Step:
    """In this stage, this call had this result, and it led to the next action in the next stage."""

    request: CancellationRequest
    stage: Stage
    call: type
    result: str
    next_stage: Stage
    next: str


def next_action(cancellation: Cancellation) -> str:
    """Name the next action, or the end."""
    match cancellation.action:
        case actions.ReadStatus():
            return POLLS.get(cancellation.stage, "read again")
        case actions.SendCancel():
            return "send the cancel"
        case actions.ReadHistory():
            return "read the history"
        case actions.ReadRequest():
            return "read its request"
        case actions.ListQueue():
            return "list the queue"
        case actions.CancelQueued():
            return "cancel a queued request"
        case actions.Done(result):
            return f"`{result.outcome}`"
        case actions.Fail(error):
            return "the call's error" if isinstance(error, errors.CallError) else f"`{type(error).__name__}`"


def told(request: CancellationRequest, story: Story, sent: Sent = Sent.NOT_SENT) -> Cancellation:
    """Return the machine after a story."""
    cancellation = Cancellation(request, 0.0, lambda: 0.5, sent)
    for result, event, late in story:
        due = getattr(cancellation.action, "at", 0.0)
        if isinstance(event, events.QueuedCanceled) and isinstance(cancellation.action, actions.CancelQueued):
            event = events.QueuedCanceled(cancellation.action.request_id)  # noqa: PLW2901 - the next one
        cancellation.observe(event, cancellation.known.deadline if result == AT_THE_DEADLINE else due + late)
    return cancellation


@cache
def steps() -> frozenset[Step]:
    """Return everything that can happen to a cancellation."""
    return frozenset(step for request in REQUESTS for step in _steps(request))


def _steps(request: CancellationRequest) -> Iterator[Step]:
    stories, seen = list[Story]([()]), set[object]()
    for story in stories:
        before = told(request, story)
        call = type(before.action)
        for result, event in EVENTS[call].items():
            for late in (0.0, LONG):
                longer = (*story, (result, event, late))
                after = told(request, longer)
                if after.known.deployment_id == NEXT:
                    continue  # then that is the target, and the labels do not fit
                yield Step(request, before.stage, call, result, after.stage, next_action(after))
                situation = _situation(after, longer)
                if after.stage is not Stage.FINISHED and situation not in seen:
                    seen.add(situation)
                    stories.append(longer)


def _situation(cancellation: Cancellation, story: Story) -> object:
    """Return the facts that decide what can follow; to tell more of them apart shows nothing new."""
    known, first, last = cancellation.known, story[0][0], story[-1][0]
    slow = sum(result == SLOW for result, _, _ in story[-2:])
    sends = sum(result in EVENTS[actions.SendCancel] for result, _, _ in story)
    unknown_for = None if known.unknown_since is None else known.now - known.unknown_since
    is_given_up = unknown_for is not None and unknown_for >= HISTORY_TIMEOUT
    history = unknown_for is not None, is_given_up, getattr(cancellation.action, "page_size", 0)
    was_over, was_nameless = first in {CANCELED, FINISHED}, first == NAMELESS
    sent = min(sends, ATTEMPTS + 1), bool(known.canceled_request_ids)
    return cancellation.stage, type(cancellation.action), history, was_over, was_nameless, last, slow, sent
