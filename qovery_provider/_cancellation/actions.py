"""What the cancellation machine asks for: a closed union, used as a namespace (`case actions.SendCancel()`).

`at` is when the call is to be made, in seconds on the clock of the times that `observe` gets. mypy
(exhaustive-match) checks that every match names every member.
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
    """Send the cancel, once: any failure is reported to the machine, which decides about another attempt."""

    at: float


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Read the environment's newest deployments, `page_size` of them."""

    at: float
    page_size: int


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Read the state of one deployment request by its id."""

    at: float
    request_id: str


@dataclass(frozen=True, slots=True)
class ListQueue:
    """Read the environment's queue."""

    at: float


@dataclass(frozen=True, slots=True)
class CancelQueued:
    """Cancel this request of the queue, once, as with `SendCancel`."""

    at: float
    request_id: str


@dataclass(frozen=True, slots=True)
class Done:
    """It is over, with this result."""

    result: CancellationResult


@dataclass(frozen=True, slots=True)
class Fail:
    """It is over, with this error."""

    error: QoveryError


Step: TypeAlias = ReadStatus | SendCancel | ReadHistory | ReadRequest | ListQueue | CancelQueued
End: TypeAlias = Done | Fail
Action: TypeAlias = Step | End
