"""The real driver and the real machine against thousands of random servers, nets and people, on virtual time.

`truth.py` holds the rules; this file plays the schedules. `QOVERY_SCHEDULES` says how many: 10 000 unless it is set,
and for the bulk resource a tenth of that. `QOVERY_SEED` repeats a run.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from qovery_provider._cancellation import actions
from tests.model.budget import max_requests
from tests.model.bulk import BulkStory
from tests.model.story import Recorded, Story
from tests.model.tape import Tape
from tests.model.truth import Judge
from tests.support.figures import SEED, keep

SCHEDULES = int(os.environ.get("QOVERY_SCHEDULES", "10000"))

SHARDS = 20
"""In how many parts the schedules are played, on all cores; always as many, so that a seed repeats a run anywhere."""

PEOPLE, PLACE, NATURE = (st.binary(min_size=length, max_size=length) for length in (64, 48, 160))

ENDS = {
    "canceled",
    "requested",
    "nothing_to_cancel",
    "completed",
    "environment_gone",
    "NothingToCancelError",
    "NotCanceledError",
    "WrongDeploymentError",
    "UnexpectedStateError",
    "CancellationTimeoutError",
    "CancellationInterruptedError",
    "CancellationStoppedError",
    "AuthenticationError",
    "RateLimitError",
    "ConflictError",
    "TransportError",
}
"""Every way to end must occur: a model that no longer reaches one proves nothing about it."""


class Model(NamedTuple):
    """A story to play.

    Attributes:
        name: What its figures are called.
        story: One schedule of it.
        schedules: How many.
        places: In how many environments, at most.
        ends: The ways to end.
        enough: Schedules in which each of them may be expected.
        seed: What the seeds of its shards begin with.
    """

    name: str
    story: type[Story]
    schedules: int
    places: int
    ends: set[str]
    enough: int
    seed: str = SEED


MODELS = [
    Model("model", Story, SCHEDULES, 5, ENDS | {"superseded"}, 5_000),
    Model("bulk-model", BulkStory, SCHEDULES // 10, 8, ENDS | {"RateBudgetError", "StoppedError"}, 5_000),
]


class Score:
    """The figures of many schedules."""

    def __init__(self) -> None:
        self.ends: Counter[str] = Counter()
        self.played = self.most_requests = 0

    def play(self, story: Story) -> None:
        """Play one schedule and judge it."""
        judge = Judge(story)
        self.played += 1

        def conclude(cancellation: Recorded) -> None:
            action = cancellation.action
            self.ends[action.result.outcome if isinstance(action, actions.Done) else type(action.error).__name__] += 1  # type: ignore[union-attr]
            judge(cancellation)

        try:
            story.play(conclude)
            judge.conclude()
            assert story.server.requests <= max_requests(story), "too many requests"
        except Exception:
            note(story.told())
            raise
        self.ends.update(story.refusals)
        self.most_requests = max(self.most_requests, story.server.requests)


def play_shard(model: Model, number: int) -> tuple[Score, str]:
    """Play the schedules of one shard, in a process of its own; return its score, and the traceback of its failure."""
    score = Score()

    @seed(f"{model.seed}-{number}")
    @settings(
        max_examples=-(-model.schedules // SHARDS),
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(people=PEOPLE, places=st.lists(PLACE, min_size=1, max_size=model.places), nature=NATURE)
    def schedules(people: bytes, places: list[bytes], nature: bytes) -> None:
        score.play(model.story(Tape(people), [Tape(place) for place in places], Tape(nature)))

    try:
        schedules()
    except BaseException:  # noqa: BLE001 - whatever it is, not every exception can be sent to another process
        return score, traceback.format_exc()
    return score, ""


@pytest.mark.unmeasured(seconds=100)
@pytest.mark.parametrize("model", MODELS, ids=["resources", "bulk"])
def test_every_schedule_keeps_the_promises(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    """No other deployment is a target, nothing is sent twice, everything said is true, and it ends in time."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        shards = list(pool.map(play_shard, repeat(model), range(SHARDS)))

    scores, failures = zip(*shards, strict=True)
    violations = list(filter(None, failures))
    played = sum(score.played for score in scores)
    ends = dict(sum((score.ends for score in scores), Counter[str]()).most_common())
    keep(
        model.name,
        seed=SEED,
        schedules=played,
        violations=len(violations),
        most_requests=max(score.most_requests for score in scores),
        ends=ends,
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{played} schedules: {ends}\n")
    assert not violations, f"QOVERY_SEED={SEED}\n{violations[0]}"
    assert played >= model.schedules
    assert played < model.enough or model.ends <= ends.keys()
