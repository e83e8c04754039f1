"""What the engine tests share: the Pulumi CLI, and a stack whose programs run against a simulator."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qovery_provider.simulator import QoverySimulator
from tests.support.stack import Stack, engine_folder
from tests.support.time import JumpingClock

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("engine")


@pytest.fixture(scope="session")
def engine() -> str | None:
    """The folder of the Pulumi CLI, got first where there is none."""
    return engine_folder([sys.executable, str(ROOT / "tools/pulumi_cli/ensure.py")])


@pytest.fixture
def clock() -> JumpingClock:
    """The time of the simulator."""
    return JumpingClock()


@pytest.fixture
def qovery_simulator(clock: JumpingClock) -> Iterator[QoverySimulator]:
    """A running simulator with an empty world, on a clock that can jump."""
    with QoverySimulator(clock=clock) as simulator:
        yield simulator


@pytest.fixture
def stack(tmp_path: Path, engine: str | None, qovery_simulator: QoverySimulator) -> Stack:
    """An empty stack."""
    return Stack(tmp_path, engine, qovery_simulator)
