"""The real watcher and the real machine against thousands of random servers, nets and people, on virtual time.

`truth.py` holds the rules; this file plays the schedules. `QOVERY_SCHEDULES` says how many: 10 000 unless it is set.
"""

from __future__ import annotations

import os
import sys
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from qovery_provider._verdicts import Done
from tests.model.budget import most_requests
from tests.model.story import Recorded, Story
from tests.model.tape import Tape
from tests.model.truth import Judge

SCHEDULES = int(os.environ.get("QOVERY_SCHEDULES", "10000"))

PEOPLE, PLACE, NATURE = (st.binary(min_size=length, max_size=length) for length in (64, 48, 160))

ENOUGH = 5_000
"""Schedules in which every end may be expected."""

ENDS = {
    "canceled",
    "requested",
    "nothing_to_cancel",
    "superseded",
    "completed",
    "environment_gone",
    "NothingToCancelError",
    "NotCanceledError",
    "WrongDeploymentError",
    "UnexpectedStateError",
    "CancellationTimeoutError",
    "CancellationInterruptedError",
    "AuthenticationError",
    "RateLimitError",
    "ConflictError",
    "TransportError",
}
"""Every way to end must occur: a model that no longer reaches one proves nothing about it."""


def play(people: bytes, places: list[bytes], nature: bytes, ends: Counter[str]) -> None:
    """Play one schedule and judge it."""
    story = Story(Tape(people), [Tape(place) for place in places], Tape(nature))
    judge = Judge(story)

    def conclude(one: Recorded) -> None:
        verdict = one.verdict
        ends[verdict.result.outcome if isinstance(verdict, Done) else type(verdict.error).__name__] += 1  # type: ignore[union-attr]
        judge(one)

    try:
        story.play(conclude)
        assert story.server.requests <= most_requests(story), "too many requests"
    except AssertionError:
        note(story.told())
        raise


def test_every_schedule_keeps_the_promises(capsys: pytest.CaptureFixture[str]) -> None:
    """No other deployment is meant, nothing is sent twice, everything said is true, and it ends in time."""
    ends: Counter[str] = Counter()
    played = 0

    @settings(max_examples=SCHEDULES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
    @given(people=PEOPLE, places=st.lists(PLACE, min_size=1, max_size=5), nature=NATURE)
    def schedules(people: bytes, places: list[bytes], nature: bytes) -> None:
        nonlocal played
        played += 1
        play(people, places, nature, ends)

    schedules()

    with capsys.disabled():
        sys.stdout.write(f"\n{played} schedules: {dict(ends.most_common())}\n")
    assert played >= SCHEDULES
    assert played < ENOUGH or ENDS <= ends.keys()
