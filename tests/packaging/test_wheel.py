"""The wheel as a user has it: installed where there is no checkout, in a program of its own, on the real engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qovery_provider.simulator import Plan, QoverySimulator
from tests.packaging.builds import ROOT, Build
from tests.support.stack import PROJECT, Stack, engine_folder

PROGRAM = """
import os
import pulumi
import qovery_provider

stop = qovery_provider.DeploymentCancellation("stop", environment_id=os.environ["ENVIRONMENT_ID"])
pulumi.export("outcome", stop.outcome)
pulumi.export("package", os.path.dirname(qovery_provider.__file__))
"""

MARK = "from-the-wheel"


def _uv(*arguments: str | Path, check: bool = True) -> bool:
    return subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=check).returncode == 0


def _installed(wheel: Path, environment: Path) -> Path:
    """Install a wheel and what it needs, locked, into a new virtual environment; return the folder of packages."""
    _uv("venv", "--python", sys.executable, environment)
    install = "pip", "install", "--python", environment, "--constraint", ROOT / "requirements/dev.txt", wheel
    # Without a registry if this machine has downloaded them all before.
    _ = _uv("--offline", *install, check=False) or _uv(*install)
    (packages,) = environment.glob("lib/python*/site-packages")
    return packages


@pytest.fixture
def packages(build: Build, tmp_path: Path) -> Path:
    """The package folder of a clean virtual environment: with the wheel, and with what it needs."""
    packages = _installed(build.wheel, tmp_path / "environment")
    # The provider runs in a process of the engine: this version in its requests shows that it is the wheel's.
    version = packages / "qovery_provider/_version.py"
    version.unlink()
    version.write_text(f'__version__ = "{MARK}"\n')
    return packages


@pytest.fixture
def qovery_simulator() -> Iterator[QoverySimulator]:
    """A running simulator with an empty world."""
    with QoverySimulator() as simulator:
        yield simulator


@pytest.mark.engine
def test_up_runs_the_wheel(packages: Path, tmp_path: Path, qovery_simulator: QoverySimulator) -> None:
    """The program and the provider are the wheel's, and they cancel."""
    environment = qovery_simulator.world.add_environment()
    deployment = environment.deploy(Plan(phases=(("BUILDING", 600.0),), cancel_delay=0.1))
    stack = Stack(tmp_path, engine_folder([sys.executable, str(ROOT / "tools/pulumi_cli/ensure.py")]), qovery_simulator)
    (stack.program / "Pulumi.yaml").write_text(PROJECT.format(virtualenv=tmp_path / "environment"))
    stack.write(PROGRAM)

    stack.up(ENVIRONMENT_ID=environment.id)

    assert stack.outputs() == {"outcome": "canceled", "package": str(packages / "qovery_provider")}
    assert deployment.state == "CANCELED"
    user_agents = {request.headers["User-Agent"] for request in qovery_simulator.requests}
    assert user_agents == {f"qovery-provider/{MARK} (pulumi)"}
