"""Cancels without waiting for the running step: it is interrupted."""

import pulumi

from qovery_provider import DeploymentCancellation

config = pulumi.Config()

stop = DeploymentCancellation(
    "stop",
    environment_id=config.require("environmentId"),
    force_cancel=True,
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="5m")),
)

pulumi.export("outcome", stop.outcome)
pulumi.export("deployment_state", stop.deployment_state)
