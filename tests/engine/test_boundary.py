"""Between a decision and its bytes, and between an answer and its belief: no other deployment is ever canceled."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from qovery_provider.simulator import Delay, Environment, Plan, QoverySimulator, Respond, SendRaw
from tests.support.certificates import write_bundle
from tests.support.environments import busy
from tests.support.proxy import HoldingProxy, Proxy
from tests.support.stack import Stack, killed_on_exit
from tests.support.time import JumpingClock, wait_until
from tests.support.wire import Request

SEPARATE = """
import json
import os
import pulumi
from qovery_provider import DeploymentCancellation

for number, (environment_id, options) in enumerate(json.loads(os.environ["TARGETS"])):
    stop = DeploymentCancellation(f"stop-{number}", environment_id=environment_id, **options)
    pulumi.export(f"stop-{number}", {"outcome": stop.outcome, "deployment_id": stop.deployment_id})
"""

BULK = """
import os
import pulumi
from qovery_provider import BulkDeploymentCancellation

freeze = BulkDeploymentCancellation(
    "freeze",
    environment_ids=os.environ["ENVIRONMENT_IDS"].split(),
    timeout=float(os.environ.get("TIMEOUT", "60")),
    on_completed="succeed",
)
pulumi.export("counts", freeze.counts)
"""

LONG = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=0.0)

MAX_STATUS_AGE = 2.0
"""Seconds; a status read that is older is no reason to cancel."""


def _targets(stack: Stack, *targets: tuple[Environment, str]) -> None:
    """Let the stack cancel in these environments, each with these options as JSON."""
    pairs = ", ".join(f'["{environment.id}", {options}]' for environment, options in targets)
    stack.environment["TARGETS"] = f"[{pairs}]"
    stack.write(SEPARATE)


def _busy(qovery: QoverySimulator, count: int = 1, plan: Plan = LONG) -> list[Environment]:
    """Return environments that each run a deployment with another one queued behind it."""
    return [busy(qovery, plan) for _ in range(count)]


def _following(environments: list[Environment]) -> list[list[int]]:
    """Return how often each deployment was canceled that began after the first one of its environment."""
    return [[len(deployment.cancels) for deployment in environment.deployments[1:]] for environment in environments]


def _is_cancel(request: Request) -> bool:
    return request.method == "POST"


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    """Stop a process, as ^Z does, and let it go on after the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _read_until(process: subprocess.Popen[str], word: str) -> None:
    """Read what a command prints of a resource of ours, up to a line with this word."""
    assert process.stdout is not None
    assert any("DeploymentCancellation" in line and word in line for line in process.stdout)


def test_an_answer_that_is_lost_behind_a_proxy(stack: Stack, qovery_simulator: QoverySimulator, tmp_path: Path) -> None:
    """The cancel went through a CONNECT proxy and was executed: it is not sent again while it takes effect."""
    (environment,) = _busy(qovery_simulator, plan=replace(LONG, cancel_delay=2.0, canceling_visible_after=None))
    _targets(stack, (environment, "{}"))
    with HoldingProxy(qovery_simulator, loses=_is_cancel, certificate="good") as qovery, Proxy() as proxy:
        stack.up(QOVERY_API_URL=qovery.url, HTTPS_PROXY=proxy.url, REQUESTS_CA_BUNDLE=write_bundle(tmp_path))

    target = environment.deployments[0]
    assert proxy.requests[0].method == "CONNECT"
    assert stack.outputs()["stop-0"] == {"outcome": "canceled", "deployment_id": target.id}
    assert (len(target.cancels), _following([environment])) == (1, [[0]])


def test_more_cancels_than_places(stack: Stack, qovery_simulator: QoverySimulator, clock: JumpingClock) -> None:
    """Some cancels wait for a place until their status read is old: they are not sent to what runs by then."""
    environments = _busy(qovery_simulator, 80)
    stack.environment["ENVIRONMENT_IDS"] = " ".join(environment.id for environment in environments)
    stack.write(BULK)
    qovery_simulator.inject(Delay(method="POST", after=MAX_STATUS_AGE + 1, times=None))

    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        wait_until(lambda: len(qovery_simulator.posts()) >= 60)
        time.sleep(0.5)
        clock.jump(6001)
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 0, output
    assert _following(environments) == [[0]] * 80


