"""How an update of the plugin may end before its cancellation does: by a timeout, ^C, or the end of the engine."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from qovery_provider.simulator import Delay, Environment, Plan, QoverySimulator
from tests.support.environments import busy
from tests.support.plugin_stack import PluginStack, cancellation
from tests.support.processes import members
from tests.support.stack import Run, killed_on_exit
from tests.support.time import JumpingClock, wait_until

SLOW = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=600.0)
UP = ("up", "--yes", "--skip-preview")


@pytest.fixture
def environment(qovery_simulator: QoverySimulator) -> Environment:
    """An environment whose deployment takes minutes to be canceled, with another one queued behind it."""
    return busy(qovery_simulator, SLOW)


def _interrupted(stack: PluginStack, is_time: Callable[[], object], *options: str) -> tuple[Run, float]:
    """Run an update that is interrupted as soon as it is time; return it, and how many seconds it went on."""
    with killed_on_exit(stack.start(*UP, *options)) as process:
        wait_until(is_time)
        began = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        return Run(process.returncode, output), time.monotonic() - began


def _answered(qovery: QoverySimulator, cancels: int) -> bool:
    """Return whether exactly this many cancels were made, and all of them accepted."""
    return [post.status for post in qovery.posts()] == [202] * cancels


def _up_with_all_at_once(stack: PluginStack, qovery: QoverySimulator, clock: JumpingClock, cancels: int) -> str:
    """Run an update of slow cancels, which end when as many are there; return its output.

    None ends before the clock jumps: until then, a cancel can only come from a resource that has not had to wait.
    """
    with killed_on_exit(stack.start(*UP, "--parallel", str(cancels))) as process:
        wait_until(lambda: len(qovery.posts()) == cancels)
        clock.jump(700)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output


def _resumed(stack: PluginStack, clock: JumpingClock) -> None:
    clock.jump(700)
    stack.up()
    assert stack.outputs() == {"outcome": "canceled"}


def test_custom_timeouts(
    stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """`create` limits the wait, and what was sent is kept; `update` limits the one that resumes, which sends none."""
    outputs = {"outcome": "${stop.outcome}"}
    stack.declare(outputs, stop=cancellation(environment.id, {"customTimeouts": {"create": "1s", "update": "2s"}}))

    created = stack.failing_up()
    resumed = stack.failing_up()
    _resumed(stack, clock)

    assert " within 1 s" in created.output
    assert "Traceback" not in created.output
    assert " within 2 s" in resumed.output
    assert stack.latest()["stop"]["outputs"]["timeout"] == 1800
    assert len(qovery_simulator.posts()) == 1
    assert environment.deployments[1].cancels == []
    stack.up("--expect-no-changes")


def test_an_interrupt_ends_a_wait(
    stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """^C once: the update ends within a second, and the next one resumes without sending again."""
    stack.declare({"outcome": "${stop.outcome}"}, stop=cancellation(environment.id))

    run, seconds = _interrupted(stack, lambda: _answered(qovery_simulator, 1))
    _resumed(stack, clock)

    assert run.code != 0
    assert seconds < 1.0
    assert "the update was stopped while waiting for deployment" in run.output
    assert len(qovery_simulator.posts()) == 1
    assert environment.deployments[1].cancels == []


def test_an_interrupt_waits_for_the_answer_to_a_cancel(
    stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """A cancel that is on the wire is answered first, so that what is kept is true."""
    qovery_simulator.inject(Delay(method="POST", after=1.5))
    stack.declare({"outcome": "${stop.outcome}"}, stop=cancellation(environment.id))

    _, seconds = _interrupted(stack, qovery_simulator.posts)

    assert 0.5 < seconds < 3.0
    assert stack.latest()["stop"]["outputs"]["__unfinished"]["sent"] == "accepted"
    _resumed(stack, clock)
    assert len(qovery_simulator.posts()) == 1


def test_an_interrupt_keeps_exactly_what_was_sent(
    stack: PluginStack, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """Two of twelve cancels are accepted, and the others have no status yet: ^C keeps those two; all are sent once."""
    world = qovery_simulator.world
    environments = [world.add_environment(project_id=f"project-{number}") for number in range(12)]
    for environment in environments:
        environment.deploy(SLOW)
    for environment in environments[2:]:
        qovery_simulator.inject(Delay(path=f"/project/{environment.project_id}/environment/status", before=5.0))
    stack.declare(**{f"stop-{number}": cancellation(each.id) for number, each in enumerate(environments)})

    _, seconds = _interrupted(stack, lambda: _answered(qovery_simulator, 2), "--parallel", "12")
    kept = {resource["inputs"]["environmentId"] for resource in stack.resources("DeploymentCancellation")}
    clock.jump(700)
    _up_with_all_at_once(stack, qovery_simulator, clock, 12)

    assert seconds < 1.0
    assert kept == {environment.id for environment in environments[:2]}
    assert [environment.deployments[0].effective_cancels for environment in environments] == [1] * 12
    assert len(qovery_simulator.posts()) == 12


def test_nothing_lives_on_without_the_engine(
    stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """A killed engine says nothing to the plugin, which ends on its own."""
    stack.declare(stop=cancellation(environment.id))

    with killed_on_exit(stack.start(*UP)) as process:
        wait_until(qovery_simulator.posts)
        plugin = next(pid for pid, words in members(process.pid) if str(stack.folder / "plugin") in words)
        os.kill(process.pid, signal.SIGKILL)

        wait_until(lambda: plugin not in dict(members(process.pid)), seconds=4)

    assert len(qovery_simulator.posts()) == 1


def test_many_at_once(stack: PluginStack, qovery_simulator: QoverySimulator, clock: JumpingClock) -> None:
    """A hundred slow resources run side by side: none waits for another."""
    environments = [qovery_simulator.world.add_environment() for _ in range(100)]
    for environment in environments:
        environment.deploy(SLOW)
    stack.declare(**{f"stop-{number}": cancellation(each.id) for number, each in enumerate(environments)})

    output = _up_with_all_at_once(stack, qovery_simulator, clock, 100)

    assert "101 created" in output
    assert [environment.deployments[0].state for environment in environments] == ["CANCELED"] * 100
