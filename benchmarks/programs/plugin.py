"""Ours, one resource for each environment, served by the provider plugin. It needs the plugin, and not its SDK."""

import os

import pulumi

for environment_id in os.environ["ENVIRONMENT_IDS"].split(","):
    pulumi.CustomResource(
        "qovery-cancellation:index:DeploymentCancellation", f"stop-{environment_id}", {"environmentId": environment_id}
    )
