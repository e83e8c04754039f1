"""A Pulumi stack in a folder of its own, driven by the real CLI as a user would drive it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from qovery_provider.simulator import QoverySimulator
from tests.support.processes import kill_all

PROJECT = """\
name: stop
runtime:
  name: python
  options:
    virtualenv: {virtualenv}
"""

OURS = "(?:pulumi-python:dynamic/qovery|qovery-cancellation:index)"
"""How the types of our resources begin, served by either host."""

NEW_STACK: list[TemporaryDirectory[str]] = []
"""A copy of this process's first stack in a file as it was before its first update: the next ones begin with it."""

TIME_LIMIT = 90.0
"""Seconds for one command: far more than any takes, so that a test fails instead of hanging."""


@dataclass(frozen=True)
class Run:
    """A command that has ended."""

    code: int
    output: str

    @property
    def diagnostics(self) -> list[str]:
        """The lines below "Diagnostics:", without the headings."""
        _, _, rest = self.output.partition("Diagnostics:")
        block, _, _ = rest.partition("\n\nOutputs:")
        block, _, _ = block.partition("\n\nResources:")
        return [line.strip() for line in block.splitlines() if line.startswith("    ")]

    def row(self, name: str) -> str:
        """Return the last row of a resource without its type and name: the operation, and the message."""
        rows = re.findall(rf"^ ?[-+~ ]+ {OURS}:\w+ {name} (.*)$", self.output, re.MULTILINE)
        return str(rows[-1]).strip() if rows else ""


class Stack:
    """One stack, whose programs run against a simulator.

    Args:
        folder: Where its files are: program, state, Pulumi's home.
        engine: The folder of the Pulumi CLI, or None where it is on PATH.
        qovery: The simulator that the programs take for Qovery.
        backend: The URL of Pulumi's backend; by default a file below the folder.
    """

    def __init__(
        self, folder: Path, engine: str | None, qovery: QoverySimulator, *, backend: str | None = None
    ) -> None:
        self.folder = folder
        self.program = folder / "program"
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PULUMI_", "QOVERY_", "GRPC_"))
            },
            "PATH": os.pathsep.join(filter(None, [engine, os.environ["PATH"]])),
            "PULUMI_BACKEND_URL": backend or f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "passphrase",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_STACK": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "QOVERY_API_URL": qovery.url,
            "QOVERY_API_TOKEN": qovery.token,
        }
        if backend is None and NEW_STACK:
            shutil.copytree(NEW_STACK[0].name, folder, dirs_exist_ok=True)
            return
        self.program.mkdir()
        (folder / "state").mkdir()
        (self.program / "Pulumi.yaml").write_text(PROJECT.format(virtualenv=sys.prefix))
        self.checked("stack", "init", "test")
        if backend is None:
            NEW_STACK.append(TemporaryDirectory())
            shutil.copytree(folder, NEW_STACK[0].name, dirs_exist_ok=True)

    def write(self, program: str) -> None:
        """Make this the stack's program."""
        (self.program / "__main__.py").write_text(program)

    def clear(self) -> None:
        """Make room for another project, which selects a stack of its own."""
        shutil.rmtree(self.program)
        del self.environment["PULUMI_STACK"]

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command and return while it runs, in a process group of its own."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.program,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A runner that ignores SIGINT hands that down, and the plugins would then ignore the engine's interrupt.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )

    def run(self, *arguments: str, **environment: str) -> Run:
        """Run a command to its end."""
        process = self.start(*arguments, **environment)
        output, _ = process.communicate(timeout=TIME_LIMIT)
        return Run(process.returncode, output)

    def checked(self, *arguments: str, **environment: str) -> Run:
        """Run a command that has to succeed."""
        run = self.run(*arguments, **environment)
        assert run.code == 0, run.output
        return run

    def up(self, *options: str, **environment: str) -> Run:
        """Run an update that has to succeed."""
        return self.checked("up", "--yes", "--skip-preview", *options, **environment)

    def failing_up(self, *options: str, **environment: str) -> Run:
        """Run an update that has to fail."""
        run = self.run("up", "--yes", "--skip-preview", *options, **environment)
        assert run.code != 0, run.output
        return run

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        outputs: dict[str, Any] = json.loads(self.checked("stack", "output", "--json").output)
        return outputs

    def resources(self, kind: str) -> list[dict[str, Any]]:
        """Return the stored resources whose type ends with `kind`."""
        return [resource for resource in self.latest().values() if resource["type"].endswith(kind)]

    def latest(self) -> dict[str, dict[str, Any]]:
        """Return the stored resources by name; a state in a file is read without the CLI, so it may be locked."""
        path = self.folder / "state/.pulumi/stacks/stop/test.json"
        if path.exists():
            stored = json.loads(path.read_text())["checkpoint"].get("latest") or {}
        else:
            stored = json.loads(self.checked("stack", "export").output)["deployment"]
        return {resource["urn"].rpartition("::")[2]: resource for resource in stored.get("resources") or []}

    def is_locked(self) -> bool:
        """Return whether an update has left its lock behind; true as well where locks are not in files."""
        state = self.folder / "state/.pulumi"
        return not state.exists() or any(state.rglob("locks/**/*.json"))

    def unlock(self) -> None:
        """Release the lock, as a user does after an update has died.

        A kill between two writes of Pulumi's file backend leaves an empty file of attributes beside the state, and
        every command then says "failed to load checkpoint: EOF". Pulumi reads the state without that file.
        """
        for attributes in self.folder.glob("state/.pulumi/**/*.attrs"):
            if attributes.stat().st_size == 0:
                attributes.unlink()
        self.checked("cancel", "--yes")

    def files(self) -> Iterator[tuple[Path, bytes]]:
        """Yield every file that Pulumi keeps of the stack, with its content."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield path, path.read_bytes()


@contextmanager
def killed_on_exit(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Kill a command and all its processes at the end of the block, if they still run."""
    try:
        yield process
    finally:
        kill_all(process.pid)
        process.communicate()


def engine_folder(command: Sequence[str]) -> str | None:
    """Return the folder of the Pulumi CLI, or None where it is on PATH; raise where there is none at all."""
    completed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return completed.stdout.strip() or None
