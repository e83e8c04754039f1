"""The rivals and the sizes, and how one of them is measured."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.simulator import Seen, simulator
from benchmarks.stack import Cost, Stack

SIZES = (1, 8, 64)
MAX_ENVIRONMENTS = 500
"""The limit of the bulk resource, and measured for that alone."""

FLOOR, PLAIN, COMMAND, SEPARATE, BULK = "noop", "plain", "command", "separate", "bulk"

NAMES = {
    FLOOR: "engine floor: no-op resources",
    PLAIN: "plain dynamic provider",
    COMMAND: "pulumi-command with curl",
    SEPARATE: "ours, a resource each",
    BULK: "ours, one bulk resource",
}
"""Each rival by the name of its program."""

COMMAND_PLUGIN = "pulumi-resource-command"


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
    """One update: its cost, and what the simulator saw of it."""

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
    with simulator(case.size) as qovery, TemporaryDirectory() as folder:
        cost = Stack(Path(folder), case.rival, qovery).up()
        seen = qovery.seen()
    if seen.canceled != (0 if case.rival == FLOOR else case.size):
        sys.exit(f"{NAMES[case.rival]}: {seen.canceled} of {case.size} deployments were canceled by one request each")
    return Measured(cost, seen)


def connections_without_a_need() -> int:
    """Return how many connections an update with nothing to do opens."""
    with simulator(1) as qovery, TemporaryDirectory() as folder:
        stack = Stack(Path(folder), SEPARATE, qovery)
        stack.up()
        before = qovery.seen().connections
        stack.up()
        return qovery.seen().connections - before
