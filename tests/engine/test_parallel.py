"""Separate resources of one stack run side by side, and two updates of one stack do not."""

from __future__ import annotations

import os
import signal
import time

from qovery_provider.simulator import Plan, QoverySimulator
from tests.support.stack import Stack, killed_on_exit
from tests.support.time import JumpingClock, wait_until

SEPARATE = """
import os
import pulumi
from qovery_provider import DeploymentCancellation

for number, environment_id in enumerate(os.environ["ENVIRONMENT_IDS"].split()):
    stop = DeploymentCancellation(f"stop-{number}", environment_id=environment_id)
    pulumi.export(f"outcome-{number}", stop.outcome)
"""

SINGLE = """
import os
import pulumi
from qovery_provider import DeploymentCancellation

pulumi.export("outcome", DeploymentCancellation("stop", environment_id=os.environ["ENVIRONMENT_ID"]).outcome)
"""

SIDE_BY_SIDE = 16

SLOW = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=600.0)


def test_separate_resources_overlap(stack: Stack, qovery_simulator: QoverySimulator, clock: JumpingClock) -> None:
    """As many at once as `--parallel` allows, although the SDK has four threads: none waits for another to end."""
    environments = [qovery_simulator.world.add_environment() for _ in range(SIDE_BY_SIDE)]
    # None ends before the clock jumps: until then, a cancel can only come from an operation that has not had to wait.
    deployments = [environment.deploy(SLOW) for environment in environments]
    stack.environment["ENVIRONMENT_IDS"] = " ".join(environment.id for environment in environments)
    stack.write(SEPARATE)

    with killed_on_exit(stack.start("up", "--yes", "--skip-preview", f"--parallel={SIDE_BY_SIDE}")) as process:
        wait_until(lambda: all(deployment.cancels for deployment in deployments))
        clock.jump(700)
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert set(stack.outputs().values()) == {"canceled"}
    assert [len(deployment.cancels) for deployment in deployments] == [1] * SIDE_BY_SIDE


def test_the_second_of_two_updates_is_refused(
    stack: Stack, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """Pulumi locks the stack: the second update sends nothing, and the first one is not disturbed."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(SLOW)
    stack.environment["ENVIRONMENT_ID"] = environment.id
    stack.write(SINGLE)

    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as first:
        wait_until(qovery_simulator.posts)
        second = stack.failing_up()
        clock.jump(700)
        first.communicate(timeout=60)

    assert "the stack is currently locked by 1 lock(s)" in second.output
    assert first.returncode == 0
    assert stack.outputs() == {"outcome": "canceled"}
    assert len(qovery_simulator.posts()) == 1


def test_two_interrupts_end_it_at_once(stack: Stack, qovery_simulator: QoverySimulator, clock: JumpingClock) -> None:
    """^C twice: the engine does not wait, and the next update adopts the cancellation without sending again."""
    environment = qovery_simulator.world.add_environment()
    target = environment.deploy(SLOW)
    environment.enqueue(SLOW)
    stack.environment["ENVIRONMENT_ID"] = environment.id
    stack.write(SINGLE)
    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        wait_until(qovery_simulator.posts)
        for _ in range(2):
            os.kill(process.pid, signal.SIGINT)
            time.sleep(0.3)
        process.communicate(timeout=20)
    stack.unlock()
    known = len(qovery_simulator.requests)

    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        wait_until(lambda: len(qovery_simulator.requests) > known)
        clock.jump(700)
        process.communicate(timeout=60)

    assert stack.outputs() == {"outcome": "canceled"}
    assert [deployment.state for deployment in environment.deployments] == ["CANCELED", "BUILDING"]
    assert len(target.cancels) == 1
    assert len(qovery_simulator.posts()) == 1
