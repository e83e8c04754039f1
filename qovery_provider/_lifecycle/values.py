"""Values as a program may type them, and as Pulumi carries and stores them: texts, numbers, flags, lists and maps.

The program and the provider read values by the same code, so that a preview and an update understand the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID

MAX_EXACT = 2**53 - 1
"""The largest whole number that Pulumi carries exactly: its numbers are doubles (IEEE 754)."""

BYTES = bytes | bytearray | memoryview


def plain(value: Any, other: Callable[[Any], Any] = lambda value: value) -> Any:  # noqa: ANN401 - any value there is
    """Return a value as Pulumi carries it, at any depth: an enumeration's value, an id as text, a time in seconds.

    Args:
        value: The value.
        other: Converts any other value. Default: it stays as it is.
    """
    if isinstance(value, Enum):
        return plain(value.value, other)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {plain(key): plain(item, other) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | BYTES):
        return [plain(item, other) for item in value]
    return other(value)


def can_be_carried(value: object, is_other: Callable[[object], bool] = lambda _: False) -> bool:
    """Return whether Pulumi can carry a plain value.

    Args:
        value: The value, as `plain` returns it.
        is_other: Returns whether another value can be carried, at any depth. Default: none can.
    """
    if isinstance(value, dict):
        return all(isinstance(key, str) and can_be_carried(key) for key in value) and all(
            can_be_carried(item, is_other) for item in value.values()
        )
    if isinstance(value, list):
        return all(can_be_carried(item, is_other) for item in value)
    if isinstance(value, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in value)  # no UTF-8 has these
    if isinstance(value, int):
        return abs(value) < 2**1023
    return value is None or isinstance(value, float) or is_other(value)


def is_exact(value: object) -> bool:
    """Return whether Pulumi carries all numbers of a plain value exactly."""
    if isinstance(value, dict):
        return all(map(is_exact, value.values()))
    if isinstance(value, list):
        return all(map(is_exact, value))
    return not isinstance(value, int | float) or not abs(value) > MAX_EXACT
