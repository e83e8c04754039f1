"""The vocabulary of the cancellation machine: what it is asked, what it is told, what it says.

Data only. Both unions are closed, and mypy (exhaustive-match) checks that every match names every member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from qovery_provider._qovery.models import EnvironmentStatus, QueuedRequest
from qovery_provider.errors import CallError

Outcome: TypeAlias = Literal[
    "canceled", "requested", "nothing_to_cancel", "superseded", "completed", "environment_gone"
]
"""What happened to the deployment that was meant."""

Tolerance: TypeAlias = Literal["succeed", "fail"]


@dataclass(frozen=True, slots=True)
class CancellationRequest:
    """What a user declared for one environment; the options mean what they mean on `DeploymentCancellation`."""

    environment_id: str
    deployment_id: str | None = None
    force_cancel: bool = False
    include_queued: bool = False
    wait_until_canceled: bool = True
    timeout: float = 1800.0
    on_idle: Tolerance = "succeed"
    on_completed: Tolerance = "fail"


class Sent(Enum):
    """How far the cancel of the target got."""

    NOT_SENT = "not_sent"
    UNCONFIRMED = "unconfirmed"
    """It may have been executed; the answer was lost."""
    ACCEPTED = "accepted"
    ADOPTED = "adopted"
    """A cancellation was already under way; nothing had to be sent."""
    TOO_LATE = "too_late"
    """The target ended before a cancel was accepted: it is what was meant, and what runs now is not."""


@dataclass(slots=True)
class Knowledge:
    """What is known of a cancellation so far.

    Attributes:
        request: What was asked for.
        started: When the first look was due.
        now: When something was observed last, on the same clock.
        deployment_id: The target, once it is known.
        deployment_state: The target's last known state.
        sent: How far the cancel got.
        status: What the last look showed, of whatever ran then.
        canceled_request_ids: The queued requests that were canceled.
        queued: What waited in the queue when that was looked up. It is only shown.
        refusal: How the last cancel failed, if none has been accepted.
        unknown_since: Since when the history does not tell how the target ended that no longer runs.
    """

    request: CancellationRequest
    started: float
    now: float
    deployment_id: str | None = None
    deployment_state: str | None = None
    sent: Sent = Sent.NOT_SENT
    status: EnvironmentStatus | None = None
    canceled_request_ids: list[str] = field(default_factory=list)
    queued: Sequence[QueuedRequest] = ()
    send_error: CallError | None = None
    unknown_since: float | None = None

    @property
    def is_resumable(self) -> bool:
        """Whether another run can resume it: what was meant is known by its id, and not merely looked at."""
        return self.sent is not Sent.NOT_SENT and self.deployment_id is not None

    @property
    def deadline(self) -> float:
        """When the wait is over."""
        return self.started + self.request.timeout


@dataclass(frozen=True, slots=True)
class CancellationResult:
    """What really happened, and the sentence that says it."""

    outcome: Outcome
    deployment_id: str | None
    deployment_state: str | None
    canceled_request_ids: tuple[str, ...]
    sentence: str
