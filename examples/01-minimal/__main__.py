"""Cancels the running deployment of an environment, and exports what happened."""

import pulumi

from qovery_provider import DeploymentCancellation

config = pulumi.Config()

stop = DeploymentCancellation("stop", environment_id=config.require("environmentId"))

pulumi.export("outcome", stop.outcome)
pulumi.export("deployment_id", stop.deployment_id)
