"""The versions that the documentation names as tested are declared, locked, and those that `make test-compat` runs."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
PROJECT = metadata.metadata("qovery-provider")


def _found(pattern: str, text: str) -> list[str]:
    return re.findall(pattern, text, re.MULTILINE)


def _read(path: str) -> str:
    return (ROOT / path).read_text()


def _documented(name: str) -> list[str]:
    """Return the oldest and the newest version in the documentation's table."""
    (row,) = _found(rf"^\| `?{name}`? \| (.*) \|$", _read("docs/upgrading.md"))
    return row.split(" | ")


def _locked(end: str, name: str) -> str:
    (version,) = _found(rf"^{name}==(\S+) \\$", _read(f"requirements/compat-{end}.txt"))
    return version


def _lower_bound(specifiers: SpecifierSet) -> str:
    (bound,) = (specifier.version for specifier in specifiers if specifier.operator == ">=")
    return bound


@pytest.mark.parametrize("name", ["pulumi", "requests"])
def test_a_dependency(name: str) -> None:
    """The oldest is the lower bound, and both are locked."""
    requirements = map(Requirement, PROJECT.get_all("Requires-Dist") or ())
    (declared,) = (requirement for requirement in requirements if requirement.name == name)

    assert _documented(name) == [_locked("oldest", name), _locked("newest", name)]
    assert _documented(name)[0] == _lower_bound(declared.specifier)


def test_python() -> None:
    """The first and the last declared versions are those that make prefers."""
    declared = _found(r"Python :: (3\.\d+)$", "\n".join(PROJECT.get_all("Classifier") or ()))

    assert _documented("Python") == [declared[0], declared[-1]]
    assert _documented("Python")[0] == _lower_bound(SpecifierSet(PROJECT["Requires-Python"]))
    assert _found(r"^\.venv-compat-\w+/bin/python: .*prefer,([\d.]+)", _read("Makefile")) == _documented("Python")


def test_the_command_line_is_the_pinned_one() -> None:
    """At both ends the engine is what tools/pulumi_cli gets."""
    (pinned,) = _found(r"pulumi/pkg/v3 v(\S+)", _read("tools/pulumi_cli/go.mod"))

    assert f"Pulumi's CLI {pinned}" in _read("docs/upgrading.md")


@pytest.mark.parametrize("end", ["oldest", "newest"])
def test_a_lock_names_no_registry(end: str) -> None:
    """It has hashes, so it need not say where a package comes from."""
    lock = _read(f"requirements/compat-{end}.txt")

    assert "://" not in lock
    assert len(_found(r"^\S+==.* \\\n    --hash=sha256:", lock)) == len(_found(r"^\S+==", lock))
