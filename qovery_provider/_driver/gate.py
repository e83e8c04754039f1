"""The gate at the first byte of a cancel: between the decision to send it and its bytes, time passes.

A free slot has to be found, a name resolved, a connection made; meanwhile the target can end and the next deployment
start. So the decision is judged once more when the first byte is about to leave: a cancel that is out of date is
refused, and then it was certainly not sent. It knows no HTTP: the client calls the gate (`QoveryClient.send`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from qovery_provider._clock import Clock, Signal
from qovery_provider.errors import NotSentError

MAX_STATUS_AGE = 2.0
"""Seconds from the status read that a cancel is sent on until its first byte leaves."""


@dataclass(slots=True)
class _Environment:
    """The cancels of one environment that this process has sent.

    Attributes:
        is_sending: Whether one is on the wire.
        sent_at: When the last one left.
    """

    is_sending: bool = False
    sent_at: float | None = None


class Gates:
    """The gates of a process: each lets one cancel of its environment pass at a time.

    Resources of one stack may cancel in the same environment. A second cancel that was decided before the first one
    left is refused: its status read shows nothing of the first one.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self._environments: dict[str, _Environment] = {}

    def at(self, environment: str) -> _Environment:
        """Return the record of an environment; `lock` guards it."""
        return self._environments.setdefault(environment, _Environment())


@dataclass(slots=True)
class Gate:
    """The gate of one cancel.

    Args:
        gates: Those of the process.
        environment: The id of the environment, or of the queued request.
        operation: What the cancel asks for, as a phrase: errors begin with it.
        clock: The time.
        read_from: When the request for the status was made that the cancel is sent on: the status may be as old.
        read_at: When that status was there.
        deadline: When the wait for the target ends.
        stop: The signal after which nothing is sent.
    """

    gates: Gates
    environment: str
    operation: str
    clock: Clock
    read_from: float
    read_at: float
    deadline: float
    stop: Signal | None = None
    _is_revoked: bool = field(default=False, init=False)
    _has_passed: bool = field(default=False, init=False)

    def __call__(self) -> None:
        """Let the first byte pass.

        Raises:
            NotSentError: The cancel is out of date, and was not sent.
        """
        with self.gates.lock:
            environment, now = self.gates.at(self.environment), self.clock.monotonic()
            reason = self._objection(environment, now)
            if reason:
                raise NotSentError(self.operation, reason)
            self._has_passed, environment.is_sending, environment.sent_at = True, True, now

    def _objection(self, environment: _Environment, now: float) -> str | None:
        if self._is_revoked:
            return "the call was given up before it could be sent"
        if self.stop and self.stop.done():
            return "the update was stopped"
        if now >= self.deadline:
            return "the timeout had passed before it could be sent"
        if now > self.read_at + MAX_STATUS_AGE:
            return f"the status behind it was more than {MAX_STATUS_AGE:.0f} s old"
        is_overtaken = environment.sent_at is not None and environment.sent_at >= self.read_from
        return "another cancel was sent to this environment" if environment.is_sending or is_overtaken else None

    def revoke(self) -> bool:
        """Give the cancel up; return whether it is certain that it was not sent, and never will be."""
        self.close()
        with self.gates.lock:
            self._is_revoked = True
            return not self._has_passed

    def close(self) -> None:
        """Record that the call has ended: the next cancel of the environment may pass, on a newer status read."""
        with self.gates.lock:
            if self._has_passed and not self._is_revoked:
                self.gates.at(self.environment).is_sending = False
