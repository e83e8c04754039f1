"""Many environments in one resource, in the real engine."""

from __future__ import annotations

import pytest

from qovery_provider.simulator import Environment, Plan, QoverySimulator, Respond
from tests.support.recorder import error_body
from tests.support.stack import Stack
from tests.support.time import JumpingClock

PROGRAM = """
import os
import pulumi
from qovery_provider import BulkDeploymentCancellation

freeze = BulkDeploymentCancellation("freeze", project_id=os.environ["PROJECT_ID"])
pulumi.export("results", freeze.results)
pulumi.export("counts", freeze.counts)
"""

LONG = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=0.2)


@pytest.fixture
def environments(qovery_simulator: QoverySimulator, stack: Stack) -> list[Environment]:
    """A project: three environments that run a deployment, with another deployment queued, and an idle environment."""
    environments = [qovery_simulator.world.add_environment() for _ in range(4)]
    for environment in environments[:3]:
        environment.deploy(LONG)
        environment.enqueue(LONG)
    stack.environment["PROJECT_ID"] = environments[0].project_id
    stack.write(PROGRAM)
    return environments


def test_a_whole_project(stack: Stack, environments: list[Environment], qovery_simulator: QoverySimulator) -> None:
    """Each running deployment is canceled once, the queued ones run on, and the outputs name each of them."""
    run = stack.up()

    outputs, busy = stack.outputs(), environments[:3]
    assert outputs["counts"] == {"canceled": 3, "nothing_to_cancel": 1}
    assert {environment_id: result.get("deployment_id") for environment_id, result in outputs["results"].items()} == {
        environment.id: environment.deployments[0].id for environment in busy
    } | {environments[3].id: None}
    states = [[deployment.state for deployment in environment.deployments] for environment in busy]
    assert states == [["CANCELED", "BUILDING"]] * 3
    assert len(qovery_simulator.posts()) == 3
    assert run.diagnostics == ["environments: 3 canceled, 1 nothing_to_cancel"]
    assert "2 unchanged" in stack.up().output


def test_the_next_update_acts_only_on_what_failed(
    stack: Stack, environments: list[Environment], qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """One environment rejects the cancel: all others are finished, and the next update acts on that one only."""
    refusing = environments[1]
    qovery_simulator.inject(
        Respond(method="POST", path=f"/environment/{refusing.id}/*", status=403, body=error_body(403))
    )
    failed = stack.failing_up()
    clock.jump(60)

    stack.up()

    summary = "1 of 4 environments failed; the next `pulumi up` acts only on these:"
    (number,) = [number for number, line in enumerate(failed.diagnostics) if summary in line]
    assert failed.diagnostics[number + 1].startswith(
        f"- canceling the deployment of environment {refusing.id}: Qovery answered 403"
    )
    assert "Traceback" not in failed.output
    assert stack.outputs()["counts"] == {"canceled": 3, "nothing_to_cancel": 1}
    cancels = [[len(deployment.cancels) for deployment in environment.deployments] for environment in environments[:3]]
    assert cancels == [[1, 0]] * 3
    assert len(qovery_simulator.posts()) == 4
    assert "2 unchanged" in stack.up().output
