"""Cancels in all environments of one project, once for each run of a pipeline; each project has its own stack."""

import pulumi

from qovery_provider import BulkDeploymentCancellation

config = pulumi.Config()

stop = BulkDeploymentCancellation(
    "stop",
    project_id=config.require("projectId"),
    triggers={"run": config.require("run")},
)

pulumi.export("outcomes", stop.results.apply(lambda results: {key: one["outcome"] for key, one in results.items()}))
