"""Ours, one resource for each environment."""

import os

from qovery_provider import DeploymentCancellation

for environment_id in os.environ["ENVIRONMENT_IDS"].split(","):
    DeploymentCancellation(f"stop-{environment_id}", environment_id=environment_id)
