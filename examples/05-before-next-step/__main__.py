"""Cancels, and takes the next step only after the deployment was canceled."""

import pulumi

from qovery_provider import DeploymentCancellation

config = pulumi.Config()

stop = DeploymentCancellation("stop", environment_id=config.require("environmentId"))

# A stash keeps a value in the state. It stands for the next step: a migration, a new release, a DNS record.
migration = pulumi.Stash("migration", input="schema 42", opts=pulumi.ResourceOptions(depends_on=[stop]))

pulumi.export("outcome", stop.outcome)
pulumi.export("migration", migration.output)
