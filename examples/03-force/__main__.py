"""Cancels; with `force` set, it interrupts the running step instead of waiting for it."""

import pulumi

from qovery_provider import DeploymentCancellation

config = pulumi.Config()

stop = DeploymentCancellation(
    "stop",
    environment_id=config.require("environmentId"),
    force_cancel=config.get_bool("force") or False,
    timeout=config.get_int("timeout") or 300,
)

pulumi.export("outcome", stop.outcome)
pulumi.export("deployment_state", stop.deployment_state)
