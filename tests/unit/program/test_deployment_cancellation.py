"""The resource as a program uses it, under Pulumi's own mocks: no engine, no network."""

from __future__ import annotations

import pulumi
import pytest

from qovery_provider import BulkDeploymentCancellation, DeploymentCancellation, RunningDeployment
from tests.support.mocks import ENVIRONMENT_ID, Recorder, value_of


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


def test_get_reads_an_environment_by_its_id(recorder: Recorder) -> None:
    """`get` asks the engine to read the environment instead of creating anything."""
    value_of(DeploymentCancellation.get("watched", ENVIRONMENT_ID).id)

    assert recorder.resources[0].resource_id == ENVIRONMENT_ID


def test_get_keeps_the_other_options(recorder: Recorder) -> None:
    """Whoever gives options of their own gets them, and the id as well."""
    protected = pulumi.ResourceOptions(protect=True)

    watched = DeploymentCancellation.get("watched", pulumi.Output.from_input(ENVIRONMENT_ID), protected)

    assert value_of(watched.id) == ENVIRONMENT_ID
    assert watched._protect is True  # noqa: SLF001 - Pulumi shows it nowhere else
    assert recorder.resources[0].resource_id == ENVIRONMENT_ID


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
    """As for a single one."""
    options = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="1m"))

    value_of(BulkDeploymentCancellation("freeze", options, project_id=ENVIRONMENT_ID, timeout=5).id)

    assert _registered(recorder) == {"project_id": ENVIRONMENT_ID, "timeout": 5}


def _registered(recorder: Recorder) -> dict[str, object]:
    return {name: value for name, value in recorder.resources[0].inputs.items() if name != "__provider"}
