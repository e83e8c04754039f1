"""`BulkDeploymentCancellation`: the cancellation of a whole project, or of a list of environments, in one resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from qovery_provider._cancellation.preview import describe_all
from qovery_provider._clock import SystemClock
from qovery_provider._driver.bulk import BulkCancellation
from qovery_provider._lifecycle.inputs import BULK_CANCELLATION, bulk_problems, request, with_defaults
from qovery_provider._program.deployment_cancellation import create_timeout
from qovery_provider._program.runtime import PREVIEW_LIMIT, SESSIONS, show_preview
from qovery_provider._qovery.settings import Settings
from qovery_provider.bulk_provider import BulkDeploymentCancellationProvider


class BulkDeploymentCancellation(Resource, module="qovery", name="BulkDeploymentCancellation"):
    """Cancels what many Qovery environments run, side by side, and follows each deployment to its end.

    If some fail, the update fails with one summary after all others were brought to their end, and the next one acts
    only on what is left.

        freeze = BulkDeploymentCancellation("freeze", project_id=project_id, triggers=[incident])
        pulumi.export("counts", freeze.counts)

    Args:
        resource_name: The name of the resource in the stack.
        opts: Pulumi's resource options.
        environment_ids: The environments, 1 to 500 UUIDs. A change cancels again. Default: None, give `project_id`.
        project_id: The project whose environments are meant, a UUID. A change cancels again. Default: None, give
            `environment_ids`.
        force_cancel: As for `DeploymentCancellation`, for each environment; so are all that follow.
        include_queued: Whether to cancel the requests in the environments' queues as well.
        triggers: A list or a map of any values; any change cancels again. Default: None.
        wait_until_canceled: Whether to wait for the end. Default: True.
        timeout: Seconds for the whole wait of each environment. Default: `opts.custom_timeouts.create`, else 1800.
        on_idle: "succeed" or "fail" where nothing is running. Default: "succeed".
        on_completed: "fail" or "succeed" where the deployment ended by itself. Default: "fail".
    """

    environment_ids: pulumi.Output[Sequence[str] | None]
    project_id: pulumi.Output[str | None]
    force_cancel: pulumi.Output[bool]
    include_queued: pulumi.Output[bool]
    triggers: pulumi.Output[Any | None]
    wait_until_canceled: pulumi.Output[bool]
    timeout: pulumi.Output[float]
    on_idle: pulumi.Output[str]
    on_completed: pulumi.Output[str]

    results: pulumi.Output[Mapping[str, Any]]
    """By environment id, a map of: outcome, deployment_id, deployment_state, canceled_request_ids,
    last_deployment_state, error."""
    counts: pulumi.Output[Mapping[str, int]]
    """How many environments had each outcome."""

    def __init__(  # noqa: PLR0913 - one parameter an input: that is what editors complete
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        environment_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        project_id: pulumi.Input[str] | None = None,
        force_cancel: pulumi.Input[bool] | None = None,
        include_queued: pulumi.Input[bool] | None = None,
        triggers: pulumi.Input[Sequence[Any] | Mapping[str, Any]] | None = None,
        wait_until_canceled: pulumi.Input[bool] | None = None,
        timeout: pulumi.Input[float] | None = None,
        on_idle: pulumi.Input[str] | None = None,
        on_completed: pulumi.Input[str] | None = None,
    ) -> None:
        inputs = {
            "environment_ids": environment_ids,
            "project_id": project_id,
            "force_cancel": force_cancel,
            "include_queued": include_queued,
            "triggers": triggers,
            "wait_until_canceled": wait_until_canceled,
            "timeout": timeout if timeout is not None else create_timeout(opts),
            "on_idle": on_idle,
            "on_completed": on_completed,
        }
        placeholders = dict.fromkeys(("results", "counts"))
        super().__init__(BulkDeploymentCancellationProvider(), resource_name, {**placeholders, **inputs}, opts)
        show_preview(self, inputs, _describe)


def _describe(settings: Settings, inputs: Mapping[str, Any]) -> str:
    values = with_defaults(inputs, BULK_CANCELLATION)
    if bulk_problems(values, lambda _: False):
        return ""
    operation = request(values)
    bulk = BulkCancellation(SESSIONS.of(settings), operation, lambda _: None, limit=PREVIEW_LIMIT)
    statuses = bulk.read_statuses(values["project_id"], values["environment_ids"] or [])
    return describe_all(operation, statuses, SystemClock().wall())
