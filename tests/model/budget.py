"""How many requests a story may cost: the promised pauses between polls, counted."""

from __future__ import annotations

from qovery_provider._cancellation import events
from tests.model.story import Story

FIRST, GROWTH, MAX_LENGTH = 0.75, 1.65, 15.0
"""When polls are promised: seconds after the cancel, their growth, and the longest pause."""


def max_polls(timeout: float) -> int:
    """Return how often a cancellation polls between its cancel and its deadline when nothing ever changes."""
    polls, elapsed = 1, FIRST
    while elapsed < timeout:
        polls, elapsed = polls + 1, elapsed + min(elapsed * (GROWTH - 1), MAX_LENGTH)
    return polls


def max_requests(story: Story) -> int:
    """Return how many requests a story may cost.

    A calm run of what one poll shows: the first read, a cancel, the polls until the deadline, and the reads of the
    history and the queue. Each further environment and each failure may start the short pauses between polls anew.
    """
    turns = [turn for run in story.runs for cancellation in run for turn in cancellation.turns]
    asides = sum(
        isinstance(turn.event, events.HistoryRead | events.QueueListed | events.QueuedCanceled) for turn in turns
    )
    given_up = sum(isinstance(turn.event, events.CallFailed) for turn in turns)
    ramps = len(story.places) - 1 + story.server.failures + given_up
    polls = len(story.runs) * story.groups * (2 + max_polls(story.requests[0].timeout))
    return polls + 2 * asides + 2 * len(story.runs) * len(story.places) + 14 * ramps
