"""The adapter to Pulumi's dynamic providers: translates property bags to and from the core, and nothing else.

Pulumi stores the provider in every state as a pickle: this module's path and the class's name. Both must never change,
and the class must have no `__init__` and hold nothing when it is pickled; what it needs comes with `configure`.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.runtime.rpc import UNKNOWN

from qovery_provider import _inputs, _settings
from qovery_provider._host import current_urn, lift_thread_limit
from qovery_provider._models import STATUS_FIELDS, EnvironmentStatus
from qovery_provider._operations import cancel, environment_status
from qovery_provider._progress import to_engine
from qovery_provider._sentences import progress
from qovery_provider._verdicts import CancellationResult
from qovery_provider.errors import NotFoundError, QoveryError

DRIFT_MARK = "__drift"
"""Tells a refresh that has seen something new from one that has not.

The engine asks for the difference between what a refresh read (as old outputs) and the stored inputs (as new ones), and
only if there is one it shows the outputs that changed. So `read` marks both with a new value when it sees a change, and
`check` carries the mark of the inputs on: in the `up` that follows the two agree again. Keys with two underscores are
never shown. Source: RefreshStep.Apply in pulumi's pkg/resource/deploy/step.go.
"""


class DeploymentCancellationProvider(ResourceProvider):
    """What Pulumi calls for a `DeploymentCancellation`."""

    serialize_as_secret_always = False
    _config: Mapping[str, object] = MappingProxyType({})

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the settings; they are judged when they are needed, for a delete needs none."""
        lift_thread_limit()
        values = {key: req.config.get(key) for key in _settings.CONFIG_KEYS}
        self._config = {key: value for key, value in values.items() if value is not None}

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Fill in the defaults and report everything that is wrong, at once and without any call."""
        inputs = _inputs.with_defaults(news)
        problems = _inputs.problems(inputs, lambda value: value == UNKNOWN)
        problems |= _settings.problems(self._config, os.environ)
        failures = [CheckFailure(name, problem) for name, problem in problems.items()]
        return CheckResult({**inputs, **_drift_mark(_olds)}, failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Say which changes cancel again, which are stored, and during a refresh whether something drifted."""
        replaces = _inputs.changed(_olds, _news, _inputs.ACTING)
        updates = _inputs.changed(_olds, _news, _inputs.WAITING)
        has_drifted = _drift_mark(_olds) != _drift_mark(_news)
        return DiffResult(changes=bool(replaces or updates or has_drifted), replaces=replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Look, cancel what is meant, follow it to its end."""
        inputs = _inputs.with_defaults(props)
        with _one_line_errors():
            lines = to_engine(sys.argv, current_urn())
            request = _inputs.request(inputs)
            result = cancel(self._settings(), request, lambda known: lines.say(progress(known)))
            lines.conclude(result.sentence)
        return CreateResult(inputs["environment_id"], {**inputs, **_outputs(inputs, result), **_drift_mark(props)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look once; an environment that is gone leaves the state."""
        with _one_line_errors():
            try:
                status = environment_status(self._settings(), id_)
            except NotFoundError:
                return ReadResult("", {})
        stored, observed = {"environment_id": id_, **props}, _observed(status)
        if all(stored.get(name) == value for name, value in observed.items()):
            return ReadResult(id_, stored)
        mark = {DRIFT_MARK: f"{random.getrandbits(64):x}"}
        return ReadResult(id_, {**stored, **observed, **mark}, {**_inputs.declared(stored), **mark})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Store the options of the wait; nothing is called."""
        inputs = _inputs.with_defaults(_news)
        return UpdateResult({**_olds, **{name: inputs[name] for name in _inputs.WAITING}, **_drift_mark(_news)})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Forget the resource. A cancellation cannot be taken back, and Qovery is not touched."""

    def _settings(self) -> _settings.Settings:
        return _settings.resolve(self._config, os.environ)


def _outputs(inputs: Mapping[str, Any], result: CancellationResult) -> dict[str, Any]:
    """Return what a cancellation adds to its inputs."""
    given = inputs["deployment_id"]
    return {
        _inputs.PINNED: given is not None,
        "outcome": result.outcome,
        "deployment_id": result.deployment_id if given is None else given,
        "deployment_state": result.deployment_state,
        "canceled_request_ids": list(result.canceled_request_ids),
        **_observed(result.status),
    }


def _drift_mark(props: Mapping[str, Any]) -> dict[str, Any]:
    return {DRIFT_MARK: props[DRIFT_MARK]} if DRIFT_MARK in props else {}


def _observed(status: EnvironmentStatus) -> dict[str, Any]:
    return {name: getattr(status, name) for name in STATUS_FIELDS}


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Let an expected error reach the user as one line.

    The SDK reports whatever is raised as `traceback.format_exc()`. The limit is the process's, and other dynamic
    providers of the stack share it: so it is set only when an expected error is on its way out.
    """
    try:
        yield
    except QoveryError as error:
        sys.tracebacklimit = 0
        raise error from None
