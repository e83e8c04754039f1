"""Cancels what all environments of a project run, and what waits in their queues: nothing starts afterwards."""

import pulumi

from qovery_provider import BulkDeploymentCancellation

config = pulumi.Config()

freeze = BulkDeploymentCancellation(
    "freeze",
    project_id=config.require("projectId"),
    include_queued=True,
    on_completed="succeed",  # a deployment that finished on its own meanwhile is no reason to fail
    triggers=[config.require("incident")],
)

pulumi.export("counts", freeze.counts)
pulumi.export("results", freeze.results)
