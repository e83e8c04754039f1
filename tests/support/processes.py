"""The processes that a command has started, told by their session: Linux only, as the engine tests are."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def members(session: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the living processes of a session, with their command lines. Plugins have process groups of their own."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            pid = int(folder.name)
            # After the name in parentheses: state, parent, process group, session (proc(5)).
            state, _, _, sid = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(sid) == session and state != "Z":
                yield pid, (folder / "cmdline").read_text().split("\0")


def plugin_of(session: int) -> int | None:
    """Return the process that serves the dynamic resources of an update, or None where it has not started."""
    return next((pid for pid, words in members(session) if "pulumi.dynamic" in words), None)


def kill_all(session: int) -> None:
    """Kill every process of a session at once."""
    for pid, _ in list(members(session)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
