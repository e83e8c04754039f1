"""The names of the outside: translated by the rows, and never where a name is the user's."""

from __future__ import annotations

import pytest

from qovery_provider._hosts.plugin.resources import RESOURCES, TEXTS

CANCELLATION = RESOURCES["qovery-cancellation:index:DeploymentCancellation"].names
BULK = RESOURCES["qovery-cancellation:index:BulkDeploymentCancellation"].names


def test_inputs_and_outputs_go_both_ways() -> None:
    """Hidden keys keep their names, and so do the keys inside a user's values."""
    inside = {
        "environment_id": "e",
        "triggers": {"commit_sha": "1", "commitSha": "2"},
        "last_deployment_state": "BUILDING",
        "__unfinished": {"sent": "accepted", "deployment_id": "d"},
    }
    outside = {
        "environmentId": "e",
        "triggers": {"commit_sha": "1", "commitSha": "2"},
        "lastDeploymentState": "BUILDING",
        "__unfinished": {"sent": "accepted", "deployment_id": "d"},
    }

    assert CANCELLATION.to_outside(inside) == outside
    assert CANCELLATION.to_inside(outside) == inside


def test_the_records_in_a_map_are_translated_and_its_keys_are_not() -> None:
    """Results go by environment id; a map that is not known yet is left alone."""
    inside = {"results": {"deployment_id": {"deployment_id": "d", "error": None}}, "counts": {"nothing_to_cancel": 1}}
    outside = {"results": {"deployment_id": {"deploymentId": "d", "error": None}}, "counts": {"nothing_to_cancel": 1}}

    assert BULK.to_outside(inside) == outside
    assert BULK.to_inside(outside) == inside
    assert BULK.to_outside({"results": "unknown"}) == {"results": "unknown"}


def test_a_state_of_the_dynamic_provider_is_understood() -> None:
    """Its names are those of the inside, and the provider in it is left out."""
    stored = {"__provider": "pickle", "environment_id": "e", "__pinned": False}

    assert CANCELLATION.is_of_dynamic_provider(stored)
    assert CANCELLATION.to_inside(stored) == {"environment_id": "e", "__pinned": False}
    assert CANCELLATION.is_of_dynamic_provider({"environment_id": "e"})
    assert not CANCELLATION.is_of_dynamic_provider({"environmentId": "e", "state": "READY", "__pinned": False})


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("environment_id must be a UUID", "environmentId must be a UUID"),
        ('fails. Set on_idle="succeed" to accept this.', 'fails. Set onIdle="succeed" to accept this.'),
        ("the stack secret qovery:apiToken (`", "the stack secret qovery-cancellation:apiToken (`"),
        ("a; `False` returns; on_idle, `timeout`", "a; `false` returns; onIdle, `timeout`"),
        ("my_environment_id and environment_ids_2 stay", "my_environment_id and environment_ids_2 stay"),
        ("nothing_to_cancel and environment_gone stay", "nothing_to_cancel and environment_gone stay"),
    ],
)
def test_texts(inside: str, outside: str) -> None:
    """Texts name inputs and settings as the program writes them; other words stay."""
    assert TEXTS.to_outside(inside) == outside
