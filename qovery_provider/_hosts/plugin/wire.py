"""The property bags of Pulumi's protocol, read as plain values and written from them.

What JSON cannot say comes as a marker, where a value is not known yet, or as a map with a signature: assets, secrets,
outputs. Source: pulumi's sdk/go/common/resource/plugin/rpc.go and sdk/go/common/resource/sig/sig.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime.rpc import UNKNOWN as MARKER

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a signature
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


class Unknown:
    """A value that a preview does not know yet."""


class PulumiAsset:
    """An asset or an archive, which is not a plain value."""


UNKNOWN: Final = Unknown()


def is_unknown(value: object) -> bool:
    """Return whether a preview does not know a value yet."""
    return isinstance(value, Unknown)


def has_unknown(value: object) -> bool:
    """Return whether a preview does not know a value yet, or something inside it."""
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    return any(map(has_unknown, value)) if isinstance(value, list) else is_unknown(value)


def plain(properties: Struct) -> dict[str, Any]:
    """Return a bag as plain values. Secrets are not marked: the engine knows them by name."""
    return {name: _plain(value) for name, value in properties.fields.items()}


def _plain(value: Value) -> Any:  # noqa: ANN401 - JSON
    match value.WhichOneof("kind"):
        case "struct_value":
            return _unwrapped(plain(value.struct_value))
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case "string_value":
            return UNKNOWN if value.string_value == MARKER else value.string_value
        case "number_value":
            return value.number_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _unwrapped(fields: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    if SIGNATURE not in fields:
        return fields
    return fields.get("value", UNKNOWN) if fields[SIGNATURE] in {SECRET, OUTPUT} else PulumiAsset()


def bag(values: Mapping[str, Any]) -> Struct:
    """Return plain values as a bag."""
    struct = Struct()
    struct.update(_marked(values))
    return struct


def _marked(value: Any) -> Any:  # noqa: ANN401 - as above
    """Return a value with the marker in place of all that is not known."""
    if isinstance(value, Mapping):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return MARKER if is_unknown(value) else value
