"""The classes that Pulumi stores in every state, by this path and these names. Nothing else may ever be defined here.

What is stored is a pickle: the path of this module and the name of a class. An attribute of a class is no part of it,
so that what a class does may change; its path and name may not.
"""

from __future__ import annotations

from qovery_provider._hosts.dynamic import DynamicProvider
from qovery_provider._lifecycle.bulk_deployment_cancellation import BulkDeploymentCancellationLifecycle
from qovery_provider._lifecycle.deployment_cancellation import DeploymentCancellationLifecycle
from qovery_provider._lifecycle.running_deployment import RunningDeploymentLifecycle


class DeploymentCancellationProvider(DynamicProvider):
    """What Pulumi calls for a `DeploymentCancellation`."""

    lifecycle = DeploymentCancellationLifecycle()


class RunningDeploymentProvider(DynamicProvider):
    """What Pulumi calls for a `RunningDeployment`."""

    lifecycle = RunningDeploymentLifecycle()


class BulkDeploymentCancellationProvider(DynamicProvider):
    """What Pulumi calls for a `BulkDeploymentCancellation`."""

    lifecycle = BulkDeploymentCancellationLifecycle()
