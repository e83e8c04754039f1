"""Lines to the Pulumi engine while an operation runs. Where there is no engine it is silent.

A dynamic provider is told neither its resource's URN nor the engine; the engine's address is the first argument of its
process (`python -m pulumi.dynamic ADDRESS`), and lines without a URN appear on the stack's own row.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

LOG_TIMEOUT = 2.0
"""Seconds; a line that cannot be shown must not hold up a cancellation."""


class Progress:
    """Says each line once in a row: ephemeral ones while something goes on, lasting ones at its end."""

    def __init__(self, log: Callable[[Any], object] | None) -> None:
        self._log = log
        self._last = ""

    def say(self, line: str) -> None:
        """Show a line in the Info column until the next one comes."""
        if line != self._last:
            self._last = line
            self._send(line, ephemeral=True)

    def conclude(self, line: str) -> None:
        """Show a line that stays, also among the diagnostics."""
        self._send(line, ephemeral=False)

    def _send(self, line: str, *, ephemeral: bool) -> None:
        if self._log is None:
            return
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=line, ephemeral=ephemeral)
        try:
            self._log(request)
        except grpc.RpcError:
            self._log = None  # the engine is gone; the cancellation goes on


def to_engine(arguments: list[str] = sys.argv) -> Progress:
    """Return the way to the engine that runs this process, silent when there is none."""
    is_plugin = len(arguments) > 1 and arguments[0].endswith("__main__.py")
    if not is_plugin:
        return Progress(None)
    stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(arguments[1]))
    return Progress(lambda request: stub.Log(request, timeout=LOG_TIMEOUT))
