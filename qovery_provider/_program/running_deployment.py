"""`RunningDeployment`: which deployment an environment runs, recorded in the state before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from qovery_provider._cancellation.preview import running
from qovery_provider._clock import SystemClock
from qovery_provider._lifecycle.inputs import checked_uuid
from qovery_provider._program.runtime import PREVIEW_LIMIT, SESSIONS, show_preview
from qovery_provider._qovery.models import STATUS_FIELDS
from qovery_provider._qovery.settings import Settings
from qovery_provider.running_provider import RunningDeploymentProvider


class RunningDeployment(Resource, module="qovery", name="RunningDeployment"):
    """PollSchedule once which deployment an environment runs, and keeps the answer in the stack's state.

    It sends nothing. Give its `deployment_id` to a `DeploymentCancellation`, and wherever an update breaks off, the
    next one cancels that deployment or none:

        target = RunningDeployment("target", environment_id=environment_id, triggers=[commit_sha])
        DeploymentCancellation(
            "stop", environment_id=environment_id, deployment_id=target.deployment_id, triggers=[commit_sha]
        )

    Args:
        resource_name: The name of the resource in the stack.
        opts: Pulumi's resource options.
        environment_id: The environment, a UUID. A change looks again.
        triggers: A list or a map of any values; any change looks again. Default: None.
    """

    environment_id: pulumi.Output[str]
    triggers: pulumi.Output[Any | None]
    deployment_id: pulumi.Output[str]
    """The deployment that ran; "" when none did, which a `DeploymentCancellation` understands as "cancel nothing"."""
    state: pulumi.Output[str]
    """The environment's state at that moment, as all that follows."""
    last_deployment_state: pulumi.Output[str]
    last_deployment_date: pulumi.Output[str | None]
    last_deployment_id: pulumi.Output[str | None]
    total_deployment_duration_in_seconds: pulumi.Output[int | None]
    origin: pulumi.Output[str | None]
    triggered_by: pulumi.Output[str | None]
    deployment_status: pulumi.Output[str | None]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        environment_id: pulumi.Input[str],
        triggers: pulumi.Input[Sequence[Any] | Mapping[str, Any]] | None = None,
    ) -> None:
        inputs = {"environment_id": environment_id, "triggers": triggers}
        placeholders = dict.fromkeys(("deployment_id", *STATUS_FIELDS))
        super().__init__(RunningDeploymentProvider(), resource_name, {**placeholders, **inputs}, opts)
        show_preview(self, inputs, _describe)


def _describe(settings: Settings, inputs: Mapping[str, Any]) -> str:
    status = SESSIONS.of(settings).environment_status(
        checked_uuid("environment_id", inputs["environment_id"]), limit=PREVIEW_LIMIT
    )
    if not status.is_in_progress:
        return f"would record that nothing runs ({status.last_deployment_state})"
    return f"would record {running(status, SystemClock().wall())}"
