"""What the pages about security and releases name is there."""

from __future__ import annotations

import re

import pytest

from tests.packaging.builds import ROOT

PATH = re.compile(r"`((?:\.github|examples|qovery_provider|requirements|tests|tools)/[\w./-]*)`")


@pytest.mark.parametrize("page", ["SECURITY.md", "CONTRIBUTING.md"])
def test_what_a_page_names_is_there(page: str) -> None:
    """A promise is tested by tests that exist."""
    named = PATH.findall((ROOT / page).read_text())

    assert [path for path in named if not (ROOT / path).exists()] == []
    assert named
