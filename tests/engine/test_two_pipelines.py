"""Two pipelines, each with a stack of its own, that cancel in the same environments: both report the truth.

That a second update of the *same* stack is refused is in `test_parallel.py`, where the lock is in a file; here it is in
a database.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from qovery_provider.simulator import Behavior, Environment, Plan, QoverySimulator
from tests.support.postgres import postgres
from tests.support.proxy import HoldingProxy
from tests.support.stack import TIME_LIMIT, Stack, killed_on_exit
from tests.support.time import JumpingClock, wait_until

# Targets are pairs: an environment, and its project where a bulk resource is to do it.
PROGRAM = """
import json
import os
import pulumi
from qovery_provider import BulkDeploymentCancellation, DeploymentCancellation

for environment_id, project_id in json.loads(os.environ["TARGETS"]):
    if project_id:
        result = BulkDeploymentCancellation(environment_id, project_id=project_id).results[environment_id]
    else:
        stop = DeploymentCancellation(environment_id, environment_id=environment_id)
        result = {name: getattr(stop, name) for name in ("outcome", "deployment_id", "deployment_state")}
    pulumi.export(environment_id, result)
"""

FIRST_IS_BULK = (False, False, True)
SECOND_IS_BULK = (False, True, False)
"""Whether a pipeline cancels an environment with a bulk resource, by environment, and repeated from the start."""

SLOW = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=600.0)


class Pipeline:
    """A stack of its own, behind a proxy."""

    def __init__(self, stack: Stack, proxy: HoldingProxy, is_bulk: Sequence[bool]) -> None:
        self.proxy = proxy
        self._stack = stack
        self._is_bulk = is_bulk
        stack.environment["QOVERY_API_URL"] = proxy.url
        stack.write(PROGRAM)

    def start(self, environments: list[Environment]) -> subprocess.Popen[str]:
        """Begin an update."""
        pairs = zip(environments, cycle(self._is_bulk), strict=False)
        targets = [(environment.id, environment.project_id if is_bulk else "") for environment, is_bulk in pairs]
        return self._stack.start("up", "--yes", "--skip-preview", TARGETS=json.dumps(targets))

    def reported(self) -> dict[str, tuple[Any, ...]]:
        """Return the outputs of each environment."""
        names = ("outcome", "deployment_id", "deployment_state")
        outputs = self._stack.latest()["stop-test"]["outputs"]
        return {environment_id: tuple(result[name] for name in names) for environment_id, result in outputs.items()}


@pytest.fixture
def pipelines(tmp_path: Path, engine: str | None, qovery_simulator: QoverySimulator) -> Iterator[list[Pipeline]]:
    """Two of them."""
    with ExitStack() as servers:
        pipelines = []
        for number, is_bulk in enumerate((FIRST_IS_BULK, SECOND_IS_BULK)):
            folder = tmp_path / str(number)
            folder.mkdir()
            proxy = HoldingProxy(qovery_simulator, lambda request: request.method == "POST")
            servers.enter_context(proxy)
            pipelines.append(Pipeline(Stack(folder, engine, qovery_simulator), proxy, is_bulk))
        yield pipelines


@pytest.fixture
def environments(qovery_simulator: QoverySimulator) -> list[Environment]:
    """For each pair of resources, one that accepts a second cancel and one that rejects it; all have a queue."""
    world = qovery_simulator.world
    environments = [world.add_environment(project_id=world.add_project()) for _ in 2 * FIRST_IS_BULK]
    for number, environment in enumerate(environments):
        environment.behavior = Behavior(conflict_when_canceling=number >= len(FIRST_IS_BULK))
        environment.deploy(SLOW)
        environment.enqueue(SLOW)
    return environments


def _truth(environments: list[Environment]) -> dict[str, tuple[str, str, str]]:
    """Return the correct outputs: the deployments that ran first were canceled."""
    return {environment.id: ("canceled", environment.deployments[0].id, "CANCELED") for environment in environments}


def _checked(*updates: subprocess.Popen[str]) -> None:
    """Wait for the ends of updates that have to succeed."""
    outputs = [update.communicate(timeout=TIME_LIMIT)[0] for update in updates]
    assert [update.returncode for update in updates] == [0] * len(updates), "\n".join(outputs)


def test_at_the_same_moment(
    pipelines: list[Pipeline],
    environments: list[Environment],
    qovery_simulator: QoverySimulator,
    clock: JumpingClock,
) -> None:
    """Both have read the status before a cancel arrives: one cancel takes effect, and both follow its deployment."""
    first, second = pipelines
    with (
        killed_on_exit(first.start(environments)) as first_update,
        killed_on_exit(second.start(environments)) as second_update,
    ):
        wait_until(lambda: [len(pipeline.proxy.held) for pipeline in pipelines] == [6, 6])
        first.proxy.open()
        second.proxy.open()
        clock.jump(700)
        _checked(first_update, second_update)

    assert [first.reported(), second.reported()] == [_truth(environments)] * 2
    assert [
        [(deployment.state, deployment.effective_cancels) for deployment in environment.deployments]
        for environment in environments
    ] == [[("CANCELED", 1), ("BUILDING", 0)]] * 6
    assert sorted(post.status or 0 for post in qovery_simulator.posts()) == [202] * 9 + [409] * 3


def test_the_second_comes_later(
    pipelines: list[Pipeline], environments: list[Environment], clock: JumpingClock
) -> None:
    """It finds the cancellations in progress, sends nothing, and follows the same deployments to their ends."""
    first, second = pipelines
    first.proxy.open()
    with killed_on_exit(first.start(environments)) as first_update:
        wait_until(lambda: all(environment.deployments[0].cancels for environment in environments))
        with killed_on_exit(second.start(environments)) as second_update:
            wait_until(lambda: all(second.proxy.has_shown(environment) for environment in environments))
            clock.jump(700)
            _checked(first_update, second_update)

    assert [first.reported(), second.reported()] == [_truth(environments)] * 2
    states = [[deployment.state for deployment in environment.deployments] for environment in environments]
    assert states == [["CANCELED", "BUILDING"]] * 6
    assert second.proxy.held == []


def test_a_cancel_that_arrives_too_late(
    pipelines: list[Pipeline],
    environments: list[Environment],
    qovery_simulator: QoverySimulator,
    clock: JumpingClock,
) -> None:
    """It hits the next deployment, which began after the status read, and says so; run again, it sends no more."""
    first, second = pipelines
    environment = environments[0]
    with (
        killed_on_exit(first.start([environment])) as first_update,
        killed_on_exit(second.start([environment])) as second_update,
    ):
        wait_until(lambda: [len(pipeline.proxy.held) for pipeline in pipelines] == [1, 1])
        first.proxy.open()
        clock.jump(700)
        second.proxy.open()
        _checked(first_update)
        output, _ = second_update.communicate(timeout=TIME_LIMIT)
    with killed_on_exit(second.start([environment])) as second_update:
        _checked(second_update)

    target, hit = environment.deployments
    assert f"the cancel targeted deployment {target.id}, but Qovery's response names {hit.id}" in output
    assert [first.reported(), second.reported()] == [_truth([environment])] * 2
    assert [len(deployment.cancels) for deployment in environment.deployments] == [1, 1]
    assert len(qovery_simulator.posts()) == 2


def test_the_lock_of_a_database(
    tmp_path: Path, engine: str | None, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """The second update of a stack in a database is refused as well, and sends nothing."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(SLOW)
    with postgres() as address:
        stack = Stack(tmp_path, engine, qovery_simulator, backend=address)
        stack.environment["TARGETS"] = json.dumps([(environment.id, "")])
        stack.write(PROGRAM)

        with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as first:
            wait_until(qovery_simulator.posts)
            second = stack.failing_up()
            clock.jump(700)
            _checked(first)

    assert "the stack is currently locked by 1 lock(s)" in second.output
    assert len(qovery_simulator.posts()) == 1
