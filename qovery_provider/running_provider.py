"""The adapter of `RunningDeployment`: one look, recorded in the state.

The path of this module and the name of the class are stored in every state: see `_dynamic`.
"""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult

from qovery_provider._hosts.dynamic import QoveryResourceProvider, lines, one_line_errors
from qovery_provider._lifecycle import inputs as _inputs
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import UnexpectedStateError
from qovery_provider.provider import observed


class RunningDeploymentProvider(QoveryResourceProvider):
    """What Pulumi calls for a `RunningDeployment`."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Fill in the defaults and report everything that is wrong."""
        return self._checked(_inputs.with_defaults(news, _inputs.LOOKING), _inputs.problems)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Say which changes look again."""
        replaces = _inputs.changed(_olds, _news, _inputs.LOOKING, _inputs.LOOKING)
        return DiffResult(changes=bool(replaces), replaces=replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Look once and record what runs."""
        inputs = _inputs.with_defaults(props, _inputs.LOOKING)
        environment_id = inputs["environment_id"]
        with one_line_errors():
            status = self._session().environment_status(environment_id)
            deployment_id = _running(status)
        what = f"deployment {deployment_id} is {status.last_deployment_state}" if deployment_id else "nothing runs"
        lines().conclude(what)
        return CreateResult(environment_id, {**inputs, **observed(status), "deployment_id": deployment_id})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the record as it is: what ran then does not change."""
        return ReadResult(id_, props)


def _running(status: EnvironmentStatus) -> str:
    """Return the id of the deployment that runs, "" for none."""
    if not status.is_in_progress:
        return ""
    if status.last_deployment_id is None:
        message = f"environment {status.id}: a deployment is {status.last_deployment_state}, but Qovery names no id"
        raise UnexpectedStateError(message, status.id, None, status.last_deployment_state)
    return status.last_deployment_id
