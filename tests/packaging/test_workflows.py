"""The workflows of this repository, and the one to copy, grant no more than they need."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.packaging.builds import ROOT

WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/ci/github/*.yml")])

WRITES = {
    "ci.yml": {"codeql": {"security-events"}},
    "release.yml": {"publish": {"attestations", "id-token"}, "announce": {"contents"}},
    "cancel-deployment.yml": {},
}
"""All that any job may write."""

CARELESS = """
on: [push, pull_request_target]
permissions: write-all
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v7
      - uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97
        with: { persist-credentials: true }
      - run: echo "${{ github.event.pull_request.title }}"
"""

Workflow = dict[Any, Any]


def _steps(workflow: Workflow) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job.get("steps", [])


def _unpinned(text: str) -> list[str]:
    """Return the actions that are not named by a digest and, in a comment, its release."""
    pinned = re.compile(r"[\w.-]+(?:/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+\b")
    return [use for use in re.findall(r"\buses: *(.+)", text) if not pinned.match(use)]


def _generous(workflow: Workflow) -> list[object]:
    """Return what every job is granted, if that is more than to read the repository."""
    allowed: list[object] = [{}, {"contents": "read"}]
    granted = workflow.get("permissions", "all that the repository's settings give")
    return [] if granted in allowed else [granted]


def _exposed(workflow: Workflow) -> set[str]:
    """Return the triggers by which strangers start a run that has the repository's secrets."""
    # In YAML 1.1, the key `on` is a truth value.
    return {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow[True])


def _injectable(workflow: Workflow) -> list[str]:
    """Return the scripts that contain expressions, and so text from outside."""
    return [step["run"] for step in _steps(workflow) if "${{" in step.get("run", "")]


def _persistent(workflow: Workflow) -> list[str]:
    """Return the checkouts that leave the token behind for the steps that follow."""
    steps = [step for step in _steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    return [step["uses"] for step in steps if step.get("with", {}).get("persist-credentials") is not False]


def _unlimited(workflow: Workflow) -> list[str]:
    """Return the jobs without a timeout."""
    return [name for name, job in workflow["jobs"].items() if "timeout-minutes" not in job]


def _concurrent(workflow: Workflow) -> list[str]:
    """Return the missing setting where runs may disturb each other."""
    return [] if "concurrency" in workflow else ["concurrency"]


RULES: dict[str, tuple[Callable[[Workflow], object], object]] = {
    "permissions": (_generous, ["write-all"]),
    "triggers": (_exposed, {"pull_request_target"}),
    "injection": (_injectable, ['echo "${{ github.event.pull_request.title }}"']),
    "credentials": (_persistent, ["actions/checkout@v7"]),
    "timeouts": (_unlimited, ["build"]),
    "concurrency": (_concurrent, ["concurrency"]),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_keeps_the_rule(path: Path, rule: str) -> None:
    """The rule finds nothing in it."""
    find, _ = RULES[rule]

    assert not find(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_what_is_careless(rule: str) -> None:
    """Every rule finds its mistake in a careless workflow."""
    find, found = RULES[rule]

    assert find(yaml.safe_load(CARELESS)) == found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned(path: Path) -> None:
    """By the digest of a commit, with its release in a comment."""
    assert _unpinned(path.read_text()) == []


def test_a_tag_is_no_pin() -> None:
    """Nor is a digest without its release."""
    assert _unpinned(CARELESS) == [
        "actions/checkout@v7",
        "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97",
    ]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_writes_what_it_is_for(path: Path) -> None:
    """All other jobs only read."""
    jobs = yaml.safe_load(path.read_text())["jobs"]
    writes = {
        name: {what for what, access in job.get("permissions", {}).items() if access != "read"}
        for name, job in jobs.items()
    }

    assert {name: found for name, found in writes.items() if found} == WRITES[path.name]


def test_what_publishes_waits_for_a_person() -> None:
    """Only the job in the protected environment gets a token of the index, and it runs no code of this repository."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]

    assert {name: job["environment"]["name"] for name, job in jobs.items() if "environment" in job} == {
        "publish": "pypi"
    }
    assert [name for name, job in jobs.items() if "id-token" in job["permissions"]] == ["publish"]
    assert not [step["uses"] for step in jobs["publish"]["steps"] if "checkout" in step.get("uses", "")]
