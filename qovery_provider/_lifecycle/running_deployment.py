"""What happens to a `RunningDeployment`: one status read, recorded in the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qovery_provider._cancellation import messages, preview
from qovery_provider._lifecycle import inputs, outputs
from qovery_provider._lifecycle.lifecycle import Lifecycle, Operation, State
from qovery_provider._lifecycle.schema import Schema
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._qovery.states import Phase
from qovery_provider.errors import UnexpectedStateError


class RunningDeploymentLifecycle(Lifecycle):
    """The lifecycle of a `RunningDeployment`."""

    schema = Schema(
        "Reads once which deployment an environment runs, and keeps the answer in the stack's state.",
        inputs.RUNNING_DEPLOYMENT,
        outputs.RUNNING_DEPLOYMENT,
        "A change reads the status again.",
    )

    def describe(self, operation: Operation, declared: Mapping[str, Any]) -> str:
        """Say which deployment would be recorded."""
        status = operation.read_status(declared["environment_id"])
        return preview.describe_record(status, operation.connect().clock.wall())

    def create(self, operation: Operation, news: Mapping[str, Any]) -> State:
        """Read the status once and record which deployment is running."""
        declared = self.schema.with_defaults(news)
        session = operation.connect()
        status = session.environment_status(declared["environment_id"], operation.limit, operation.stop)
        deployment_id = _running(status)
        operation.info(messages.recorded(deployment_id, status))
        recorded = {**declared, **outputs.status_outputs(status), "deployment_id": deployment_id}
        return State(declared["environment_id"], recorded)


def _running(status: EnvironmentStatus) -> str:
    """Return the id of the deployment that is running, "" for none."""
    if status.phase is Phase.UNAVAILABLE:
        raise messages.unavailable(status)
    if not status.is_in_progress:
        return ""
    if status.last_deployment_id is None:
        raise UnexpectedStateError(messages.nameless(status), status.id, None, status.last_deployment_state)
    return status.last_deployment_id
