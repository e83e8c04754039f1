"""How many requests a story may cost: the promised pauses between looks, counted."""

from __future__ import annotations

from qovery_provider._cancellation import events
from tests.model.story import Story

FIRST, GROWTH, MAX_LENGTH = 0.75, 1.65, 15.0
"""When looks are promised: seconds after the cancel, their growth, and the longest pause."""


def most_looks(timeout: float) -> int:
    """Return how often a cancellation looks between its cancel and its deadline when nothing ever changes."""
    looks, elapsed = 1, FIRST
    while elapsed < timeout:
        looks, elapsed = looks + 1, elapsed + min(elapsed * (GROWTH - 1), MAX_LENGTH)
    return looks


def most_requests(story: Story) -> int:
    """Return how many requests a story may cost.

    A calm run of what one look shows: that look, a cancel, the looks until the deadline, and what the history and the
    queue were asked besides. Each further environment and each failure may start the short pauses between looks anew.
    """
    turns = [turn for run in story.runs for one in run for turn in one.turns]
    asides = sum(
        isinstance(turn.event, events.HistoryRead | events.QueueListed | events.QueuedCanceled) for turn in turns
    )
    given_up = sum(isinstance(turn.event, events.CallFailed) for turn in turns)
    ramps = len(story.places) - 1 + story.server.failures + given_up
    looks = len(story.runs) * story.groups * (2 + most_looks(story.requests[0].timeout))
    return looks + 2 * asides + 2 * len(story.runs) * len(story.places) + 14 * ramps
