"""The engine goes without a word, and the plugin is started as Pulumi's own launcher does it: nothing lives on."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from qovery_provider.simulator import Plan, QoverySimulator
from tests.support.processes import members, plugin_of
from tests.support.stack import Stack, killed_on_exit
from tests.support.time import wait_until

PROGRAM = """
import os
from qovery_provider import DeploymentCancellation

DeploymentCancellation("stop", environment_id=os.environ["ENVIRONMENT_ID"], timeout=60)
"""

LAUNCHER = f'#!/bin/sh\nexec {sys.executable} -u -m pulumi.dynamic "$@"\n'
"""The command that `pulumi-resource-pulumi-python` of an official installation runs."""


@pytest.fixture
def launched(stack: Stack, tmp_path: Path) -> Stack:
    """A stack whose plugin is started by that launcher, which does not end it."""
    launcher = tmp_path / "launcher" / "pulumi-resource-pulumi-python"
    launcher.parent.mkdir()
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)
    stack.environment["PATH"] = os.pathsep.join([str(launcher.parent), stack.environment["PATH"]])
    stack.write(PROGRAM)
    return stack


def test_the_plugin_ends_with_a_killed_engine(launched: Stack, qovery_simulator: QoverySimulator) -> None:
    """It waits for the end of a cancel when the engine is killed: it stops asking, and its process ends."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(Plan(phases=(("BUILDING", 600.0),), cancel_delay=600.0))
    launched.environment["ENVIRONMENT_ID"] = environment.id

    with killed_on_exit(launched.start("up", "--yes", "--skip-preview")) as process:
        wait_until(qovery_simulator.posts)
        plugin = plugin_of(process.pid)
        os.kill(process.pid, signal.SIGKILL)

        wait_until(lambda: plugin not in dict(members(process.pid)), seconds=5)

    assert plugin is not None
    assert len(qovery_simulator.posts()) == 1
