"""With which Python the language host and the dynamic resources of a project run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.pulumi_cli import ensure


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """The folder of the plugins, as in the cache."""
    folder = tmp_path / "bin"
    folder.mkdir()
    ensure.place_plugins(folder)
    return folder


def python(file: Path) -> Path:
    """A Python that says which one it is and with what it was started."""
    file.parent.mkdir(parents=True)
    file.write_text('#!/bin/sh\necho "$0" "$@"\n')
    file.chmod(0o755)
    return file


def started(plugin: Path, folder: Path, **environment: str) -> list[str]:
    """The process that was started for a project in this folder."""
    tools = shutil.which("sed", path=os.defpath) or ""
    command = [str(plugin), "127.0.0.1:1"]
    settings = {"PATH": str(Path(tools).parent), **environment}
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize(
    "options",
    [
        pytest.param("options: {toolchain: pip, virtualenv: .venv}", id="in braces"),
        pytest.param("options:\n      virtualenv: .venv", id="on a line of its own"),
        pytest.param("options:\n      virtualenv: '.venv'  # beside Pulumi.yaml", id="quoted, with a comment"),
    ],
)
def test_the_virtual_environment_of_the_project(tmp_path: Path, bin_folder: Path, options: str) -> None:
    """It is relative to Pulumi.yaml, not to the program's folder."""
    expected = python(tmp_path / "project/.venv/bin/python")
    (tmp_path / "project/Pulumi.yaml").write_text(f"name: x\nruntime:\n  name: python\n  {options}\n")
    (tmp_path / "project/main").mkdir()

    assert started(bin_folder / "pulumi-language-python", tmp_path / "project/main") == [
        str(expected),
        "-u",
        f"{bin_folder}/run_with_engine.py",
        f"{bin_folder}/language_host.py",
        "127.0.0.1:1",
    ]


def test_dynamic_resources_run_with_the_same_python(tmp_path: Path, bin_folder: Path) -> None:
    """By the SDK's own module."""
    expected = python(tmp_path / "project/venv/bin/python")
    (tmp_path / "project/Pulumi.yaml").write_text(f"runtime: {{options: {{virtualenv: {tmp_path}/project/venv}}}}\n")
    first, *_, module, _address = started(bin_folder / "pulumi-resource-pulumi-python", tmp_path / "project")
    assert (first, module) == (str(expected), "pulumi.dynamic")


def test_without_a_virtual_environment_the_active_one_serves(tmp_path: Path, bin_folder: Path) -> None:
    """And before it the variable that the official host reads."""
    active, named = python(tmp_path / "active/bin/python"), python(tmp_path / "named/python")
    plugin = bin_folder / "pulumi-language-python"
    environment = {"VIRTUAL_ENV": str(tmp_path / "active")}
    assert started(plugin, tmp_path, **environment)[0] == str(active)
    assert started(plugin, tmp_path, **environment, PULUMI_PYTHON_CMD=str(named))[0] == str(named)
