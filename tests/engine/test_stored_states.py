"""Stacks that any version has stored: this one reads them, changes nothing, and finishes what was left unfinished."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from qovery_provider import __version__
from qovery_provider.providers import (
    BulkDeploymentCancellationProvider,
    DeploymentCancellationProvider,
    RunningDeploymentProvider,
)
from tests.support.sdk import NEEDS_DRIFT
from tests.support.stack import Stack
from tests.support.stored_states import FROZEN, STATES, TIMEOUTS, UNTIL_CANCELED, World, recorded_world

VERSIONS = sorted(path.name for path in STATES.iterdir())
TIMED = ("plain", "pinned", "freeze")

OF_A_MACHINE = re.compile(r"https?:|file:|project:|\.py\b|\d+\.\d+\.\d+\.\d+|secret|salt|[Tt]oken")
"""Addresses, paths and credentials."""

every_version = pytest.mark.parametrize("version", VERSIONS)


@contextmanager
def _restored(version: str, name: str, folder: Path, engine: str | None) -> Iterator[tuple[Stack, World]]:
    """Import a recorded state into a new stack with its program, in the world as the recorded update left it."""
    with recorded_world(name) as world:
        for environment in world.environments:
            environment.cancel()
        stack = Stack(folder, engine, world.qovery)
        stack.write((STATES / version / "program.txt").read_text())
        stack.environment["TIMEOUT"] = TIMEOUTS[name]
        stack.checked("stack", "import", "--file", str(STATES / version / f"{name}.json"))
        yield stack, world


@pytest.fixture
def finished(version: str, tmp_path: Path, engine: str | None) -> Iterator[tuple[Stack, World]]:
    """A stack whose last update came to its end."""
    with _restored(version, "finished", tmp_path, engine) as restored:
        yield restored


@pytest.fixture
def unfinished(version: str, tmp_path: Path, engine: str | None) -> Iterator[tuple[Stack, World]]:
    """A stack whose last update gave up waiting, after the cancels were accepted."""
    with _restored(version, "unfinished", tmp_path, engine) as restored:
        yield restored


def test_this_version_is_recorded() -> None:
    """`python -m tests.support.stored_states` does that, once a release."""
    assert __version__ in VERSIONS


@every_version
@pytest.mark.parametrize("name", TIMEOUTS)
def test_a_recorded_state_holds_our_providers_and_no_place(version: str, name: str) -> None:
    """The pickles are those of today, byte by byte; nothing tells on which machine or with which token it was made."""
    text = (STATES / version / f"{name}.json").read_text()
    stored = {
        (resource["type"].rpartition(":")[2], properties["__provider"])
        for resource in json.loads(text)["deployment"]["resources"]
        for properties in (resource.get("inputs", {}), resource.get("outputs", {}))
        if "__provider" in properties
    }

    assert stored == {
        ("DeploymentCancellation", serialize_provider(DeploymentCancellationProvider())),
        ("RunningDeployment", serialize_provider(RunningDeploymentProvider())),
        ("BulkDeploymentCancellation", serialize_provider(BulkDeploymentCancellationProvider())),
    }
    assert OF_A_MACHINE.findall(text) == []


@every_version
def test_an_unchanged_program_has_no_change(finished: tuple[Stack, World]) -> None:
    """Upgrading shows nothing in a preview and does nothing in an update."""
    stack, world = finished

    stack.checked("preview", "--expect-no-changes")
    stack.up("--expect-no-changes")

    assert world.qovery.posts() == ()


@NEEDS_DRIFT
@every_version
def test_a_refresh_shows_what_has_changed_and_nothing_else(finished: tuple[Stack, World]) -> None:
    """Nothing at first; then the one environment in which a deployment runs; the update after it has no change."""
    stack, world = finished
    stack.checked("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    plain, *_ = world.environments
    running = plain.deploy()

    drifted = stack.checked("refresh", "--yes", "--skip-preview", "--diff")
    stack.up("--expect-no-changes")

    changed = {line.split(":")[0].strip(" ~+-") for line in drifted.output.splitlines() if line.lstrip()[:2] == "~ "}
    assert "1 updated" in drifted.output
    assert {"pulumi-python", "state", "last_deployment_state"} <= changed
    assert "deployment_id" not in changed
    outputs = stack.latest()["plain"]["outputs"]
    assert (outputs["state"], outputs["last_deployment_id"]) == ("BUILDING", running.id)
    assert world.qovery.posts() == ()


@every_version
def test_waiting_options_change_without_a_call(finished: tuple[Stack, World]) -> None:
    """All that stands beside them in the state stays as it was; an option that is newer than the state is added."""
    stack, world = finished
    before = stack.latest()

    stack.up(TIMEOUT="70", QOVERY_API_TOKEN="")

    after = stack.latest()
    changed = {name: {"wait_for_start": 0, **before[name]["outputs"], "timeout": 70} for name in TIMED}
    assert {name: after[name]["outputs"] for name in TIMED} == changed
    assert world.qovery.requests == ()


@every_version
def test_destroy_needs_no_credentials(finished: tuple[Stack, World]) -> None:
    """It forgets all and calls nothing."""
    stack, world = finished

    stack.checked("destroy", "--yes", "--skip-preview", QOVERY_API_TOKEN="", QOVERY_API_URL="")

    assert stack.latest() == {}
    assert world.qovery.requests == ()


@every_version
def test_what_was_left_unfinished_is_resumed(unfinished: tuple[Stack, World]) -> None:
    """The queues have moved on: the outputs say how the target deployments ended, and no other is touched."""
    stack, world = unfinished
    for environment in world.environments:
        environment.enqueue()
    world.clock.now += UNTIL_CANCELED + 1

    preview = stack.checked("preview")
    stack.up()

    assert "3 to update" in preview.output
    assert stack.outputs() == {"outcomes": ["canceled", "canceled"], "counts": {"canceled": 1, "nothing_to_cancel": 1}}
    stored = stack.latest()
    assert [environment.deployments[0].id for environment in world.environments] == [
        stored["plain"]["outputs"]["deployment_id"],
        stored["pinned"]["outputs"]["deployment_id"],
        stored["freeze"]["outputs"]["results"][FROZEN]["deployment_id"],
    ]
    states = [[deployment.state for deployment in environment.deployments] for environment in world.environments]
    assert states == [["CANCELED", "BUILDING"]] * 3
    assert world.qovery.posts() == ()
    stack.up("--expect-no-changes")
