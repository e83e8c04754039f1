"""Programs of other kinds: Python without a generated SDK, stacks of the dynamic provider, programs with mistakes."""

from __future__ import annotations

import os
import subprocess

import pytest

from qovery_provider.simulator import Environment, QoverySimulator
from tests.support.plugin_stack import ROOT, TYPE, PluginStack, cancellation
from tests.support.stored_states import FROZEN, PINNED, PLAIN, PROJECT, STATES, TIMEOUTS, UNTIL_CANCELED, recorded_world

PYTHON = """
import os
import pulumi

environment_id = os.environ["ENVIRONMENT_ID"]
stop = pulumi.CustomResource(
    "qovery-cancellation:index:DeploymentCancellation",
    "stop",
    {"environmentId": environment_id, "outcome": None},
)
status = pulumi.runtime.invoke(
    "qovery-cancellation:index:getEnvironmentStatus", {"environmentId": environment_id}
).value
pulumi.export("outcome", stop.outcome)
pulumi.export("state", status["state"])
"""


def test_python(stack: PluginStack, environment: Environment) -> None:
    """Without a generated SDK, a resource and a function go by their tokens."""
    (stack.program / "__main__.py").write_text(PYTHON)

    stack.up(ENVIRONMENT_ID=environment.id)

    assert stack.outputs() == {"outcome": "canceled", "state": "BUILDING"}


@pytest.mark.parametrize("name", TIMEOUTS)
def test_a_stack_of_the_dynamic_provider_moves_here(
    tmp_path_factory: pytest.TempPathFactory, engine: str | None, name: str
) -> None:
    """By the aliases of the schema, it is updated in place, and nothing is canceled; then it has no more changes."""
    with recorded_world(name) as world:
        for environment in world.environments:
            environment.cancel()
        world.clock.now += UNTIL_CANCELED + 1
        stack = PluginStack(tmp_path_factory.mktemp("moved"), engine, world.qovery)
        _declare_recorded(stack, TIMEOUTS[name])
        stack.checked("stack", "import", "--file", str(STATES / "0.1.0" / f"{name}.json"))

        preview = stack.checked("preview")
        stack.up()
        stack.up("--expect-no-changes")

        stored = stack.latest()
    assert "4 to update" in preview.output
    assert world.qovery.posts() == ()
    assert stored["plain"]["outputs"]["outcome"] == "canceled"
    assert stored["pinned"]["outputs"]["deploymentId"] == stored["target"]["outputs"]["deploymentId"]
    assert stored["freeze"]["outputs"]["results"][FROZEN]["lastDeploymentState"] == "CANCELED"
    names = {key for each in ("plain", "target", "pinned", "freeze") for key in stored[each]["outputs"]}
    assert {name for name in names if "_" in name.lstrip("_")} == set()


def _declare_recorded(stack: PluginStack, timeout: str) -> None:
    def resource(kind: str, **properties: object) -> dict[str, object]:
        return {"type": TYPE.format(kind), "properties": properties}

    resources = {
        "plain": resource(
            "DeploymentCancellation", environmentId=PLAIN, triggers=["a1", {"b": 2}], timeout=int(timeout)
        ),
        "target": resource("RunningDeployment", environmentId=PINNED, triggers={"incident": "42"}),
        "pinned": resource(
            "DeploymentCancellation",
            environmentId=PINNED,
            deploymentId="${target.deploymentId}",
            forceCancel=True,
            onCompleted="succeed",
            timeout=int(timeout),
        ),
        "freeze": resource("BulkDeploymentCancellation", projectId=PROJECT, timeout=int(timeout)),
    }
    stack.declare(**resources)


def test_mistakes_are_told_in_the_words_of_the_program(stack: PluginStack, qovery_simulator: QoverySimulator) -> None:
    """One line for each, under the names that the program uses, and nothing is called."""
    stack.declare(
        stop=cancellation("not-a-uuid", timeout=-1, triggers={"file": {"fn::stringAsset": "text"}}),
    )

    run = stack.failing_up()

    lines = [line for line in run.diagnostics if "must be" in line]
    assert [line.partition(" must be ")[0].rpartition(" ")[2] for line in lines] == [
        "environmentId",
        "triggers",
        "timeout",
    ]
    assert qovery_simulator.requests == ()


def test_the_schema_is_valid(engine: str | None) -> None:
    """Pulumi's own check accepts what is committed."""
    path = os.pathsep.join(filter(None, [engine, os.environ["PATH"]]))
    command = ["pulumi", "schema", "check", str(ROOT / "plugin/schema.json")]
    completed = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)

    assert (completed.returncode, completed.stderr) == (0, "")
