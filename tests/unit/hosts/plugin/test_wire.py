"""Property bags: what JSON has, and what Pulumi has beside it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN as MARKER

from qovery_provider._hosts.plugin.wire import UNKNOWN, PulumiAsset, bag, has_unknown, plain

SIGNATURE = "4dabf18193072939515e22adb298388d"
ASSET, SECRET, OUTPUT = (
    "c44067f5952c0a294b673a41bacd8c17",
    "1b47061264138c4ac30d75fd1eb44270",
    "d0e6a833031e9bbcd3f4e8bde6ca49a4",
)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0.0,
        1800.0,
        0.5,
        -1e300,
        math.inf,
        "",
        "text",
        [],
        {},
        [1.0, [None, {"a": "b"}]],
        {"a": {"b": [False]}},
    ],
    ids=repr,
)
def test_plain_values_come_as_they_are_written(value: object) -> None:
    """Numbers are doubles, as the wire has them."""
    read = plain(bag({"value": value}))["value"]

    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({SIGNATURE: SECRET, "value": {"a": "b"}}, {"a": "b"}),
        ([{SIGNATURE: SECRET, "value": {SIGNATURE: OUTPUT, "value": 1.0}}], [1.0]),
        ({SIGNATURE: OUTPUT, "secret": True}, UNKNOWN),
        (["text", MARKER], ["text", UNKNOWN]),
    ],
    ids=["secret", "secret output in a list", "output that is not known", "marker"],
)
def test_what_pulumi_has_beside_json(sent: object, read: object) -> None:
    """Secrets and outputs are taken out of their wrapping, at any depth; what is not known stays that."""
    assert plain(bag({"value": sent})) == {"value": read}


def test_an_asset_is_no_plain_value() -> None:
    """Its content would be stored, and could not be restored."""
    read = plain(bag({"value": {"deep": [{SIGNATURE: ASSET, "text": "of a file"}]}}))

    assert isinstance(read["value"]["deep"][0], PulumiAsset)


def test_what_is_not_known_is_written_as_the_marker() -> None:
    """At any depth."""
    assert bag({"value": {"a": [UNKNOWN, "text"]}}) == bag({"value": {"a": [MARKER, "text"]}})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (UNKNOWN, True),
        ({"a": [1, {"b": UNKNOWN}]}, True),
        ({UNKNOWN: "a key"}, False),
        ([None, "text", {"a": 1}], False),
    ],
)
def test_what_is_not_known_is_found_inside(value: Any, expected: bool) -> None:  # noqa: ANN401, FBT001 - a table
    """A value with something inside that is not known is not known itself."""
    assert has_unknown(value) is expected
