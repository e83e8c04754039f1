"""A stack whose program is in YAML, and whose resources the provider plugin serves."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from qovery_provider.simulator import QoverySimulator
from tests.support.stack import Stack

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "plugin"
TYPE = "qovery-cancellation:{}"


class PluginStack(Stack):
    """One stack, with the plugin's shipped folder, which runs with the Python of the tests."""

    def __init__(
        self, folder: Path, engine: str | None, qovery: QoverySimulator, *, backend: str | None = None
    ) -> None:
        place_plugin(folder / "plugin")
        super().__init__(folder, engine, qovery, backend=backend)
        # What runs a language host where the program has no Python of its own.
        self.environment["PULUMI_PYTHON_CMD"] = sys.executable
        self.project({"runtime": {"name": "python", "options": {"virtualenv": sys.prefix}}})

    def project(self, project: Mapping[str, Any]) -> None:
        """Make this the project, with the plugin."""
        plugins = {"providers": [{"name": "qovery-cancellation", "path": "../plugin"}]}
        text = yaml.safe_dump({"name": "stop", "plugins": plugins, **project}, sort_keys=False)
        (self.program / "Pulumi.yaml").write_text(text)

    def declare(self, outputs: Mapping[str, str] | None = None, /, **resources: Mapping[str, Any]) -> None:
        """Make these resources and outputs the program, in YAML."""
        self.project({"runtime": "yaml", "resources": resources, "outputs": dict(outputs or {})})


def place_plugin(target: Path) -> None:
    """Copy the shipped folder, with the Python of the tests instead of a virtual environment of its own."""
    shutil.copytree(PLUGIN, target, ignore=shutil.ignore_patterns("venv", "__pycache__"))
    project = target / "PulumiPlugin.yaml"
    project.write_text(project.read_text().replace("virtualenv: venv", f"virtualenv: {sys.prefix}"))


def cancellation(environment_id: str, options: Mapping[str, Any] | None = None, **properties: object) -> dict[str, Any]:
    """Return a resource of a YAML program."""
    return {
        "type": TYPE.format("DeploymentCancellation"),
        "properties": {"environmentId": environment_id, **properties},
        "options": dict(options or {}),
    }
