"""The published files: the same bytes every time, complete, and with nothing else in them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

import qovery_provider
from qovery_provider._qovery.client import USER_AGENT
from tests.packaging.builds import ROOT, Build, built, copied

CHANGELOG = ROOT / "CHANGELOG.md"
NAME = f"qovery_provider-{qovery_provider.__version__}"


@pytest.fixture(scope="session")
def metadata(build: Build) -> Message:
    """The wheel's metadata."""
    with ZipFile(build.wheel) as wheel:
        return BytesParser().parsebytes(wheel.read(f"{NAME}.dist-info/METADATA"))


def test_the_same_files_give_the_same_bytes(build: Build, tmp_path: Path) -> None:
    """Another folder, other dates and permissions of the files, and another umask make no difference."""
    source = copied(tmp_path / "somewhere" / "else")
    for path in (path for path in source.rglob("*") if path.is_file()):
        path.chmod(0o600)
        os.utime(path, (1_000_000_000, 1_000_000_000))

    assert built(source, umask=0o077).contents() == build.contents()


def test_the_sdist_gives_the_same_bytes(build: Build, tmp_path: Path) -> None:
    """A build from the published sdist gives the published wheel and sdist."""
    with tarfile.open(build.sdist) as sdist:
        sdist.extractall(tmp_path, filter="data")

    assert built(tmp_path / NAME).contents() == build.contents()


def test_the_wheel_holds_the_package(build: Build) -> None:
    """It has every module, the mark of typed packages and the license; no tests and no compiled files."""
    about = {f"{NAME}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    with ZipFile(build.wheel) as wheel:
        names = set(wheel.namelist())

    assert names == {*build.modules, *about, f"{NAME}.dist-info/licenses/LICENSE"}
    assert "qovery_provider/py.typed" in names


def test_the_sdist_holds_what_the_wheel_is_built_from(build: Build) -> None:
    """It has the package and its metadata, and nothing else of the repository."""
    about = {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    with tarfile.open(build.sdist) as sdist:
        names = set(sdist.getnames())

    assert names == {f"{NAME}/{name}" for name in build.modules | about}


def test_the_index_accepts_it(build: Build) -> None:
    """Twine has no warnings about the metadata or the README."""
    command = [sys.executable, "-m", "twine", "--no-color", "check", "--strict", str(build.wheel), str(build.sdist)]

    completed = subprocess.run(command, capture_output=True, text=True, check=False)

    assert completed.returncode == 0, completed.stdout


def test_it_needs_two_packages(metadata: Message) -> None:
    """And a third one, a server, with the extra for the simulator."""
    requirements = map(Requirement, metadata.get_all("Requires-Dist") or ())

    assert {requirement.name: str(requirement.marker or "") for requirement in requirements} == {
        "pulumi": "",
        "requests": "",
        "aiohttp": 'extra == "simulator"',
    }


def test_the_version_is_the_same_everywhere(metadata: Message) -> None:
    """The package, its metadata, its requests' User-Agent and the changelog's newest heading agree."""
    version = qovery_provider.__version__
    headings = re.findall(r"^## \[(.+)\] - (?:unreleased|\d{4}-\d\d-\d\d)$", CHANGELOG.read_text(), re.MULTILINE)

    assert [metadata["Version"], USER_AGENT, headings[0]] == [version, f"qovery-provider/{version} (pulumi)", version]
