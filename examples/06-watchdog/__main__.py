"""Cancels a deployment that has been running for too long, and leaves every other one alone."""

from datetime import datetime, timezone

import pulumi

from qovery_provider import DeploymentCancellation, get_environment_status

config = pulumi.Config()
environment_id = config.require("environmentId")
limit = config.require_int("maxMinutes")

status = get_environment_status(environment_id)

minutes = 0.0
if status.is_in_progress and status.last_deployment_date:
    # Python 3.10 does not read the Z at the end.
    started = datetime.fromisoformat(status.last_deployment_date.replace("Z", "+00:00"))
    minutes = (datetime.now(timezone.utc) - started).total_seconds() / 60

if minutes > limit and status.last_deployment_id:
    # By its id: if the next deployment has started by now, it is left alone.
    overdue = DeploymentCancellation("overdue", environment_id=environment_id, deployment_id=status.last_deployment_id)
    pulumi.export("outcome", overdue.outcome)

pulumi.export("seen_state", status.last_deployment_state)
pulumi.export("minutes", int(minutes))
