"""Lines to the engine: said once, on the right row, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto.engine_pb2 import INFO, LogRequest
from pulumi.runtime.proto.engine_pb2_grpc import EngineServicer, add_EngineServicer_to_server

from qovery_provider._hosts.engine import Engine
from qovery_provider._hosts.progress import Row

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/qovery:DeploymentCancellation::stop"


class EngineDouble(EngineServicer):
    """An engine that keeps the lines it is told."""

    def __init__(self) -> None:
        self.lines: list[LogRequest] = []

    def Log(self, request: LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: ARG002, N802
        self.lines.append(request)
        return empty_pb2.Empty()


@pytest.fixture
def engine() -> Iterator[tuple[EngineDouble, str]]:
    """A real gRPC server on loopback, and its address."""
    engine, server = EngineDouble(), grpc.server(ThreadPoolExecutor(1))
    add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield engine, f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_lines_reach_the_resource_s_row(engine: tuple[EngineDouble, str]) -> None:
    """Passing lines are ephemeral, the last one is not; each is said once."""
    row = Engine(engine[1]).row(URN)

    row.status("BUILDING")
    row.status("BUILDING")
    row.status("CANCELING")
    row.info("canceled")

    assert [(line.message, line.ephemeral) for line in engine[0].lines] == [
        ("BUILDING", True),
        ("CANCELING", True),
        ("canceled", False),
    ]
    assert {(line.severity, line.urn) for line in engine[0].lines} == {(INFO, URN)}


def test_an_engine_that_has_gone_stops_nothing() -> None:
    """A line that cannot be shown must not hold up or fail a cancellation, and is not tried again and again."""
    tries: list[LogRequest] = []

    def log(request: LogRequest) -> None:
        tries.append(request)
        raise grpc.RpcError

    row = Row(log)
    row.status("BUILDING")
    row.status("CANCELING")

    assert [request.message for request in tries] == ["BUILDING"]
