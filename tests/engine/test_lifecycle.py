"""The resource's life in the real engine: preview, up, refresh, replace, get, destroy."""

from __future__ import annotations

import pytest

from qovery_provider.simulator import Environment, Plan, QoverySimulator, Respond
from tests.support.recorder import error_body
from tests.support.stack import Stack

PROGRAM = """
import os
import pulumi
from qovery_provider import DeploymentCancellation

stop = DeploymentCancellation(
    "stop",
    environment_id=os.environ["ENVIRONMENT_ID"],
    triggers=[os.environ.get("COMMIT", "1")],
    timeout=int(os.environ.get("TIMEOUT", "60")),
)
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


def test_preview_sends_nothing(stack: Stack, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """No preview ever posts, neither the first one nor that of a replacement."""
    stack.checked("preview")
    stack.up()
    stack.checked("preview", COMMIT="2")

    assert len(qovery_simulator.posts()) == 1
    assert environment.deployments[1].cancels == []


def test_an_unchanged_program_fires_once(stack: Stack, environment: Environment) -> None:
    """A second update has nothing to do, although another deployment runs by then."""
    stack.up()

    run = stack.up()

    assert "2 unchanged" in run.output
    assert environment.deployments[1].cancels == []


def test_a_changed_trigger_fires_again(stack: Stack, environment: Environment) -> None:
    """The replacement cancels the deployment that runs by then."""
    stack.up()

    run = stack.up(COMMIT="2")

    assert "~triggers" in run.output
    assert stack.outputs()["deployment_id"] == environment.deployments[1].id
    assert [deployment.state for deployment in environment.deployments] == ["CANCELED", "CANCELED"]


def test_a_changed_timeout_is_stored_without_a_call(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """Waiting options change in place; no credentials are needed for that."""
    stack.up()
    calls = len(qovery_simulator.requests)

    stack.up(TIMEOUT="30", QOVERY_API_TOKEN="")

    (resource,) = stack.resources("DeploymentCancellation")
    assert resource["outputs"]["timeout"] == 30
    assert len(qovery_simulator.requests) == calls
    assert environment.deployments[1].cancels == []


def test_refresh_shows_drift_and_the_update_after_it_is_clean(stack: Stack, environment: Environment) -> None:
    """Exactly the fields that changed since they were last observed are shown, once, and nothing fires."""
    stack.up()
    quiet = stack.checked("refresh", "--yes", "--skip-preview")
    assert "2 unchanged" in quiet.output

    environment.cancel()
    drifted = stack.checked("refresh", "--yes", "--skip-preview", "--diff")

    changed = [line.split(":")[0].strip(" ~+-") for line in drifted.output.splitlines() if line.lstrip()[:2] == "~ "]
    assert "1 updated" in drifted.output
    assert {"pulumi-python", "state", "last_deployment_state"} <= set(changed)
    assert "deployment_id" not in changed
    assert "2 unchanged" in stack.up().output


def test_the_record_of_a_vanished_environment_stays(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """A refresh says so and keeps what happened; the same update neither creates the resource again nor cancels."""
    stack.up()
    canceled = stack.latest()["stop"]["outputs"]
    environment.remove()

    run = stack.up("--refresh")

    (line,) = run.diagnostics
    assert line.startswith(f"environment {environment.id}: Qovery answered 404 twice: it does not exist")
    assert stack.latest()["stop"]["outputs"] == canceled
    assert len(qovery_simulator.posts()) == 1


@pytest.mark.parametrize("status", [400, 404, 200], ids=["400", "404", "login page"])
def test_a_wrong_answer_to_a_refresh_cancels_nothing(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator, status: int
) -> None:
    """If the record were forgotten, the same update would cancel what is running by now."""
    stack.up()
    qovery_simulator.inject(
        Respond(status=status, body=error_body(status, "does not exist") if status != 200 else "<html>")
    )

    run = stack.run("up", "--yes", "--skip-preview", "--refresh")

    assert "stop" in stack.latest(), run.output
    assert len(qovery_simulator.posts()) == 1
    assert environment.deployments[1].cancels == []


def test_get_of_a_wrong_id_fails(stack: Stack, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """Otherwise the outputs would be missing without a reason."""
    environment.remove()
    stack.write(GET)

    run = stack.failing_up()

    assert f"reading the status of environment {environment.id}: Qovery answered 404" in run.output
    assert "Traceback" not in run.output
    assert qovery_simulator.posts() == ()


def test_get_reads_and_never_acts(stack: Stack, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """An environment that another stack manages can be watched."""
    stack.write(GET)

    stack.up()

    assert stack.outputs() == {"state": "BUILDING", "last_deployment_id": environment.deployments[0].id}
    assert qovery_simulator.posts() == ()


def test_destroy_needs_no_credentials_and_touches_nothing(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """A cancellation cannot be undone: destroying it only removes it from the state."""
    stack.up()
    calls = len(qovery_simulator.requests)

    stack.checked("destroy", "--yes", "--skip-preview", QOVERY_API_TOKEN="", QOVERY_API_URL="")

    assert len(qovery_simulator.requests) == calls
    assert environment.deployments[1].state == "BUILDING"
    assert stack.resources("DeploymentCancellation") == []
