"""The status reads of one cancellation: when the next one is made, and what follows one that worked or failed.

As pure as the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from qovery_provider._cancellation import actions, outcomes
from qovery_provider._cancellation.model import Knowledge
from qovery_provider._cancellation.schedule import (
    CONFIRM_AFTER,
    SLOW_READ,
    PollSchedule,
    Retry,
    SendAttempts,
    asked_pause,
)
from qovery_provider.errors import CallError


class StatusReads:
    """Plans the status reads.

    Args:
        known: The knowledge that the machine and its parts share.
        random: Returns a number from 0 to below 1, for the delays before retries.
    """

    def __init__(self, known: Knowledge, random: Callable[[], float]) -> None:
        self._known, self._random = known, random
        self._retry = Retry(random)
        self._missing_since: float | None = None
        self._slow = 0  # the last ones in a row whose answers took long
        self.restart()

    def restart(self) -> None:
        """Begin a wait: the pauses are short again."""
        self._schedule = PollSchedule(self._known.now)

    def took(self, seconds: float) -> None:
        """Record how long the last response took."""
        self._slow = self._slow + 1 if seconds > SLOW_READ else 0

    @property
    def is_old(self) -> bool:
        """Whether the last status shows what ran a while ago. If the next one is slow as well, none is fresher."""
        return self._slow == 1

    def succeeded(self) -> None:
        """Record that a status was read."""
        self._known.read_error = None
        self._retry, self._missing_since = Retry(self._random), None

    def poll(self, *, not_before: float = -inf, not_after: float = inf) -> actions.ReadStatus:
        """Return a read after a pause that ends at the deadline: the last read is made then."""
        at = max(self._schedule.after(self._known.now), not_before)
        return actions.ReadStatus(min(at, not_after, self._known.deadline))

    def send(self, attempts: SendAttempts) -> actions.ReadStatus | actions.SendCancel:
        """Return a cancel on the status just read; or another read first, where it is too early or that one is old."""
        now = self._known.now
        if now < attempts.earliest:
            return self.poll(not_after=attempts.earliest)
        if self.is_old:
            return actions.ReadStatus(now)
        attempts.made += 1
        self._slow = 0
        return actions.SendCancel(now)

    def keep_polling(self) -> actions.Action:
        """Return the next read, or the failure at the deadline."""
        return outcomes.timed_out(self._known) if self._known.now >= self._known.deadline else self.poll()

    def failed(self, error: CallError, *, is_awaited: bool, is_status: bool) -> actions.Action:
        """Return what follows a read that showed nothing.

        Args:
            error: How it failed.
            is_awaited: Whether a cancel may have been executed: then an outage does not end the wait.
            is_status: Whether it was a status read; the other reads have been tried again already, by the driver.
        """
        known = self._known
        known.read_error = error
        if error.retryable and known.now >= known.deadline and (known.status or is_awaited):
            return outcomes.timed_out(known)
        if error.retryable and is_awaited:
            return self.poll(not_before=known.now + asked_pause(error))
        again_at = self._retry.again_at(error, known.now, known.deadline) if is_status else None
        return outcomes.interrupted(known, error) if again_at is None else actions.ReadStatus(again_at)

    def missing(self) -> actions.Action:
        """Return the next read, or the end once a later read confirms that the environment is gone."""
        known = self._known
        if self._missing_since is None:
            self._missing_since = known.now
        elif known.now >= min(self._missing_since + CONFIRM_AFTER, known.deadline):
            return outcomes.done(known, "environment_gone")
        return actions.ReadStatus(min(self._missing_since + CONFIRM_AFTER, known.deadline))
