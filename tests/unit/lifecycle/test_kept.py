"""After something was sent, the state keeps the target and the progress, even if a bug ends the operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qovery_provider._driver.session import Sessions
from qovery_provider._hosts.dynamic import DynamicProvider
from qovery_provider._lifecycle.stored_state import UNFINISHED
from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider.providers import BulkDeploymentCancellationProvider, DeploymentCancellationProvider
from qovery_provider.simulator import Environment, Plan, QoverySimulator
from tests.support.providers import configuration
from tests.support.sdk import SDK
from tests.support.sdk_host import Refused, sdk_host
from tests.support.time import FakeClock

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/qovery:DeploymentCancellation::stop"


class BrokenAfterTheCancel(QoveryClient):
    """A client with a bug: once a cancel was accepted, every read raises an unexpected error."""

    is_broken = False

    def send(self, call: ApiCall[Any], before_sending: Callable[[], None] = lambda: None) -> Any:  # noqa: ANN401
        if self.is_broken and not call.changes:
            raise ZeroDivisionError("a bug")
        answer = super().send(call, before_sending)
        self.is_broken = self.is_broken or call.changes
        return answer


@pytest.fixture
def environment(qovery: QoverySimulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment whose cancel takes ten seconds, and sessions whose client breaks meanwhile."""
    monkeypatch.setattr(DynamicProvider, "sessions", Sessions(clock, connect=BrokenAfterTheCancel))
    environment = qovery.world.add_environment()
    environment.deploy(Plan(phases=(("BUILDING", 600.0),), cancel_delay=10.0))
    environment.enqueue(Plan(phases=(("BUILDING", 600.0),)))
    return environment


def test_a_bug_keeps_an_accepted_cancel(
    environment: Environment, qovery: QoverySimulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update fails with the bug's traceback; the next one reports how that deployment ended, and sends nothing."""
    target = environment.deployments[0]
    inputs = {"environment_id": environment.id}
    with sdk_host(DeploymentCancellationProvider(), configuration(qovery)) as host:
        failed = host.create(URN, inputs)
        assert isinstance(failed, Refused)
        assert failed.kept is not None

        monkeypatch.setattr(DynamicProvider, "sessions", Sessions(clock))
        clock.move_to(clock.now + 60)
        resumed = host.update(URN, failed.kept[0], failed.kept[2], inputs)

    assert "Traceback" in failed.message or SDK < (3, 260)  # older hosts write it into their own log
    assert failed.kept[1] == ["ZeroDivisionError: a bug"]
    assert failed.kept[2][UNFINISHED] == {"sent": "accepted", "deployment_id": target.id}
    assert isinstance(resumed, dict)
    assert (resumed["outcome"], resumed["deployment_id"]) == ("canceled", target.id)
    assert len(qovery.posts()) == 1


def test_a_bug_keeps_every_accepted_cancel_of_a_bulk_run(environment: Environment, qovery: QoverySimulator) -> None:
    """Each environment has its own record; one that had not begun is kept as not sent."""
    with sdk_host(BulkDeploymentCancellationProvider(), configuration(qovery)) as host:
        failed = host.create(URN, {"project_id": environment.project_id})

    assert isinstance(failed, Refused)
    assert failed.kept is not None
    assert failed.kept[2][UNFINISHED] == {
        environment.id: {"sent": "accepted", "deployment_id": environment.deployments[0].id}
    }
    assert failed.kept[2]["results"][environment.id]["error"] == "a bug"
