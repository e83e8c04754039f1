"""The lines on a resource's row while an operation runs."""

from __future__ import annotations

from collections.abc import Callable

import grpc
from pulumi.runtime.proto.engine_pb2 import INFO, LogRequest


class Row:
    """The row of one resource in the terminal. Each line is shown once in succession.

    Args:
        log: Hands a line to the engine; None where there is no engine.
        urn: The resource that the lines are about; with "", they stand on the stack's row.
    """

    def __init__(self, log: Callable[[LogRequest], object] | None, urn: str = "") -> None:
        self._log, self._urn = log, urn
        self._last = ""

    def status(self, line: str) -> None:
        """Show a line in the Info column until the next one comes."""
        if line != self._last:
            self._last = line
            self._send(line, ephemeral=True)

    def info(self, line: str) -> None:
        """Show a line that stays, also among the diagnostics."""
        self._send(line, ephemeral=False)

    def _send(self, line: str, *, ephemeral: bool) -> None:
        if self._log is None:
            return
        try:
            self._log(LogRequest(severity=INFO, message=line, urn=self._urn, ephemeral=ephemeral))
        except grpc.RpcError:
            self._log = None  # the engine cannot be reached; the cancellation goes on
