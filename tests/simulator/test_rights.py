"""The rights that SECURITY.md names are the calls that are made: none is missing, and none is there for nothing."""

from __future__ import annotations

import re
from pathlib import Path

from qovery_provider.providers import (
    BulkDeploymentCancellationProvider,
    DeploymentCancellationProvider,
    RunningDeploymentProvider,
)
from qovery_provider.simulator import Plan, QoverySimulator
from tests.support.providers import configured

RIGHTS = re.compile(r"`(GET|POST) (/[^`]+)`")
BUILDING = Plan(phases=(("BUILDING", 600.0),), cancel_delay=0.0)


def test_the_rights_that_are_documented_are_the_calls_that_are_made(qovery_simulator: QoverySimulator) -> None:
    """No call is missing in the list, and none is in it for nothing."""
    environments = [qovery_simulator.world.add_environment() for _ in range(2)]
    for environment in environments:
        environment.deploy(BUILDING)
        environment.enqueue(BUILDING)
    first, second = (environment.id for environment in environments)

    configured(RunningDeploymentProvider, qovery_simulator).create({"environment_id": first})
    single = configured(DeploymentCancellationProvider, qovery_simulator)
    single.create({"environment_id": first, "deployment_id": "d-11"})
    single.create({"environment_id": first, "include_queued": True})
    configured(BulkDeploymentCancellationProvider, qovery_simulator).create({"environment_ids": [first, second]})

    made = {(request.method, re.sub("[0-9a-f-]{36}", "{}", request.path)) for request in qovery_simulator.requests}
    assert made == _documented()


def _documented() -> set[tuple[str, str]]:
    text = Path("SECURITY.md").read_text(encoding="utf-8").partition("## What the package promises")[0]
    return {(method, re.sub(r"{\w+}", "{}", path)) for method, path in RIGHTS.findall(text)}
