"""What `make up` decides before and after Pulumi runs."""

from __future__ import annotations

from typing import Any

import pytest

from tools import up

OUTPUTS = {"outcome": "canceled", "deployment_id": "a-1"}
CANCELED = {"id": "a-1", "state": "CANCELED", "cancels": [{}], "ended_at": 9.0}
NEXT: dict[str, Any] = {"id": "a-2", "state": "BUILDING", "cancels": [], "ended_at": None}


def test_one_canceled_and_the_next_untouched() -> None:
    """The sentence names both."""
    assert up.confirmation(OUTPUTS, "a-1", [CANCELED, NEXT]) == (
        "The simulator confirms: deployment a-1: CANCELED by 1 request; "
        "deployment a-2, queued behind it: BUILDING, untouched."
    )


@pytest.mark.parametrize(
    ("outputs", "deployments"),
    [
        pytest.param({}, [CANCELED, NEXT], id="no outputs"),
        pytest.param(OUTPUTS | {"deployment_id": "a-2"}, [CANCELED, NEXT], id="the wrong deployment"),
        pytest.param(OUTPUTS, [CANCELED | {"state": "DEPLOYED"}, NEXT], id="not canceled in truth"),
        pytest.param(OUTPUTS, [CANCELED | {"cancels": [{}, {}]}, NEXT], id="two requests"),
        pytest.param(OUTPUTS, [CANCELED], id="the next did not start"),
        pytest.param(OUTPUTS, [CANCELED, NEXT | {"cancels": [{}]}], id="the next was touched"),
    ],
)
def test_anything_else_fails_the_run(outputs: dict[str, Any], deployments: list[dict[str, Any]]) -> None:
    """Also when the resource's outputs are as expected."""
    with pytest.raises(SystemExit):
        up.confirmation(outputs, "a-1", deployments)


def test_the_names_of_yaml() -> None:
    """Its outputs are told in the names of the plugin."""
    outputs = {"outcome": "canceled", "deploymentId": "a-1"}

    assert up.confirmation(outputs, "a-1", [CANCELED, NEXT]).startswith("The simulator confirms: deployment a-1")


@pytest.mark.parametrize(
    ("name", "missing"),
    [("Q_CLI_ACCESS_TOKEN", "set ENVIRONMENT_ID, too"), ("ENVIRONMENT_ID", "set QOVERY_API_TOKEN, too")],
)
def test_half_of_the_settings(name: str, missing: str) -> None:
    """One sentence says which other variable is missing."""
    with pytest.raises(SystemExit, match=missing):
        up.run({name: "something"})
