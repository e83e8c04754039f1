"""What the cancellation machine does, found out by telling it everything that can happen. It renders nothing.

Every situation is reached by a story: what was observed, one thing after the other. From each situation each thing that
can be observed next is tried, until nothing new comes of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from qovery_provider import errors
from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Sent
from qovery_provider._cancellation.schedule import HISTORY_TIMEOUT
from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus

TARGET, NEXT = "target", "next"

ANY = CancellationRequest("environment", on_idle="succeed", on_completed="succeed")
PINNED = replace(ANY, deployment_id=TARGET)
WITH_QUEUE = replace(ANY, include_queued=True)


def status(state: str, deployment_id: str | None = TARGET) -> EnvironmentStatus:
    """Return what a look shows."""
    return EnvironmentStatus("environment", state, state, last_deployment_id=deployment_id)


REFUSED = errors.AuthenticationError("a call", 401, token_source="...")  # noqa: S106 - where a token is from
UNREACHED = errors.TransportError("a call", "no connection", "", may_have_executed=False)
LOST = errors.TransportError("a call", "no answer", "", may_have_executed=True)
MISSING = errors.NotFoundError("a call", 404)
CONFLICT = errors.ConflictError("a call", 409)

TIME_IS_UP = "it still runs, and the time is up"

Moment = Callable[[Cancellation], float]
"""When something is observed."""


def due(one: Cancellation) -> float:
    """When the call is to be made; what has ended is asked nothing more."""
    return getattr(one.action, "at", 0.0)


def after_the_grace(one: Cancellation) -> float:
    """When the cancel may be sent again."""
    return max(due(one), one._attempts.earliest)  # noqa: SLF001 - nothing else tells it


def out_of_patience(one: Cancellation) -> float:
    """When the history has had time enough."""
    return max(due(one), (one.known.unknown_since or 0.0) + HISTORY_TIMEOUT)


def at_the_deadline(one: Cancellation) -> float:
    """When the time is up."""
    return one.known.deadline


LOOKS: dict[str, events.Event] = {
    "it runs": events.StatusRead(status("BUILDING")),
    "it runs, by an answer that took long": events.StatusRead(status("BUILDING"), took=60.0),
    "its state is unknown": events.StatusRead(status("A_NEW_STATE")),
    "it is CANCELING": events.StatusRead(status("CANCELING")),
    "it is CANCELED": events.StatusRead(status("CANCELED")),
    "it has ended by itself": events.StatusRead(status("DEPLOYED")),
    "another one is shown": events.StatusRead(status("BUILDING", NEXT)),
    "something without an id runs": events.StatusRead(status("BUILDING", None)),
    "no such environment": events.CallFailed(MISSING),
    "its project does not list it": events.NotListed(),
    "the look fails for good": events.CallFailed(REFUSED),
}
SENDS: dict[str, events.Event] = {
    "accepted": events.Accepted(status("CANCELING")),
    "accepted, but for another one": events.Accepted(status("CANCELING", NEXT)),
    "409, or 404": events.CallFailed(CONFLICT),
    "surely not received": events.CallFailed(UNREACHED),
    "the answer is lost": events.CallFailed(LOST),
    "refused for good": events.CallFailed(REFUSED),
}
HISTORIES: dict[str, events.Event] = {
    "it was CANCELED": events.HistoryRead([DeploymentRecord(TARGET, "CANCELED")]),
    "it ended in another way": events.HistoryRead([DeploymentRecord(TARGET, "DEPLOYED")]),
    "it is under way": events.HistoryRead([DeploymentRecord(TARGET, "BUILDING")]),
    "it is not there": events.HistoryRead([]),
    "the call fails for good": events.CallFailed(REFUSED),
}
QUEUES: dict[str, events.Event] = {
    "it is empty": events.QueueListed([]),
    "requests wait": events.QueueListed(["request"]),
    "the call fails for good": events.CallFailed(REFUSED),
}
QUEUED: dict[str, events.Event] = {
    "canceled": events.QueuedCanceled("request"),
    "it waits no longer": events.CallFailed(CONFLICT),
    "the answer is lost": events.CallFailed(LOST),
    "refused for good": events.CallFailed(REFUSED),
}

UNTOLD = ("it is under way", "it is not there")

EVENTS: dict[type, Mapping[str, events.Event]] = {
    actions.ReadStatus: LOOKS,
    actions.SendCancel: SENDS,
    actions.ReadHistory: HISTORIES,
    actions.ListQueue: QUEUES,
    actions.CancelQueued: QUEUED,
}

STEPS: dict[type, str] = {
    actions.SendCancel: "send",
    actions.ReadHistory: "ask the history",
    actions.ListQueue: "list the queue",
    actions.CancelQueued: "cancel a queued request",
}

Story = tuple[tuple[events.Event, Moment], ...]
"""What was observed, and when."""


@dataclass(frozen=True)
class Step:
    """One arrow: in this situation, this was observed, and it led there."""

    situation: str
    observed: str
    next: str


def situation(cancellation: Cancellation) -> str:
    """Name what is to be done next, or how it ended."""
    return _named(cancellation.action, cancellation.known.sent, is_fixed=cancellation.stage.has_target)


def _named(action: actions.Action, sent: Sent, *, is_fixed: bool) -> str:
    match action:
        case actions.ReadStatus():
            after = {Sent.NOT_SENT: "look again", Sent.UNCONFIRMED: "look whether it arrived"}.get(sent, "wait")
            return after if is_fixed else "first look"
        case actions.Done(result):
            return result.outcome
        case actions.Fail(error):
            return "the call's error" if isinstance(error, errors.CallError) else type(error).__name__
        case actions.SendCancel() | actions.ReadHistory() | actions.ListQueue() | actions.CancelQueued():
            return STEPS[type(action)]


def told(request: CancellationRequest, sent: Sent, story: Story) -> Cancellation:
    """Return the machine after a story."""
    cancellation = Cancellation(request, 0.0, lambda: 0.5, sent)
    for event, moment in story:
        cancellation.observe(event, moment(cancellation))
    return cancellation


def steps(request: CancellationRequest, sent: Sent = Sent.NOT_SENT) -> set[Step]:
    """Return everything that can happen to a cancellation."""
    found, seen, stories = set[Step](), set[object](), deque[Story]([()])
    while stories:
        story = stories.popleft()
        before = told(request, sent, story)
        if _detail(before) in seen:
            continue
        seen.add(_detail(before))
        for observed, event, moment in _possible(before.action):
            longer = (*story, (event, moment))
            after = told(request, sent, longer)
            found.add(Step(situation(before), observed, situation(after)))
            if not isinstance(after.action, actions.Done | actions.Fail):
                stories.append(longer)
    return found


def ends(found: set[Step]) -> Iterator[tuple[str, str]]:
    """Yield each situation with each end that it can lead to at once."""
    inner = {step.situation for step in found}
    yield from sorted({(step.situation, step.next) for step in found if step.next not in inner})


def _possible(action: actions.Action) -> Iterator[tuple[str, events.Event, Moment]]:
    """Yield what a step can lead to, and when it is observed."""
    yield from ((observed, event, due) for observed, event in EVENTS.get(type(action), {}).items())
    if isinstance(action, actions.ReadStatus):
        yield "it runs", LOOKS["it runs"], after_the_grace
        yield TIME_IS_UP, LOOKS["it runs"], at_the_deadline
    if isinstance(action, actions.ReadHistory):
        yield from ((observed, HISTORIES[observed], out_of_patience) for observed in UNTOLD)


def _detail(cancellation: Cancellation) -> object:
    """Return what decides about the future, less the time."""
    known = cancellation.known
    is_slow = cancellation._slow_reads == 1  # noqa: SLF001 - as above
    is_untold = known.unknown_since is not None
    counts = (cancellation._was_missing, cancellation._attempts.made)  # noqa: SLF001 - as above
    send_error = type(known.send_error)
    is_waiting = known.now < cancellation._attempts.earliest  # noqa: SLF001 - as above
    return (
        situation(cancellation),
        cancellation.stage,
        known.sent,
        counts,
        is_slow,
        is_untold,
        send_error,
        is_waiting,
        len(known.canceled_request_ids),
    )
