"""What follows a status read that failed, while nothing has been sent, and one that does not find the environment.

As pure as the machine.
"""

from __future__ import annotations

from collections.abc import Callable

from qovery_provider._cancellation import actions, outcomes
from qovery_provider._cancellation.model import Knowledge
from qovery_provider._cancellation.schedule import CONFIRM_AFTER, Retry
from qovery_provider.errors import CallError


class FailedReads:
    """The status reads in a row that failed.

    Args:
        known: What is known of the cancellation.
        random: Returns a number from 0 to below 1, for the delays before retries.
    """

    def __init__(self, known: Knowledge, random: Callable[[], float]) -> None:
        self._known, self._random = known, random
        self._missing_since: float | None = None
        self._retry = Retry(random)

    def clear(self) -> None:
        """Take that a status was read."""
        self._known.read_error = None
        self._retry, self._missing_since = Retry(self._random), None

    def again(self, error: CallError) -> actions.Action:
        """Return the next attempt, or the failure after the last one."""
        at = self._retry.again_at(error, self._known.now, self._known.deadline)
        return outcomes.interrupted(self._known, error) if at is None else actions.ReadStatus(at)

    def missing(self) -> actions.Action:
        """Believe that the environment is gone when that is said again later, or at the deadline."""
        known = self._known
        if self._missing_since is None:
            self._missing_since = known.now
        elif known.now >= min(self._missing_since + CONFIRM_AFTER, known.deadline):
            return outcomes.done(known, "environment_gone")
        return actions.ReadStatus(min(self._missing_since + CONFIRM_AFTER, known.deadline))
