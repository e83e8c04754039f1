"""Cancels once for each commit, no matter how often the pipeline of that commit runs."""

import pulumi

from qovery_provider import DeploymentCancellation

config = pulumi.Config()

stop = DeploymentCancellation(
    "stop",
    environment_id=config.require("environmentId"),
    triggers={"commit": config.require("commit")},
)

pulumi.export("outcome", stop.outcome)
pulumi.export("deployment_id", stop.deployment_id)
