"""The token goes out in one header and is nowhere else: not in what Pulumi keeps, shows, logs or traces."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from qovery_provider.simulator import Environment, Plan, QoverySimulator, Respond
from tests.support.secrets import leaks
from tests.support.stack import Run, Stack, killed_on_exit
from tests.support.time import JumpingClock, wait_until

TOKEN = "qov_marked/7f3a+9c&51=e2%b8~d4?60"  # every spelling of it is another one

PROGRAM = """
import os
import pulumi
from qovery_provider import BulkDeploymentCancellation, DeploymentCancellation, RunningDeployment
from qovery_provider import get_environment_status

environment_id = os.environ["ENVIRONMENT_ID"]
pulumi.export("state", get_environment_status(environment_id).state)
target = RunningDeployment("target", environment_id=environment_id)
stop = DeploymentCancellation(
    "stop", environment_id=environment_id, deployment_id=target.deployment_id, timeout=float(os.environ["TIMEOUT"])
)
freeze = BulkDeploymentCancellation(
    "freeze", environment_ids=[environment_id], timeout=60, opts=pulumi.ResourceOptions(depends_on=stop)
)
pulumi.export("outcome", stop.outcome)
pulumi.export("counts", freeze.counts)
"""


@pytest.fixture
def qovery_simulator(clock: JumpingClock) -> Iterator[QoverySimulator]:
    """A simulator with a token that occurs nowhere else."""
    with QoverySimulator(token=TOKEN, clock=clock) as simulator:
        yield simulator


@pytest.fixture
def environment(qovery_simulator: QoverySimulator, stack: Stack) -> Environment:
    """An environment that runs a deployment."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(Plan(phases=(("BUILDING", 6000.0),), cancel_delay=600.0))
    stack.environment |= {"ENVIRONMENT_ID": environment.id, "TIMEOUT": "60", "PULUMI_DEBUG_COMMANDS": "true"}
    stack.write(PROGRAM)
    return environment


@pytest.mark.parametrize("source", ["environment", "stack"])
def test_the_token_is_nowhere(
    stack: Stack, environment: Environment, qovery_simulator: QoverySimulator, clock: JumpingClock, source: str
) -> None:
    """Through refusals, a timeout, a kill, success, refresh and destroy, with everything logged that can be."""
    if source == "stack":
        stack.checked("config", "set", "--secret", "qovery:apiToken", TOKEN)
        del stack.environment["QOVERY_API_TOKEN"]

    runs = dict(_life(stack, qovery_simulator, clock))

    assert [min(run.code, 1) for run in runs.values()] == [0, 1, 1, 0, 0, 0, 0]
    assert environment.deployments[0].state == "CANCELED"
    kept = {str(path.relative_to(stack.folder)): content for path, content in stack.files()}
    assert {"plan.json", "events-up", "trace-up", "state/.pulumi/stacks/stop/test.json"} <= kept.keys()
    assert leaks(TOKEN, kept) == []
    assert leaks(TOKEN, {name: run.output.encode() for name, run in runs.items()}) == []
    assert leaks(TOKEN, _pickles(runs["export"])) == []
    assert leaks(TOKEN, _sent(qovery_simulator)) == []
    assert {request.headers["Authorization"] for request in qovery_simulator.requests} == {f"Token {TOKEN}"}


def _life(stack: Stack, qovery: QoverySimulator, clock: JumpingClock) -> Iterator[tuple[str, Run]]:
    """Run all commands of a stack's life."""
    yield "preview", stack.run("preview", "--save-plan", str(stack.folder / "plan.json"), *_loud(stack, "preview"))
    qovery.inject(Respond(method="POST", status=403, body=json.dumps({"status": 403, "detail": f"no {TOKEN}"})))
    yield "refused", stack.run("up", "--yes", "--skip-preview", *_loud(stack, "refused"))
    yield "timeout", stack.run("up", "--yes", "--skip-preview", *_loud(stack, "timeout"), TIMEOUT="0.3")
    known = len(qovery.requests)
    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")):
        wait_until(lambda: len(qovery.requests) > known + 1)
    stack.unlock()
    clock.jump(700)
    yield "up", stack.run("up", "--yes", "--skip-preview", *_loud(stack, "up"))
    yield "export", stack.run("stack", "export", "--show-secrets")
    yield "refresh", stack.run("refresh", "--yes", "--skip-preview", *_loud(stack, "refresh"))
    yield "destroy", stack.run("destroy", "--yes", "--skip-preview", *_loud(stack, "destroy"))


def _loud(stack: Stack, name: str) -> list[str]:
    """Return the options that make a command log all it can."""
    files = [f"--event-log={stack.folder / f'events-{name}'}", f"--tracing=file:{stack.folder / f'trace-{name}'}"]
    return ["--debug", "--logtostderr", "-v=9", "--logflow", *files]


def _pickles(export: Run) -> Iterator[tuple[str, bytes]]:
    """Yield the providers as the state holds them."""
    resources = json.loads(export.output)["deployment"]["resources"]
    inputs = {resource["urn"]: resource.get("inputs", {}) for resource in resources}
    pickles = {urn: values["__provider"] for urn, values in inputs.items() if "__provider" in values}
    assert len(pickles) == 3
    for urn, pickle in pickles.items():
        yield urn, base64.b64decode(pickle)


def _sent(qovery: QoverySimulator) -> Iterator[tuple[str, bytes]]:
    """Yield all that was sent, without the one header."""
    for request in qovery.requests:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
        parts = [request.path, json.dumps(dict(request.query)), json.dumps(headers), request.body]
        yield str(request.number), os.linesep.join(parts).encode()


def test_every_spelling_would_be_found() -> None:
    """The search finds each spelling where there is one: otherwise finding nothing would prove nothing."""
    encoded = base64.b64encode(f"a header: {TOKEN};".encode())
    places = {
        "plain": f"token={TOKEN};".encode(),
        "percent-encoded": quote(TOKEN, safe="").encode(),
        "base64, somewhere inside": encoded,
        "hexadecimal": TOKEN.encode().hex().encode(),
        "JSON": json.dumps({"token": TOKEN}).encode(),
    }

    assert leaks(TOKEN, {**places, "something else": b"qov_marked/" + b"x" * 100}) == list(places)
