"""Cancel Qovery deployments from Pulumi, exactly and truthfully."""

from qovery_provider._models import EnvironmentStatus
from qovery_provider._version import __version__
from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    BulkCancellationError,
    CallError,
    CancellationError,
    CancellationInterruptedError,
    CancellationTimeoutError,
    ConfigurationError,
    ConflictError,
    NotCanceledError,
    NotFoundError,
    NothingToCancelError,
    PermissionDeniedError,
    QoveryError,
    RateLimitError,
    RedirectError,
    ServerError,
    TransportError,
    UnexpectedStateError,
    WrongDeploymentError,
)
from qovery_provider.resource import DeploymentCancellation

__all__ = [
    "ApiError",
    "AuthenticationError",
    "BulkCancellationError",
    "CallError",
    "CancellationError",
    "CancellationInterruptedError",
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
    "RateLimitError",
    "RedirectError",
    "ServerError",
    "TransportError",
    "UnexpectedStateError",
    "WrongDeploymentError",
    "__version__",
]
