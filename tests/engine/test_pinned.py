"""The pinned form: the target is in the state before anything is sent, so that no crash can change it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from qovery_provider.simulator import Delay, Environment, Plan, QoverySimulator
from tests.support.stack import Stack, killed_on_exit
from tests.support.time import JumpingClock, wait_until

PROGRAM = """
import os
import pulumi
from qovery_provider import DeploymentCancellation, RunningDeployment

environment_id = os.environ["ENVIRONMENT_ID"]
target = RunningDeployment("target", environment_id=environment_id)
stop = DeploymentCancellation("stop", environment_id=environment_id, deployment_id=target.deployment_id)
for name in ("outcome", "deployment_id", "deployment_state", "last_deployment_id"):
    pulumi.export(name, getattr(stop, name))
"""

SHORT = Plan(phases=(("BUILDING", 100.0),), cancel_delay=0.2)
LONG = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=0.2)


@pytest.fixture
def environment(qovery_simulator: QoverySimulator, stack: Stack) -> Environment:
    """An environment that runs a deployment; two are queued behind it, the last of which runs long."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(SHORT)
    environment.enqueue(SHORT)
    environment.enqueue(LONG)
    stack.environment["ENVIRONMENT_ID"] = environment.id
    stack.write(PROGRAM)
    return environment


def _kill_when(stack: Stack, condition: Callable[[], object]) -> None:
    """Start an update and kill all its processes as soon as the condition holds."""
    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        wait_until(condition)
        os.killpg(process.pid, signal.SIGKILL)
    stack.unlock()


def test_nothing_recorded_is_nothing_canceled(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """Where nothing runs, the pin is empty, and a deployment that starts a moment later is not the target."""
    environment = qovery_simulator.world.add_environment()
    stack.environment["ENVIRONMENT_ID"] = environment.id
    stack.write(PROGRAM)

    stack.up()

    assert stack.outputs() == {"outcome": "nothing_to_cancel", "deployment_id": ""}
    assert qovery_simulator.posts() == ()


def test_after_a_kill_behind_the_cancel_the_end_of_its_target_is_reported(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """Everything is killed after the POST, the queue moves on twice: the rerun reports the target and sends nothing."""
    environment.deployments[0].plan = Plan(phases=SHORT.phases, cancel_delay=30.0)
    _kill_when(stack, qovery_simulator.posts)
    clock.jump(200)

    stack.up()

    target, _, running = environment.deployments
    assert stack.outputs() == {
        "outcome": "canceled",
        "deployment_id": target.id,
        "deployment_state": "CANCELED",
        "last_deployment_id": running.id,
    }
    assert [len(deployment.cancels) for deployment in environment.deployments] == [1, 0, 0]
    assert len(qovery_simulator.posts()) == 1


def test_after_a_kill_before_the_cancel_nothing_else_is_canceled(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """Everything is killed between record and POST, the queue moves on twice: the target is over, nothing is sent."""
    qovery_simulator.inject(Delay(path="/environment/*/status", before=30.0, skip=1))
    _kill_when(stack, lambda: len(qovery_simulator.requests) == 2)
    clock.jump(250)

    stack.up()

    target, _, running = environment.deployments
    assert stack.outputs() == {
        "outcome": "superseded",
        "deployment_id": target.id,
        "deployment_state": "DEPLOYED",
        "last_deployment_id": running.id,
    }
    assert qovery_simulator.posts() == ()
