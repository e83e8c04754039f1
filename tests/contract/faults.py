"""The kinds of faults: how the wire misbehaves, what an error must say of it, and how each position must end."""

from __future__ import annotations

from dataclasses import dataclass

from tests.contract.outcomes import Row
from tests.support.stage import Fault


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault.

    Attributes:
        name: What it is.
        fault: How the wire misbehaves.
        row: How a cancellation must end, by position.
        phrases: What an error must say of what came back.
        pause: Seconds that the server asks to wait, which are obeyed.
        is_huge: Whether the answer must not be taken in whole.
    """

    name: str
    fault: Fault
    row: Row
    phrases: tuple[str, ...] = ()
    pause: float = 0.0
    is_huge: bool = False
