"""What the cancellation machine is told: a closed union, used as a namespace (`case events.Accepted(status)`).

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
    """A look showed this status; the answer took so many seconds."""

    status: EnvironmentStatus
    took: float = 0.0


@dataclass(frozen=True, slots=True)
class NotListed:
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
class CallFailed:
    """The call that the verdict asked for failed, and no further attempt of the same call is worth it."""

    error: CallError


Event: TypeAlias = StatusRead | NotListed | Accepted | HistoryRead | QueueListed | QueuedCanceled | CallFailed
