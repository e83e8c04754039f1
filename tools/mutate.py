"""Change the pure modules in small ways, one at a time, and see whether the fast tests notice.

    python tools/mutate.py

What survives is listed; it is a failure when more than one change in twenty does. mutmut leaves module-level tables,
decorated functions (properties) and dataclass defaults alone: those are pinned by tests word for word.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
WORK = ROOT / "build" / "mutate"
"""A copy: the checkout stays as it is, whoever else works in it."""

ENOUGH = 0.95


def prepare() -> None:
    """Copy what is needed."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for folder in ("qovery_provider", "tests"):
        shutil.copytree(ROOT / folder, WORK / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", WORK)
    shutil.copy(ROOT / "tools" / "mutate.cfg", WORK / "setup.cfg")


def mutmut(*arguments: str) -> str:
    """Run mutmut on the copy and return what it prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=WORK, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Mutate, test, and say what survived."""
    prepare()
    mutmut("run", "--max-children", str(os.cpu_count() or 1))
    mutmut("export-cicd-stats")
    stats = json.loads((WORK / "mutants" / "mutmut-cicd-stats.json").read_text())
    survivors = [line.split(":")[0].strip() for line in mutmut("results").splitlines() if ":" in line]
    for survivor in survivors:
        changes = [line for line in mutmut("show", survivor).splitlines() if line.startswith(("- ", "+ "))]
        print(survivor, *changes, sep="\n    ")
    killed = (stats["total"] - len(survivors)) / stats["total"]
    print(f"{stats['total']} changes, {killed:.1%} noticed, {len(survivors)} not")
    return 0 if killed >= ENOUGH else 1


if __name__ == "__main__":
    raise SystemExit(main())
