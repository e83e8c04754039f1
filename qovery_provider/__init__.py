"""Cancel Qovery deployments from Pulumi, exactly and truthfully."""

from qovery_provider._program.bulk_deployment_cancellation import BulkDeploymentCancellation
from qovery_provider._program.deployment_cancellation import DeploymentCancellation
from qovery_provider._program.functions import (
    get_environment_status,
    get_environment_status_output,
    get_project_environment_statuses,
    get_project_environment_statuses_output,
)
from qovery_provider._program.running_deployment import RunningDeployment
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._version import __version__
from qovery_provider.errors import QoveryError

__all__ = [
    "BulkDeploymentCancellation",
    "DeploymentCancellation",
    "EnvironmentStatus",
    "QoveryError",
    "RunningDeployment",
    "__version__",
    "get_environment_status",
    "get_environment_status_output",
    "get_project_environment_statuses",
    "get_project_environment_statuses_output",
]
