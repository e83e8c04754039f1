"""The results of a run: its seed, and its figures for the reliability report.

QOVERY_SEED repeats a run; QOVERY_FIGURES names a folder for what it came to, as JSON: `docs/generate/reliability.py`
makes a page of that. Both are read here once: tests run without these variables.
"""

from __future__ import annotations

import json
import os
import platform
import time
from datetime import datetime, timezone
from pathlib import Path

SEED = os.environ.get("QOVERY_SEED") or str(time.time_ns())

FOLDER = os.environ.get("QOVERY_FIGURES")


def keep(name: str, **figures: object) -> None:
    """Write the figures of a run, with the day and the Python that it ran on."""
    if FOLDER:
        told = {"date": f"{datetime.now(timezone.utc):%Y-%m-%d}", "python": platform.python_version(), **figures}
        Path(FOLDER, f"{name}.json").write_text(json.dumps(told, indent=2) + "\n")
