"""The details that let Pulumi store a resource whose operation fails: right to the byte, and only in the SDK's host."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import create_autospec

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto.provider_pb2 import ErrorResourceInitFailed
from pulumi.runtime.proto.status_pb2 import Status

from qovery_provider._hosts.sdk_internals import keep_state

INPUTS = {"environment_id": "env-1", "timeout": 60.0}


class Metadata(NamedTuple):
    """The metadata that would follow the response to a call."""

    context: grpc.ServicerContext
    entries: list[tuple[str, str | bytes]]


def _call() -> Metadata:
    """Return a call of gRPC that keeps its trailing metadata; nothing else of it works."""
    entries: list[tuple[str, str | bytes]] = []
    context = create_autospec(grpc.ServicerContext, instance=True)
    context.set_trailing_metadata.side_effect = entries.extend
    return Metadata(context, entries)


def _struct(properties: dict[str, Any]) -> Struct:
    struct = Struct()
    struct.update(properties)
    return struct


def _host_method(request: object, context: object, outputs: dict[str, Any]) -> None:  # noqa: ARG001 - found by name
    """Call it as a provider does, a few frames below the SDK's method."""

    def provider_method() -> None:
        keep_state("id-1", outputs, "it failed")

    provider_method()


def _details(call: Metadata) -> ErrorResourceInitFailed:
    ((name, value),) = call.entries
    assert name == "grpc-status-details-bin"
    assert isinstance(value, bytes)
    status = Status.FromString(value)
    assert (grpc.StatusCode.UNKNOWN.value[0], "", 1) == (status.code, status.message, len(status.details))
    failure = ErrorResourceInitFailed()
    assert status.details[0].Unpack(failure)
    return failure


@pytest.mark.parametrize("name", ["news", "properties"], ids=["an update's inputs", "a create's inputs"])
def test_the_details_hold_the_state(name: str) -> None:
    """The outputs beside the inputs, the inputs as they came, the id and the reason."""
    call = _call()
    outputs = {"__unfinished": "accepted", "ids": ["r-1"], "of": {"a": {"b": None}}, "__pinned": False}

    _host_method(SimpleNamespace(**{name: _struct(INPUTS)}), call.context, outputs)

    failure = _details(call)
    assert (failure.id, list(failure.reasons)) == ("id-1", ["it failed"])
    assert MessageToDict(failure.inputs) == INPUTS
    assert MessageToDict(failure.properties) == {**INPUTS, **outputs}


def test_what_cannot_be_stored_is_left_out() -> None:
    """Keeping never fails: the rest is what the next update needs."""
    call = _call()

    _host_method(SimpleNamespace(properties=_struct({})), call.context, {"a": object(), "b": [object()], "c": "kept"})

    assert MessageToDict(_details(call).properties) == {"c": "kept"}


@pytest.mark.parametrize("size", [0, 1, 50, 100, 16_000, 16_384, 3_000_000])
def test_details_of_every_length_can_be_read(size: int) -> None:
    """The length is written in groups of seven bits, as many as it takes."""
    call = _call()

    _host_method(SimpleNamespace(properties=_struct({})), call.context, {"text": "x" * size})

    assert MessageToDict(_details(call).properties) == {"text": "x" * size}


@pytest.mark.parametrize(
    "request_",
    [None, SimpleNamespace(), SimpleNamespace(properties={"a": 1}), SimpleNamespace(news="text")],
    ids=["nothing", "no properties", "plain properties", "text"],
)
def test_a_request_of_another_kind_keeps_nothing(request_: object) -> None:
    """Where the SDK's insides differ, the operation fails as it always did."""
    call = _call()

    _host_method(request_, call.context, {})

    assert call.entries == []


def test_a_call_of_another_kind_keeps_nothing() -> None:
    """Other programs have variables called context as well."""
    context = SimpleNamespace(set_trailing_metadata=lambda _: pytest.fail("it is not gRPC's"))

    _host_method(SimpleNamespace(properties=_struct(INPUTS)), context, {})


def test_outside_of_a_host_nothing_happens() -> None:
    """In a test or a REPL there is no call whose answer could carry anything."""
    assert keep_state("id-1", {}, "it failed") is None  # type: ignore[func-returns-value]
