"""What the plugin's users write: `environmentId` for `environment_id`, `qovery-cancellation:` for `qovery:`.

Names are translated by the rows of a resource, at every level where there are rows: the keys of `triggers`, for
instance, are the user's. What is no name of a row passes as it is: keys that are hidden in the state, and the names in
a state that the dynamic provider has stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from qovery_provider._lifecycle.schema import Schema

PACKAGE = "qovery-cancellation"

HIDDEN = "__"
"""How the names of what Pulumi never shows begin."""

PROVIDER = "__provider"
"""Where a dynamic provider keeps itself in the state."""


def token(name: str) -> str:
    """Return the token of a resource, a function or a type."""
    return f"{PACKAGE}:index:{name}"


def camel(name: str) -> str:
    """Return a name as the outside writes it."""
    head, *words = name.split("_")
    return head + "".join(map(str.capitalize, words))


def outside(names: Iterable[str]) -> dict[str, str]:
    """Return how the outside writes these names, by name."""
    return {name: camel(name) for name in names}


def renamed(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return a record with its keys renamed; a key without another name stays."""
    return {names.get(key, key): value for key, value in record.items()}


class Names:
    """The names of a resource's inputs and outputs.

    Args:
        schema: Its rows.
    """

    def __init__(self, schema: Schema) -> None:
        self._inputs = outside(schema.inputs)
        self._outside = {**self._inputs, **outside(schema.outputs)}
        self._entries = {name: outside(row.entries) for name, row in schema.outputs.items() if row.entries}

    def to_inside(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Translate properties from the engine; keys of the dynamic provider alone are left out."""
        own = {key: value for key, value in properties.items() if key != PROVIDER}
        return self._translated(
            renamed(own, _inverse(self._outside)), {k: _inverse(v) for k, v in self._entries.items()}
        )

    def to_outside(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Translate properties for the engine to store."""
        return self._translated(renamed(properties, self._outside), {camel(k): v for k, v in self._entries.items()})

    @staticmethod
    def _translated(properties: dict[str, Any], entries: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        """Translate the records in the maps among these properties; in a preview, a map may not be known."""
        maps = {name: properties[name] for name in entries if isinstance(properties.get(name), Mapping)}
        return properties | {
            name: {key: renamed(entry, entries[name]) for key, entry in records.items()}
            for name, records in maps.items()
        }

    def unknown_inputs(self, properties: Iterable[str]) -> list[str]:
        """Return the names that a user gave and that are no input."""
        return [key for key in properties if not key.startswith(HIDDEN) and key not in self._inputs.values()]

    @property
    def inputs(self) -> list[str]:
        """What the outside calls the inputs."""
        return list(self._inputs.values())

    def is_of_dynamic_provider(self, stored: Mapping[str, Any]) -> bool:
        """Return whether the dynamic provider has stored a state."""
        return PROVIDER in stored or any(self._outside[name] != name for name in stored.keys() & self._outside.keys())


def _inverse(names: Mapping[str, str]) -> dict[str, str]:
    return {value: key for key, value in names.items()}


class Texts:
    """Texts about inputs and settings, in the spelling of the outside.

    Args:
        names: The names that a text may hold.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._words = {name: word for name, word in outside(names).items() if word != name} | {
            "`opts.custom_timeouts.create` counts": "`customTimeouts` count",
            "`False`": "`false`",
            "`None`": "`null`",
            "qovery:": f"{PACKAGE}:",
        }
        words = sorted(map(re.escape, self._words), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![\w'\"-])(?:{'|'.join(words)})(?!\w*_)")

    def to_outside(self, text: str) -> str:
        """Return a text as the plugin's users would write it; a value that it quotes stays."""
        return self._pattern.sub(lambda match: self._words[match[0]], text)
