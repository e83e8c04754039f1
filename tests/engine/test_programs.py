"""The ways in which users write and configure their programs, in the real engine."""

from __future__ import annotations

import pytest

from qovery_provider.simulator import Environment, Plan, QoverySimulator
from tests.support.stack import PROJECT, Stack

LONG = Plan(phases=(("BUILDING", 600.0),), cancel_delay=0.1)

CANCELLATION = """
import os
import pulumi
from qovery_provider import DeploymentCancellation

stop = DeploymentCancellation("stop", environment_id=os.environ["ENVIRONMENT_ID"])
pulumi.export("outcome", stop.outcome)
"""

DECIDING = """
import os
import pulumi
from qovery_provider import DeploymentCancellation, get_environment_status, get_project_environment_statuses_output

status = get_environment_status(os.environ["ENVIRONMENT_ID"])
if status.is_in_progress:
    stop = DeploymentCancellation("stop", environment_id=status.id, deployment_id=status.last_deployment_id)
    pulumi.export("outcome", stop.outcome)
project = get_project_environment_statuses_output(pulumi.Output.from_input(os.environ["PROJECT_ID"]))
pulumi.export("states", project.apply(lambda statuses: [status.state for status in statuses]))
"""

PINNED = """
import pulumi
from qovery_provider import DeploymentCancellation, RunningDeployment

unknown = "00000000-0000-4000-8000-000000000000"
target = RunningDeployment("target", environment_id=unknown)
stop = DeploymentCancellation("stop", environment_id=unknown, deployment_id=target.deployment_id)
pulumi.export("target", target.deployment_id)
"""

FAILING = """
import os
import pulumi
import qovery_provider

{call}
"""


@pytest.fixture
def environment(qovery_simulator: QoverySimulator, stack: Stack) -> Environment:
    """An environment that runs a deployment."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(LONG)
    stack.environment |= {"ENVIRONMENT_ID": environment.id, "PROJECT_ID": environment.project_id}
    return environment


def test_the_stack_s_configuration_is_all_that_is_needed(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """Token and address come from the stack: for the resource, for functions, and for what a preview shows."""
    for name in ("QOVERY_API_TOKEN", "QOVERY_API_URL"):
        del stack.environment[name]
    stack.checked("config", "set", "--secret", "qovery:apiToken", qovery_simulator.token)
    stack.checked("config", "set", "qovery:apiUrl", qovery_simulator.url)
    stack.write(DECIDING)

    preview = stack.checked("preview")
    stack.up()

    assert preview.row("stop").startswith("create would cancel deployment ")
    assert stack.outputs() == {"outcome": "canceled", "states": ["BUILDING"]}
    assert environment.deployments[0].state == "CANCELED"
    assert qovery_simulator.token not in (stack.program / "Pulumi.test.yaml").read_text()


def test_a_program_can_decide(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """Where nothing runs, the function says so and nothing is declared."""
    idle = qovery_simulator.world.add_environment()
    stack.environment |= {"ENVIRONMENT_ID": idle.id, "PROJECT_ID": idle.project_id}
    stack.write(DECIDING)

    stack.up()

    assert stack.outputs() == {"states": ["READY"]}
    assert stack.resources("DeploymentCancellation") == []


@pytest.mark.parametrize(
    "call",
    [
        'qovery_provider.get_environment_status("00000000-0000-4000-8000-000000000000")',
        'qovery_provider.get_environment_status_output("00000000-0000-4000-8000-000000000000")',
    ],
    ids=["at once", "as an output"],
)
def test_an_uncaught_error_is_one_line(stack: Stack, call: str) -> None:
    """The program ends, and its author reads what was asked and what to do, without a traceback."""
    stack.write(FAILING.format(call=call))

    run = stack.failing_up()

    expected = "reading the status of environment 00000000-0000-4000-8000-000000000000: Qovery answered 404"
    assert len([line for line in run.diagnostics if expected in line]) == 1
    assert "Traceback" not in run.output
    assert 'File "' not in run.output


def test_a_program_in_a_folder_of_its_own(stack: Stack, environment: Environment) -> None:
    """`main:` says where it is; the provider's process starts there, too."""
    stack.write(CANCELLATION)
    inner = stack.program / "infrastructure"
    inner.mkdir()
    (stack.program / "__main__.py").rename(inner / "__main__.py")
    project = (stack.program / "Pulumi.yaml").read_text()
    assert project.startswith(PROJECT[:10])
    (stack.program / "Pulumi.yaml").write_text(f"{project}main: infrastructure\n")

    stack.up()

    assert stack.outputs() == {"outcome": "canceled"}
    assert environment.deployments[0].state == "CANCELED"


def test_a_failure_that_others_depend_on_is_shown_once(stack: Stack) -> None:
    """The resource that depends on it shows nothing, and neither does asyncio."""
    stack.write(PINNED)

    run = stack.failing_up()

    assert "Qovery answered 404" in run.output
    assert "Future exception" not in run.output
    assert len(run.output.splitlines()) < 40
