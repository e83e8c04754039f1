"""What a user sees before an update: on each resource's row what it would do, and which input is the reason."""

from __future__ import annotations

import json
import re

from qovery_provider.simulator import Environment, Plan, QoverySimulator
from tests.support.stack import Stack

LONG = Plan(phases=(("BUILDING", 600.0),), cancel_delay=0.1, triggered_by="ann@example.com")

# The table comes from the test: resource name, kind and inputs.
PROGRAM = """
import json
import os
import qovery_provider

for name, kind, inputs in json.loads(os.environ["TABLE"]):
    getattr(qovery_provider, kind)(name, **inputs)
"""

CANCELLATION = """
import os
from qovery_provider import DeploymentCancellation

DeploymentCancellation("stop", environment_id=os.environ["ENVIRONMENT_ID"], triggers=[os.environ.get("COMMIT", "1")])
"""


def _environment(qovery: QoverySimulator, *, is_canceling: bool = False) -> Environment:
    environment = qovery.world.add_environment()
    environment.deploy(LONG if not is_canceling else Plan(phases=LONG.phases, cancel_delay=None))
    if is_canceling:
        environment.cancel()
    return environment


def test_each_row_says_what_an_update_would_do(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """It would cancel, adopt a cancellation, or do nothing; and a preview itself sends nothing."""
    busy, canceling = _environment(qovery_simulator), _environment(qovery_simulator, is_canceling=True)
    idle = qovery_simulator.world.add_environment()
    cancellations = {
        "running": {"environment_id": busy.id},
        "forced": {"environment_id": busy.id, "force_cancel": True},
        "queue": {"environment_id": busy.id, "include_queued": True},
        "other": {"environment_id": busy.id, "deployment_id": "d-11"},
        "joined": {"environment_id": canceling.id},
        "idle": {"environment_id": idle.id},
        "strict": {"environment_id": idle.id, "on_idle": "fail"},
    }
    table: list[object] = [(name, "DeploymentCancellation", inputs) for name, inputs in cancellations.items()]
    table.append(("target", "RunningDeployment", {"environment_id": busy.id}))
    table.append(("nothing", "RunningDeployment", {"environment_id": idle.id}))
    table.append(("freeze", "BulkDeploymentCancellation", {"environment_ids": [busy.id, idle.id]}))
    stack.write(PROGRAM)

    run = stack.checked("preview", TABLE=json.dumps(table))

    shown = f"deployment {busy.id[:4]}…{busy.deployments[0].id[-6:]} (BUILDING, started "
    assert run.row("running").startswith(f"create would cancel {shown}")
    assert run.row("running").endswith(
        " s ago by ann@example.com); without deployment_id, it cancels what is running by then"
    )
    assert run.row("forced").endswith(
        "; force kills running steps; a Terraform state can stay locked; without deployment_id, it cancels what is "
        "running by then"
    )
    assert run.row("queue").startswith(f"create would cancel the queued requests, if any, then cancel {shown}")
    assert run.row("other") == "create would cancel nothing: deployment d-11 is not running"
    assert run.row("joined").startswith("create would adopt the cancellation already in progress: deployment ")
    assert run.row("idle") == "create nothing to cancel right now (READY)"
    assert run.row("strict") == 'create would fail because on_idle is "fail": nothing to cancel right now (READY)'
    assert run.row("target").startswith(f"create would record {shown}")
    assert run.row("nothing") == "create would record that no deployment is running (READY)"
    assert run.row("freeze").startswith(f"create would cancel in 1 of 2 environments: {shown}")
    assert run.row("freeze").endswith(f" s ago by ann@example.com) in {busy.id[:4]}…{busy.id[-6:]}")
    assert qovery_simulator.posts() == ()


def test_a_replacement_says_why_and_what_it_would_cancel(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """The deployment that runs by now, and the input that changed; an unchanged resource says nothing."""
    environment = _environment(qovery_simulator)
    environment.enqueue(LONG)
    stack.environment["ENVIRONMENT_ID"] = environment.id
    stack.write(CANCELLATION)
    stack.up()

    unchanged, rows = stack.checked("preview"), stack.checked("preview", COMMIT="2")
    diff = stack.checked("preview", "--diff", COMMIT="2")

    following = environment.deployments[1].id
    assert "would" not in unchanged.output
    assert "[diff: ~triggers]" in rows.row("stop")
    assert f"would cancel deployment {following[:4]}…{following[-6:]} (BUILDING, started " in rows.row("stop")
    assert re.search(r'~ triggers +: \[\n +~ \[0\]: "1" => "2"', diff.output)
    assert len(qovery_simulator.posts()) == 1
