"""The property bags of Pulumi's protocol, read as plain values and written from them.

What the engine cannot say in JSON comes as a map with a signature: assets, secrets, outputs. Values that are not known
yet come as a marker, and stay one. Source: pulumi's sdk/go/common/resource/plugin/rpc.go and resource/properties.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime.rpc import UNKNOWN

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a signature
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


@dataclass(frozen=True)
class Reference:
    """What is no plain value: an asset, an archive, or a resource."""

    signature: str


def is_unknown(value: object) -> bool:
    """Tell a value that a preview does not know yet."""
    return value == UNKNOWN


def has_unknown(value: object) -> bool:
    """Tell a value that a preview does not know yet, or of which something inside is not known."""
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    return any(map(has_unknown, value)) if isinstance(value, list) else is_unknown(value)


def plain(properties: Struct) -> dict[str, Any]:
    """Return a bag as plain values. Whether a value is secret is not told: the engine keeps that by the name."""
    return {name: _plain(value) for name, value in properties.fields.items()}


def _plain(value: Value) -> Any:  # noqa: ANN401 - JSON
    match value.WhichOneof("kind"):
        case "struct_value":
            return _unwrapped(plain(value.struct_value))
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _unwrapped(fields: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    signature = fields.get(SIGNATURE)
    if signature is None:
        return fields
    return fields.get("value", UNKNOWN) if signature in {SECRET, OUTPUT} else Reference(str(signature))


def bag(values: Mapping[str, Any]) -> Struct:
    """Return plain values as a bag."""
    struct = Struct()
    struct.update(values)
    return struct
