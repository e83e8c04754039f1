"""An update that dies after its cancel was sent, and the next one: the dynamic provider's crash tests, in short."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from qovery_provider.simulator import Plan, QoverySimulator
from tests.support.plugin_stack import PluginStack, cancellation
from tests.support.processes import members
from tests.support.stack import killed_on_exit
from tests.support.time import JumpingClock, wait_until

SLOW = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=600.0)


def _kill_the_plugin(process: subprocess.Popen[str]) -> None:
    for pid, words in members(process.pid):
        if any(word.endswith("/plugin") for word in words):
            os.kill(pid, signal.SIGKILL)


def _interrupt_twice(process: subprocess.Popen[str]) -> None:
    for _ in range(2):
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.2)


@pytest.mark.parametrize(
    "die",
    [
        pytest.param(_kill_the_plugin, id="kill of the plugin"),
        pytest.param(_interrupt_twice, id="two interrupts"),
    ],
)
def test_the_next_update_finishes_the_job(
    stack: PluginStack,
    qovery_simulator: QoverySimulator,
    clock: JumpingClock,
    die: Callable[[subprocess.Popen[str]], None],
) -> None:
    """It sends nothing again, and what is queued is not touched."""
    environment = qovery_simulator.world.add_environment()
    target, _ = environment.deploy(SLOW), environment.enqueue(SLOW)
    stack.declare({"outcome": "${stop.outcome}"}, stop=cancellation(environment.id))
    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        wait_until(qovery_simulator.posts)
        die(process)
        process.communicate(timeout=20)
    if stack.is_locked():
        stack.unlock()
    known = len(qovery_simulator.requests)

    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        wait_until(lambda: len(qovery_simulator.requests) > known)
        clock.jump(700)
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 0, output
    assert stack.outputs() == {"outcome": "canceled"}
    assert [deployment.state for deployment in environment.deployments] == ["CANCELED", "BUILDING"]
    assert (len(target.cancels), len(qovery_simulator.posts())) == (1, 1)
