"""The kinds of faults: how the wire misbehaves, what an error must say of it, and how each position must end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tests.contract.outcomes import Row
from tests.support.stage import Fault, Road


class Expected(NamedTuple):
    """The result of a fault on one kind of connection.

    Attributes:
        row: How a cancellation must end, by position.
        phrases: What an error must say of what came back.
    """

    row: Row
    phrases: tuple[str, ...] = ()


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
        tunnel: What is expected through a CONNECT proxy, where that differs.
        gateway: What is expected behind an intermediary that answers for itself, where that differs.
        roads: Where it can happen. Default: everywhere.
    """

    name: str
    fault: Fault
    row: Row
    phrases: tuple[str, ...] = ()
    pause: float = 0.0
    is_huge: bool = False
    tunnel: Expected | None = None
    gateway: Expected | None = None
    roads: frozenset[Road] = frozenset(Road)

    def expected(self, road: Road) -> Expected:
        """Return what is expected on a road."""
        special = {Road.TUNNEL: self.tunnel, Road.GATEWAY: self.gateway}.get(road)
        return special or Expected(self.row, self.phrases)
