"""What is stored in a stack beside inputs and outputs, under which keys, and in which shape.

All of it is a contract with the states of earlier versions: no key, no shape and no word may ever change. Keys that
begin with two underscores are never shown by Pulumi.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from qovery_provider._cancellation.model import Knowledge, Sent

PINNED = "__pinned"
"""Whether `deployment_id` was given. Without this mark, a stored id could be a given or a found one."""

DRIFT = "__drift"
"""Differs between a refresh that has observed a change and one that has not.

The engine asks for the difference between what a refresh read (as old outputs) and the stored inputs (as new ones),
and only if there is one it shows the outputs that changed. So `read` marks both with a new value when it sees a change,
and `check` carries the mark of the inputs on: in the `up` that follows the two agree again. Source: RefreshStep.Apply
in pulumi's pkg/resource/deploy/step.go.
"""

UNFINISHED = "__unfinished"
"""How far a cancellation got that failed on the way: an `Unfinished`, or for many environments one for each."""


class Unfinished(NamedTuple):
    """How far a cancellation got that failed: the next update resumes it.

    Attributes:
        sent: How far the cancel got.
        deployment_id: The target; None where nothing can be resumed.
    """

    sent: Sent = Sent.NOT_SENT
    deployment_id: str | None = None

    @classmethod
    def of(cls, known: Knowledge) -> Unfinished:
        """Return the part of a cancellation that is stored."""
        return cls(known.sent, known.deployment_id) if known.is_resumable else cls()

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Unfinished:
        """Read what `to_stored` wrote; a field that was None is missing, because Pulumi does not store it."""
        return cls(Sent(stored["sent"]), stored.get("deployment_id"))

    def to_stored(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {"sent": self.sent.value, "deployment_id": self.deployment_id}


def drift_mark(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mark of these properties, to be carried on."""
    return {DRIFT: props[DRIFT]} if DRIFT in props else {}


def new_drift_mark(observed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mark that differs from the mark of any other observation."""
    return {DRIFT: hashlib.sha256(repr(sorted(observed.items())).encode()).hexdigest()[:16]}
