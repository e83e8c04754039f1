"""What the cancellation machine observes: a closed union, used as a namespace (`case events.Accepted(status)`).

mypy (exhaustive-match) checks that every match names every member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus
from qovery_provider.errors import CallError


@dataclass(frozen=True, slots=True)
class StatusRead:
    """The status was read, and the answer took this many seconds."""

    status: EnvironmentStatus
    took: float = 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The cancel was accepted; the answer holds this status."""

    status: EnvironmentStatus


@dataclass(frozen=True, slots=True)
class HistoryRead:
    """The newest deployments of the environment."""

    records: Sequence[DeploymentRecord]


@dataclass(frozen=True, slots=True)
class RequestRead:
    """The state of the deployment request that was asked for."""

    state: str


@dataclass(frozen=True, slots=True)
class QueueListed:
    """The ids of the requests that wait in the environment's queue."""

    request_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class QueuedCanceled:
    """This queued request was canceled."""

    request_id: str


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The call that the machine asked for failed, and another attempt of the same call is not worth it."""

    error: CallError


@dataclass(frozen=True, slots=True)
class Stopped:
    """The update is being stopped: the engine has gone, or the user pressed ^C. Nothing more may be sent.

    It may come at any time before the end, also while a read is planned or on the wire; then that read's result is
    dropped. It never comes while a POST is on the wire: the driver awaits its answer first, and reports it.
    """


Event: TypeAlias = (
    StatusRead | Accepted | HistoryRead | RequestRead | QueueListed | QueuedCanceled | CallFailed | Stopped
)
