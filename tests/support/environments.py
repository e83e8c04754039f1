"""Environments of a simulator in a state that many tests begin with."""

from __future__ import annotations

from qovery_provider.simulator import Environment, Plan, QoverySimulator


def busy(qovery: QoverySimulator, plan: Plan) -> Environment:
    """Return an environment with a running deployment and another one of the same plan queued behind it."""
    environment = qovery.world.add_environment()
    environment.deploy(plan)
    environment.enqueue(plan)
    return environment
