"""A fresh Pulumi stack in a folder of its own, and the cost of an update."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.simulator import Qovery
from tests.support.plugin_stack import place_plugin

PROJECT = f"""\
name: benchmark
runtime:
  name: python
  options:
    virtualenv: {sys.prefix}
"""
PLUGIN = """\
plugins:
  providers:
    - name: qovery-cancellation
      path: ../plugin
"""

METER = Path(__file__).with_name("meter.py")
PROGRAMS = Path(__file__).with_name("programs")
HIDDEN = ("PULUMI_", "QOVERY_", "Q_CLI_", "PYTHON")
"""Prefixes of variables that the updates do not see. Python may keep its bytecode, as for an installed package."""

TIME_LIMIT = 900.0
"""Seconds for one update: far more than any takes."""

PARALLEL = 64


@dataclass(frozen=True)
class Cost:
    """What an update cost, with all the processes that the engine started.

    Attributes:
        peak_memory: In bytes.
        others: How many CPUs were busy with anything else on the machine meanwhile, the simulator included.
    """

    seconds: float
    cpu_seconds: float
    peak_memory: int
    others: float


class Stack:
    """A stack without resources.

    Args:
        folder: An empty folder for all its files.
        program: The name of a file in `programs`.
        qovery: The simulator that the program takes for Qovery.
        has_plugin: Whether the program uses the provider plugin. Default: False.
    """

    def __init__(self, folder: Path, program: str, qovery: Qovery, *, has_plugin: bool = False) -> None:
        self._program = folder / "program"
        self._program.mkdir()
        (folder / "state").mkdir()
        project = PROJECT
        if has_plugin:
            place_plugin(folder / "plugin")
            project += PLUGIN
        (self._program / "Pulumi.yaml").write_text(project)
        shutil.copy(PROGRAMS / f"{program}.py", self._program / "__main__.py")
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)},
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "QOVERY_API_URL": qovery.url,
            "QOVERY_API_TOKEN": qovery.token,
            "ENVIRONMENT_IDS": ",".join(qovery.environment_ids),
            **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1"),
        }
        self._run("pulumi", "stack", "init", "benchmark")

    def up(self) -> Cost:
        """Run an update; it has to succeed."""
        return self._measure("up", "--yes", "--skip-preview")

    def preview(self) -> Cost:
        """Run a preview; it has to succeed."""
        return self._measure("preview")

    def _measure(self, command: str, *options: str) -> Cost:
        common = ["--non-interactive", "--color=never", f"--parallel={PARALLEL}"]
        measured = json.loads(self._run(sys.executable, str(METER), "pulumi", command, *options, *common))
        code, output = measured.pop("code"), measured.pop("output")
        if code:
            sys.exit(f"`pulumi {command}` failed with code {code}:\n{output}")
        return Cost(**measured)

    def _run(self, *command: str) -> bytes:
        return subprocess.run(
            command, cwd=self._program, env=self._environment, capture_output=True, timeout=TIME_LIMIT, check=True
        ).stdout
