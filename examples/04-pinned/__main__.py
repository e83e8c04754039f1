"""Records which deployment is running, then cancels only that one, even if an update is interrupted."""

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
