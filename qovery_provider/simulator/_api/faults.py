"""Faults by script: what may go wrong between a client and the API, as plain data, and which request each one strikes.

It decides and never acts: `_http/exchange.py` plays a fault on the connection.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matcher:
    """Which requests a fault strikes.

    Attributes:
        method: Their method, or `*`.
        path: A pattern for their path, in which `*` stands for anything: `/environment/*/status`.
        skip: How many matching requests come through first.
        times: How many are struck then; `None`: all.
    """

    method: str = "*"
    path: str = "*"
    skip: int = 0
    times: int | None = 1

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and fnmatchcase(path, self.path)


@dataclass(frozen=True, slots=True)
class Respond(_Matcher):
    """An answer of the script's own: an error, a redirect, a 429 with its headers, a huge or compressed body.

    With `executed` the API has acted all the same, as behind a proxy that gave up waiting.
    """

    status: int = 503
    body: bytes | str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    executed: bool = False


@dataclass(frozen=True, slots=True)
class LoseAnswer(_Matcher):
    """The API acts, and the connection is reset instead of the answer."""


@dataclass(frozen=True, slots=True)
class Reset(_Matcher):
    """The connection is reset before the API receives the request."""


@dataclass(frozen=True, slots=True)
class CutOff(_Matcher):
    """The API acts; the answer promises its whole body, and after half of it the connection ends."""


@dataclass(frozen=True, slots=True)
class Delay(_Matcher):
    """Seconds to wait before the API acts, and after it has acted."""

    before: float = 0.0
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class SendRaw(_Matcher):
    """These bytes instead of an answer, then the connection ends; nothing need be HTTP."""

    data: bytes | str = b""
    executed: bool = False


@dataclass(frozen=True, slots=True)
class SlowBody(_Matcher):
    """The API acts; its answer's body comes in `pieces`, with `pause` seconds before each."""

    pieces: int = 10
    pause: float = 0.1


Fault = Respond | LoseAnswer | Reset | CutOff | Delay | SendRaw | SlowBody
"""Any fault."""

KINDS: Final[Mapping[str, type[Fault]]] = {
    "respond": Respond,
    "lose_answer": LoseAnswer,
    "reset": Reset,
    "cut_off": CutOff,
    "delay": Delay,
    "send_raw": SendRaw,
    "slow_body": SlowBody,
}
"""The kinds by their names in JSON."""


def fault_from_json(document: Mapping[str, object]) -> Fault:
    """Read a fault: `kind`, and the fields of that kind.

    Raises:
        ValueError: The kind or one of the fields is unknown.
    """
    kind = KINDS.get(str(document.get("kind")))
    if kind is None:
        raise ValueError(f"kind must be one of: {', '.join(KINDS)}")
    values = {name: value for name, value in document.items() if name != "kind"}
    if unknown := values.keys() - {field.name for field in fields(kind)}:
        raise ValueError(f"unknown field: {', '.join(sorted(unknown))}")
    return kind(**values)  # type: ignore[arg-type]


# Compared by identity: two equal faults in a script are two strikes.
@dataclass(slots=True, eq=False)
class _Pending:
    """A fault with its two counters; strictly private."""

    fault: Fault
    to_skip: int
    left: int | None


class FaultScript:
    """The faults still to come; each request is struck by at most one of them, the earliest one that is due."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def add(self, fault: Fault) -> None:
        self._pending.append(_Pending(fault, fault.skip, fault.times))

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault for this request, if any; every other fault that matches counts it as one to skip."""
        # Nearly every request of a benchmark ends here.
        if not self._pending:
            return None
        struck: _Pending | None = None
        # Several may match. Each counts the request, so `skip=2` means the third request, also beside other faults.
        for pending in [p for p in self._pending if p.fault.matches(method, path)]:
            if pending.to_skip > 0:
                pending.to_skip -= 1
            elif struck is None:
                struck = pending
        return None if struck is None else self._use(struck)

    def _use(self, pending: _Pending) -> Fault:
        if pending.left is not None:
            pending.left -= 1
            if pending.left <= 0:
                self._pending.remove(pending)
        return pending.fault
