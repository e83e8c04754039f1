"""Ours, one resource for all environments."""

import os

from qovery_provider import BulkDeploymentCancellation

BulkDeploymentCancellation("stop", environment_ids=os.environ["ENVIRONMENT_IDS"].split(","))
