"""Change the pure modules in small ways, one at a time, and see whether the fast tests notice.

    make mutate

Every change must be noticed; those that survive are printed. A line whose changes cannot be noticed is left out, and
says why: `# pragma: no mutate: the reason`. mutmut leaves module-level tables, decorated functions (properties) and
dataclass defaults alone: those are pinned by tests word for word.
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

ROOT = Path(__file__).parent.parent
WORK = ROOT / "build" / "mutate"
"""A copy: the checkout stays as it is."""

NOTICED = {"killed", "timeout", "segfault"}
"""A change that makes the tests run forever is noticed as well."""

LEFT_OUT = re.compile(r"# pragma: no mutate\b(?:: )?(?P<reason>.*)")


def prepare() -> None:
    """Copy the files that the tests need."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for folder in ("qovery_provider", "tests"):
        shutil.copytree(ROOT / folder, WORK / folder, ignore=shutil.ignore_patterns("__pycache__"))
    # Its fixtures need the simulator, which is not installed here; the tests of the pure modules use none of them.
    (WORK / "tests" / "unit" / "conftest.py").unlink()
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


def left_out(source: str) -> list[str]:
    """Return the reasons of the lines of a module that are left out."""
    return [match["reason"] for match in LEFT_OUT.finditer(source)]


def main() -> int:
    """Mutate, test, and report the survivors."""
    prepare()
    mutmut("run", "--max-children", str(os.cpu_count() or 1))
    ends = dict(line.strip().split(": ") for line in mutmut("results", "--all", "true").splitlines())
    survivors = [change for change, end in ends.items() if end not in NOTICED]
    for change in survivors:
        lines = [line for line in mutmut("show", change).splitlines() if re.match(r"[-+](?![-+])", line)]
        print(place_of(change), *lines, ends[change], sep="\n    ")

    changes, left = (Counter(place_of(change).partition(".")[0] for change in some) for some in (ends, survivors))
    sources = {
        path.stem: path.read_text() for path in (ROOT / "qovery_provider").glob("_*/*.py") if path.stem in changes
    }
    modules = {
        module: {"changes": count, "noticed": count - left[module], "lines_left_out": len(left_out(sources[module]))}
        for module, count in sorted(changes.items())
    }
    keep("mutation", changes=len(ends), noticed=len(ends) - len(survivors), modules=modules)
    for module, figures in modules.items():
        print(module, *(f"{figure} {name}" for name, figure in figures.items()))
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main())
