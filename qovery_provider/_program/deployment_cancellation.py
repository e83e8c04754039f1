"""What a user types. It names inputs and outputs and hands them on; what they mean is decided elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from qovery_provider._cancellation.preview import describe
from qovery_provider._clock import SystemClock
from qovery_provider._lifecycle.inputs import problems, request, with_defaults
from qovery_provider._program.runtime import PREVIEW_LIMIT, SESSIONS, show_preview
from qovery_provider._qovery.models import STATUS_FIELDS
from qovery_provider._qovery.settings import Settings
from qovery_provider.provider import DeploymentCancellationProvider

OUTPUTS = ("outcome", "deployment_state", "canceled_request_ids", *STATUS_FIELDS)

GO_DURATION = re.compile(r"(?:([0-9]+(?:\.[0-9]+)?)h)?(?:([0-9]+(?:\.[0-9]+)?)m)?(?:([0-9]+(?:\.[0-9]+)?)s)?")
"""The form of Pulumi's custom timeouts: 1h30m, 10m, 45s."""


class DeploymentCancellation(Resource, module="qovery", name="DeploymentCancellation"):
    """Cancels the deployment that a Qovery environment runs, and follows exactly that deployment to its end.

    It acts when it is created and when it is replaced, never on refresh, on destroy or in a preview.

        stop = DeploymentCancellation("staging", environment_id=environment_id, triggers=[commit_sha])
        pulumi.export("outcome", stop.outcome)

    Args:
        resource_name: The name of the resource in the stack.
        opts: Pulumi's resource options.
        environment_id: The environment, a UUID. A change cancels again.
        force_cancel: Whether to interrupt steps that a cancel otherwise waits for. It kills a running Terraform
            service, whose state can stay locked. A change cancels again. Default: False.
        deployment_id: Cancel only this deployment; if it is not the running one, nothing is sent. The empty text means
            that nothing was meant. A change cancels again. Default: None, whatever runs.
        include_queued: Whether to cancel the requests in the environment's queue as well, before the running
            deployment. A change cancels again. Default: False.
        triggers: A list or a map of any values; any change cancels again. Default: None.
        wait_until_canceled: Whether to wait for the end; False returns once Qovery has accepted. Default: True.
        timeout: Seconds for the whole wait, at most 7 days. Default: `opts.custom_timeouts.create`, else 1800.
        on_idle: "succeed" or "fail" when nothing of what was asked for is running. Default: "succeed".
        on_completed: "fail" or "succeed" when the deployment ended by itself although the cancel was accepted, or its
            environment vanished. Default: "fail".
    """

    environment_id: pulumi.Output[str]
    force_cancel: pulumi.Output[bool]
    include_queued: pulumi.Output[bool]
    triggers: pulumi.Output[Any | None]
    wait_until_canceled: pulumi.Output[bool]
    timeout: pulumi.Output[float]
    on_idle: pulumi.Output[str]
    on_completed: pulumi.Output[str]

    outcome: pulumi.Output[str | None]
    """What happened: canceled, requested, nothing_to_cancel, superseded, completed or environment_gone."""
    deployment_id: pulumi.Output[str | None]
    """The deployment that was meant: the one given, or the one found running."""
    deployment_state: pulumi.Output[str | None]
    """The last known state of that deployment."""
    canceled_request_ids: pulumi.Output[Sequence[str] | None]
    """The queued requests that were canceled."""

    state: pulumi.Output[str]
    """The environment's state as last observed."""
    last_deployment_state: pulumi.Output[str]
    """The state of the deployment that was started last."""
    last_deployment_date: pulumi.Output[str | None]
    last_deployment_id: pulumi.Output[str | None]
    total_deployment_duration_in_seconds: pulumi.Output[int | None]
    origin: pulumi.Output[str | None]
    triggered_by: pulumi.Output[str | None]
    deployment_status: pulumi.Output[str | None]

    def __init__(  # noqa: PLR0913 - one parameter an input: that is what editors complete
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        environment_id: pulumi.Input[str],
        force_cancel: pulumi.Input[bool] | None = None,
        deployment_id: pulumi.Input[str] | None = None,
        include_queued: pulumi.Input[bool] | None = None,
        triggers: pulumi.Input[Sequence[Any] | Mapping[str, Any]] | None = None,
        wait_until_canceled: pulumi.Input[bool] | None = None,
        timeout: pulumi.Input[float] | None = None,
        on_idle: pulumi.Input[str] | None = None,
        on_completed: pulumi.Input[str] | None = None,
    ) -> None:
        inputs = {
            "environment_id": environment_id,
            "force_cancel": force_cancel,
            "deployment_id": deployment_id,
            "include_queued": include_queued,
            "triggers": triggers,
            "wait_until_canceled": wait_until_canceled,
            "timeout": timeout if timeout is not None else create_timeout(opts),
            "on_idle": on_idle,
            "on_completed": on_completed,
        }
        # An output without a placeholder in the inputs would have no attribute.
        placeholders = dict.fromkeys(OUTPUTS)
        super().__init__(DeploymentCancellationProvider(), resource_name, {**placeholders, **inputs}, opts)
        if not (opts and opts.id):
            show_preview(self, inputs, _describe)

    @classmethod
    def get(
        cls, resource_name: str, environment_id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> DeploymentCancellation:
        """Read an environment's status without ever acting on it: one that another stack or person handles."""
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=environment_id))
        return cls(resource_name, options, environment_id=environment_id)


def _describe(settings: Settings, inputs: Mapping[str, Any]) -> str:
    values = with_defaults(inputs)
    if problems(values, lambda _: False):
        return ""
    status = SESSIONS.of(settings).environment_status(values["environment_id"], limit=PREVIEW_LIMIT)
    return describe(request(values), status, SystemClock().wall())


def create_timeout(opts: pulumi.ResourceOptions | None) -> float | str | None:
    """Read `custom_timeouts.create`, which the SDK never hands to dynamic providers.

    What cannot be read is handed on as it is, for `check` to say what is wrong with it.
    """
    timeouts = opts.custom_timeouts if opts else None
    text = timeouts.create if timeouts else None
    match = GO_DURATION.fullmatch(text) if text else None
    if not match:
        return text
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
