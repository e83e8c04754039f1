"""Waiting for a start, and adding force to a cancellation in progress: from the inputs to the simulated Qovery."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qovery_provider.providers import DeploymentCancellationProvider
from qovery_provider.simulator import Behavior, Plan, QoverySimulator
from tests.support.providers import configuration
from tests.support.sdk_host import sdk_host

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/qovery:DeploymentCancellation::stop"
PLAN = Plan(phases=(("BUILDING", 600.0),), cancel_delay=1.0)


@pytest.mark.parametrize(("pause", "outcome"), [(10, "canceled"), (1, "nothing_to_cancel")])
def test_a_start_is_waited_for(qovery: QoverySimulator, pause: float, outcome: str) -> None:
    """A deployment that was requested seconds ago is not visible yet."""
    environment = qovery.world.add_environment(behavior=Behavior(start_delay=3.0))
    environment.enqueue(PLAN)

    with sdk_host(DeploymentCancellationProvider(), configuration(qovery)) as host:
        created = host.create(URN, {"environment_id": environment.id, "wait_for_start": pause})

    assert isinstance(created, dict)
    assert created["outcome"] == outcome


@pytest.mark.parametrize("force_cancel", [True, False])
def test_force_is_added_where_it_is_asked_for(qovery: QoverySimulator, *, force_cancel: bool) -> None:
    """A soft cancellation that takes long is forced; without that it is only joined."""
    environment = qovery.world.add_environment()
    slow = environment.deploy(replace(PLAN, cancel_delay=300.0, force_cancel_delay=1.0))
    environment.cancel()

    with sdk_host(DeploymentCancellationProvider(), configuration(qovery)) as host:
        created = host.create(URN, {"environment_id": environment.id, "force_cancel": force_cancel})

    assert isinstance(created, dict)
    assert (created["outcome"], created["deployment_id"]) == ("canceled", slow.id)
    assert [cancel.force_cancel for cancel in slow.cancels] == [False, True][: 1 + force_cancel]
