"""What is taken from the SDK's host behind its back: right where it fits, silent where it does not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from google.protobuf.struct_pb2 import Struct

from qovery_provider._hosts.engine import MAX_OPERATIONS
from qovery_provider._hosts.sdk_internals import current_urn, lift_thread_limit, with_hidden

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/qovery:DeploymentCancellation::stop"


def test_the_urn_is_that_of_the_request_being_answered() -> None:
    """The SDK's `Create(self, request, context)` calls the provider a few frames further down."""

    def provider_method() -> str:
        return current_urn()

    def create(request: SimpleNamespace, context: None) -> str:  # noqa: ARG001 - found by their names, as in the SDK
        return provider_method()

    assert create(SimpleNamespace(urn=URN), None) == URN


@pytest.mark.parametrize("urn", [None, 7, "", "urn:isbn:1"], ids=["none", "number", "empty", "another urn"])
def test_without_a_urn_there_is_none(urn: object) -> None:
    """Other programs have variables called request as well."""

    def create(request: SimpleNamespace, context: None) -> str:  # noqa: ARG001 - found by their names
        return current_urn()

    assert create(SimpleNamespace(urn=urn), None) == ""


def test_more_than_four_operations_run_at_once() -> None:
    """Called on a worker of the SDK's pool of four, it makes room: twelve operations can wait for each other."""
    barrier = threading.Barrier(12, timeout=10)
    with ThreadPoolExecutor(max_workers=4) as pool:
        pool.submit(lift_thread_limit).result()

        assert len({future.result() for future in [pool.submit(barrier.wait) for _ in range(12)]}) == 12
        assert pool._max_workers == MAX_OPERATIONS  # noqa: SLF001


@pytest.mark.parametrize(
    "arguments",
    [None, (), ("text",), (lambda: None,), (lambda: "text",)],
    ids=["nothing", "empty", "a string", "a dead reference", "a reference to a text"],
)
def test_where_the_insides_differ_nothing_happens(arguments: object) -> None:
    """A later Python or SDK may keep other things there: then it stays at four."""
    assert lift_thread_limit(SimpleNamespace(_args=arguments)) is None  # type: ignore[func-returns-value]


def test_what_an_older_sdk_leaves_out_is_read_from_the_request() -> None:
    """Names that begin with two underscores: what cannot be resumed without."""
    olds = Struct()
    olds.update(
        {"a": 1, "__pinned": True, "__unfinished": {"sent": "accepted", "deployment_id": None}, "__drift": None}
    )

    def update(request: SimpleNamespace, context: None) -> dict[str, object]:  # noqa: ARG001 - found by their names
        return with_hidden({"a": 1, "__pinned": False}, "olds")

    assert update(SimpleNamespace(olds=olds), None) == {
        "a": 1,
        "__pinned": False,
        "__unfinished": {"sent": "accepted"},
    }


def test_without_a_request_properties_stay_as_they_are() -> None:
    """As for a provider that is called directly."""
    assert with_hidden({"a": 1}, "olds") == {"a": 1}
