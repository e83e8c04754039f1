"""The rows of inputs and outputs, and what follows from the rows of a resource: defaults, checks, changes.

Everything that a host needs to check and diff, for any resource. It knows plain values, no Pulumi and no row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qovery_provider._lifecycle.values import plain
from qovery_provider._qovery.redaction import kind_of, redact

IsUnknown = Callable[[object], bool]
"""Returns whether a value is not known yet, since another resource will provide it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Attributes:
        annotation: Its type in Python.
        check: Returns which values are allowed, if this one is not.
        argument: Its type where a program gives it, if that is another one.
        normalize: Returns a value as it is stored; one that is not allowed comes back as it is.
        is_list: Whether it is a list whose elements are checked one by one.
        is_nested: Whether it may hold values that are not known yet at any depth.
        is_shown: Whether a message may show the value, or only its type: it may be a secret.
        choices: The words that are allowed, where only some are.
    """

    annotation: str
    check: Callable[[Any], str | None]
    argument: str = ""
    normalize: Callable[[Any], Any] = lambda value: value
    is_list: bool = False
    is_nested: bool = False
    is_shown: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """One input: a row from which signature, check, default, diff and documentation follow.

    Attributes:
        kind: What it holds.
        text: What it means, in whole sentences.
        default: What it is when a program does not give it, or gives None.
        replaces: Whether a change replaces the resource, which acts again; otherwise a change is only stored.
        is_required: Whether a program has to give it.
    """

    kind: Kind
    text: str
    default: Any = None
    replaces: bool = True
    is_required: bool = False

    def allowed(self, value: object) -> str | None:
        """Return which values are allowed, if this one is not."""
        is_absent = value is None and self.default is None and not self.is_required
        return None if is_absent else self.kind.check(value)


@dataclass(frozen=True, slots=True)
class Output:
    """One output.

    Attributes:
        annotation: Its type in Python.
        text: What it means.
        entries: Where it is a map of records: what each record holds.
    """

    annotation: str
    text: str
    entries: Mapping[str, Output] | None = None

    @property
    def type(self) -> str:
        """Its type in Python where it has a value: both spellings of "or None" are left out."""
        if self.annotation.startswith("Optional["):
            return self.annotation[len("Optional[") : -len("]")]
        return self.annotation.removesuffix(" | None")

    @property
    def is_optional(self) -> bool:
        """Whether it may have no value."""
        return self.type != self.annotation


@dataclass(frozen=True, slots=True)
class Schema:
    """The rows of one resource.

    Attributes:
        text: What it is for, in whole sentences.
        inputs: Its inputs by name, in the order in which they are documented.
        outputs: What it reports beside its inputs.
        on_change: What a change of an input that replaces does.
        check_together: Returns what is wrong with inputs that depend on each other, by input.
    """

    text: str
    inputs: Mapping[str, Input]
    outputs: Mapping[str, Output]
    on_change: str
    check_together: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda _: {}

    @property
    def stored(self) -> tuple[str, ...]:
        """The inputs of which a change is stored and nothing more."""
        return tuple(name for name, row in self.inputs.items() if not row.replaces)

    def with_defaults(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """Return every input as it is stored, those that are missing or None with their defaults, and nothing else.

        Values that are not allowed come back unchanged, to be shown.
        """
        given = {name: props[name] for name in self.inputs if props.get(name) is not None}
        return {name: row.kind.normalize(plain(given.get(name, row.default))) for name, row in self.inputs.items()}

    def problems(self, inputs: Mapping[str, Any], is_unknown: IsUnknown = lambda _: False) -> dict[str, str]:
        """Return everything that is wrong, by input. Values that are not known yet pass.

        Args:
            inputs: All inputs, as `with_defaults` returns them.
            is_unknown: Returns whether a value is not known yet.
        """
        found = {name: _problem(row, inputs[name], is_unknown) for name, row in self.inputs.items()}
        alone = {name: problem for name, problem in found.items() if problem}
        return {**self.check_together(inputs), **alone}

    def changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
        """Return the inputs that differ, both sides as `with_defaults` returns them."""
        return [name for name in self.inputs if _comparable(before[name]) != _comparable(after[name])]


def _problem(row: Input, value: object, is_unknown: IsUnknown) -> str | None:
    if is_unknown(value):
        return None
    if row.kind.is_list and isinstance(value, list):
        known = [item for item in value if not is_unknown(item)]
        if value and not known:
            return None
        value = known
    allowed = row.allowed(_known(value, is_unknown) if row.kind.is_nested else value)
    return allowed and f"{allowed}; got {redact(value) if row.kind.is_shown else kind_of(value)}"


def _known(value: object, is_unknown: IsUnknown) -> object:
    """Return a value with None in place of all that is not known yet."""
    if isinstance(value, dict):
        return {key: _known(item, is_unknown) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item, is_unknown) for item in value]
    return None if is_unknown(value) else value


def _comparable(value: object) -> object:
    """Return a value that equals another one with the same content, and no other.

    Left alone, Pulumi's assets and NaN would equal nothing, and True would equal 1.
    """
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, bool) or (isinstance(value, float) and math.isnan(value)):
        return (type(value).__name__, str(value))
    return (type(value).__name__, _comparable(vars(value))) if hasattr(value, "__dict__") else value
