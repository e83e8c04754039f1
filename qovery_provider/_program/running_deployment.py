"""`RunningDeployment`: which deployment an environment runs, recorded in the state before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pulumi
from pulumi.dynamic import Resource

from qovery_provider._program.runtime import has_stack_settings, plain_inputs, show_preview
from qovery_provider.providers import RunningDeploymentProvider

LIFECYCLE = RunningDeploymentProvider.lifecycle


class RunningDeployment(Resource, module="qovery", name="RunningDeployment"):
    """Reads once which deployment an environment runs, and keeps the answer in the stack's state.

    It sends nothing. Give its `deployment_id` to a `DeploymentCancellation`, and wherever an update breaks off, the
    next one cancels that deployment or none::

        target = RunningDeployment("target", environment_id=environment_id, triggers=[commit_sha])
        DeploymentCancellation(
            "stop", environment_id=environment_id, deployment_id=target.deployment_id, triggers=[commit_sha]
        )

    Args:
        resource_name: The name of the resource in the stack.
        opts: Pulumi's resource options.
        environment_id: The environment, a UUID. A change reads the status again.
        triggers: A list or a map of plain values, such as a commit; for a file, use its hash. A change reads the status
            again. Default: None.
    """

    environment_id: pulumi.Output[str]
    triggers: pulumi.Output[Any | None]

    deployment_id: pulumi.Output[str]
    """The deployment that was running; "" when none was, which a `DeploymentCancellation` understands as "cancel
    nothing"."""
    state: pulumi.Output[str]
    """The environment's state as last observed."""
    last_deployment_state: pulumi.Output[str]
    """The state of the latest deployment, the one that was started last."""
    last_deployment_date: pulumi.Output[str | None]
    """When the latest deployment was started, in RFC 3339."""
    last_deployment_id: pulumi.Output[str | None]
    """The id of the latest deployment."""
    total_deployment_duration_in_seconds: pulumi.Output[int | None]
    """How long the latest deployment took."""
    origin: pulumi.Output[str | None]
    """The Qovery interface through which the latest deployment was started."""
    triggered_by: pulumi.Output[str | None]
    """The user who started the latest deployment."""
    deployment_status: pulumi.Output[str | None]
    """Whether the deployed services are up to date."""

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        environment_id: pulumi.Input[str | UUID],
        triggers: pulumi.Input[Sequence[Any] | Mapping[str, Any]] | None = None,
    ) -> None:
        inputs = plain_inputs(
            resource_name,
            {
                "environment_id": environment_id,
                "triggers": triggers,
            },
            LIFECYCLE,
        )
        placeholders = dict.fromkeys(LIFECYCLE.schema.outputs)
        super().__init__(RunningDeploymentProvider(), resource_name, {**placeholders, **inputs}, opts)
        if has_stack_settings(self):
            show_preview(self, inputs, LIFECYCLE)
