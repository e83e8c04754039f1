"""The vocabulary of the cancellation machine: what it is asked, what it is told, what it says.

Data only. Both unions are closed, and mypy (exhaustive-match) checks that every match names every member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus, QueuedRequest
from qovery_provider.errors import CallError, QoveryError

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

    NOTHING = "nothing"
    MAYBE = "maybe"
    """It may have been executed; the answer was lost."""
    ACCEPTED = "accepted"
    JOINED = "joined"
    """A cancellation was already under way; nothing had to be sent."""
    TOO_LATE = "too late"
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
        untold_since: Since when the history does not tell how the target ended that no longer runs.
    """

    request: CancellationRequest
    started: float
    now: float
    deployment_id: str | None = None
    deployment_state: str | None = None
    sent: Sent = Sent.NOTHING
    status: EnvironmentStatus | None = None
    canceled_request_ids: list[str] = field(default_factory=list)
    queued: Sequence[QueuedRequest] = ()
    refusal: CallError | None = None
    untold_since: float | None = None

    @property
    def is_bound(self) -> bool:
        """Whether another run can resume it: what was meant is known by its id, and not merely looked at."""
        return self.sent is not Sent.NOTHING and self.deployment_id is not None

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


# What is observed.


@dataclass(frozen=True, slots=True)
class Observed:
    """A look showed this status; the answer took so many seconds."""

    status: EnvironmentStatus
    took: float = 0.0


@dataclass(frozen=True, slots=True)
class Unlisted:
    """The list of its project's environments was read, and the environment is not in it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The cancel was accepted, and the answer holds this status."""

    status: EnvironmentStatus


@dataclass(frozen=True, slots=True)
class HistoryRead:
    """The newest deployments of the environment."""

    records: Sequence[DeploymentRecord]


@dataclass(frozen=True, slots=True)
class QueueListed:
    """The ids of the requests that wait in the environment's queue."""

    request_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class QueuedCanceled:
    """This queued request was canceled."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The call that the verdict asked for failed, and no further attempt of the same call is worth it."""

    error: CallError


Event: TypeAlias = Observed | Unlisted | Accepted | HistoryRead | QueueListed | QueuedCanceled | Failed


# What is to be done, and when: `at` is in the seconds of the clock that the machine is told.


@dataclass(frozen=True, slots=True)
class Look:
    """Read the environment's status."""

    at: float


@dataclass(frozen=True, slots=True)
class Send:
    """Send the cancel. Once: a failure goes to the machine, whatever it is."""

    at: float


@dataclass(frozen=True, slots=True)
class LookUpHistory:
    """Read the environment's deployment history."""

    at: float


@dataclass(frozen=True, slots=True)
class ListQueue:
    """Read the environment's queue."""

    at: float


@dataclass(frozen=True, slots=True)
class CancelQueued:
    """Cancel this request of the queue. Once, as with `Send`."""

    at: float
    request_id: str


@dataclass(frozen=True, slots=True)
class Done:
    """It is over, and well."""

    result: CancellationResult


@dataclass(frozen=True, slots=True)
class Fail:
    """It is over, and not well."""

    error: QoveryError


Step: TypeAlias = Look | Send | LookUpHistory | ListQueue | CancelQueued
Verdict: TypeAlias = Step | Done | Fail
