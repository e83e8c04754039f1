"""The data of a cancellation: the request, its stage, the knowledge about it, and its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from qovery_provider._qovery.models import EnvironmentStatus, QueuedRequest
from qovery_provider.errors import CallError

Outcome: TypeAlias = Literal[
    "canceled", "requested", "nothing_to_cancel", "superseded", "completed", "environment_gone", "unknown"
]
"""What happened to the target deployment."""

Tolerance: TypeAlias = Literal["succeed", "fail"]


@dataclass(frozen=True, slots=True)
class CancellationRequest:
    """What a user declared for one environment; the options have the same meaning as on `DeploymentCancellation`."""

    environment_id: str
    deployment_id: str | None = None
    force_cancel: bool = False
    include_queued: bool = False
    wait_for_start: float = 0.0
    wait_until_canceled: bool = True
    timeout: float = 1800.0
    on_idle: Tolerance = "succeed"
    on_completed: Tolerance = "fail"


class Stage(Enum):
    """How far a cancellation has come; it goes back only to find a target without an id again, with nothing sent."""

    FINDING_TARGET = "finding the target"
    """It is not known yet which deployment is to be canceled."""
    DRAINING_QUEUE = "draining the queue"
    """The queued requests are being canceled; the status read after the last one shows the target."""
    CANCELING = "canceling"
    """The target is fixed, and no cancel of it may have been executed."""
    CONFIRMING = "confirming"
    """A cancel may have been executed, but its answer was lost: the status has to show it."""
    WAITING = "waiting"
    """A cancel was accepted or adopted, or came too late: the target's end is awaited, and at most force is added."""
    FINISHED = "finished"
    """It is over; the action is the result or the error."""

    @property
    def has_target(self) -> bool:
        """Whether the target is fixed; before that, no cancel of a running deployment is sent."""
        return self not in {Stage.FINDING_TARGET, Stage.DRAINING_QUEUE}

    @property
    def is_awaited(self) -> bool:
        """Whether a cancel may have been executed, so that the target's end is awaited."""
        return self in {Stage.CONFIRMING, Stage.WAITING}


class Sent(Enum):
    """What is known of the cancel of the target. The values are stored in states: none may ever change."""

    NOT_SENT = "not_sent"
    UNCONFIRMED = "unconfirmed"
    """It may have been executed; the answer was lost."""
    ACCEPTED = "accepted"
    ADOPTED = "adopted"
    """A cancellation was already in progress; nothing had to be sent."""
    TOO_LATE = "too_late"
    """The target ended before a cancel was accepted. What runs now is another deployment."""

    @property
    def first_stage(self) -> Stage:
        """Where a run begins that resumes one which got this far."""
        return {
            Sent.NOT_SENT: Stage.FINDING_TARGET,
            Sent.UNCONFIRMED: Stage.CONFIRMING,
            Sent.ACCEPTED: Stage.WAITING,
            Sent.ADOPTED: Stage.WAITING,
            Sent.TOO_LATE: Stage.WAITING,
        }[self]


@dataclass(slots=True)
class Knowledge:
    """What is known of a cancellation so far. All times are in seconds on the same clock.

    Attributes:
        request: What the user asked for.
        started: When the first status read was due.
        now: The time of the last event.
        deployment_id: The target's id, once it is known.
        deployment_state: The target's last known state.
        sent: What is known of the cancel of the target.
        status: The status as it was last read, of any deployment.
        canceled_request_ids: The queued requests that were canceled.
        queued: The requests in the queue when it was last read to be shown; nothing is decided by it.
        send_error: How the last attempt to send the cancel failed.
        read_error: How the last read failed; None after one that succeeded.
        is_hit_unknown: Whether a cancel was or may have been executed whose answer did not name the deployment.
        followed_by_canceled: The newest deployment that is not the target and was canceled: its id and its state.
        unconfirmed_requests: How many queued requests have left the queue after a cancel whose answer was lost.
        request_id: The deployment request that started the target, where a status has named it.
        searched: How many of the newest deployments in the history were searched for the target without finding it.
        unknown_since: Since when the status no longer shows the target and the history does not say how it ended.
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
    read_error: CallError | None = None
    is_hit_unknown: bool = False
    followed_by_canceled: tuple[str, str] | None = None
    unconfirmed_requests: int = 0
    request_id: str | None = None
    searched: int = 0
    unknown_since: float | None = None

    @property
    def is_resumable(self) -> bool:
        """Whether another run can resume it: more was done than reading, and the target's id is known."""
        return self.sent is not Sent.NOT_SENT and self.deployment_id is not None

    @property
    def is_followed(self) -> bool:
        """Whether another deployment is in progress by now."""
        status = self.status
        if status is None or not status.is_in_progress:
            return False
        return status.last_deployment_id is None or status.last_deployment_id != self.deployment_id

    @property
    def deadline(self) -> float:
        """When the time for the whole cancellation is up."""
        return self.started + self.request.timeout


@dataclass(frozen=True, slots=True)
class CancellationResult:
    """The result of a cancellation, with its sentence."""

    outcome: Outcome
    deployment_id: str | None
    deployment_state: str | None
    canceled_request_ids: tuple[str, ...]
    sentence: str
