"""What the SDK's provider host keeps to itself: the resource's URN, and how many operations may run at once.

A dynamic provider's methods get property bags and nothing else, on one of four threads (`pulumi/dynamic/__main__.py`).
The names used here are private to the SDK and to Python: every step is guarded, and where one does not fit, the answer
is what it would be without this file. Nothing but progress lines and speed may depend on it.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

MOST_OPERATIONS = 512
"""Side by side. The engine's `--parallel` is the real limit; an operation that waits costs a thread that sleeps."""


def current_urn() -> str:
    """Return the URN of the resource that the calling operation is for, or "" when that cannot be told.

    The request that the operation answers is a local variable a few frames further up.
    """
    frame = sys._getframe()  # noqa: SLF001 - documented, if private by name
    while frame.f_back is not None:
        frame = frame.f_back
        urn = getattr(frame.f_locals.get("request"), "urn", None)
        if isinstance(urn, str) and urn.startswith("urn:pulumi:"):
            return urn
    return ""


def lift_thread_limit() -> None:
    """Let more than four operations run at once in this process.

    A worker thread of a `ThreadPoolExecutor` holds its arguments, the first of which is a weak reference to the pool.
    """
    arguments = getattr(threading.current_thread(), "_args", None) or (None,)
    pool = arguments[0]() if callable(arguments[0]) else None
    if isinstance(pool, ThreadPoolExecutor) and isinstance(getattr(pool, "_max_workers", None), int):
        pool._max_workers = max(pool._max_workers, MOST_OPERATIONS)  # noqa: SLF001 - see above
