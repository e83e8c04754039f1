"""What happens to a `BulkDeploymentCancellation`: cancel in many environments, report, resume the unfinished ones."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from qovery_provider._cancellation import actions, messages, preview
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._driver.bulk import BulkCancellation, Target, tally
from qovery_provider._lifecycle import inputs, outputs
from qovery_provider._lifecycle.lifecycle import (
    Diff,
    Lifecycle,
    Operation,
    PartialFailureError,
    State,
    with_unfinished,
)
from qovery_provider._lifecycle.schema import Schema
from qovery_provider._lifecycle.stored_state import UNFINISHED, Unfinished
from qovery_provider.errors import BulkCancellationError, CallError


class BulkDeploymentCancellationLifecycle(Lifecycle):
    """The lifecycle of a `BulkDeploymentCancellation`."""

    schema = Schema(
        "Cancels the running deployments of many Qovery environments in parallel, and follows each to its end.",
        inputs.BULK_DEPLOYMENT_CANCELLATION,
        outputs.BULK_DEPLOYMENT_CANCELLATION,
        "A change cancels again.",
        inputs.either_list_or_project,
    )

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diff:
        """Say as well whether some environments are unfinished."""
        diff = super().diff(olds, news)
        return with_unfinished(diff, messages.unfinished_in(len(olds[UNFINISHED]))) if UNFINISHED in olds else diff

    def describe(self, operation: Operation, declared: Mapping[str, Any]) -> str:
        """Ask the machine for its first action in each environment as it is now."""
        if declared["environment_ids"] == []:
            return "nothing to do: environment_ids is empty"
        session, project_id = operation.connect(), declared["project_id"]
        if project_id:
            answers = session.read_project(project_id, operation.limit)
        else:
            answers = session.read_statuses(declared["environment_ids"], operation.limit)
        failures = [answer for answer in answers.values() if isinstance(answer, CallError)]
        if failures and len(failures) == len(answers):
            raise failures[0]
        return preview.describe_all(inputs.cancellation_request(declared), answers, session.clock.wall())

    def create(self, operation: Operation, news: Mapping[str, Any]) -> State:
        """Cancel in every environment and bring each to its end."""
        declared = self.schema.with_defaults(news)
        ids = declared["environment_ids"] or []
        digest = hashlib.sha256(" ".join(ids).encode()).hexdigest()
        id_ = declared["project_id"] or f"environments-{digest[:16]}"
        targets = [Target(environment_id) for environment_id in ids]
        if declared["environment_ids"] == []:
            return State(id_, {**declared, "results": {}, "counts": {}})
        return State(id_, self._cancel(operation, id_, declared, targets, {}))

    def update(self, operation: Operation, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> State:
        """Store the options of the wait and call nothing, unless some environments are unfinished."""
        stored = super().update(operation, id_, olds, news).outputs
        # The SDK drops fields that are None, but a program relies on every field.
        results = {key: {**dict.fromkeys(outputs.RESULT), **result} for key, result in olds["results"].items()}
        if UNFINISHED not in olds:
            return State(id_, {**stored, "results": results})
        left = [_target(key, Unfinished.from_stored(kept)) for key, kept in olds[UNFINISHED].items()]
        return State(id_, self._cancel(operation, id_, self.schema.with_defaults(news), left, results))

    def _cancel(
        self,
        operation: Operation,
        id_: str,
        declared: Mapping[str, Any],
        targets: Sequence[Target],
        before: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the outputs; failed environments stay in the state, so that the next update acts only on these."""
        request = inputs.cancellation_request({**declared, **operation.limits})
        bulk = BulkCancellation(
            operation.connect(),
            request,
            lambda cancellations: operation.status(tally(cancellations)),
            stop=operation.stop,
        )
        bug: Exception | None = None
        try:
            if targets:
                bulk.cancel(targets)
            else:
                bulk.cancel_project(declared["project_id"])
        except Exception as unexpected:
            # The results so far are kept, even if a bug ended the run.
            if not any(cancellation.known.is_resumable for cancellation in bulk.cancellations):
                raise
            bug = unexpected
        by_id = {cancellation.request.environment_id: cancellation for cancellation in bulk.cancellations}
        errors = {key: error for key, cancellation in by_id.items() if (error := _error(cancellation, bug))}
        results = {
            **before,
            **{key: _result(each, errors.get(key), before.get(key, {})) for key, each in by_id.items()},
        }
        reported = {**declared, "results": results, "counts": _counts(results)}
        if errors:
            kept = {key: Unfinished.of(by_id[key].known).to_stored() for key in errors}
            state = State(id_, {**reported, UNFINISHED: kept})
            raise PartialFailureError(state, bug or BulkCancellationError(errors, len(results)))
        operation.info(messages.counts(reported["counts"]))
        return reported


def _error(cancellation: Cancellation, bug: Exception | None) -> Exception | None:
    """Return why a cancellation did not end well, None where it did; one that is not over was ended by the bug."""
    if isinstance(cancellation.action, actions.Fail):
        return cancellation.action.error
    return None if isinstance(cancellation.action, actions.Done) else bug


def _target(environment_id: str, unfinished: Unfinished) -> Target:
    return Target(environment_id, unfinished.deployment_id, unfinished.sent)


def _result(cancellation: Cancellation, error: Exception | None, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of one environment; `before` is the result of the earlier run that this one resumes, if any."""
    known = cancellation.known
    return {
        "outcome": "failed" if error else cancellation.result().outcome,
        "deployment_id": known.deployment_id,
        "deployment_state": known.deployment_state,
        "canceled_request_ids": [*(before.get("canceled_request_ids") or ()), *known.canceled_request_ids],
        "last_deployment_state": known.status.last_deployment_state if known.status else None,
        "error": str(error) if error else None,
    }


def _counts(results: Mapping[str, Any]) -> dict[str, float]:
    return dict(sorted(Counter(str(result["outcome"]) for result in results.values()).items()))
