"""Cancels without waiting for the step that runs: it is interrupted wherever it is."""

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
