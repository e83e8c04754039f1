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


MACHINE = pages.DOCS / "how-it-works.md"
OTHERS = [page for page in pages.PAGES if page != MACHINE]


@pytest.mark.parametrize("page", OTHERS, ids=[page.stem for page in OTHERS])
def test_what_is_made_from_the_code_is_up_to_date(page: Path) -> None:
    """`make docs` would change nothing."""
    assert page.read_text() == pages.mended(page.read_text())


@pytest.mark.unmeasured(seconds=90)
def test_the_machine_is_described_as_it_is() -> None:
    """Its tables and diagram are up to date and complete: one test, because finding all steps takes long."""
    steps, tables, diagram = machine.steps(), pages.calls(), pages.diagram()

    assert MACHINE.read_text() == pages.mended(MACHINE.read_text())
    assert pages.is_drawn(diagram)
    assert {step.stage for step in steps} == set(Stage) - {Stage.FINISHED}
    assert all(f"    {stage.name}: {stage.value}\n" in diagram for stage in Stage)
    assert all(f"| {stage.value} |" in tables for stage in set(Stage) - {Stage.FINISHED})
    assert set(pages.CALLS) == set(machine.EVENTS)
    for call, results in machine.EVENTS.items():
        assert {step.result for step in steps if step.call is call} == set(results)
    assert all(f"`{outcome}`" in tables for outcome in set(get_args(Outcome)) - {"requested"})
    assert {step.next for step in steps if step.result in machine.STOPPED} == {"`CancellationStoppedError`"}


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


def test_it_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    """That holds while it is built and when it is read."""
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-d", str(tmp_path / "kept"), str(pages.DOCS)]

    run = subprocess.run([*command, str(tmp_path / "site")], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    written = [path for kind in ("html", "css", "svg") for path in (tmp_path / "site").rglob(f"*.{kind}")]
    assert [path.name for path in written if RESOURCES.search(path.read_text())] == []
