"""Fixtures of every test: an environment without credentials, and a process that stays as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

# With gRPC's handlers for forks, a command that a test starts may begin its output with a line of gRPC's log.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

PREFIXES = ("QOVERY_", "Q_CLI_", "PULUMI_", "COVERAGE_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest tests begin first: the last ones to begin should be short when several processes share them."""
    items.sort(key=lambda item: -_seconds(item.get_closest_marker("unmeasured")))


def _seconds(marker: pytest.Mark | None) -> float:
    return float(marker.kwargs["seconds"]) if marker else 0.0


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the user's credentials and Pulumi settings, and coverage, which would slow down every process of a test."""
    for name in os.environ:
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def measurement(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let coverage rest during long tests: it would double their time, and the others reach every line without them."""
    module = sys.modules.get("coverage") if request.node.get_closest_marker("unmeasured") else None
    coverage = module and module.Coverage.current()
    if coverage:
        coverage.stop()
    yield
    if coverage:
        coverage.start()


@pytest.fixture(autouse=True)
def tracebacks() -> Iterator[None]:
    """Give tracebacks back their length: an expected error of the provider takes it away."""
    yield
    if hasattr(sys, "tracebacklimit"):
        del sys.tracebacklimit
