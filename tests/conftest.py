"""Fixtures of every test: an environment without credentials, and a process that stays as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

# With gRPC's handlers for forks, a command that a test starts may begin its output with a line of gRPC's log.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

PREFIXES = ("QOVERY_", "Q_CLI_", "PULUMI_", "COVERAGE_")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every process that shares the tests begin with the long ones: then all of them end at the same time.

    Each gets the items of one part of the list first, and takes over from another when it is done with them.
    """
    items.sort(key=_seconds, reverse=True)
    parts = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = [item for part in range(parts) for item in items[part::parts]]


def _seconds(item: pytest.Item) -> float:
    """Return about how long a test takes."""
    marker = item.get_closest_marker("unmeasured")
    return float(marker.kwargs["seconds"]) if marker else 10.0 if item.get_closest_marker("engine") else 0.0


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
