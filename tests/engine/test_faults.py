"""What can break while the real engine waits, and that `pulumi up` again finishes the job."""

from __future__ import annotations

import os
import signal

import pytest

from qovery_provider.simulator import Environment, Plan, QoverySimulator
from tests.support.stack import Stack, killed_on_exit
from tests.support.time import wait_until

PROGRAM = """
import os
import pulumi
from qovery_provider import DeploymentCancellation

stop = DeploymentCancellation(
    "stop", environment_id=os.environ["ENVIRONMENT_ID"], timeout=float(os.environ.get("TIMEOUT", "60"))
)
pulumi.export("outcome", stop.outcome)
pulumi.export("deployment_id", stop.deployment_id)
"""


def _environment(stack: Stack, qovery: QoverySimulator, *, cancel_delay: float) -> Environment:
    environment = qovery.world.add_environment()
    environment.deploy(Plan(phases=(("BUILDING", 600.0),), cancel_delay=cancel_delay))
    environment.enqueue(Plan(phases=(("BUILDING", 600.0),)))
    stack.environment["ENVIRONMENT_ID"] = environment.id
    stack.write(PROGRAM)
    return environment


def test_one_interrupt_lets_it_end_and_records_it(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """^C once: the engine waits for the running create, so nothing is lost and the next update has nothing to do."""
    environment = _environment(stack, qovery_simulator, cancel_delay=1.5)
    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        wait_until(qovery_simulator.posts)
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=30)

    (resource,) = stack.resources("DeploymentCancellation")
    assert resource["outputs"]["outcome"] == "canceled"
    assert environment.deployments[0].state == "CANCELED"
    assert len(qovery_simulator.posts()) == 1


def test_after_a_timeout_the_next_update_resumes_that_deployment(
    stack: Stack, qovery_simulator: QoverySimulator
) -> None:
    """The target is in the state, so its end is reported and nothing is sent again, although another one runs."""
    environment = _environment(stack, qovery_simulator, cancel_delay=2.0)
    failed = stack.failing_up(TIMEOUT="1")
    wait_until(lambda: len(environment.deployments) == 2)
    canceled, following = environment.deployments

    stack.up()

    assert f"deployment {canceled.id} was not seen to finish within 1 s" in failed.output
    assert "Traceback" not in failed.output
    assert stack.outputs() == {"outcome": "canceled", "deployment_id": canceled.id}
    assert (canceled.state, following.state) == ("CANCELED", "BUILDING")
    assert len(qovery_simulator.posts()) == 1
    assert "2 unchanged" in stack.up(TIMEOUT="60").output


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"QOVERY_API_TOKEN": "qov_wrong"}, "the token from QOVERY_API_TOKEN is invalid, has expired, or is denied"),
        ({"ENVIRONMENT_ID": "staging"}, "'stop' has a problem: environment_id must be a UUID such as"),
    ],
    ids=["wrong token", "no UUID"],
)
def test_an_expected_failure_is_one_line(
    stack: Stack, qovery_simulator: QoverySimulator, setting: dict[str, str], words: str
) -> None:
    """A user under stress reads what was asked, what came back and what to do, and no traceback."""
    _environment(stack, qovery_simulator, cancel_delay=0.0)

    run = stack.failing_up(**setting)

    assert len([line for line in run.diagnostics if words in line]) == 1
    assert "Traceback" not in run.output
    assert 'File "' not in run.output
    assert qovery_simulator.posts() == ()


def test_a_token_in_the_wrong_place_is_not_shown(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """Pulumi prints the values of properties that a failure refers to, so ours name them in the text only."""
    _environment(stack, qovery_simulator, cancel_delay=0.0)

    run = stack.failing_up(ENVIRONMENT_ID="qov_SECRET")

    assert len([line for line in run.diagnostics if "got a value that looks like a token (not shown)" in line]) == 1
    assert "SECRET" not in run.output
    assert qovery_simulator.posts() == ()
