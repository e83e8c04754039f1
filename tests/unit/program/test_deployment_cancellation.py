"""The resource as a program uses it, under Pulumi's own mocks: no engine, no network."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pulumi
import pytest

from qovery_provider import BulkDeploymentCancellation, DeploymentCancellation, RunningDeployment
from qovery_provider._program.runtime import check_get
from tests.support.mocks import ENVIRONMENT_ID, Recorder, value_of
from tests.support.sdk import NEEDS_GET


@pytest.mark.parametrize("installed", ["3.200.0", "3.267.0"])
def test_an_sdk_that_cannot_get_is_told(installed: str) -> None:
    """One line instead of the SDK's KeyError."""
    with pytest.raises(pulumi.RunError) as raised:
        check_get(installed)

    assert str(raised.value) == (
        f"`get` needs the Python package pulumi 3.268.0 or newer, and {installed} is installed: use a newer one, or "
        "get_environment_status"
    )


@pytest.mark.parametrize("installed", ["3.268.0", "3.1000.0", "4.0.0a1"])
def test_an_sdk_that_can_get_is_used(installed: str) -> None:
    """Versions are compared as numbers."""
    check_get(installed)


def test_outputs_can_be_read_in_unit_tests_of_a_program(recorder: Recorder) -> None:
    """Users test their programs with `set_mocks`: every output has its attribute, also those not mocked."""
    resource = DeploymentCancellation("stop", environment_id=ENVIRONMENT_ID)

    assert value_of(resource.outcome) == "canceled"
    assert value_of(resource.last_deployment_state) == "CANCELED"
    assert value_of(resource.deployment_id) is None
    assert len(recorder.resources) == 1


def test_only_what_was_given_is_registered(recorder: Recorder) -> None:
    """Defaults are the provider's to fill in: a program that says nothing registers nothing."""
    value_of(DeploymentCancellation("stop", environment_id=ENVIRONMENT_ID, triggers={"sha": "abc"}).id)

    assert _registered(recorder) == {"environment_id": ENVIRONMENT_ID, "triggers": {"sha": "abc"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10m", 600.0), ("1h30m", 5400.0), ("45s", 45.0), ("1.5h", 5400.0), ("soon", "soon"), ("\uff11m", "\uff11m")],
    ids=["minutes", "hours and minutes", "seconds", "fraction", "unreadable, for check to name", "another digit"],
)
def test_the_custom_create_timeout_is_honoured(recorder: Recorder, text: str, expected: object) -> None:
    """The SDK never hands custom timeouts to dynamic providers, so the constructor does."""
    options = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=text))

    value_of(DeploymentCancellation("stop", options, environment_id=ENVIRONMENT_ID).id)

    assert recorder.resources[0].inputs["timeout"] == expected


def test_an_explicit_timeout_wins(recorder: Recorder) -> None:
    """The input is the more specific of the two."""
    options = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="10m"))

    value_of(DeploymentCancellation("stop", options, environment_id=ENVIRONMENT_ID, timeout=5).id)

    assert recorder.resources[0].inputs["timeout"] == 5


@NEEDS_GET
def test_get_reads_an_environment_by_its_id(recorder: Recorder) -> None:
    """`get` asks the engine to read the environment instead of creating anything."""
    value_of(DeploymentCancellation.get("watched", ENVIRONMENT_ID).id)

    assert recorder.resources[0].resource_id == ENVIRONMENT_ID


@NEEDS_GET
def test_get_keeps_the_other_options(recorder: Recorder) -> None:
    """The caller's options are kept, and the id is added."""
    protected = pulumi.ResourceOptions(protect=True)

    watched = DeploymentCancellation.get("watched", pulumi.Output.from_input(ENVIRONMENT_ID), protected)

    assert value_of(watched.id) == ENVIRONMENT_ID
    assert watched._protect is True  # noqa: SLF001 - Pulumi shows it nowhere else
    assert recorder.resources[0].resource_id == ENVIRONMENT_ID


@NEEDS_GET
@pytest.mark.parametrize(
    "given",
    [ENVIRONMENT_ID.upper(), UUID(ENVIRONMENT_ID), pulumi.Output.from_input(ENVIRONMENT_ID.upper())],
    ids=["capitals", "UUID object", "output"],
)
def test_get_reads_an_id_in_any_spelling(recorder: Recorder, given: pulumi.Input[str | UUID]) -> None:
    """One environment has one id in the state."""
    watched = DeploymentCancellation.get("watched", given)

    assert value_of(watched.environment_id) == ENVIRONMENT_ID
    assert recorder.resources[0].resource_id == ENVIRONMENT_ID


