"""Stories of cancellations, told in JSON: what was asked for, what was observed, what the machine said, how it ended.

One file is one story:

    {
      "story": "One sentence.",
      "request": {"timeout": 60},
      "steps": [
        {"status": ["d1", "BUILDING"], "says": "send cancel"},
        {"failed": "429 for 40 s", "says": "read status at 40"},
        {"at": 55, "status": ["d1", "CANCELED"], "says": "done"}
      ],
      "end": {"outcome": "canceled", "deployment_id": "d1", ...}
    }

A step has exactly one event. A status is [deployment, state], with other fields in a third place; a record of the
history is [deployment, state], with an action status if there is one. Times are told only where they matter: without
"at", a call is answered at the time for which the machine has planned it, plus the seconds that it "took"; and an
action that is told without its time may be planned for any.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus
from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    CallError,
    ConflictError,
    NotFoundError,
    NotSentError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TransportError,
)

FOLDER = Path(__file__).parents[1] / "stories"

ENVIRONMENT = "env"

FAILURES: Mapping[str, CallError] = {
    "400": ApiError("calling", 400),
    "401": AuthenticationError("calling", 401, token_source="QOVERY_API_TOKEN"),
    "403": PermissionDeniedError("calling", 403),
    "404": NotFoundError("calling", 404),
    "409": ConflictError("calling", 409),
    "429": RateLimitError("calling", 429),
    "429 for 40 s": RateLimitError("calling", 429, retry_after=40.0),
    "503": ServerError("calling", 503),
    "503 for an hour": ServerError("calling", 503, retry_after=3600.0),
    "503 for 40 s": ServerError("calling", 503, retry_after=40.0),
    "no answer": TransportError("calling", "no answer within 30 s", "Try again.", may_have_executed=True),
    "no connection": TransportError("calling", "refused", "Try again.", may_have_executed=False),
    "no trust": TransportError("calling", "no trust", "Check it.", may_have_executed=False, retryable=False),
    "too long": TransportError(
        "calling", "too long", "Report it.", may_have_executed=False, retryable=False, is_too_long=True
    ),
    "not sent": NotSentError("calling", "another cancel was sent to this environment"),
    "garbage": TransportError("calling", "too long", "Check it.", may_have_executed=True, retryable=False),
}

WORDS: Mapping[type[actions.Action], str] = {
    actions.ReadStatus: "read status",
    actions.SendCancel: "send cancel",
    actions.ReadHistory: "read history",
    actions.ReadRequest: "read request",
    actions.ListQueue: "list queue",
    actions.CancelQueued: "cancel queued",
    actions.Done: "done",
    actions.Fail: "fail",
}


def names() -> list[str]:
    """Return the names of all stories."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def story(name: str) -> dict[str, Any]:
    """Read a story."""
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return read


def request(told: Mapping[str, Any]) -> CancellationRequest:
    """Return what was asked for."""
    return CancellationRequest(ENVIRONMENT, **told["request"])


def status(deployment: str | None, state: str, fields: Mapping[str, Any] = MappingProxyType({})) -> EnvironmentStatus:
    """Return a status of the environment of all stories."""
    return EnvironmentStatus(ENVIRONMENT, state, state, last_deployment_id=deployment, **fields)


def event(step: Mapping[str, Any]) -> events.Event:
    """Return what was observed in a step."""
    match step:
        case {"status": shown}:
            return events.StatusRead(status(*shown), step.get("took", 0.0))
        case {"accepted": answer}:
            return events.Accepted(status(*answer))
        case {"history": records}:
            return events.HistoryRead([DeploymentRecord(*record) for record in records])
        case {"request_state": state}:
            return events.RequestRead(state)
        case {"queue": request_ids}:
            return events.QueueListed(request_ids)
        case {"queued_canceled": request_id}:
            return events.QueuedCanceled(request_id)
        case {"failed": name}:
            return events.CallFailed(FAILURES[name])
        case {"stopped": True}:
            return events.Stopped()
        case _:
            raise ValueError(f"no event in {step}")


def play(told: Mapping[str, Any]) -> Iterator[Cancellation]:
    """Yield the machine after each step of a story."""
    machine = Cancellation(request(told), 0.0, lambda: 1.0)
    for step in told["steps"]:
        planned = getattr(machine.action, "at", machine.known.now)
        machine.observe(event(step), step.get("at", planned + step.get("took", 0.0)))
        yield machine


def after(name: str) -> Cancellation:
    """Return the machine after a story."""
    *_, machine = play(story(name))
    return machine


def said(action: actions.Action, like: str) -> str:
    """Say an action as a story does: with its time, to the millisecond, if the story tells it."""
    words = WORDS[type(action)]
    if isinstance(action, actions.Done | actions.Fail):
        return words
    which = f" {action.request_id}" if isinstance(action, actions.CancelQueued | actions.ReadRequest) else ""
    if isinstance(action, actions.ReadHistory) and " of " in like:
        which = f" of {action.page_size}"
    return f"{words}{which} at {round(action.at, 3):g}" if " at " in like else f"{words}{which}"
