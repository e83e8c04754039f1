"""The adapter of `DeploymentCancellation`: translates property bags to and from the core, and nothing else.

The path of this module and the name of the class are stored in every state: see `_dynamic`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.messages import progress, unfinished
from qovery_provider._cancellation.model import Knowledge, Sent
from qovery_provider._hosts.dynamic import QoveryResourceProvider, lines, one_line_errors
from qovery_provider._hosts.sdk_internals import keep_state
from qovery_provider._lifecycle import inputs as _inputs
from qovery_provider._qovery.models import STATUS_FIELDS, EnvironmentStatus
from qovery_provider.errors import NotFoundError

DRIFT_MARK = "__drift"
"""Tells a refresh that has seen something new from one that has not.

The engine asks for the difference between what a refresh read (as old outputs) and the stored inputs (as new ones),
and only if there is one it shows the outputs that changed. So `read` marks both with a new value when it sees a change,
and `check` carries the mark of the inputs on: in the `up` that follows the two agree again. Keys with two underscores
are never shown. Source: RefreshStep.Apply in pulumi's pkg/resource/deploy/step.go.
"""

UNFINISHED = "__unfinished"
"""How far a cancellation got that failed on the way: the next update resumes it, and nothing else is touched."""


class DeploymentCancellationProvider(QoveryResourceProvider):
    """What Pulumi calls for a `DeploymentCancellation`."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Fill in the defaults and report everything that is wrong."""
        return self._checked(_inputs.with_defaults(news), _inputs.problems, **_drift_mark(_olds))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Say which changes cancel again, which are stored, and during a refresh whether something drifted."""
        replaces = _inputs.changed(_olds, _news, _inputs.ACTING)
        updates = _inputs.changed(_olds, _news, _inputs.WAITING)
        has_drifted = _drift_mark(_olds) != _drift_mark(_news)
        if UNFINISHED in _olds and not replaces:
            lines().conclude(unfinished(_olds["deployment_id"], Sent(_olds[UNFINISHED])))
        return DiffResult(changes=bool(replaces or updates or has_drifted or UNFINISHED in _olds), replaces=replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Look, cancel what is meant, follow it to its end."""
        inputs = _inputs.with_defaults(props)
        return CreateResult(inputs["environment_id"], {**self._cancel(inputs, {}), **_drift_mark(props)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look once; an environment that is gone leaves the state, unless this is the first that is asked of it."""
        with one_line_errors():
            try:
                status = self._session().environment_status(_inputs.checked_uuid("environment_id", id_))
            except NotFoundError as error:
                if not props.keys() & {"state", _inputs.PINNED}:
                    raise
                gone = f"environment {id_}: Qovery answered {error.status}"
                lines().conclude(f"{gone}; it leaves the stack, and `pulumi up` would cancel there again")
                return ReadResult("", {})
        stored, seen = {"environment_id": id_, **props}, observed(status)
        if all(stored.get(name) == value for name, value in seen.items()):
            return ReadResult(id_, stored)
        mark = {DRIFT_MARK: f"{random.getrandbits(64):x}"}
        return ReadResult(id_, {**stored, **seen, **mark}, {**_inputs.declared(stored), **mark})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Store the options of the wait and call nothing, unless a cancellation is left to be resumed."""
        inputs = _inputs.with_defaults(_news)
        outputs = {**_olds, **{name: inputs[name] for name in _inputs.WAITING}}
        if UNFINISHED in _olds:
            outputs |= self._cancel(inputs, _olds)
            del outputs[UNFINISHED]
        return UpdateResult({**outputs, **_drift_mark(_news)})

    def _cancel(self, inputs: dict[str, Any], unfinished: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs of a cancellation; one that fails after something was sent stays in the state.

        Args:
            inputs: What is declared.
            unfinished: The outputs of the run that this one resumes, if any.
        """
        row, sent = lines(), Sent(unfinished.get(UNFINISHED, Sent.NOT_SENT))
        request = _inputs.request(inputs)
        if sent is not Sent.NOT_SENT:
            request = replace(request, deployment_id=unfinished["deployment_id"], include_queued=False)
        with one_line_errors():
            one = self._session().cancel(request, lambda known: row.say(progress(known)), sent=sent)
            outputs = {**inputs, **_outputs(inputs, one.known, unfinished)}
            if isinstance(one.action, actions.Fail) and one.known.is_resumable:
                kept = {**outputs, UNFINISHED: one.known.sent.value}
                keep_state(inputs["environment_id"], kept, str(one.action.error))
            result = one.result()
        row.conclude(result.sentence)
        return {**outputs, "outcome": result.outcome}


def _outputs(inputs: Mapping[str, Any], known: Knowledge, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a cancellation adds to its inputs, but for the outcome; `before` is what an earlier run found out."""
    given = inputs["deployment_id"]
    return {
        _inputs.PINNED: given is not None,
        "deployment_id": known.deployment_id if given is None else given,
        "deployment_state": known.deployment_state or before.get("deployment_state"),
        "canceled_request_ids": [*before.get("canceled_request_ids", ()), *known.canceled_request_ids],
        **(observed(known.status) if known.status else {}),
    }


def _drift_mark(props: Mapping[str, Any]) -> dict[str, Any]:
    return {DRIFT_MARK: props[DRIFT_MARK]} if DRIFT_MARK in props else {}


def observed(status: EnvironmentStatus) -> dict[str, Any]:
    """Return the outputs that report a status."""
    return {name: getattr(status, name) for name in STATUS_FIELDS}
