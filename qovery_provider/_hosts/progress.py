"""Lines to the Pulumi engine while an operation runs. Where there is no engine it is silent.

The engine's address is the first argument of the provider's process (`python -m pulumi.dynamic ADDRESS`). A line with a
URN stands on that resource's row, one without on the stack's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import grpc
from pulumi.runtime.proto.engine_pb2 import INFO, LogRequest
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

PLUGIN_ARGUMENTS = 2
"""The program and the engine's address."""

LOG_TIMEOUT = 2.0
"""Seconds; a line that cannot be shown must not hold up a cancellation."""


class Progress:
    """Says each line once in a row: passing ones while something goes on, a lasting one at its end.

    Args:
        log: Hands a line to the engine; None where there is no engine.
        urn: The resource that the lines are about, or "".
    """

    def __init__(self, log: Callable[[LogRequest], object] | None, urn: str = "") -> None:
        self._log, self._urn = log, urn
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
        try:
            self._log(LogRequest(severity=INFO, message=line, urn=self._urn, ephemeral=ephemeral))
        except grpc.RpcError:
            self._log = None  # the engine has gone; the cancellation goes on


def to_engine(arguments: Sequence[str], urn: str) -> Progress:
    """Return the way to the engine that runs this process, silent when there is none."""
    if len(arguments) != PLUGIN_ARGUMENTS or not arguments[0].endswith("__main__.py"):
        return Progress(None)
    stub = _engine(arguments[1])
    return Progress(lambda request: stub.Log(request, timeout=LOG_TIMEOUT), urn)


@cache
def _engine(address: str) -> EngineStub:
    """Return the one channel that all operations of this process share; opening one costs a millisecond of CPU."""
    return EngineStub(grpc.insecure_channel(address))
