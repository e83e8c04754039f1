"""A wall clock for a simulator that other processes use: it can stand still, and it can jump ahead."""

from __future__ import annotations

import time


class JumpingClock:
    """Seconds since the epoch, as the machine tells them, until a test interferes."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._stands_at: float | None = None

    def __call__(self) -> float:
        # Read once: another thread may let it go on in between.
        stands_at = self._stands_at
        return time.time() + self._ahead if stands_at is None else stands_at

    def jump(self, seconds: float) -> None:
        """Let time pass at once: deployments end, and those that are queued start and end."""
        self._ahead += seconds

    def stand_still(self) -> None:
        """Let no time pass from now on."""
        self._stands_at = self()

    def go_on(self) -> None:
        """Let time pass again, from where it stood."""
        if self._stands_at is not None:
            self._ahead = self._stands_at - time.time()
            self._stands_at = None
