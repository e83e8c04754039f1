"""The provider plugin in this process, behind a real gRPC connection: the engine's side, in the outside's names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from qovery_provider._driver.session import Sessions
from qovery_provider._hosts.engine import Engine
from qovery_provider._hosts.plugin.server import Plugin, serve
from tests.support.sdk_host import Refused, plain_value, refused

ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"


class PluginHost:
    """Calls the plugin as the engine does.

    Args:
        stub: The connection.
    """

    def __init__(self, stub: ResourceProviderStub) -> None:
        self.stub = stub

    def check(
        self, kind: str, written: Mapping[str, Any], stored: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], Sequence[str]]:
        """Have inputs checked; return what is to be stored of them, and what is wrong."""
        answer = self.stub.Check(
            proto.CheckRequest(urn=_urn(kind), type=_type(kind), olds=bag(stored or {}), news=bag(written))
        )
        assert {failure.property for failure in answer.failures} <= {""}
        return plain(answer.inputs), [failure.reason for failure in answer.failures]

    def diff(
        self, kind: str, stored: Mapping[str, Any], written: Mapping[str, Any], inputs: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ask what a change leads to."""
        olds, news, before = map(bag, (stored, written, inputs or {}))
        request = proto.DiffRequest(id=ID, urn=_urn(kind), type=_type(kind), olds=olds, news=news, old_inputs=before)
        return MessageToDict(self.stub.Diff(request))

    def create(
        self, kind: str, written: Mapping[str, Any], *, timeout: float = 0.0, preview: bool = False
    ) -> dict[str, Any] | Refused:
        """Create a resource; return its outputs."""
        request = proto.CreateRequest(
            urn=_urn(kind), type=_type(kind), properties=bag(written), timeout=timeout, preview=preview
        )
        return self._ask(self.stub.Create, request)

    def update(  # noqa: PLR0913 - the parts of the request
        self,
        kind: str,
        stored: Mapping[str, Any],
        written: Mapping[str, Any],
        *,
        id_: str = ID,
        timeout: float = 0.0,
        preview: bool = False,
    ) -> dict[str, Any] | Refused:
        """Update a resource; return its outputs."""
        request = proto.UpdateRequest(
            id=id_,
            urn=_urn(kind),
            type=_type(kind),
            olds=bag(stored),
            news=bag(written),
            timeout=timeout,
            preview=preview,
        )
        return self._ask(self.stub.Update, request)

    def read(
        self, kind: str, id_: str, stored: Mapping[str, Any] | None = None, inputs: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]] | Refused:
        """Read a resource; return its outputs and inputs."""
        properties = bag(stored or {})
        request = proto.ReadRequest(
            id=id_, urn=_urn(kind), type=_type(kind), properties=properties, inputs=bag(inputs or {})
        )
        try:
            answer = self.stub.Read(request)
        except grpc.RpcError as error:
            return refused(error)
        return plain(answer.properties), plain(answer.inputs)

    def invoke(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any] | Refused:
        """Call a function."""
        request = proto.InvokeRequest(tok=f"qovery-cancellation:index:{function}", args=bag(arguments))
        try:
            return plain(getattr(self.stub.Invoke(request), "return"))
        except grpc.RpcError as error:
            return refused(error)

    def _ask(self, method: Any, request: object) -> dict[str, Any] | Refused:  # noqa: ANN401 - of the stub
        try:
            return plain(method(request).properties)
        except grpc.RpcError as error:
            return refused(error)


def bag(properties: Mapping[str, Any]) -> Struct:
    """Return properties as the protocol has them."""
    struct = Struct()
    struct.update(properties)
    return struct


def camel(name: str) -> str:
    """Return the outside's name of a property of the inside."""
    return name if name.startswith("__") else re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def plain(properties: Struct) -> dict[str, Any]:
    """Return a bag as plain values."""
    return {name: plain_value(properties[name]) for name in properties}


def _type(kind: str) -> str:
    return f"qovery-cancellation:index:{kind}"


def _urn(kind: str) -> str:
    return f"urn:pulumi:dev::project::{_type(kind)}::stop"


@contextmanager
def plugin_host(
    config: Mapping[str, Any],
    sessions: Sessions | None = None,
    environ: Mapping[str, str] | None = None,
    engine: Engine | None = None,
) -> Iterator[PluginHost]:
    """Serve the plugin, with these settings of the stack."""
    server, port = serve(Plugin(engine or Engine(), sessions or Sessions(), environ or {}))
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = ResourceProviderStub(channel)
            stub.Configure(proto.ConfigureRequest(args=bag(config)))
            yield PluginHost(stub)
    finally:
        server.stop(None).wait()
