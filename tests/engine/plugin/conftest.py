"""What the plugin's engine tests share: a stack in YAML, and an environment with a deployment to cancel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from qovery_provider.simulator import Environment, Plan, QoverySimulator
from tests.support.environments import busy
from tests.support.plugin_stack import ROOT, PluginStack
from tests.support.stack import engine_folder

LONG = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=0.1)


@pytest.fixture(scope="session")
def engine() -> str | None:
    """The folder of a Pulumi CLI that has a language host for YAML."""
    return engine_folder([sys.executable, str(ROOT / "tools/pulumi_cli/ensure.py"), "--yaml"])


@pytest.fixture
def stack(tmp_path: Path, engine: str | None, qovery_simulator: QoverySimulator) -> PluginStack:
    """An empty stack."""
    return PluginStack(tmp_path, engine, qovery_simulator)


@pytest.fixture
def environment(qovery_simulator: QoverySimulator) -> Environment:
    """An environment with a running deployment and another deployment queued behind it."""
    return busy(qovery_simulator, LONG)
