"""Values that another resource will give only later, as the SDK's host hands them on in a preview."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from qovery_provider._hosts.dynamic import DynamicProvider
from qovery_provider.providers import (
    BulkDeploymentCancellationProvider,
    DeploymentCancellationProvider,
    RunningDeploymentProvider,
)
from tests.support.mocks import ENVIRONMENT_ID
from tests.support.sdk_host import sdk_host

CASES = pytest.mark.parametrize(
    ("provider", "known", "unknown"),
    [
        (DeploymentCancellationProvider(), {}, {"environment_id": UNKNOWN}),
        (DeploymentCancellationProvider(), {"environment_id": ENVIRONMENT_ID}, {"deployment_id": UNKNOWN}),
        (DeploymentCancellationProvider(), {"environment_id": ENVIRONMENT_ID}, {"triggers": UNKNOWN}),
        (DeploymentCancellationProvider(), {"environment_id": ENVIRONMENT_ID}, {"triggers": [UNKNOWN]}),
        (DeploymentCancellationProvider(), {"environment_id": ENVIRONMENT_ID}, {"triggers": {"sha": UNKNOWN}}),
        (DeploymentCancellationProvider(), {"environment_id": ENVIRONMENT_ID}, {"force_cancel": UNKNOWN}),
        (RunningDeploymentProvider(), {}, {"environment_id": UNKNOWN}),
        (BulkDeploymentCancellationProvider(), {}, {"project_id": UNKNOWN}),
        (BulkDeploymentCancellationProvider(), {}, {"environment_ids": UNKNOWN}),
        (BulkDeploymentCancellationProvider(), {}, {"environment_ids": [ENVIRONMENT_ID, UNKNOWN]}),
    ],
    ids=[
        "environment",
        "pin",
        "triggers",
        "element of triggers",
        "value in triggers",
        "flag",
        "environment of a record",
        "project",
        "list of environments",
        "element of that list",
    ],
)


@CASES
def test_an_unknown_value_is_not_judged(
    provider: DynamicProvider, known: dict[str, Any], unknown: dict[str, Any]
) -> None:
    """It comes back as unknown as it went in, and nothing is wrong with it yet."""
    with sdk_host(provider, {}) as host:
        inputs, problems = host.check({}, {**known, **unknown})

    assert problems == []
    assert _as_a_set(unknown) <= _as_a_set(inputs)


@CASES
def test_an_unknown_value_may_be_another_one(
    provider: DynamicProvider, known: dict[str, Any], unknown: dict[str, Any]
) -> None:
    """A preview says that the resource would be replaced, for it may have to be."""
    ((name, _),) = unknown.items()
    before = {"environment_ids": [ENVIRONMENT_ID], "project_id": None} if name == "environment_ids" else {}

    with sdk_host(provider, {}) as host:
        diff = host.diff("id", {**before, **known}, {**known, **unknown})

    assert diff == {"changes": "DIFF_SOME", "replaces": [name]}


def _as_a_set(properties: dict[str, Any]) -> set[str]:
    return {f"{name}: {value}" for name, value in properties.items()}
