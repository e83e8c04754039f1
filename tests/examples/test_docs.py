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
from qovery_provider._cancellation.model import Outcome
from qovery_provider._qovery.states import STATES

PAGES = sorted(pages.DOCS.glob("*.md"))

RESOURCES = re.compile(r"""<(?:script|img|link)\b[^>]*?(?:src|href)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//""")


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_what_is_made_from_the_code_is_up_to_date(page: Path) -> None:
    """`make docs` would change nothing."""
    assert page.read_text() == pages.mended(page.read_text())


def test_the_picture_is_up_to_date() -> None:
    """So is the picture of the machine."""
    assert pages.PICTURE.read_text() == pages.picture()


def test_the_page_of_figures_says_what_the_runs_wrote() -> None:
    """Nobody has changed a number on it."""
    assert reliability.PAGE.read_text() == reliability.page()


def test_every_outcome_and_every_error_is_explained() -> None:
    """Whoever looks for the line that they see finds it."""
    explained = re.findall(r"^### `(\w+)`", (pages.DOCS / "what-happens-when.md").read_text(), re.MULTILINE)
    named = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}

    assert set(explained) == {*get_args(Outcome), *named} - {"QoveryError", "CallError", "CancellationError"}


def test_every_state_is_told() -> None:
    """The table has a place for each."""
    assert all(f"`{state}`" in pages.states() for state in STATES)


def test_the_machine_is_told_in_full() -> None:
    """No situation lacks words, nor a place in the picture unless only an option leads there."""
    usual = {step.situation for step in machine.steps(machine.ANY)}
    all_of_them = usual.union(*({step.situation for step in machine.steps(*one)} for one in pages.VARIANTS.values()))

    assert all_of_them == set(pages.WORDS)
    assert usual == set(pages.BOXES)


def test_it_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    """Neither while it is built nor when it is read."""
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-d", str(tmp_path / "kept"), str(pages.DOCS)]

    run = subprocess.run([*command, str(tmp_path / "site")], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    written = [path for kind in ("html", "css", "svg") for path in (tmp_path / "site").rglob(f"*.{kind}")]
    assert [path.name for path in written if RESOURCES.search(path.read_text())] == []
