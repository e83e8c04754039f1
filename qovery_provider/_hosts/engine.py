"""The Pulumi engine, as the process of a plugin sees it: rows to show lines on, and a signal when it has gone.

The engine's address is the first argument of the plugin (`python -m pulumi.dynamic ADDRESS`). Elsewhere, in a program
or in a test, there is no engine: lines are shown nowhere, and it never goes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Timer

import grpc
from pulumi.runtime.proto.engine_pb2 import LogRequest
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

from qovery_provider._clock import Signal
from qovery_provider._hosts.progress import Reporter, Row

PLUGIN = str(Path("pulumi/dynamic/__main__.py"))
PLUGIN_ARGUMENTS = 2
"""The program and the engine's address."""

DIRECT = [("grpc.enable_http_proxy", 0)]
"""gRPC sends connections to this machine's own ports through the proxy of `https_proxy` or `http_proxy` too, unless
`no_proxy` excludes them (gRPC's "Environment Variables"): the engine would seem to have gone."""

MAX_OPERATIONS = 512
"""Side by side. The engine's `--parallel` is the real limit; an operation that waits costs a thread that sleeps."""

LOG_TIMEOUT = 2.0
"""Seconds that a line may wait for the engine's answer."""

LEAVE_AFTER = 1.0
"""Seconds from the end of the engine to the end of this process: meanwhile, waits end and cancels are refused.

Nothing that happens later could be stored. Pulumi's launcher of dynamic providers does not end them: after `kill -9`
of the engine, or a second ^C, they live on with another parent.
"""


class Engine:
    """The engine at an address, or none.

    Args:
        address: Where it listens, as host and port; "" for none.
        leave: Ends this process.

    Attributes:
        address: Where it listens.
    """

    def __init__(self, address: str = "", leave: Callable[[], object] = lambda: os._exit(1)) -> None:
        self.address, self._leave = address, leave
        self._reporter = Reporter()

    @classmethod
    def of_plugin(cls, arguments: Sequence[str]) -> Engine:
        """Return the engine that runs the plugin with these arguments, or none if they belong to another program."""
        is_plugin = len(arguments) == PLUGIN_ARGUMENTS and arguments[0].endswith(PLUGIN)
        return cls(arguments[1] if is_plugin else "")

    def row(self, urn: str) -> Row:
        """Return the row of a resource."""
        return Row(self._log, self._reporter, urn)

    def _log(self, request: LogRequest) -> None:
        if self.address:
            self._stub.Log(request, timeout=LOG_TIMEOUT)

    @cached_property
    def gone(self) -> Signal:
        """Is set when the engine has gone: killed, or stopped by a second ^C."""
        gone = Signal()
        if self.address:
            self._channel.subscribe(lambda state: self._on_connectivity(state, gone), try_to_connect=True)
        return gone

    def _on_connectivity(self, state: grpc.ChannelConnectivity, gone: Signal) -> None:
        """Try to connect again where a connection was lost; an engine that cannot be reached has gone.

        A channel that has lost its connection is idle, and stays so until something asks it to connect (gRPC's
        "Connectivity Semantics and API"). A stopped engine (^Z) still accepts connections, and is there.
        """
        if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE and not gone.done():
            gone.set_result(None)
            leaving = Timer(LEAVE_AFTER, self._leave)
            leaving.daemon = True
            leaving.start()
        elif state is grpc.ChannelConnectivity.IDLE:
            self._channel.subscribe(lambda _: None, try_to_connect=True)

    @cached_property
    def _channel(self) -> grpc.Channel:
        """The one channel of this process to the engine; opening one costs a millisecond of CPU."""
        return grpc.insecure_channel(self.address, DIRECT)

    @cached_property
    def _stub(self) -> EngineStub:
        return EngineStub(self._channel)
