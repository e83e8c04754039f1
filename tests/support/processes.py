"""The processes that a command has started, told by their command lines: Linux only, as the engine tests are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def members(group: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the living processes of a process group, with their command lines."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            pid = int(folder.name)
            # After the name in parentheses: state, parent, process group (proc(5)).
            state, _, pgid = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(pgid) == group and state != "Z":
                yield pid, (folder / "cmdline").read_text().split("\0")


def plugin_of(group: int) -> int | None:
    """Return the process that serves the dynamic resources of an update, or None where it has not started."""
    return next((pid for pid, words in members(group) if "pulumi.dynamic" in words), None)
