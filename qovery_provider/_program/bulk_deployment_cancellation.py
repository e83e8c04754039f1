"""`BulkDeploymentCancellation`: the cancellation of a whole project, or of a list of environments, in one resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Optional
from uuid import UUID

import pulumi
from pulumi.dynamic import Resource

from qovery_provider._program.runtime import create_timeout, has_stack_settings, plain_inputs, show_preview
from qovery_provider.providers import BulkDeploymentCancellationProvider

LIFECYCLE = BulkDeploymentCancellationProvider.lifecycle


class BulkDeploymentCancellation(Resource, module="qovery", name="BulkDeploymentCancellation"):
    """Cancels the running deployments of many Qovery environments in parallel, and follows each to its end.

    If some fail, the update fails with one summary after all others were brought to their end, and the next
    update acts only on the environments that failed::

        freeze = BulkDeploymentCancellation("freeze", project_id=project_id, triggers=[incident])
        pulumi.export("counts", freeze.counts)

    Args:
        resource_name: The name of the resource in the stack.
        opts: Pulumi's resource options.
        environment_ids: The environments, at most 500 UUIDs, unless `project_id` is given. An empty list does
            nothing. A change cancels again. Default: None.
        project_id: The project, a UUID: cancels in all of its environments. A change cancels again. Default: None.
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

    environment_ids: pulumi.Output[Optional[Sequence[str]]]  # noqa: UP045 - older SDKs read no other form
    project_id: pulumi.Output[str | None]
    force_cancel: pulumi.Output[bool]
    include_queued: pulumi.Output[bool]
    triggers: pulumi.Output[Any | None]
    wait_for_start: pulumi.Output[float]
    wait_until_canceled: pulumi.Output[bool]
    timeout: pulumi.Output[float]
    on_idle: pulumi.Output[str]
    on_completed: pulumi.Output[str]

    results: pulumi.Output[Mapping[str, Any]]
    """By environment id, a map with outcome, deployment_id, deployment_state, canceled_request_ids,
    last_deployment_state, error."""
    counts: pulumi.Output[Mapping[str, int]]
    """How many environments had each outcome."""

    def __init__(  # noqa: PLR0913 - one parameter an input: that is what editors complete
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        environment_ids: pulumi.Input[Sequence[pulumi.Input[str | UUID]]] | None = None,
        project_id: pulumi.Input[str | UUID] | None = None,
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
                "environment_ids": environment_ids,
                "project_id": project_id,
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
        placeholders = dict.fromkeys(LIFECYCLE.schema.outputs)
        super().__init__(BulkDeploymentCancellationProvider(), resource_name, {**placeholders, **inputs}, opts)
        if has_stack_settings(self):
            show_preview(self, inputs, LIFECYCLE)
