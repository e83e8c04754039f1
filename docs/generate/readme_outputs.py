"""The terminal sessions in the examples' READMEs: runs them and writes their output into the READMEs.

`python -m docs.generate.readme_outputs` runs each session on a simulator and rewrites the READMEs; the tests run them
as well, and compare. A session is a block marked `console`: lines that begin with `$ ` are run as they stand, one after
the other, and each is followed by its output, without progress and repetitions (`told`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qovery_provider.simulator import QoverySimulator
from tests.examples.worlds import WORLDS, backend, simulated
from tests.support.plugin_stack import PluginStack
from tests.support.stack import TIME_LIMIT, Stack, engine_folder

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
UNDER_WAY = re.compile(
    r"^ *[-+~]* +\S+ \S+ (creating|updating|replacing|deleting|reading)( replacement| original)? \(\d+s\)"
)
DOTS = re.compile(r"^@ .*\.\.\.")
ROW = re.compile(r"^ *[-+~]* +[\w-]+:\S+:\S+ ")
TIMES = re.compile(r"\d+(\.\d+)? ?(s|min|h)\b( \d+ ?(s|min)\b)?")


@dataclass(frozen=True)
class Exchange:
    """A command and its output."""

    command: str
    output: str

    def __str__(self) -> str:
        return f"$ {self.command}\n{self.output}"

    def is_like(self, other: Exchange) -> bool:
        """Return whether two outputs say the same, regardless of the order of the resources and the durations."""
        return (self.command, _gist(self.output)) == (other.command, _gist(other.output))


def sessions(text: str) -> Iterator[list[Exchange]]:
    """Yield the sessions of a README, block by block."""
    for block in BLOCK.findall(text):
        _, *parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
        yield [Exchange(*part.split("\n", 1)) for part in parts]


def play(text: str, stack: Stack) -> Iterator[list[Exchange]]:
    """Run the commands of a README in the folder of a stack's program."""
    for session in sessions(text):
        yield [Exchange(shown.command, told(_run(shown.command, stack))) for shown in session]


def told(output: str) -> str:
    """Return an output without progress, and with only the last version of each resource's row."""
    lines = [line.rstrip() for line in output.splitlines() if not DOTS.match(line) and not UNDER_WAY.match(line)]
    kept = [line for number, line in enumerate(lines) if not _is_repeated(line, lines[number + 1 :])]
    return re.sub(r"\n\n+", "\n\n", "\n".join(kept)).strip("\n") + "\n" if any(kept) else ""


def rewritten(text: str, played: Iterator[list[Exchange]]) -> str:
    """Return a README with new outputs; an output that says the same as before stays as it is."""
    shown = sessions(text)

    def block(_: re.Match[str]) -> str:
        pairs = zip(next(shown), next(played), strict=True)
        return "".join(str(old if old.is_like(new) else new) for old, new in pairs)

    return BLOCK.sub(block, text)


def placed(name: str, stack: Stack) -> Stack:
    """Copy an example into a stack's program folder."""
    stack.clear()
    shutil.copytree(EXAMPLES / name, stack.program, ignore=shutil.ignore_patterns("__pycache__"))
    for project in stack.program.glob("Pulumi.yaml"):
        project.write_text(project.read_text().replace("../../.venv", sys.prefix).replace("../../plugin", "../plugin"))
    stack.environment["PATH"] = f"{sys.prefix}/bin:{stack.environment['PATH']}"
    return stack


def names() -> list[str]:
    """Return the examples, in order."""
    return sorted(path.parent.name for path in EXAMPLES.glob("[0-9]*/README.md"))


def _run(command: str, stack: Stack) -> str:
    done = subprocess.run(  # noqa: S602 - the commands are our own READMEs'
        command,
        shell=True,
        executable="/bin/bash",
        cwd=stack.program,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    return done.stdout


def _is_repeated(line: str, later: list[str]) -> bool:
    if not ROW.match(line):
        return False
    section = later[: later.index("Resources:")] if "Resources:" in later else later
    return any(other.startswith(line) for other in section)


def _gist(output: str) -> list[str]:
    return sorted(" ".join(TIMES.sub("N", line).split()) for line in output.splitlines() if line.strip())


def stack_for(name: str, folder: Path, engine: str | None, qovery: QoverySimulator, address: str | None) -> Stack:
    """Return an empty stack for an example; one in another language is served by the plugin."""
    kind = Stack if name[0].isdigit() else PluginStack
    return kind(folder, engine, qovery, backend=address)


def main() -> None:
    """Run the sessions of all examples, or of the named ones, and rewrite their READMEs."""
    engine = engine_folder([sys.executable, str(ROOT / "tools/pulumi_cli/ensure.py"), "--yaml"])
    for name in sys.argv[1:] or [*names(), "yaml"]:
        readme = EXAMPLES / name / "README.md"
        with tempfile.TemporaryDirectory() as folder, simulated(WORLDS[name]) as qovery, backend(name) as address:
            before = readme.read_text()
            stack = placed(name, stack_for(name, Path(folder), engine, qovery, address))
            after = rewritten(before, play(before, stack))
        readme.write_text(after)
        print(f"{name}: {'the same' if after == before else 'rewritten'}", flush=True)


if __name__ == "__main__":
    main()
