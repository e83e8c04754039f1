"""Random inputs, settings and answers: a short try of what `make fuzz` tries for as long as one likes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fuzz.targets import TARGETS


@pytest.mark.unmeasured(seconds=4)
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_nothing_breaks_a_promise(target: Callable[[], None]) -> None:
    """Each target says in its docstring what holds for it."""
    assert target() is None  # type: ignore[func-returns-value]
