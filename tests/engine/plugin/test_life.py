"""A resource's life in the real engine, from YAML: preview, up, changes, refresh, import, get, destroy."""

from __future__ import annotations

from qovery_provider.simulator import Environment, QoverySimulator
from tests.support.plugin_stack import TYPE, PluginStack, cancellation

REFRESH = ("refresh", "--yes", "--skip-preview")
OUTPUTS = {name: f"${{stop.{name}}}" for name in ("outcome", "deploymentId", "deploymentState", "state")}


def test_a_life(stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """A preview sends nothing, an update cancels the running deployment, a destroy needs no credentials."""
    stack.declare(OUTPUTS, stop=cancellation(environment.id))

    preview = stack.checked("preview")
    posts_of_the_preview = qovery_simulator.posts()
    run = stack.up()
    unchanged = stack.up("--expect-no-changes")
    stack.checked("destroy", "--yes", "--skip-preview", QOVERY_API_TOKEN="", QOVERY_API_URL="")

    canceled, following = environment.deployments
    assert preview.row("stop").startswith(f"create would cancel deployment {environment.id[:4]}…")
    assert posts_of_the_preview == ()
    assert f'"{canceled.id}"' in run.output
    assert 'outcome        : "canceled"' in run.output
    assert run.row("stop").endswith(f"deployment {canceled.id} is canceled")
    assert "CANCELING after 0 s: cancel accepted, timeout in 30 min, deployment " in run.output
    assert "2 unchanged" in unchanged.output
    assert (canceled.state, following.state, len(qovery_simulator.posts())) == ("CANCELED", "BUILDING", 1)
    assert stack.latest() == {}


def test_changes(stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """The update does what the preview shows of a change: it replaces, or it only stores."""
    stack.declare(stop=cancellation(environment.id, triggers={"sha": "abc"}))
    stack.up()

    stack.declare(stop=cancellation(environment.id, triggers={"sha": "abc"}, timeout=60))
    stored = stack.checked("preview", "--diff")
    calls = len(qovery_simulator.requests)
    stack.up(QOVERY_API_TOKEN="")
    calls_of_the_update = len(qovery_simulator.requests) - calls
    stack.declare(stop=cancellation(environment.id, triggers={"sha": "def"}, timeout=60))
    replaced = stack.checked("preview", "--diff")
    stack.up()

    assert "~ qovery-cancellation:index:DeploymentCancellation: (update)" in stored.output
    assert "+ timeout: 60" in stored.output
    assert calls_of_the_update == 0
    assert "+-qovery-cancellation:index:DeploymentCancellation: (replace)" in replaced.output
    assert '~ sha: "abc" => "def"' in replaced.output
    assert "would cancel deployment " in replaced.output
    assert [deployment.state for deployment in environment.deployments] == ["CANCELED", "CANCELED"]
    assert stack.latest()["stop"]["outputs"]["timeout"] == 60


def test_drift(stack: PluginStack, environment: Environment) -> None:
    """A refresh shows exactly what has changed, once; the update after it is clean."""
    stack.declare(stop=cancellation(environment.id))
    stack.up()
    quiet = stack.checked(*REFRESH)
    environment.cancel()

    drifted = stack.checked(*REFRESH, "--diff")
    again = stack.checked(*REFRESH)
    stack.up("--expect-no-changes")

    changed = [line.split(":")[0].strip(" ~+-") for line in drifted.output.splitlines() if line.lstrip()[:2] == "~ "]
    assert "2 unchanged" in quiet.output
    assert "1 updated" in drifted.output
    assert {"state", "lastDeploymentState"} <= set(changed)
    assert not {"deploymentId", "outcome"} & set(changed)
    assert "2 unchanged" in again.output


def test_import(stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """An environment can be imported by its id; the program that declares it changes nothing and cancels nothing."""
    kind = TYPE.format("index:DeploymentCancellation")
    stack.declare()
    stack.checked("import", kind, "stop", environment.id, "--yes", "--protect=false", "--generate-code=false")
    stack.declare({"outcome": "${stop.outcome}"}, stop=cancellation(environment.id))

    stack.checked("preview", "--diff", "--expect-no-changes")
    stack.up()

    assert stack.outputs() == {"outcome": "not_requested"}
    assert stack.latest()["stop"]["inputs"].keys() - {"__drift"} == {"environmentId"}
    assert qovery_simulator.posts() == ()


def test_get(stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """An environment outside the stack can be read; the record of an event cannot."""
    kind = TYPE.format("DeploymentCancellation")
    stack.declare({"state": "${watched.state}"}, watched={"type": kind, "get": {"id": environment.id}})
    stack.up()
    outputs = stack.outputs()
    stack.declare(target={"type": TYPE.format("RunningDeployment"), "get": {"id": environment.id}})

    failed = stack.failing_up()

    assert outputs == {"state": "BUILDING"}
    assert "a RunningDeployment cannot be imported or read by its id" in failed.output
    assert qovery_simulator.posts() == ()


def test_other_resources_and_functions(stack: PluginStack, environment: Environment) -> None:
    """A target that is recorded first, many at once, and functions that answer in the program."""
    project_id = environment.project_id
    invoke = {"function": TYPE.format("getProjectEnvironmentStatuses"), "arguments": {"projectId": project_id}}
    pinned = cancellation(environment.id, deploymentId="${target.deploymentId}")
    freeze = {
        "type": TYPE.format("BulkDeploymentCancellation"),
        "properties": {"environmentIds": [environment.id.upper()]},
        "options": {"dependsOn": ["${stop}"]},
    }
    target = {"type": TYPE.format("RunningDeployment"), "properties": {"environmentId": environment.id}}
    stack.project(
        {
            "runtime": "yaml",
            "resources": {"target": target, "stop": pinned, "freeze": freeze},
            "variables": {"read": {"fn::invoke": invoke}},
            "outputs": {
                "stopped": "${stop.deploymentId}",
                "frozen": f'${{freeze.results["{environment.id}"].deploymentId}}',
                "counts": "${freeze.counts}",
                "read": "${read.statuses[0].lastDeploymentState}",
            },
        }
    )

    preview = stack.checked("preview")
    stack.up()

    canceled, following = (deployment.id for deployment in environment.deployments)
    assert preview.row("target").startswith("create would record deployment ")
    assert preview.row("stop") == "create"
    assert stack.outputs() == {
        "stopped": canceled,
        "frozen": following,
        "counts": {"canceled": 1},
        "read": "BUILDING",
    }
    stack.up("--expect-no-changes")
