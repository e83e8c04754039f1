"""Change the pure modules in small ways, one at a time, and see whether the fast tests notice.

    make mutate

At least 95 of 100 changes must be noticed, in each module and in all. What survives is listed with its reason, which
`survivors.py` holds; a survivor without a reason is a failure, and so is a reason without a survivor. mutmut leaves
module-level tables, decorated functions (properties) and dataclass defaults alone: those are pinned by tests word for
word.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.support.figures import keep
from tools.survivors import REASONS

ROOT = Path(__file__).parent.parent
WORK = ROOT / "build" / "mutate"
"""A copy: the checkout stays as it is, whoever else works in it."""

ENOUGH = 0.95

NOTICED = {"killed", "timeout", "segfault"}
"""A change that makes the tests run forever is noticed as well."""


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
    run = subprocess.run(command, cwd=WORK, check=False, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stdout + run.stderr)
    return run.stdout


def place_of(change: str) -> str:
    """Read mutmut's name of a change as module and function: `settings.Token.reveal`."""
    module, mangled = re.fullmatch(r"qovery_provider\.\w+\.(\w+)\.x(.+)__mutmut_\d+", change).groups()  # type: ignore[union-attr]
    return ".".join([module, *mangled.removeprefix("_").removeprefix("ǁ").split("ǁ")])


def reason_of(place: str, lines: list[str], unused: dict[str, dict[str, str]]) -> str | None:
    """Return why nobody notices that a function has these lines instead, and note that the reason is used."""
    for part, reason in REASONS.get(place, {}).items():
        if any(part in line for line in lines if line.startswith("+")):
            unused[place].pop(part, None)
            return reason
    return None


def main() -> int:
    """Mutate, test, and say what survived."""
    prepare()
    mutmut("run", "--max-children", str(os.cpu_count() or 1))
    ends = dict(line.strip().split(": ") for line in mutmut("results", "--all", "true").splitlines())
    survivors = [change for change, end in ends.items() if end not in NOTICED]

    unused = {place: dict(parts) for place, parts in REASONS.items()}
    without_reason = 0
    for change in survivors:
        lines = [line for line in mutmut("show", change).splitlines() if re.match(r"[-+](?![-+])", line)]
        reason = reason_of(place_of(change), lines, unused)
        without_reason += reason is None
        print(place_of(change), *lines, f"{ends[change]}: {reason or 'NO REASON'}", sep="\n    ")
    useless = [f"{place}: {part}" for place, parts in unused.items() for part in parts]
    for reason in useless:
        print(f"A reason that nothing needs: {reason}")

    changes = Counter(place_of(change).partition(".")[0] for change in ends)
    left = Counter(place_of(change).partition(".")[0] for change in survivors)
    modules = {module: {"changes": count, "noticed": count - left[module]} for module, count in sorted(changes.items())}
    noticed = len(ends) - len(survivors)
    keep("mutation", changes=len(ends), noticed=noticed, without_reason=without_reason, modules=modules)
    shares = {module: 1 - left[module] / count for module, count in changes.items()}
    shares["all"] = noticed / len(ends)
    print(f"{len(ends)} changes; noticed:", ", ".join(f"{module} {share:.1%}" for module, share in shares.items()))
    return 1 if without_reason or useless or min(shares.values()) < ENOUGH else 0


if __name__ == "__main__":
    raise SystemExit(main())
