"""`DeploymentCancellation` as a program uses it: it names inputs and outputs and hands them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Optional
from uuid import UUID

import pulumi
from pulumi.dynamic import Resource

from qovery_provider._program.runtime import (
    check_get,
    create_timeout,
    has_stack_settings,
    plain_id,
    plain_inputs,
    show_preview,
)
from qovery_provider.providers import DeploymentCancellationProvider

LIFECYCLE = DeploymentCancellationProvider.lifecycle


class DeploymentCancellation(Resource, module="qovery", name="DeploymentCancellation"):
    """Cancels the deployment that a Qovery environment runs, and follows exactly that deployment to its end.

    It acts when it is created and when it is replaced, never on refresh, on destroy or in a preview::

        stop = DeploymentCancellation("staging", environment_id=environment_id, triggers=[commit_sha])
        pulumi.export("outcome", stop.outcome)

    Args:
        resource_name: The name of the resource in the stack.
        opts: Pulumi's resource options.
        environment_id: The environment, a UUID. A change cancels again.
        deployment_id: Cancel only this deployment; if it is not the running one, nothing is sent. An empty string
            cancels nothing; left out or `None`: the running deployment. A change cancels again. Default: None.
        force_cancel: Whether to interrupt work that a cancel otherwise waits for: lifecycle jobs, Terraform services
            and agentic workflows. It kills a running Terraform service, whose state can stay locked. A cancellation
            that is already in progress is forced as well. A change cancels again. Default: False.
        include_queued: Whether to cancel the requests in the environment's queue as well, before the running
            deployment. A change cancels again. Default: False.
        triggers: A list or a map of plain values, such as a commit; for a file, use its hash. A change cancels again.
            Default: None.
        wait_for_start: Seconds to keep reading the status until a deployment starts, before the environment counts as
            idle: a deployment that was requested seconds ago is not visible yet. Default: 0.
        wait_until_canceled: Whether to wait for the end; `False` returns once Qovery has accepted the cancel. Default:
            True.
        timeout: Seconds for the whole wait, at most 7 days; if it is left out, `opts.custom_timeouts.create` counts.
            Default: 1800.
        on_idle: If there is nothing to cancel: `"succeed"` or `"fail"`. Default: "succeed".
        on_completed: If the deployment finishes on its own before a cancel takes effect, how it ended is unknown,
            or its environment vanishes: `"fail"` or `"succeed"`. Default: "fail".
    """

    environment_id: pulumi.Output[str]
    force_cancel: pulumi.Output[bool]
    include_queued: pulumi.Output[bool]
    triggers: pulumi.Output[Any | None]
    wait_for_start: pulumi.Output[float]
    wait_until_canceled: pulumi.Output[bool]
    timeout: pulumi.Output[float]
    on_idle: pulumi.Output[str]
    on_completed: pulumi.Output[str]

    outcome: pulumi.Output[str | None]
    """What happened, as one of canceled, requested, nothing_to_cancel, superseded, completed, environment_gone or
    unknown; not_requested where it was only read."""
    deployment_id: pulumi.Output[str | None]
    """The target deployment, either given or found running."""
    deployment_state: pulumi.Output[str | None]
    """The last known state of the target deployment."""
    canceled_request_ids: pulumi.Output[Optional[Sequence[str]]]  # noqa: UP045 - older SDKs read no other form
    """The queued requests that were canceled."""
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

    def __init__(  # noqa: PLR0913 - one parameter an input: that is what editors complete
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        environment_id: pulumi.Input[str | UUID],
        deployment_id: pulumi.Input[str] | None = None,
        force_cancel: pulumi.Input[bool] | None = None,
        include_queued: pulumi.Input[bool] | None = None,
        triggers: pulumi.Input[Sequence[Any] | Mapping[str, Any]] | None = None,
        wait_for_start: pulumi.Input[float | timedelta] | None = None,
        wait_until_canceled: pulumi.Input[bool] | None = None,
        timeout: pulumi.Input[float | timedelta] | None = None,
        on_idle: pulumi.Input[str] | None = None,
        on_completed: pulumi.Input[str] | None = None,
    ) -> None:
        inputs = plain_inputs(
            resource_name,
            {
                "environment_id": environment_id,
                "deployment_id": deployment_id,
                "force_cancel": force_cancel,
                "include_queued": include_queued,
                "triggers": triggers,
                "wait_for_start": wait_for_start,
                "wait_until_canceled": wait_until_canceled,
                "timeout": timeout if timeout is not None else create_timeout(opts),
                "on_idle": on_idle,
                "on_completed": on_completed,
            },
            LIFECYCLE,
        )
        # An output without a placeholder in the inputs would have no attribute.
        placeholders = dict.fromkeys(LIFECYCLE.schema.outputs)
        super().__init__(DeploymentCancellationProvider(), resource_name, {**placeholders, **inputs}, opts)
        if not (opts and opts.id) and has_stack_settings(self):
            show_preview(self, inputs, LIFECYCLE)

    @classmethod
    def get(
        cls, resource_name: str, environment_id: pulumi.Input[str | UUID], opts: pulumi.ResourceOptions | None = None
    ) -> DeploymentCancellation:
        """Read the status of an environment that another stack or person manages, without ever acting on it.

        Raises:
            ConfigurationError: The SDK is older than 3.268.0, whose host cannot serve it.
        """
        check_get()
        known_id = plain_id(environment_id)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=known_id))
        return cls(resource_name, options, environment_id=known_id)
