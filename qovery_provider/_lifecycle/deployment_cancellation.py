"""What happens to a `DeploymentCancellation`: cancel one deployment, report, resume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qovery_provider._cancellation import messages, preview
from qovery_provider._cancellation.model import Knowledge
from qovery_provider._cancellation.progress import progress_line
from qovery_provider._cancellation.schedule import CONFIRM_AFTER
from qovery_provider._lifecycle import inputs, outputs
from qovery_provider._lifecycle.lifecycle import (
    Diff,
    Lifecycle,
    Operation,
    PartialFailureError,
    State,
    with_unfinished,
)
from qovery_provider._lifecycle.schema import IsUnknown, Schema
from qovery_provider._lifecycle.stored_state import (
    DRIFT,
    PINNED,
    UNFINISHED,
    Unfinished,
    drift_mark,
    new_drift_mark,
)
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import NotFoundError

NOT_REQUESTED = "not_requested"
"""The outcome of a resource that was only read by its id, through an import or `get`, and never canceled anything."""


class DeploymentCancellationLifecycle(Lifecycle):
    """The lifecycle of a `DeploymentCancellation`."""

    schema = Schema(
        "Cancels the deployment that a Qovery environment runs, and follows exactly that deployment to its end.",
        inputs.DEPLOYMENT_CANCELLATION,
        outputs.DEPLOYMENT_CANCELLATION,
        "A change cancels again.",
    )

    def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], is_unknown: IsUnknown
    ) -> tuple[dict[str, Any], list[str]]:
        """Carry the mark of a refresh on, beside the inputs."""
        checked, problems = super().check(olds, news, is_unknown)
        return {**checked, **drift_mark(olds)}, problems

    def declared(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs that once led to these outputs, where `deployment_id` may be one that was found."""
        pin = stored.get("deployment_id") if stored.get(PINNED) else None
        return super().declared({**stored, "deployment_id": pin})

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diff:
        """Say as well whether something drifted, and whether a cancellation is unfinished."""
        diff = super().diff(olds, news)
        if UNFINISHED in olds:
            unfinished, is_forced = Unfinished.from_stored(olds[UNFINISHED]), bool(news.get("force_cancel"))
            note = messages.unfinished(str(unfinished.deployment_id), unfinished.sent, is_forced=is_forced)
            diff = with_unfinished(diff, note)
        if drift_mark(olds) != drift_mark(news):
            diff.updates.append(DRIFT)
        return diff

    def describe(self, operation: Operation, declared: Mapping[str, Any]) -> str:
        """Ask the machine for its first action in the environment as it is now."""
        status = operation.read_status(declared["environment_id"])
        line = preview.describe(inputs.cancellation_request(declared), status, operation.connect().clock.wall())
        # None may be intended, or a variable may not be set: the program cannot know, so the preview shows it.
        is_open = declared["deployment_id"] is None and status.is_in_progress
        return f"{line}; without deployment_id, it cancels what is running by then" if is_open else line

    def create(self, operation: Operation, news: Mapping[str, Any]) -> State:
        """Read the status, cancel the target, follow it to its end."""
        declared = self.schema.with_defaults(news)
        return State(declared["environment_id"], {**self._cancel(operation, declared, {}), **drift_mark(news)})

    def read(self, operation: Operation, id_: str, stored: Mapping[str, Any]) -> State:
        """Read the status. The record of a cancellation stays, even if the environment no longer exists.

        It records an event and does not mirror an object: a resource that left the state would be created again by the
        same `up --refresh`, and would cancel the deployment that is running then. Only a first read, which has no
        record yet, fails where the environment does not exist.
        """
        environment_id = inputs.checked_uuid("environment_id", id_)
        try:
            status = _confirmed_status(operation, environment_id)
        except NotFoundError:
            if not stored.keys() & {"state", PINNED}:
                raise
            operation.info(messages.missing(environment_id))
            return State(id_, dict(stored))
        # A cancellation that is unfinished has no outcome yet.
        first = {} if UNFINISHED in stored else {"outcome": NOT_REQUESTED}
        known = {"environment_id": environment_id, **first, **stored}
        observed = outputs.status_outputs(status)
        if all(known.get(name) == value for name, value in observed.items()):
            return State(id_, known)
        mark = new_drift_mark(observed)
        return State(id_, {**known, **observed, **mark}, {**self.declared(known), **mark})

    def update(self, operation: Operation, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> State:
        """Store the options of the wait and call nothing, unless a cancellation is unfinished."""
        stored = super().update(operation, id_, olds, news).outputs
        if UNFINISHED in olds:
            stored |= self._cancel(operation, self.schema.with_defaults(news), olds)
            del stored[UNFINISHED]
        return State(id_, {**stored, **drift_mark(news)})

    def _cancel(self, operation: Operation, declared: dict[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs of a cancellation; one that fails after something was sent stays in the state.

        Args:
            operation: What the host lends.
            declared: The inputs, with their defaults.
            olds: The outputs of the run that this one resumes, if any.
        """
        request, unfinished = inputs.cancellation_request({**declared, **operation.limits}), Unfinished()
        if UNFINISHED in olds:
            unfinished = Unfinished.from_stored(olds[UNFINISHED])
            request = replace(request, deployment_id=unfinished.deployment_id, include_queued=False)
        session = operation.connect()
        cancellation = session.begin(request, unfinished.sent)
        try:
            session.follow(cancellation, lambda known: operation.status(progress_line(known)), operation.stop)
            result = cancellation.result()
        except Exception as error:
            reported = {**declared, **_outputs(declared, cancellation.known, olds)}
            self._keep(reported, cancellation.known, error)
            raise
        operation.info(result.sentence)
        return {**declared, **_outputs(declared, cancellation.known, olds), "outcome": result.outcome}

    def _keep(self, reported: dict[str, Any], known: Knowledge, error: Exception) -> None:
        """Keep a cancellation that can be resumed, even if a bug ended the operation."""
        if known.is_resumable:
            kept = {**reported, UNFINISHED: Unfinished.of(known).to_stored()}
            raise PartialFailureError(State(reported["environment_id"], kept), error) from error


def _confirmed_status(operation: Operation, environment_id: str) -> EnvironmentStatus:
    """Read the status; only a second 404 means that the environment does not exist."""
    session = operation.connect()
    try:
        return session.environment_status(environment_id, operation.limit, operation.stop)
    except NotFoundError:
        session.clock.wait([operation.stop] if operation.stop else [], CONFIRM_AFTER)
        return session.environment_status(environment_id, operation.limit, operation.stop)


def _outputs(declared: Mapping[str, Any], known: Knowledge, olds: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of a cancellation except the outcome; `olds` are the outputs of an earlier run."""
    pin = declared["deployment_id"]
    return {
        PINNED: pin is not None,
        "deployment_id": known.deployment_id if pin is None else pin,
        "deployment_state": known.deployment_state or olds.get("deployment_state"),
        "canceled_request_ids": [*olds.get("canceled_request_ids", ()), *known.canceled_request_ids],
        **(outputs.status_outputs(known.status) if known.status else {}),
    }
