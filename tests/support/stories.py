"""Stories of cancellations, told in JSON: what was asked, what was observed when, what the machine said, how it ended.

One file is one story:

    {
      "story": "One sentence.",
      "request": {"timeout": 60},
      "steps": [
        {"at": 0, "observed": ["d1", "BUILDING"], "says": "send at 0"},
        {"at": 0, "accepted": ["d1", "CANCELED"], "says": "done"}
      ],
      "end": {"outcome": "canceled", "deployment_id": "d1", ...}
    }

A status is [deployment, state], a record of the history the same with an action status if there is one; a step has
exactly one kind of event. "took" tells how many seconds the answer to a look took, where that is not nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus
from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    CallError,
    ConflictError,
    NotFoundError,
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
    "503 for 40 s": ServerError("calling", 503, retry_after=40.0),
    "no answer": TransportError("calling", "no answer within 30 s", "Try again.", may_have_executed=True),
    "no connection": TransportError("calling", "refused", "Try again.", may_have_executed=False),
    "no trust": TransportError("calling", "no trust", "Check it.", may_have_executed=False, retryable=False),
    "garbage": TransportError("calling", "too long", "Check it.", may_have_executed=True, retryable=False),
}

WORDS: Mapping[type[actions.Action], str] = {
    actions.ReadStatus: "look",
    actions.SendCancel: "send",
    actions.ReadHistory: "look up the history",
    actions.ListQueue: "list the queue",
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
    """Return what was asked."""
    return CancellationRequest(ENVIRONMENT, **told["request"])


def status(deployment: str | None, state: str) -> EnvironmentStatus:
    """Return a status of the environment of all stories."""
    return EnvironmentStatus(ENVIRONMENT, state, state, last_deployment_id=deployment)


def event(step: Mapping[str, Any]) -> events.Event:
    """Return what was observed in a step."""
    match step:
        case {"observed": seen}:
            return events.StatusRead(status(*seen), step.get("took", 0.0))
        case {"accepted": answer}:
            return events.Accepted(status(*answer))
        case {"history": records}:
            return events.HistoryRead([DeploymentRecord(*record) for record in records])
        case {"queue": request_ids}:
            return events.QueueListed(request_ids)
        case {"unqueued": request_id}:
            return events.QueuedCanceled(request_id)
        case {"failed": name}:
            return events.CallFailed(FAILURES[name])
        case {"stopped": True}:
            return events.Stopped()
        case _:
            raise ValueError(f"no event in {step}")


def said(action: actions.Action) -> str:
    """Say a verdict in words, its time to the millisecond."""
    words = WORDS[type(action)]
    if isinstance(action, actions.Done | actions.Fail):
        return words
    which = f" {action.request_id}" if isinstance(action, actions.CancelQueued) else ""
    return f"{words}{which} at {round(action.at, 3):g}"
