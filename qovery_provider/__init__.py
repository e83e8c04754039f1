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
from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    BulkCancellationError,
    CallError,
    CancellationError,
    CancellationInterruptedError,
    CancellationStoppedError,
    CancellationTimeoutError,
    ConfigurationError,
    ConflictError,
    NotCanceledError,
    NotFoundError,
    NothingToCancelError,
    PermissionDeniedError,
    QoveryError,
    RateBudgetError,
    RateLimitError,
    RedirectError,
    ServerError,
    TransportError,
    UnexpectedStateError,
    WrongDeploymentError,
)

# An error's line in a terminal begins with where its class is to be found.
for _error in list(vars().values()):
    if isinstance(_error, type) and issubclass(_error, QoveryError):
        _error.__module__ = __name__

__all__ = [
    "ApiError",
    "AuthenticationError",
    "BulkCancellationError",
    "BulkDeploymentCancellation",
    "CallError",
    "CancellationError",
    "CancellationInterruptedError",
    "CancellationStoppedError",
    "CancellationTimeoutError",
    "ConfigurationError",
    "ConflictError",
    "DeploymentCancellation",
    "EnvironmentStatus",
    "NotCanceledError",
    "NotFoundError",
    "NothingToCancelError",
    "PermissionDeniedError",
    "QoveryError",
    "RateBudgetError",
    "RateLimitError",
    "RedirectError",
    "RunningDeployment",
    "ServerError",
    "TransportError",
    "UnexpectedStateError",
    "WrongDeploymentError",
    "__version__",
    "get_environment_status",
    "get_environment_status_output",
    "get_project_environment_statuses",
    "get_project_environment_statuses_output",
]
