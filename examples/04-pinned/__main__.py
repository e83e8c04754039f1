"""Records first which deployment runs, then cancels that one or none, wherever an update breaks off."""

import pulumi

from qovery_provider import DeploymentCancellation, RunningDeployment

config = pulumi.Config()
environment_id = config.require("environmentId")
triggers = [config.require("incident")]

target = RunningDeployment("target", environment_id=environment_id, triggers=triggers)

stop = DeploymentCancellation(
    "stop",
    environment_id=environment_id,
    deployment_id=target.deployment_id,
    triggers=triggers,
)

pulumi.export("target", target.deployment_id)
pulumi.export("outcome", stop.outcome)
