"""Lines to the engine: said once, on the right row, in order, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto.engine_pb2 import INFO, LogRequest
from pulumi.runtime.proto.engine_pb2_grpc import EngineServicer, add_EngineServicer_to_server

from qovery_provider._hosts.engine import Engine
from qovery_provider._hosts.progress import Reporter, Row
from tests.support.time import wait_until

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/qovery:DeploymentCancellation::stop"


class EngineDouble(EngineServicer):
    """An engine that keeps the lines it is told; it answers only while it is not stopped."""

    def __init__(self) -> None:
        self.lines: list[LogRequest] = []
        self.answers = Event()
        self.answers.set()

    def Log(self, request: LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: ARG002, N802
        self.lines.append(request)
        self.answers.wait()
        return empty_pb2.Empty()

    @property
    def messages(self) -> list[str]:
        """The texts of the lines."""
        return [line.message for line in self.lines]


@pytest.fixture
def engine() -> Iterator[tuple[EngineDouble, str]]:
    """A real gRPC server on loopback, and its address."""
    engine, server = EngineDouble(), grpc.server(ThreadPoolExecutor(4))
    add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield engine, f"127.0.0.1:{port}"
    engine.answers.set()
    server.stop(None).wait()


def test_lines_reach_the_resource_s_row(engine: tuple[EngineDouble, str]) -> None:
    """Passing lines are ephemeral, the last one is not; each is said once."""
    row = Engine(engine[1]).row(URN)

    for line in ("BUILDING", "BUILDING", "CANCELING"):
        row.status(line)
        wait_until(lambda expected=line: engine[0].messages[-1:] == [expected])  # type: ignore[misc]
    row.info("canceled")

    assert [(line.message, line.ephemeral) for line in engine[0].lines] == [
        ("BUILDING", True),
        ("CANCELING", True),
        ("canceled", False),
    ]
    assert {(line.severity, line.urn) for line in engine[0].lines} == {(INFO, URN)}


def test_a_stopped_terminal_blocks_no_cancellation(engine: tuple[EngineDouble, str]) -> None:
    """While the engine does not answer (^Z), lines do not wait for it; then the newest of each row is shown."""
    double, address = engine
    double.answers.clear()
    plugin = Engine(address)
    rows = [plugin.row(name) for name in ("first", "second")]
    rows[0].status("0")
    wait_until(lambda: double.messages == ["0"])

    for number in range(1, 200):
        for row in rows:
            row.status(str(number))
    assert double.messages == ["0"]

    double.answers.set()
    wait_until(lambda: double.messages == ["0", "199", "199"])


def _wait_for(reporter: Reporter) -> None:
    """Return when everything that was submitted before has been sent."""
    reached = Event()
    reporter.submit(reached.set)
    assert reached.wait(5)


def test_a_passing_line_never_follows_the_last_one() -> None:
    """A line that still waits is out of date when the operation has ended."""
    shown: list[str] = []
    begun, goes_on = Event(), Event()

    def log(request: LogRequest) -> None:
        begun.set()
        goes_on.wait(5)
        shown.append(request.message)

    reporter = Reporter()
    row = Row(log, reporter, URN)
    row.status("BUILDING")
    begun.wait(5)
    row.status("CANCELING")
    goes_on.set()
    row.info("canceled")

    _wait_for(reporter)
    assert shown == ["BUILDING", "canceled"]


def test_an_engine_that_cannot_be_reached_stops_nothing() -> None:
    """A line that cannot be shown does not hold up or fail a cancellation; the next one is tried again."""
    tries: list[str] = []

    def log(request: LogRequest) -> None:
        tries.append(request.message)
        raise grpc.RpcError

    reporter = Reporter()
    row = Row(log, reporter)
    for line in ("BUILDING", "CANCELING"):
        row.status(line)
        _wait_for(reporter)
    row.info("canceled")

    assert tries == ["BUILDING", "CANCELING", "canceled"]
