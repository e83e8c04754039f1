"""Every path that the pages about security and releases name exists."""

from __future__ import annotations

import re

import pytest

from tests.packaging.builds import ROOT

PATH = re.compile(r"`((?:\.github|examples|qovery_provider|requirements|tests|tools)/[\w./-]*)`")


@pytest.mark.parametrize("page", ["SECURITY.md", "CONTRIBUTING.md"])
def test_every_named_path_exists(page: str) -> None:
    """A page that promises tests names tests that exist."""
    named = PATH.findall((ROOT / page).read_text())

    assert [path for path in named if not (ROOT / path).exists()] == []
    assert named
