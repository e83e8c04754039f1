"""The rivals and the sizes, and how one of them is measured."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.simulator import CANCEL_SECONDS, LATENCY, Qovery, Seen, simulator
from benchmarks.stack import Cost, Stack

SIZES = (1, 8, 64)
MAX_ENVIRONMENTS = 500
"""The limit of the bulk resource, and measured for that alone."""

FLOOR, PLAIN, COMMAND, SEPARATE, PLUGIN, BULK = "noop", "plain", "command", "separate", "plugin", "bulk"

NAMES = {
    FLOOR: "engine floor: no-op resources",
    PLAIN: "plain dynamic provider",
    COMMAND: "pulumi-command with curl",
    SEPARATE: "ours, a resource each",
    PLUGIN: "ours, by the provider plugin",
    BULK: "ours, one bulk resource",
}
"""Each rival by the name of its program."""

COMMAND_PLUGIN = "pulumi-resource-command"

PREVIEWS = 5
"""How often a preview is measured."""

SLOW_CANCELS, SLOW_CANCEL_SECONDS = 40, 4.0
"""Environments, and seconds of each cancel: more than the SDK's own host of dynamic providers takes side by side."""


@dataclass(frozen=True)
class Case:
    """A rival and the number of environments."""

    rival: str
    size: int

    @property
    def floor(self) -> Case:
        """The floor below it: as many resources that do nothing."""
        return Case(FLOOR, 1 if self.rival == BULK else self.size)


@dataclass(frozen=True)
class Measured:
    """One update: its cost, and the simulator's record of it."""

    cost: Cost
    seen: Seen


def cases() -> Iterator[Case]:
    """Yield the cases in the order in which each repetition runs them; pulumi-command only where its plugin is."""
    has_command = shutil.which(COMMAND_PLUGIN) is not None
    for size in (*SIZES, MAX_ENVIRONMENTS):
        for rival in NAMES:
            if (rival != COMMAND or has_command) and (size in SIZES or rival == BULK):
                yield Case(rival, size)


def measure(case: Case) -> Measured:
    """Run an update of a fresh stack against a fresh simulator; it has to cancel every deployment, and each once."""
    with stack(case) as (qovery, fresh):
        cost, seen = fresh.up(), qovery.seen()
    if seen.canceled != (0 if case.rival == FLOOR else case.size):
        sys.exit(f"{NAMES[case.rival]}: {seen.canceled} of {case.size} deployments were canceled by one request each")
    return Measured(cost, seen)


@contextmanager
def stack(case: Case, cancel_seconds: float = CANCEL_SECONDS) -> Iterator[tuple[Qovery, Stack]]:
    """Make a fresh stack and a fresh simulator."""
    with simulator(case.size, cancel_seconds) as qovery, TemporaryDirectory() as folder:
        yield qovery, Stack(Path(folder), case.rival, qovery, has_plugin=case.rival == PLUGIN)


def connections_without_a_need() -> int:
    """Return how many connections an update with nothing to do opens."""
    with stack(Case(SEPARATE, 1)) as (qovery, used):
        used.up()
        before = qovery.seen().connections
        used.up()
        return qovery.seen().connections - before


def preview_seconds(case: Case) -> float:
    """Return how long a preview takes, the median of some."""
    with stack(case) as (_, fresh):
        return median(fresh.preview().seconds for _ in range(PREVIEWS))


def ratio_of_slow_cancels() -> float:
    """Return the time of an update of many slow cancels by the plugin, as a multiple of the least possible."""
    case = Case(PLUGIN, SLOW_CANCELS)
    with stack(case, SLOW_CANCEL_SECONDS) as (_, fresh), stack(case.floor) as (_, floor):
        return fresh.up().seconds / (floor.up().seconds + LATENCY + SLOW_CANCEL_SECONDS)
