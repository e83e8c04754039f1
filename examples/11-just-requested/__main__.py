"""Cancels a deployment that was requested moments ago: it waits until the deployment starts, then cancels it."""

import pulumi

from qovery_provider import DeploymentCancellation

config = pulumi.Config()

stop = DeploymentCancellation(
    "stop",
    environment_id=config.require("environmentId"),
    wait_for_start=60,
    on_idle="fail",
)

pulumi.export("outcome", stop.outcome)
pulumi.export("deployment_id", stop.deployment_id)
