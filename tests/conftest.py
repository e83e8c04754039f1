"""Fixtures of every test: an environment without credentials, and a process that stays as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

# With gRPC's handlers for forks, a command that a test starts may begin its output with a line of gRPC's log.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

PREFIXES = ("QOVERY_", "Q_CLI_", "PULUMI_", "COVERAGE_")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the user's credentials and Pulumi settings, and coverage, which would slow down every process of a test."""
    for name in os.environ:
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def tracebacks() -> Iterator[None]:
    """Give tracebacks back their length: an expected error of the provider takes it away."""
    yield
    if hasattr(sys, "tracebacklimit"):
        del sys.tracebacklimit
