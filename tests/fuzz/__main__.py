"""Search for inputs that break a promise, guided by coverage: `python -m tests.fuzz SECONDS`, or with a target's name.

Each target runs in a process of its own, for atheris ends that. What it has learned stays in `.make/fuzz`, for the next
run; what breaks a promise is kept there as well and is shown by the name of its file: `python -m tests.fuzz NAME FILE`.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

from tests.support.figures import keep

FOLDER = Path(".make/fuzz")
TARGETS = ("inputs", "settings", "models", "answers")
EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
COVERED = re.compile(r"cov: (\d+)")


def fuzz(name: str, *arguments: str) -> None:
    """Run one target, as libFuzzer's arguments say; it does not return."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["qovery_provider"]):
        targets = importlib.import_module("tests.fuzz.targets").TARGETS
    atheris.Setup([name, *arguments], targets[name].hypothesis.fuzz_one_input)
    atheris.Fuzz()


def watch(name: str, seconds: int) -> dict[str, int]:
    """Run one target for so long; return how much it tried, or leave with what it found."""
    corpus = FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        "-print_final_stats=1",
        f"-artifact_prefix={FOLDER}/{name}-",
        "-timeout=10",
    ]
    command = [sys.executable, "-m", "tests.fuzz", name, str(corpus), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return {
        "seconds": seconds,
        "executions": int(EXECUTED.findall(done.stderr)[-1]),
        "branches": int(COVERED.findall(done.stderr)[-1]),
    }


def main(seconds: int) -> None:
    """Run every target."""
    figures = {}
    for name in TARGETS:
        figures[name] = watch(name, seconds)
        tries = figures[name]["executions"]
        print(f"{name}: nothing found in {tries} tries", flush=True)  # noqa: T201 - progress
    keep("fuzz", targets=figures)


if __name__ == "__main__":
    _, first, *rest = sys.argv
    if first.isdigit():
        main(int(first))
    else:
        fuzz(first, *rest)
