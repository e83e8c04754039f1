"""The cost of importing the package for a process that needs `pulumi` and `requests` anyway.

In CPU time: an import waits for nothing, and so other load on the machine does not count.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from statistics import median

REPETITIONS = 15
HEAVIEST = 5

TIMED = """
import pulumi, requests, time
start = time.process_time()
import qovery_provider
print(time.process_time() - start)
"""


def import_milliseconds() -> float:
    """Return the median over fresh processes."""
    command = [sys.executable, "-c", TIMED]
    times = [float(subprocess.check_output(command, env=environment())) for _ in range(REPETITIONS)]
    return 1000 * median(times)


def environment() -> dict[str, str]:
    """Return variables that let Python keep its bytecode, as it does for an installed package."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def heaviest_modules() -> dict[str, float]:
    """Return the modules that take the longest, each without what it imports itself, in milliseconds."""
    times: dict[str, list[int]] = {}
    for _ in range(REPETITIONS):
        for name, microseconds in _profile().items():
            times.setdefault(name, []).append(microseconds)
    medians = {name: median(found) / 1000 for name, found in times.items()}
    return dict(sorted(medians.items(), key=lambda item: -item[1])[:HEAVIEST])


def _profile() -> dict[str, int]:
    command = [sys.executable, "-X", "importtime", "-c", TIMED]
    report = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stderr
    # Modules are listed before their importer: those after the last line of `requests` belong to this package.
    ours = report[report.rindex(" requests\n") :]
    return {name: int(own) for own, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", ours)}
