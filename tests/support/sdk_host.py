"""The SDK's own host of dynamic providers, in this process, behind a real gRPC connection: the engine's side of it."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import ListValue, Struct
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub, add_ResourceProviderServicer_to_server
from pulumi.runtime.proto.status_pb2 import Status

from qovery_provider._hosts.dynamic import DynamicProvider

HOST = "pulumi.dynamic.__main__"
DETAILS = "grpc-status-details-bin"


class Refused(NamedTuple):
    """An operation that failed.

    Attributes:
        message: What the host says.
        kept: What it lets the engine store all the same, as (id, reasons, properties, inputs).
    """

    message: str
    kept: tuple[str, list[str], dict[str, Any], dict[str, Any]] | None


class SdkHost:
    """Calls a provider's operations as the engine does.

    Args:
        stub: The connection.
        provider: The provider, as the state holds it.
    """

    def __init__(self, stub: ResourceProviderStub, provider: DynamicProvider) -> None:
        self._stub, self._provider = stub, serialize_provider(provider)

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], Sequence[str]]:
        """Have inputs checked; returns them as the provider gives them back, and what is wrong."""
        answer = self._stub.Check(provider_pb2.CheckRequest(olds=self._struct(olds), news=self._struct(news)))
        return self._plain(answer.inputs), [failure.reason for failure in answer.failures]

    def create(self, urn: str, inputs: Mapping[str, Any]) -> dict[str, Any] | Refused:
        """Create a resource."""
        return self._ask("Create", provider_pb2.CreateRequest(urn=urn, properties=self._struct(inputs)))

    def update(self, urn: str, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any] | Refused:
        """Update a resource."""
        olds_, news_ = self._struct(olds), self._struct(news)
        return self._ask("Update", provider_pb2.UpdateRequest(urn=urn, id=id_, olds=olds_, news=news_))

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any] | Refused:
        """Ask what a change means."""
        return self._ask("Diff", provider_pb2.DiffRequest(id=id_, olds=self._struct(olds), news=self._struct(news)))

    def read(self, urn: str, id_: str, properties: Mapping[str, Any]) -> dict[str, Any] | Refused:
        """Read a resource."""
        return self._ask("Read", provider_pb2.ReadRequest(urn=urn, id=id_, properties=self._struct(properties)))

    def _ask(self, method: str, request: object) -> dict[str, Any] | Refused:
        try:
            answer = getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            return refused(error)
        return self._plain(answer.properties) if hasattr(answer, "properties") else MessageToDict(answer)

    def _struct(self, properties: Mapping[str, Any]) -> Struct:
        struct = Struct()
        struct.update({**properties, "__provider": self._provider})
        return struct

    def _plain(self, properties: Struct) -> dict[str, Any]:
        return {name: plain_value(properties[name]) for name in properties if name != "__provider"}


def plain_value(value: Any) -> Any:  # noqa: ANN401 - what JSON holds, and numbers that it does not
    """Return a value of a property bag as a plain one."""
    if isinstance(value, Struct):
        return {name: plain_value(value[name]) for name in value}
    return [plain_value(item) for item in value] if isinstance(value, ListValue) else value


def refused(error: Any) -> Refused:  # noqa: ANN401 - gRPC gives its errors these methods only at run time
    """Return what a failed call says, and what it lets the engine store."""
    details = dict(error.trailing_metadata()).get(DETAILS)
    if details is None:
        return Refused(error.details(), None)
    status = Status.FromString(details)
    assert (status.code, status.message, len(status.details)) == (2, "", 1)
    failure = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(failure)
    properties, inputs = MessageToDict(failure.properties), MessageToDict(failure.inputs)
    return Refused(error.details(), (failure.id, list(failure.reasons), properties, inputs))


@contextmanager
def sdk_host(provider: DynamicProvider, config: Mapping[str, Any]) -> Iterator[SdkHost]:
    """Serve the SDK's servicer, on four threads as the SDK does."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    add_ResourceProviderServicer_to_server(_servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = ResourceProviderStub(channel)
            args = Struct()
            args.update(config)
            stub.Configure(provider_pb2.ConfigureRequest(args=args))
            yield SdkHost(stub, provider)
    finally:
        server.stop(None).wait()


def _servicer() -> Any:  # noqa: ANN401 - a class of the SDK that cannot be imported
    """Return the SDK's servicer. Importing its module would serve for ever: so it runs without its last statement."""
    spec = importlib.util.find_spec(HOST)
    assert spec is not None
    assert spec.origin is not None
    with open(spec.origin, encoding="utf-8") as file:  # noqa: PTH123 - a path of the import system
        module = ast.parse(file.read())
    assert ast.unparse(module.body.pop()) == "main()"
    names: dict[str, Any] = {"__name__": HOST}
    exec(compile(module, spec.origin, "exec"), names)
    return names["DynamicResourceProviderServicer"]()
