"""What the cancellation machine asks for: a closed union, used as a namespace (`case actions.SendCancel()`).

`at` is the time of the action, in the seconds of the clock that the machine is told. mypy (exhaustive-match) checks
that every match names every member.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from qovery_provider._cancellation.model import CancellationResult
from qovery_provider.errors import QoveryError


@dataclass(frozen=True, slots=True)
class ReadStatus:
    """Read the environment's status."""

    at: float


@dataclass(frozen=True, slots=True)
class SendCancel:
    """Send the cancel. Once: a failure goes to the machine, whatever it is."""

    at: float


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Read the environment's deployment history."""

    at: float


@dataclass(frozen=True, slots=True)
class ListQueue:
    """Read the environment's queue."""

    at: float


@dataclass(frozen=True, slots=True)
class CancelQueued:
    """Cancel this request of the queue. Once, as with `SendCancel`."""

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


Step: TypeAlias = ReadStatus | SendCancel | ReadHistory | ListQueue | CancelQueued
Action: TypeAlias = Step | Done | Fail
