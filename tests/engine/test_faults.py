"""What can break while the real engine waits, and that `pulumi up` again finishes the job."""

from __future__ import annotations

import base64
import os
import signal
from urllib.parse import quote

import pytest

from qovery_provider.simulator import Environment, LoseAnswer, Plan, QoverySimulator
from tests.support.stack import Stack, killed_on_exit
from tests.support.time import JumpingClock, wait_until

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


def test_after_a_kill_the_next_update_adopts_the_cancellation(
    stack: Stack, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """SIGKILL while it waits: the rerun adopts the cancellation in progress, sends nothing and reports its outcome."""
    environment = _environment(stack, qovery_simulator, cancel_delay=60.0)
    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        wait_until(qovery_simulator.posts)
        os.killpg(process.pid, signal.SIGKILL)
    stack.run("cancel", "--yes")
    calls = len(qovery_simulator.requests)

    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        # At the second status read, the first one has been answered.
        wait_until(lambda: len(qovery_simulator.requests) > calls + 1)
        clock.jump(60)
        process.communicate(timeout=30)

    canceled, following = environment.deployments
    assert stack.outputs() == {"outcome": "canceled", "deployment_id": canceled.id}
    assert len(qovery_simulator.posts()) == 1
    assert following.cancels == []


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


def test_after_a_lost_answer_only_the_target_is_canceled(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """The cancel is executed, its answer lost, and the next queued deployment runs before the next status read."""
    environment = _environment(stack, qovery_simulator, cancel_delay=0.0)
    qovery_simulator.inject(LoseAnswer(method="POST"))

    stack.up()

    canceled, following = environment.deployments
    assert stack.outputs() == {"outcome": "canceled", "deployment_id": canceled.id}
    assert (canceled.state, following.state) == ("CANCELED", "BUILDING")
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
        ({"QOVERY_API_TOKEN": ""}, "no Qovery API token: set the stack secret qovery:apiToken"),
        (
            {"ENVIRONMENT_ID": "00000000-0000-4000-8000-000000000000"},
            "it does not exist, or this token cannot access it",
        ),
        ({"ENVIRONMENT_ID": "staging"}, "'stop' has a problem: environment_id must be a UUID such as"),
        ({"QOVERY_API_URL": "http://127.0.0.1:1"}, "the connection was refused, or the host is unreachable"),
        ({"QOVERY_API_URL": "http://example.com"}, "'stop' has a problem: QOVERY_API_URL must be an https URL"),
        (
            {"QOVERY_API_URL": "https://127.0.0.1:1", "REQUESTS_CA_BUNDLE": "/does/not/exist.pem"},
            "the file named by REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE does not exist",
        ),
    ],
    ids=["wrong token", "no token", "no such environment", "no UUID", "refused", "plain http", "no bundle"],
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


@pytest.mark.parametrize("pasted", ["qov_SECRET", "eyJhbGciOiJIUzI1NiJ9.SECRET.c2ln"], ids=["API token", "JWT"])
def test_a_token_in_the_wrong_place_is_not_shown(stack: Stack, qovery_simulator: QoverySimulator, pasted: str) -> None:
    """Pulumi prints the values of properties that a failure refers to, so ours name them in the text only."""
    _environment(stack, qovery_simulator, cancel_delay=0.0)

    run = stack.failing_up(ENVIRONMENT_ID=pasted)

    assert len([line for line in run.diagnostics if "got a value that looks like a token (not shown)" in line]) == 1
    assert "SECRET" not in run.output
    assert qovery_simulator.posts() == ()


def test_the_token_is_nowhere(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """Neither the stack's files nor the output hold it, in any of the usual spellings."""
    _environment(stack, qovery_simulator, cancel_delay=0.0)
    token = qovery_simulator.token.encode()
    spellings = {token, quote(token).encode(), base64.b64encode(token)}

    run = stack.up("--debug", "--logtostderr", "-v=9")

    assert not [spelling for spelling in spellings if spelling in run.output.encode()]
    assert not [path for path, content in stack.files() if any(spelling in content for spelling in spellings)]
