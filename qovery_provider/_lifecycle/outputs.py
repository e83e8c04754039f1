"""The outputs of the resources, each in one row: its type and its meaning.

A test holds annotations, docstrings and documentation to these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qovery_provider._lifecycle.schema import Output
from qovery_provider._qovery.models import STATUS_FIELDS, EnvironmentStatus

STATUS: Mapping[str, Output] = {
    "state": Output("str", "The environment's state as last observed."),
    "last_deployment_state": Output("str", "The state of the latest deployment, the one that was started last."),
    "last_deployment_date": Output("str | None", "When the latest deployment was started, in RFC 3339."),
    "last_deployment_id": Output("str | None", "The id of the latest deployment."),
    "total_deployment_duration_in_seconds": Output("int | None", "How long the latest deployment took."),
    "origin": Output("str | None", "The Qovery interface through which the latest deployment was started."),
    "triggered_by": Output("str | None", "The user who started the latest deployment."),
    "deployment_status": Output("str | None", "Whether the deployed services are up to date."),
}
"""The status of an environment, field by field as Qovery names them."""

DEPLOYMENT_CANCELLATION: Mapping[str, Output] = {
    "outcome": Output(
        "str | None",
        "What happened, as one of canceled, requested, nothing_to_cancel, superseded, completed, environment_gone or "
        "unknown; not_requested where it was only read.",
    ),
    "deployment_id": Output("str | None", "The target deployment, either given or found running."),
    "deployment_state": Output("str | None", "The last known state of the target deployment."),
    "canceled_request_ids": Output("Optional[Sequence[str]]", "The queued requests that were canceled."),
    **STATUS,
}

RUNNING_DEPLOYMENT: Mapping[str, Output] = {
    "deployment_id": Output(
        "str",
        'The deployment that was running; "" when none was, which a `DeploymentCancellation` understands as "cancel '
        'nothing".',
    ),
    **STATUS,
}

RESULT: Mapping[str, Output] = {
    "outcome": Output("str", 'As for a `DeploymentCancellation`, or "failed".'),
    **{
        name: DEPLOYMENT_CANCELLATION[name]
        for name in ("deployment_id", "deployment_state", "canceled_request_ids", "last_deployment_state")
    },
    "error": Output("str | None", "Why it failed, if it did."),
}
"""What is reported of one environment of many."""

BULK_DEPLOYMENT_CANCELLATION: Mapping[str, Output] = {
    "results": Output(
        "Mapping[str, Any]",
        "By environment id, a map with outcome, deployment_id, deployment_state, canceled_request_ids, "
        "last_deployment_state, error.",
        entries=RESULT,
    ),
    "counts": Output("Mapping[str, int]", "How many environments had each outcome."),
}


def status_outputs(status: EnvironmentStatus) -> dict[str, Any]:
    """Return the outputs that report a status."""
    return {name: getattr(status, name) for name in STATUS_FIELDS}
