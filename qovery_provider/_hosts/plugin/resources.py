"""What the plugin serves: its resources and functions, by token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from qovery_provider._hosts.plugin.names import Names, Texts, camel, token
from qovery_provider._lifecycle import functions
from qovery_provider._lifecycle.bulk_deployment_cancellation import BulkDeploymentCancellationLifecycle
from qovery_provider._lifecycle.deployment_cancellation import DeploymentCancellationLifecycle
from qovery_provider._lifecycle.functions import Function
from qovery_provider._lifecycle.lifecycle import Lifecycle
from qovery_provider._lifecycle.running_deployment import RunningDeploymentLifecycle
from qovery_provider._qovery.models import EnvironmentStatus


class Served(NamedTuple):
    """A resource that the plugin serves.

    Attributes:
        name: The last part of its token.
        lifecycle: What the engine's calls mean for it.
        names: How the outside writes its inputs and outputs.
    """

    name: str
    lifecycle: Lifecycle
    names: Names

    @classmethod
    def of(cls, name: str, lifecycle: Lifecycle) -> Served:
        """Return a resource that is served under this name."""
        return cls(name, lifecycle, Names(lifecycle.schema))


RESOURCES: Mapping[str, Served] = {
    token(name): Served.of(name, lifecycle)
    for name, lifecycle in {
        "DeploymentCancellation": DeploymentCancellationLifecycle(),
        "RunningDeployment": RunningDeploymentLifecycle(),
        "BulkDeploymentCancellation": BulkDeploymentCancellationLifecycle(),
    }.items()
}
"""The resources, under the names that the dynamic provider has for them as well."""

STATUSES = "statuses"
"""What a function that answers with a list calls it: an answer has to be a record."""

FUNCTIONS: Mapping[str, Function[EnvironmentStatus] | Function] = {
    token(camel(f"get_{name}")): function
    for name, function in {
        "environment_status": functions.ENVIRONMENT_STATUS,
        "project_environment_statuses": functions.PROJECT_ENVIRONMENT_STATUSES,
    }.items()
}

TEXTS = Texts(
    name
    for served in RESOURCES.values()
    for name in [*served.lifecycle.schema.inputs, *served.lifecycle.schema.outputs]
)
"""Translates what is said about any of them."""
