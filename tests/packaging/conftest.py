"""What the tests of the package share: one build of it."""

from __future__ import annotations

import pytest

from tests.packaging.builds import Build, built, copied


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The wheel and the sdist of the checkout."""
    return built(copied(tmp_path_factory.mktemp("package") / "first"))