def test_an_engine_that_does_not_listen(stack: Stack, qovery_simulator: QoverySimulator, clock: JumpingClock) -> None:
    """^Z on the update, so that no progress can be shown: no cancel waits for the terminal."""
    environments = _busy(qovery_simulator, 8)
    _targets(stack, *[(environment, '{"on_completed": "succeed"}') for environment in environments])
    with (
        HoldingProxy(qovery_simulator, lambda request: request.target.endswith("/status")) as qovery,
        killed_on_exit(stack.start("up", "--yes", "--skip-preview", QOVERY_API_URL=qovery.url)) as process,
    ):
        for _ in environments:
            _read_until(process, "creating")
        wait_until(lambda: qovery.held)
        time.sleep(1)  # the last of them has been told by then to create
        with _stopped(process.pid):
            qovery.open()
            time.sleep(MAX_STATUS_AGE + 1)
            clock.jump(6001)
            time.sleep(MAX_STATUS_AGE)
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 0, output
    assert _following(environments) == [[0]] * 8


@pytest.mark.parametrize(
    "answer",
    [
        Respond(method="POST", status=302, headers={"Location": "http://[login]/"}, executed=True),
        SendRaw(method="POST", data="HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", executed=True),
    ],
    ids=["redirect to no address", "negative chunk"],
)
def test_an_answer_that_no_library_expects(
    stack: Stack, qovery_simulator: QoverySimulator, answer: Respond | SendRaw, clock: JumpingClock
) -> None:
    """It ends neither this cancellation nor its neighbour's: both are recorded, and the next update sends nothing."""
    (neighbour,) = _busy(qovery_simulator, plan=replace(LONG, cancel_delay=600.0))
    (environment,) = _busy(qovery_simulator)
    _targets(stack, (neighbour, "{}"), (environment, "{}"))
    qovery_simulator.inject(replace(answer, path=f"/environment/{environment.id}/*"))
    with killed_on_exit(stack.start("up", "--yes", "--skip-preview")) as process:
        wait_until(lambda: len(qovery_simulator.posts()) == 2)
        clock.jump(601)
        process.communicate(timeout=60)

    stack.up()

    assert [stack.outputs()[f"stop-{number}"] for number in range(2)] == [
        {"outcome": "canceled", "deployment_id": one.deployments[0].id} for one in (neighbour, environment)
    ]
    assert _following([neighbour, environment]) == [[0], [0]]


def test_two_resources_for_one_environment(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """They cancel the same deployment: the second one waits for the first, although that is slow."""
    (environment,) = _busy(qovery_simulator)
    _targets(stack, (environment, "{}"), (environment, '{"force_cancel": true}'))
    qovery_simulator.inject(Delay(method="POST", after=0.7))

    stack.up()

    target = environment.deployments[0]
    assert list(stack.outputs().values()) == [{"outcome": "canceled", "deployment_id": target.id}] * 2
    assert (len(target.cancels), _following([environment])) == (1, [[0]])


@pytest.mark.parametrize(("kind", "silent"), [("separate", "cancels"), ("bulk", "everything")])
def test_the_timeout_limits_the_update(stack: Stack, qovery_simulator: QoverySimulator, kind: str, silent: str) -> None:
    """Qovery falls silent for good: the update ends with its timeout, and not with those of its calls."""
    environments = _busy(qovery_simulator, 3)
    if kind == "bulk":
        stack.environment["ENVIRONMENT_IDS"] = " ".join(environment.id for environment in environments)
        stack.write(BULK)
    else:
        _targets(stack, *[(environment, '{"timeout": 2}') for environment in environments])
    with (
        HoldingProxy(qovery_simulator, lambda request: silent == "everything" or _is_cancel(request)) as qovery,
        killed_on_exit(stack.start("up", "--yes", "--skip-preview", QOVERY_API_URL=qovery.url, TIMEOUT="2")) as process,
    ):
        output, _ = process.communicate(timeout=20)

    assert process.returncode != 0, output
    assert "Traceback" not in output
