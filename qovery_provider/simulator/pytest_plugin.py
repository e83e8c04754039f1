"""A pytest fixture that comes with the package: a fresh simulator for each test that asks for one.

pytest loads this file in every run, so it imports nothing heavy before the fixture is used.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from qovery_provider.simulator import QoverySimulator


@pytest.fixture
def qovery_simulator() -> "Iterator[QoverySimulator]":
    """A running `QoverySimulator` with an empty world."""
    from qovery_provider.simulator import QoverySimulator  # noqa: PLC0415 - needs aiohttp

    with QoverySimulator() as simulator:
        yield simulator
