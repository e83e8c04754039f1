"""The lifecycle of a resource as every host calls it: plain dicts in and out, failures as exceptions.

It knows no Pulumi: a host brings the property bags, lends an `Operation`, and stores the result.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from qovery_provider._clock import Signal
from qovery_provider._driver.session import READ_LIMIT, Session
from qovery_provider._lifecycle.schema import IsUnknown, Schema
from qovery_provider._lifecycle.stored_state import UNFINISHED
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import CallError, QoveryError


@dataclass(frozen=True, slots=True)
class Operation:
    """What a host lends for one operation.

    Attributes:
        connect: Returns the session with Qovery; raises a ConfigurationError where the settings cannot be used.
        status: Shows a line on the resource's row until the next one comes.
        info: Shows a line that stays.
        stop: Is set to end a wait early, so that it can be resumed; a cancel on the wire is awaited.
        timeout: Seconds for the operation, where the host sets a limit of its own.
    """

    connect: Callable[[], Session]
    status: Callable[[str], None]
    info: Callable[[str], None]
    stop: Signal | None = None
    timeout: float | None = None

    @property
    def limit(self) -> float:
        """Seconds for reading something, retries included."""
        return self.timeout or READ_LIMIT

    @property
    def limits(self) -> dict[str, float]:
        """The inputs that the host's own limit replaces."""
        return {"timeout": self.timeout} if self.timeout else {}

    def read_status(self, environment_id: str) -> EnvironmentStatus:
        """Read the status of an environment for a preview, together with others of its project.

        Raises:
            CallError: It cannot be read in time.
        """
        (answer,) = self.connect().read_statuses([environment_id], self.limit).values()
        if isinstance(answer, CallError):
            raise answer
        return answer


class State(NamedTuple):
    """What is to be stored of a resource.

    Attributes:
        id: Its id.
        outputs: All its outputs.
        inputs: Its inputs, where a read changes the stored ones.
    """

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any] | None = None


class Diff(NamedTuple):
    """What differs between a stored resource and its inputs.

    Attributes:
        replaces: The inputs that make it act again.
        updates: What else is to be updated, hidden keys included.
        note: A line that explains an update, or "".
    """

    replaces: list[str]
    updates: list[str]
    note: str = ""


def with_unfinished(diff: Diff, note: str) -> Diff:
    """Return the difference of a resource with an unfinished cancellation: the next update resumes it."""
    # A provider does not see the option `replace_on_changes`, with which the engine replaces instead of updating.
    may_be_replaced = diff.replaces or diff.updates
    return Diff(diff.replaces, [*diff.updates, UNFINISHED], "" if may_be_replaced else note)


class PartialFailureError(Exception):
    """An operation failed, or a bug ended it, after something had happened that must not be forgotten.

    Attributes:
        state: What is to be stored.
        error: What is to be shown: a QoveryError, or the bug.
    """

    def __init__(self, state: State, error: Exception) -> None:
        self.state, self.error = state, error
        super().__init__(str(error) if isinstance(error, QoveryError) else f"{type(error).__name__}: {error}")


class Lifecycle(ABC):
    """The lifecycle of one resource. It holds no state: each call brings everything it needs."""

    schema: ClassVar[Schema]

    def check(
        self, _olds: Mapping[str, Any], news: Mapping[str, Any], is_unknown: IsUnknown
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the inputs to store, and everything that is wrong with them, a line each; nothing is called."""
        inputs = self.schema.with_defaults(news)
        problems = self.schema.problems(inputs, is_unknown)
        return inputs, [f"{name} {problem}" for name, problem in problems.items()]

    def declared(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs that once led to these outputs."""
        return self.schema.with_defaults(stored)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diff:
        """Say which changes act again and which are only stored; an input that was not stored counts as its default."""
        changed = self.schema.changed(self.declared(olds), self.schema.with_defaults(news))
        replaces = [name for name in changed if self.schema.inputs[name].replaces]
        return Diff(replaces, [name for name in changed if name not in replaces])

    def preview(self, operation: Operation, news: Mapping[str, Any]) -> str:
        """Say what a create would do now, "" where `check` has something to say. Nothing is sent.

        Raises:
            QoveryError: The settings cannot be used, or Qovery does not answer.
        """
        inputs = self.schema.with_defaults(news)
        return "" if self.schema.problems(inputs) else self.describe(operation, inputs)

    @abstractmethod
    def describe(self, operation: Operation, inputs: Mapping[str, Any]) -> str:
        """Say what a create with these checked inputs would do now."""

    @abstractmethod
    def create(self, operation: Operation, news: Mapping[str, Any]) -> State:
        """Act, and return what to store.

        Raises:
            PartialFailureError: It failed after something that the next update has to know.
            QoveryError: It failed, and nothing is to be stored.
        """

    def read(self, _operation: Operation, id_: str, stored: Mapping[str, Any]) -> State:
        """Return the record unchanged."""
        return State(id_, dict(stored))

    def update(self, _operation: Operation, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> State:
        """Store the inputs of which a change is only stored, and call nothing."""
        inputs = self.schema.with_defaults(news)
        return State(id_, {**olds, **{name: inputs[name] for name in self.schema.stored}})
