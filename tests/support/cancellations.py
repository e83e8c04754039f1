"""Machines for tests, and the events that they are told most."""

from __future__ import annotations

from typing import Any

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Sent
from qovery_provider._cancellation.schedule import PollSchedule
from tests.support.stories import FAILURES, status

BUILDING, CANCELING, CANCELED, DEPLOYED = (
    events.StatusRead(status("d1", state)) for state in ("BUILDING", "CANCELING", "CANCELED", "DEPLOYED")
)
ACCEPTED = events.Accepted(status("d1", "CANCELING"))
LOST = events.CallFailed(FAILURES["no answer"])
REFUSED = events.CallFailed(FAILURES["no connection"])
RUNS_WITHOUT_ID = events.StatusRead(status(None, "BUILDING"))
CONFLICT = events.CallFailed(FAILURES["409"])


def machine(now: float = 0.0, random: float = 1.0, **options: Any) -> Cancellation:  # noqa: ANN401 - any option
    """Return the cancellation of environment "env" with these options."""
    return Cancellation(CancellationRequest("env", **options), now, lambda: random)


def walk(cancellation: Cancellation, *observed: events.Event) -> Cancellation:
    """Answer each action at the time for which it is planned."""
    for event in observed:
        assert not isinstance(cancellation.action, actions.Done | actions.Fail)
        cancellation.observe(event, cancellation.action.at)
    return cancellation


def resumed(sent: Sent, **options: Any) -> Cancellation:  # noqa: ANN401 - any option
    """Return a cancellation of d1 that resumes a run which got this far."""
    return Cancellation(CancellationRequest("env", "d1", **options), 0.0, lambda: 1.0, sent)


def poll_times(count: int, since: float = 0.0) -> list[float]:
    """Return when the first polls of a wait are made, as the schedule has them."""
    polls, times = PollSchedule(since), list[float]()
    for _ in range(count):
        times.append(polls.after(times[-1] if times else since))
    return times
