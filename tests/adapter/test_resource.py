"""The resource as a program uses it, under Pulumi's own mocks: no engine, no network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import pulumi
import pytest
from pulumi.runtime import set_mocks

from qovery_provider import DeploymentCancellation

ENVIRONMENT_ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"


class Recorder(pulumi.runtime.Mocks):
    """Pulumi mocks that answer as Qovery would, and keep what was registered."""

    def __init__(self) -> None:
        self.resources: list[pulumi.runtime.MockResourceArgs] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.resources.append(args)
        return ENVIRONMENT_ID, {**args.inputs, "outcome": "canceled", "last_deployment_state": "CANCELED"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> NoReturn:
        raise NotImplementedError(args.token)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Mocks in force for one test, with event loops that are closed after it: the SDK leaves its own open."""
    loop, worker_loop = asyncio.new_event_loop(), asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(1, initializer=asyncio.set_event_loop, initargs=(worker_loop,)))
    asyncio.set_event_loop(loop)
    recorder = Recorder()
    set_mocks(recorder, preview=False)
    yield recorder
    loop.run_until_complete(loop.shutdown_default_executor())
    asyncio.set_event_loop(None)
    loop.close()
    worker_loop.close()


def _value(output: pulumi.Output[Any]) -> Any:  # noqa: ANN401 - whatever the output holds
    values: list[Any] = []
    pulumi.runtime.test(lambda: output.apply(values.append))()  # type: ignore[no-untyped-call]
    return values[0]


def test_outputs_can_be_read_in_unit_tests_of_a_program(recorder: Recorder) -> None:
    """Users test their programs with `set_mocks`: every output has its attribute, also those not mocked."""
    resource = DeploymentCancellation("stop", environment_id=ENVIRONMENT_ID)

    assert "canceled" == _value(resource.outcome)
    assert "CANCELED" == _value(resource.last_deployment_state)
    assert None is _value(resource.deployment_id)
    assert 1 == len(recorder.resources)


def test_only_what_was_given_is_registered(recorder: Recorder) -> None:
    """Defaults are the provider's to fill in: a program that says nothing registers nothing."""
    _value(DeploymentCancellation("stop", environment_id=ENVIRONMENT_ID, triggers={"sha": "abc"}).id)

    inputs = {name: value for name, value in recorder.resources[0].inputs.items() if name != "__provider"}
    assert {"environment_id": ENVIRONMENT_ID, "triggers": {"sha": "abc"}} == inputs


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10m", 600.0), ("1h30m", 5400.0), ("45s", 45.0), ("1.5h", 5400.0), ("soon", "soon")],
    ids=["minutes", "hours and minutes", "seconds", "fraction", "unreadable, for check to name"],
)
def test_the_custom_create_timeout_is_honoured(recorder: Recorder, text: str, expected: object) -> None:
    """The SDK never hands custom timeouts to dynamic providers, so the constructor does."""
    options = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=text))

    _value(DeploymentCancellation("stop", options, environment_id=ENVIRONMENT_ID).id)

    assert expected == recorder.resources[0].inputs["timeout"]


def test_an_explicit_timeout_wins(recorder: Recorder) -> None:
    """The input is the more specific of the two."""
    options = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="10m"))

    _value(DeploymentCancellation("stop", options, environment_id=ENVIRONMENT_ID, timeout=5).id)

    assert 5 == recorder.resources[0].inputs["timeout"]


def test_get_reads_an_environment_by_its_id(recorder: Recorder) -> None:
    """`get` asks the engine to read the environment instead of creating anything."""
    _value(DeploymentCancellation.get("watched", ENVIRONMENT_ID).id)

    assert ENVIRONMENT_ID == recorder.resources[0].resource_id
