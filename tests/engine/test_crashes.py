"""Updates that die at random moments: by the world's record, the next one finishes the job and touches nothing else.

By default each way to die is played once. QOVERY_CRASHES=13 plays 13 moments for each way, form and world: 52 a way;
QOVERY_SEED repeats a run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random

import pytest

from qovery_provider.simulator import QoverySimulator
from tests.support.crashes import KINDS, PROGRAM, Crash, Figures, Form, World
from tests.support.figures import SEED, keep
from tests.support.postgres import postgres
from tests.support.stack import Stack
from tests.support.time import JumpingClock

FORMS: list[Form] = ["plain", "pinned"]
WORLDS: list[World] = ["stays", "moves on"]
# Read here: tests run without such variables.
MOMENTS = int(os.environ.get("QOVERY_CRASHES", "0"))


@pytest.fixture
def qovery_simulator(clock: JumpingClock) -> Iterator[QoverySimulator]:
    """A simulator with a latency, so that many moments lie between a status read and the cancel."""
    with QoverySimulator(clock=clock, latency=0.15, rate_limit=1_000_000) as simulator:
        yield simulator


def _plan(random: Random) -> list[Crash]:
    """Return the crashes to play: all of them, or each way to die once."""
    if MOMENTS:
        cells = [(kind, form, world) for kind in KINDS for form in FORMS for world in WORLDS] * MOMENTS
    else:
        cells = [(kind, random.choice(FORMS), random.choice(WORLDS)) for kind in KINDS]
    return [Crash(*cell, number) for number, cell in enumerate(cells)]


def test_after_a_crash_the_next_update_finishes_the_job(
    stack: Stack, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """Only the target is touched, at most once, and the outputs say how it ended."""
    print(f"QOVERY_SEED={SEED}")  # noqa: T201 - pytest shows it when the test fails
    stack.write(PROGRAM)
    random, figures = Random(SEED), dict[str, Figures]()

    for crash in _plan(random):
        truth = crash.play(stack, qovery_simulator, clock, random)
        truth.count(figures.setdefault(f"{crash.kind}, {crash.form}, {crash.world}", Figures()))
        cells = {name: asdict(cell) for name, cell in figures.items()}
        keep("crashes", seed=SEED, crashes=crash.number + 1, cells=cells)
        truth.check()


def test_after_a_crash_with_the_state_in_a_database(
    tmp_path: Path, engine: str | None, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """The same holds with PostgreSQL, the only database in which teams can keep states themselves."""
    with postgres() as address:
        stack = Stack(tmp_path, engine, qovery_simulator, backend=address)
        stack.write(PROGRAM)

        truth = Crash("kill of everything", "pinned", "moves on", 0).play(stack, qovery_simulator, clock, Random(SEED))

    truth.check()
