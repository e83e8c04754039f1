"""The resource's life in the real engine: up, refresh and get.

What an unchanged program, a replacement and a destroy do is in `test_stored_states.py` and in the examples.
"""

from __future__ import annotations

import pytest

from qovery_provider.simulator import Environment, Plan, QoverySimulator, Respond
from tests.support.recorder import error_body
from tests.support.sdk import NEEDS_GET
from tests.support.stack import Stack

PROGRAM = """
import os
import pulumi
from qovery_provider import DeploymentCancellation

stop = DeploymentCancellation("stop", environment_id=os.environ["ENVIRONMENT_ID"], timeout=60)
for name in ("outcome", "deployment_id", "deployment_state", "state", "last_deployment_state"):
    pulumi.export(name, getattr(stop, name))
"""

GET = """
import os
import pulumi
from qovery_provider import DeploymentCancellation

watched = DeploymentCancellation.get("watched", os.environ["ENVIRONMENT_ID"])
pulumi.export("state", watched.state)
pulumi.export("last_deployment_id", watched.last_deployment_id)
"""

LONG = Plan(phases=(("BUILDING", 600.0),), cancel_delay=0.1)


@pytest.fixture
def environment(qovery_simulator: QoverySimulator, stack: Stack) -> Environment:
    """An environment with a running deployment and another deployment queued behind it."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(LONG)
    environment.enqueue(LONG)
    stack.environment["ENVIRONMENT_ID"] = environment.id
    stack.write(PROGRAM)
    return environment


def test_up_cancels_the_running_deployment_and_leaves_the_next_alone(stack: Stack, environment: Environment) -> None:
    """The outputs name what was canceled; the queued deployment that followed runs on, and so does the state."""
    run = stack.up()

    canceled, following = environment.deployments
    assert stack.outputs() == {
        "outcome": "canceled",
        "deployment_id": canceled.id,
        "deployment_state": "CANCELED",
        "state": "BUILDING",
        "last_deployment_state": "BUILDING",
    }
    assert (canceled.state, following.state) == ("CANCELED", "BUILDING")
    assert following.cancels == []
    assert run.diagnostics == [f"deployment {canceled.id} is canceled"]


def test_the_record_of_a_vanished_environment_stays(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """A refresh says so and keeps what happened; the same update neither creates the resource again nor cancels."""
    stack.up()
    canceled = stack.latest()["stop"]["outputs"]
    environment.remove()

    run = stack.up("--refresh")

    (line,) = run.diagnostics
    assert line.startswith(f"environment {environment.id} was not found in two reads: it does not exist")
    assert stack.latest()["stop"]["outputs"] == canceled
    assert len(qovery_simulator.posts()) == 1


def test_a_wrong_answer_to_a_refresh_cancels_nothing(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """If the record were forgotten, the same update would cancel what is running by now."""
    stack.up()
    qovery_simulator.inject(Respond(status=404, body=error_body(404, "does not exist")))

    run = stack.run("up", "--yes", "--skip-preview", "--refresh")

    assert "stop" in stack.latest(), run.output
    assert len(qovery_simulator.posts()) == 1
    assert environment.deployments[1].cancels == []


@NEEDS_GET
def test_get_reads_and_never_acts(stack: Stack, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """An environment that another stack manages can be watched."""
    stack.write(GET)

    stack.up()

    assert stack.outputs() == {"state": "BUILDING", "last_deployment_id": environment.deployments[0].id}
    assert qovery_simulator.posts() == ()
