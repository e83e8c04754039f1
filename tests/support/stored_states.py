"""Stacks as this version stores them, recorded so that every later version can prove that it reads them.

`python -m tests.support.stored_states`, once a release, writes tests/data/states/<version>/: the program, and what
`pulumi stack export` prints after an update that finished and after one that timed out. Time stands still in the
simulated world, so that a test can make the same world again. Recorded states are never changed, and neither are the
constants here.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from qovery_provider import __version__
from qovery_provider.simulator import Environment, Plan, QoverySimulator
from tests.support.stack import Stack, engine_folder
from tests.support.time import FakeClock

ROOT = Path(__file__).parents[2]
STATES = ROOT / "tests/data/states"

PLAIN = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
PINNED = "8e1d7a54-2b6f-4c39-b0a8-6f5e4d3c2b1a"
FROZEN = "c4f20b97-61de-4a0b-8f3e-9d7c5a1b2e34"
IDLE = "d5a31ca8-72ef-4b1c-9f4e-ae8d6b2c3f45"
PROJECT = "5b1f6a2e-7c0d-4e83-9a64-2f8d1c3b7e90"

ELAPSED, UNTIL_CANCELED = 90.0, 10.0
"""Seconds that deployments have run when the update begins, and for which they are CANCELING in the unfinished case."""

TIMEOUTS = {"finished": "60", "unfinished": "5"}
"""The recorded cases, each with its timeout in seconds."""

PLACES = {"sourcePosition", "stackTrace"}
"""Fields that are not recorded: paths of the machine, which Pulumi shows with errors and never reads."""

PROGRAM = f"""\
import os

import pulumi

from qovery_provider import BulkDeploymentCancellation, DeploymentCancellation, RunningDeployment

timeout = int(os.environ["TIMEOUT"])

plain = DeploymentCancellation("plain", environment_id="{PLAIN}", triggers=["a1", {{"b": 2}}], timeout=timeout)
target = RunningDeployment("target", environment_id="{PINNED}", triggers={{"incident": "42"}})
pinned = DeploymentCancellation(
    "pinned",
    environment_id="{PINNED}",
    deployment_id=target.deployment_id,
    force_cancel=True,
    on_completed="succeed",
    timeout=timeout,
)
freeze = BulkDeploymentCancellation("freeze", project_id="{PROJECT}", timeout=timeout)

pulumi.export("outcomes", [plain.outcome, pinned.outcome])
pulumi.export("counts", freeze.counts)
"""


class World(NamedTuple):
    """The world of a recorded stack: three environments that run a deployment, and a clock that stands still."""

    qovery: QoverySimulator
    clock: FakeClock
    environments: tuple[Environment, ...]


@contextmanager
def recorded_world(name: str) -> Iterator[World]:
    """Serve the world as it is when the update begins; in the finished case, deployments end at once when canceled."""
    clock = FakeClock()
    plan = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=0.0 if name == "finished" else UNTIL_CANCELED)
    with QoverySimulator(clock=clock.wall) as qovery:
        add = qovery.world.add_environment
        busy = (add(id=PLAIN), add(id=PINNED), add(id=FROZEN, project_id=PROJECT))
        add(id=IDLE, project_id=PROJECT)
        for environment in busy:
            environment.deploy(plan)
        clock.now += ELAPSED
        yield World(qovery, clock, busy)


def main() -> None:
    """Write the folder of this version."""
    engine = engine_folder([sys.executable, str(ROOT / "tools/pulumi_cli/ensure.py")])
    recorded = STATES / __version__
    recorded.mkdir(parents=True, exist_ok=True)
    (recorded / "program.txt").write_text(PROGRAM)
    for name, timeout in TIMEOUTS.items():
        with tempfile.TemporaryDirectory() as folder, recorded_world(name) as world:
            stack = Stack(Path(folder), engine, world.qovery)
            stack.environment["TIMEOUT"] = timeout
            stack.write(PROGRAM)
            run = stack.run("up", "--yes", "--skip-preview")
            assert (run.code == 0) == (name == "finished"), run.output
            state = json.loads(stack.checked("stack", "export").output)
            # The stack holds no secrets, so the state need not say how to decrypt them.
            del state["deployment"]["secrets_providers"]
            for resource in state["deployment"]["resources"]:
                for key in PLACES & resource.keys():
                    del resource[key]
            (recorded / f"{name}.json").write_text(json.dumps(state, indent=2) + "\n")


if __name__ == "__main__":
    main()
