"""The lines on a resource's row while an operation runs.

The thread that drives cancellations shows passing lines, and must never wait for a terminal: an engine that is stopped
(^Z) or busy does not answer. So passing lines are sent by a thread of their own, and of each row only the newest waits.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Thread

import grpc
from pulumi.runtime.proto.engine_pb2 import INFO, LogRequest


class Reporter:
    """Sends the passing lines of all rows of a process."""

    def __init__(self) -> None:
        self._rows: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._starting = Lock()
        self._thread: Thread | None = None

    def submit(self, send: Callable[[], None]) -> None:
        """Let something be sent soon."""
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="qovery-reporter", daemon=True)
                self._thread.start()
        self._rows.put(send)

    def _run(self) -> None:
        while True:
            self._rows.get()()


class Row:
    """The row of one resource in the terminal. A line that equals the one before it is not shown again.

    Args:
        log: Hands a line to the engine and waits for its answer.
        reporter: Sends the passing lines.
        urn: The resource that the lines are about; with "", they are shown on the stack's row.
    """

    def __init__(self, log: Callable[[LogRequest], object], reporter: Reporter, urn: str = "") -> None:
        self._log, self._reporter, self._urn = log, reporter, urn
        self._newest, self._waiting = "", False
        self._changing, self._sending = Lock(), Lock()

    def status(self, line: str) -> None:
        """Show a line in the Info column until the next one comes, without waiting until it is shown."""
        with self._changing:
            is_new = line != self._newest
            has_to_be_sent = is_new and not self._waiting
            self._newest, self._waiting = line, self._waiting or is_new
        if has_to_be_sent:
            self._reporter.submit(self._send_newest)

    def info(self, line: str) -> None:
        """Show a line that stays, also among the diagnostics, after all passing ones."""
        with self._changing:
            self._waiting = False
        with self._sending:
            self._send(line, ephemeral=False)

    def _send_newest(self) -> None:
        with self._sending:
            with self._changing:
                line, is_due, self._waiting = self._newest, self._waiting, False
            if is_due:
                self._send(line, ephemeral=True)

    def _send(self, line: str, *, ephemeral: bool) -> None:
        with suppress(grpc.RpcError):  # the engine cannot be reached now; the cancellation goes on
            self._log(LogRequest(severity=INFO, message=line, urn=self._urn, ephemeral=ephemeral))
