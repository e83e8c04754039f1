"""Builds of the package, as `make dist` makes them, from copies of the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

FILES = (".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml")
"""The top-level entries that a build may use."""

STRAY_FILES = ("qovery_provider/__pycache__/left.cpython-313.pyc", "tests/test_left.py", "Pulumi.left.yaml")
"""The files that a build must not include."""


@dataclass(frozen=True)
class Build:
    """The two files that were built from one folder."""

    source: Path

    @property
    def wheel(self) -> Path:
        (wheel,) = self.source.glob("dist/*.whl")
        return wheel

    @property
    def sdist(self) -> Path:
        (sdist,) = self.source.glob("dist/*.tar.gz")
        return sdist

    @property
    def modules(self) -> set[str]:
        """The files of the package, by their paths from the folder above it."""
        files = {*self.source.glob("qovery_provider/**/*.py"), *self.source.glob("qovery_provider/**/py.typed")}
        return {file.relative_to(self.source).as_posix() for file in files}

    def contents(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in (self.wheel, self.sdist)}


def copied(folder: Path) -> Path:
    """Copy what a build may take to a new folder, and add stray files."""
    shutil.copytree(ROOT / "qovery_provider", folder / "qovery_provider", ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, folder)
    for stray in map(folder.joinpath, STRAY_FILES):
        stray.parent.mkdir(exist_ok=True)
        stray.write_text("left")
    return folder


def built(folder: Path, *, umask: int = 0o022) -> Build:
    """Build the package in a folder."""
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    command = [sys.executable, "-m", "hatchling", "build"]
    subprocess.run(command, cwd=folder, env=environment, umask=umask, capture_output=True, check=True)
    return Build(folder)