@NEEDS_GET
def test_get_without_an_id_reads_nothing(recorder: Recorder) -> None:
    """A variable that is not set is no environment; `check` says so."""
    value_of(DeploymentCancellation.get("watched", None).urn)  # type: ignore[arg-type]

    assert recorder.resources[0].resource_id == ""


class Stage(Enum):
    """An environment as a typed program names it."""

    STAGING = ENVIRONMENT_ID


def test_values_are_registered_as_pulumi_carries_them(recorder: Recorder) -> None:
    """Tuples, other mappings, enumerations, ids and times, at any depth, also where another resource gives them."""
    triggers = (MappingProxyType({"at": timedelta(seconds=90)}), pulumi.Output.from_input((Stage.STAGING,)))

    stop = DeploymentCancellation(
        "stop",
        environment_id=Stage.STAGING,  # type: ignore[arg-type]
        triggers=triggers,
        timeout=timedelta(minutes=1),
    )

    value_of(stop.id)
    assert _registered(recorder) == {
        "environment_id": ENVIRONMENT_ID,
        "triggers": [{"at": 90.0}, [ENVIRONMENT_ID]],
        "timeout": 60.0,
    }


def _endless() -> list[object]:
    endless: list[object] = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    ("triggers", "problem"),
    [
        pytest.param(
            {1: "a"},
            "triggers must be a list or a map of plain values (for a file, use its hash); got a dict",
            id="key",
        ),
        pytest.param(
            [b"a"],
            "triggers must be a list or a map of plain values (for a file, use its hash); got a list",
            id="bytes",
        ),
        pytest.param(
            {"a"}, "triggers must be a list or a map of plain values (for a file, use its hash); got a set", id="set"
        ),
        pytest.param(_endless(), "inputs hold lists or maps that are nested too deeply", id="endless"),
    ],
)
def test_what_pulumi_cannot_carry_is_refused_by_the_program(recorder: Recorder, triggers: Any, problem: str) -> None:  # noqa: ANN401
    """One line instead of a traceback of the SDK."""
    with pytest.raises(pulumi.RunError) as raised:
        RunningDeployment("target", environment_id=ENVIRONMENT_ID, triggers=triggers)

    assert str(raised.value) == f"target: {problem}"
    assert recorder.resources == []


def test_what_pulumi_carries_itself_is_left_to_it(recorder: Recorder) -> None:
    """An asset is refused by `check`, like all that is wrong and can be carried."""
    value_of(RunningDeployment("target", environment_id="staging", triggers=[pulumi.StringAsset("a")]).urn)

    assert len(recorder.resources) == 1


def test_a_record_can_be_read_in_unit_tests_of_a_program(recorder: Recorder) -> None:
    """Each output has its attribute, also those not mocked."""
    record = RunningDeployment("target", environment_id=ENVIRONMENT_ID, triggers=["1"])

    assert value_of(record.last_deployment_state) == "CANCELED"
    assert [value_of(output) for output in (record.deployment_id, record.state)] == [None, None]
    assert _registered(recorder) == {"environment_id": ENVIRONMENT_ID, "triggers": ["1"]}


def test_a_bulk_cancellation_can_be_read_in_unit_tests_of_a_program(recorder: Recorder) -> None:
    """Each output has its attribute; only what was given is registered, the custom timeout included."""
    options = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="1m"))

    bulk = BulkDeploymentCancellation("freeze", options, environment_ids=[ENVIRONMENT_ID])

    assert [value_of(output) for output in (bulk.results, bulk.counts)] == [None, None]
    assert _registered(recorder) == {"environment_ids": [ENVIRONMENT_ID], "timeout": 60.0}


def test_the_explicit_timeout_of_a_bulk_cancellation_wins(recorder: Recorder) -> None:
    """As for a single environment."""
    options = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="1m"))

    value_of(BulkDeploymentCancellation("freeze", options, project_id=ENVIRONMENT_ID, timeout=5).id)

    assert _registered(recorder) == {"project_id": ENVIRONMENT_ID, "timeout": 5}


def _registered(recorder: Recorder) -> dict[str, object]:
    return {name: value for name, value in recorder.resources[0].inputs.items() if name != "__provider"}
