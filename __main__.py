"""The smallest real program: cancels what the configured environment runs, and exports what happened."""

import pulumi

from qovery_provider import DeploymentCancellation

config = pulumi.Config()

cancellation = DeploymentCancellation(
    "cancel",
    environment_id=config.require("environmentId"),
    force_cancel=config.get_bool("forceCancel") or False,
)

pulumi.export("outcome", cancellation.outcome)
pulumi.export("deployment_id", cancellation.deployment_id)
pulumi.export("deployment_state", cancellation.deployment_state)
pulumi.export("state", cancellation.state)
pulumi.export("last_deployment_state", cancellation.last_deployment_state)
