"""The documentation says what the code does, is complete, and needs nothing from outside."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from docs.generate import machine, pages, reliability
from qovery_provider import errors
from qovery_provider._cancellation.model import Outcome, Stage
from qovery_provider._qovery.states import STATES

RESOURCES = re.compile(r"""<(?:script|img|link)\b[^>]*?(?:src|href)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//""")


@pytest.mark.parametrize("page", pages.PAGES, ids=[page.stem for page in pages.PAGES])
def test_what_is_made_from_the_code_is_up_to_date(page: Path) -> None:
    """`make docs` would change nothing."""
    assert page.read_text() == pages.mended(page.read_text())


def test_the_picture_is_up_to_date() -> None:
    """The picture of the machine was drawn from the diagram that the code makes today."""
    assert pages.is_drawn(pages.diagram())


def test_the_page_of_figures_says_what_the_runs_wrote() -> None:
    """No number on it was changed by hand."""
    assert reliability.PAGE.read_text() == reliability.page()


def test_every_outcome_and_every_error_is_explained() -> None:
    """A user who searches for the line of an error finds its heading."""
    explained = re.findall(r"^### `(\w+)`", (pages.DOCS / "what-happens-when.md").read_text(), re.MULTILINE)
    named = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}

    assert set(explained) == {*get_args(Outcome), *named} - {"QoveryError", "CallError", "CancellationError"}


def test_every_state_is_in_the_table() -> None:
    """The table names each of them."""
    assert all(f"`{state}`" in pages.states() for state in STATES)


def test_each_stage_is_in_the_diagram_and_has_a_column() -> None:
    """No stage is unreachable, and none lacks a table that says what can come of its calls."""
    found = {step.stage for step in machine.steps()}

    assert found == set(Stage) - {Stage.FINISHED}
    assert all(f"    {stage.name}: {stage.value}\n" in pages.diagram() for stage in Stage)
    assert all(f"| {stage.value} |" in pages.calls() for stage in found)


def test_each_result_and_each_outcome_is_in_the_tables() -> None:
    """Every possible event of a call occurs in some stage, and every outcome is reached."""
    tables = pages.calls()

    assert set(pages.CALLS) == set(machine.EVENTS)
    for call, results in machine.EVENTS.items():
        assert {step.result for step in machine.steps() if step.call is call} == set(results)
    assert all(f"`{outcome}`" in tables for outcome in set(get_args(Outcome)) - {"requested"})


def test_a_stop_ends_every_stage() -> None:
    """Nothing follows it, for any call."""
    stops = {step.next for step in machine.steps() if step.result == "the update is stopped"}

    assert stops == {"`CancellationStoppedError`"}


def test_it_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    """That holds while it is built and when it is read."""
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-d", str(tmp_path / "kept"), str(pages.DOCS)]

    run = subprocess.run([*command, str(tmp_path / "site")], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    written = [path for kind in ("html", "css", "svg") for path in (tmp_path / "site").rglob(f"*.{kind}")]
    assert [path.name for path in written if RESOURCES.search(path.read_text())] == []
