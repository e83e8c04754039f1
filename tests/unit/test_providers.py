"""What Pulumi stores in every state is a contract: type tokens and the pickled providers never change."""

from __future__ import annotations

import base64

import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from qovery_provider import BulkDeploymentCancellation, DeploymentCancellation, RunningDeployment
from qovery_provider._cancellation.model import Sent
from qovery_provider._hosts.dynamic import DynamicProvider
from qovery_provider._lifecycle.stored_state import DRIFT, PINNED, UNFINISHED, Unfinished
from qovery_provider.providers import (
    BulkDeploymentCancellationProvider,
    DeploymentCancellationProvider,
    RunningDeploymentProvider,
)
from qovery_provider.simulator import QoverySimulator
from tests.support.mocks import ENVIRONMENT_ID, Recorder, value_of
from tests.support.providers import configured

MODULE = b"\x8c\x19qovery_provider.providers\x94"
PICKLES: dict[type[DynamicProvider], bytes] = {
    DeploymentCancellationProvider: (
        b"\x80\x04\x95C\x00\x00\x00\x00\x00\x00\x00"
        + MODULE
        + b"\x8c\x1eDeploymentCancellationProvider\x94\x93\x94)\x81\x94."
    ),
    RunningDeploymentProvider: (
        b"\x80\x04\x95>\x00\x00\x00\x00\x00\x00\x00"
        + MODULE
        + b"\x8c\x19RunningDeploymentProvider\x94\x93\x94)\x81\x94."
    ),
    BulkDeploymentCancellationProvider: (
        b"\x80\x04\x95G\x00\x00\x00\x00\x00\x00\x00"
        + MODULE
        + b'\x8c"BulkDeploymentCancellationProvider\x94\x93\x94)\x81\x94.'
    ),
}

RESOURCES = [
    (DeploymentCancellation, DeploymentCancellationProvider),
    (RunningDeployment, RunningDeploymentProvider),
    (BulkDeploymentCancellation, BulkDeploymentCancellationProvider),
]


@pytest.mark.parametrize(("resource", "_provider"), RESOURCES, ids=lambda kind: kind.__name__)
def test_the_type_token_never_changes(
    recorder: Recorder, resource: type[pulumi.CustomResource], _provider: object
) -> None:
    """Another token would make Pulumi delete and create every resource of every stack."""
    name = resource.__name__
    inputs = {"project_id" if resource is BulkDeploymentCancellation else "environment_id": ENVIRONMENT_ID}

    value_of(resource("one", **inputs).id)  # type: ignore[arg-type]

    assert [registered.typ for registered in recorder.resources] == [f"pulumi-python:dynamic/qovery:{name}"]


def test_the_pickled_providers_never_change() -> None:
    """Other bytes would show as a diff in every stack, and a moved class would make old states unreadable."""
    stored = {provider: base64.b64decode(serialize_provider(provider())) for provider in PICKLES}

    assert stored == PICKLES


@pytest.mark.parametrize(("resource", "provider"), RESOURCES, ids=lambda kind: kind.__name__)
def test_a_program_registers_that_pickle(
    recorder: Recorder, resource: type[pulumi.CustomResource], provider: type[DynamicProvider]
) -> None:
    """It is the property that Pulumi takes the provider from, as plain text and not as a secret."""
    inputs = {"project_id" if resource is BulkDeploymentCancellation else "environment_id": ENVIRONMENT_ID}

    value_of(resource("one", **inputs).id)  # type: ignore[arg-type]

    assert base64.b64decode(recorder.resources[0].inputs["__provider"]) == PICKLES[provider]


@pytest.mark.parametrize("provider", PICKLES, ids=lambda kind: kind.__name__)
def test_a_pickled_provider_is_no_secret(provider: type[DynamicProvider]) -> None:
    """It holds a module path and a class name only, so it need not be encrypted and cannot differ by machine."""
    assert provider.serialize_as_secret_always is False


@pytest.mark.parametrize("provider", PICKLES, ids=lambda kind: kind.__name__)
def test_only_a_provider_without_settings_is_pickled(provider: type[DynamicProvider], qovery: QoverySimulator) -> None:
    """The program pickles what it has just made; the settings come with `configure`, in another process."""
    assert vars(provider()) == {}
    assert list(vars(configured(provider, qovery))) == ["_config"]


def test_the_names_in_the_state_never_change() -> None:
    """A newer version must find the unfinished cancellations of an older one."""
    assert (PINNED, DRIFT, UNFINISHED) == ("__pinned", "__drift", "__unfinished")
    assert [sent.value for sent in Sent] == ["not_sent", "unconfirmed", "accepted", "adopted", "too_late"]


@pytest.mark.parametrize("sent", Sent)
def test_the_shape_of_what_is_left_to_be_resumed_never_changes(sent: Sent) -> None:
    """One shape, for a single cancellation and for each of a bulk one; the SDK drops what is None on the way back."""
    unfinished = Unfinished(sent, "d-12")

    assert unfinished.to_stored() == {"sent": sent.value, "deployment_id": "d-12"}
    assert Unfinished.from_stored(unfinished.to_stored()) == unfinished
    assert Unfinished.from_stored({"sent": "not_sent"}) == Unfinished()
