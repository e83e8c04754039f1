"""What the plugin serves: its resources and functions, by token, in the names and values of the outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, NamedTuple, NoReturn

from qovery_provider._driver.session import Session
from qovery_provider._hosts.plugin.names import HIDDEN, Names, Texts, camel, outside, renamed, token
from qovery_provider._hosts.plugin.wire import UNKNOWN, is_unknown
from qovery_provider._lifecycle import functions, outputs
from qovery_provider._lifecycle.bulk_deployment_cancellation import BulkDeploymentCancellationLifecycle
from qovery_provider._lifecycle.deployment_cancellation import DeploymentCancellationLifecycle
from qovery_provider._lifecycle.functions import Function
from qovery_provider._lifecycle.lifecycle import Lifecycle, Operation
from qovery_provider._lifecycle.running_deployment import RunningDeploymentLifecycle
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import ConfigurationError

Properties = Mapping[str, Any]


class Served(NamedTuple):
    """A resource that the plugin serves.

    Attributes:
        name: The last part of its token.
        lifecycle: What the engine's calls mean for it.
        names: How the outside writes its inputs and outputs.
    """

    name: str
    lifecycle: Lifecycle
    names: Names

    @classmethod
    def of(cls, name: str, lifecycle: Lifecycle) -> Served:
        """Return a resource that is served under this name."""
        return cls(name, lifecycle, Names(lifecycle.schema))

    def check(self, stored: Properties, written: Properties) -> tuple[dict[str, Any], list[str]]:
        """Return the hidden keys to store beside the written inputs, and all problems with the inputs."""
        inputs, problems = self.lifecycle.check(stored, self.names.to_inside(written), is_unknown)
        unknown = self.names.unknown_inputs(written)
        known = ", ".join(self.names.inputs)
        problems = [TEXTS.to_outside(problem) for problem in problems]
        problems += [f"{name} is not an input of {self.name}; its inputs are {known}" for name in sorted(unknown)]
        return _hidden(inputs), problems

    def planned(self, written: Properties) -> dict[str, Any]:
        """Return the outputs of a create, as far as they are known."""
        inputs = self.lifecycle.schema.with_defaults(self.names.to_inside(written))
        given = {name: value for name, value in inputs.items() if value is not None}
        return self.names.to_outside({**dict.fromkeys(self.lifecycle.schema.outputs, UNKNOWN), **given})

    def create(self, operation: Operation, written: Properties) -> tuple[str, dict[str, Any]]:
        """Create the resource; return its id and its outputs."""
        state = self.lifecycle.create(operation, self.names.to_inside(written))
        return state.id, self.names.to_outside(state.outputs)

    def update(self, operation: Operation, id_: str, stored: Properties, written: Properties) -> dict[str, Any]:
        """Update the resource; return its outputs."""
        olds, news = self.names.to_inside(stored), self.names.to_inside(written)
        return self.names.to_outside(self.lifecycle.update(operation, id_, olds, news).outputs)

    def planned_update(self, operation: Operation, id_: str, stored: Properties, written: Properties) -> dict[str, Any]:
        """Return the outputs of an update. If it would act, none of them is known."""
        try:
            return self.update(replace(operation, connect=_would_act), id_, stored, written)
        except _WouldActError:
            return {**self.names.to_outside(self.names.to_inside(stored)), **self.planned(written)}

    def read(
        self, operation: Operation, id_: str, stored: Properties, inputs: Properties
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return id, outputs and inputs, as they are to be stored.

        Inputs stay as they were written; an import, which has none yet, stores those that differ from their defaults.

        Raises:
            ConfigurationError: There is nothing to be read: only its own stack has the record.
        """
        state = self.lifecycle.read(operation, id_, self.names.to_inside(stored))
        if not state.outputs:
            raise ConfigurationError(
                f"a {self.name} cannot be imported or read by its id: it is the record of an event"
            )
        observed = state.inputs or {}
        rows = self.lifecycle.schema.inputs.items()
        given = {name: observed[name] for name, row in rows if observed.get(name, row.default) != row.default}
        inputs = inputs or self.names.to_outside(given)
        return state.id, self.names.to_outside(state.outputs), {**inputs, **_hidden(observed)}


class _WouldActError(Exception):
    """An update in a preview would call Qovery."""


def _would_act() -> NoReturn:
    raise _WouldActError


def _hidden(properties: Properties) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key.startswith(HIDDEN)}


RESOURCES: Mapping[str, Served] = {
    token(name): Served.of(name, lifecycle)
    for name, lifecycle in {
        "DeploymentCancellation": DeploymentCancellationLifecycle(),
        "RunningDeployment": RunningDeploymentLifecycle(),
        "BulkDeploymentCancellation": BulkDeploymentCancellationLifecycle(),
    }.items()
}
"""The resources, under the names that the dynamic provider has for them as well."""

FUNCTIONS: Mapping[str, Function[Any]] = {
    token("getEnvironmentStatus"): functions.ENVIRONMENT_STATUS,
    token("getProjectEnvironmentStatuses"): functions.PROJECT_ENVIRONMENT_STATUSES,
}

STATUSES = "statuses"
"""What a list is called in the answer of a function: an answer has to be a record."""


def answer(function: Function[Any], session: Session, arguments: Properties) -> dict[str, Any]:
    """Answer a function."""
    result = function.call(session, arguments.get(camel(function.argument)))
    return _status(result) if isinstance(result, EnvironmentStatus) else {STATUSES: [_status(each) for each in result]}


def _status(status: EnvironmentStatus) -> dict[str, Any]:
    return renamed(asdict(status), outside(["id", *outputs.STATUS]))


TEXTS = Texts(
    name
    for served in RESOURCES.values()
    for name in [*served.lifecycle.schema.inputs, *served.lifecycle.schema.outputs]
)
"""Translates the texts about any of them."""
