"""The adapter of `BulkDeploymentCancellation`: translates property bags to and from the core, and nothing else.

The path of this module and the name of the class are stored in every state: see `_dynamic`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import Sent
from qovery_provider._driver.bulk import BulkCancellation, Target, tally
from qovery_provider._hosts.dynamic import QoveryResourceProvider, lines, one_line_errors
from qovery_provider._hosts.sdk_internals import keep_state
from qovery_provider._lifecycle import inputs as _inputs
from qovery_provider.errors import BulkCancellationError
from qovery_provider.provider import UNFINISHED

RESULT = (
    "outcome",
    "deployment_id",
    "deployment_state",
    "canceled_request_ids",
    "last_deployment_state",
    "error",
)
"""The fields of what is told of one environment."""


class BulkDeploymentCancellationProvider(QoveryResourceProvider):
    """What Pulumi calls for a `BulkDeploymentCancellation`."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Fill in the defaults and report everything that is wrong."""
        return self._checked(_inputs.with_defaults(news, _inputs.BULK_CANCELLATION), _inputs.bulk_problems)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Say which changes cancel again and which are stored."""
        replaces = _inputs.changed(_olds, _news, _inputs.ACTING_IN_BULK, _inputs.BULK_CANCELLATION)
        updates = _inputs.changed(_olds, _news, _inputs.WAITING, _inputs.BULK_CANCELLATION)
        return DiffResult(changes=bool(replaces or updates or UNFINISHED in _olds), replaces=replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Cancel in every environment and bring each to its end."""
        inputs = _inputs.with_defaults(props, _inputs.BULK_CANCELLATION)
        ids = inputs["environment_ids"] or []
        digest = hashlib.sha256(" ".join(ids).encode()).hexdigest()
        id_ = inputs["project_id"] or f"environments-{digest[:16]}"
        return CreateResult(id_, self._cancel(id_, inputs, [Target(environment_id) for environment_id in ids], {}))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the record as it is: what happened does not change."""
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Store the options of the wait and call nothing, unless environments are left to be brought to their end."""
        inputs = _inputs.with_defaults(_news, _inputs.BULK_CANCELLATION)
        # The SDK drops what is None on the way in, but a program relies on every field.
        results = {key: {**dict.fromkeys(RESULT), **result} for key, result in _olds["results"].items()}
        if UNFINISHED not in _olds:
            return UpdateResult({**_olds, **{name: inputs[name] for name in _inputs.WAITING}, "results": results})
        left = [Target(key, one.get("deployment_id"), Sent(one["sent"])) for key, one in _olds[UNFINISHED].items()]
        return UpdateResult(self._cancel(_id, inputs, left, results))

    def _cancel(
        self, id_: str, inputs: Mapping[str, Any], targets: Sequence[Target], results: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the outputs; what failed stays in the state, so that the next update acts only on that."""
        row = lines()
        with one_line_errors():
            bulk = BulkCancellation(self._session(), _inputs.request(inputs), lambda all_: row.say(tally(all_)))
            all_ = bulk.cancel(targets) if targets else bulk.cancel_project(inputs["project_id"])
            ended = {one.request.environment_id: one for one in all_}
            results = {**results, **{key: _result(one, results.get(key, {})) for key, one in ended.items()}}
            outputs = {"results": results, "counts": _counts(results)}
            errors = {key: one.action.error for key, one in ended.items() if isinstance(one.action, actions.Fail)}
            if errors:
                error = BulkCancellationError(errors, len(results))
                keep_state(id_, {**outputs, UNFINISHED: _unfinished(ended)}, str(error))
                raise error
        counts = ", ".join(f"{count} {outcome}" for outcome, count in outputs["counts"].items())
        row.conclude(f"environments: {counts or 'none'}")
        return {**inputs, **outputs}


def _result(ended: Cancellation, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of one environment; `before` is what the run told that this one resumes, if any."""
    known = ended.known
    is_failed = isinstance(ended.action, actions.Fail)
    return {
        "outcome": "failed" if is_failed else ended.result().outcome,
        "deployment_id": known.deployment_id,
        "deployment_state": known.deployment_state,
        "canceled_request_ids": [*(before.get("canceled_request_ids") or ()), *known.canceled_request_ids],
        "last_deployment_state": known.status.last_deployment_state if known.status else None,
        "error": str(ended.action.error) if isinstance(ended.action, actions.Fail) else None,
    }


def _counts(results: Mapping[str, Any]) -> dict[str, float]:
    return dict(sorted(Counter(str(result["outcome"]) for result in results.values()).items()))


def _unfinished(ended: Mapping[str, Cancellation]) -> dict[str, Any]:
    """Return what the next update needs to know of those that failed; without an id, nothing can be resumed."""
    failed = {key: one.known for key, one in ended.items() if isinstance(one.action, actions.Fail)}
    return {
        key: {
            "sent": (known.sent if known.is_resumable else Sent.NOT_SENT).value,
            "deployment_id": known.deployment_id if known.is_resumable else None,
        }
        for key, known in failed.items()
    }
