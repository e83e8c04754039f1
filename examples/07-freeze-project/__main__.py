"""Cancels the running deployments and the queued requests of all environments of a project."""

import pulumi

from qovery_provider import BulkDeploymentCancellation

config = pulumi.Config()

freeze = BulkDeploymentCancellation(
    "freeze",
    project_id=config.require("projectId"),
    include_queued=True,
    on_completed="succeed",  # a deployment that finished on its own is not an error here
    triggers=[config.require("incident")],
)

pulumi.export("counts", freeze.counts)
pulumi.export("results", freeze.results)
