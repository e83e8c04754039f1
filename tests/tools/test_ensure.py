"""How a Pulumi CLI is found or got, with scripts in place of the real programs and no network."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.pulumi_cli import ensure

MODULES = (ensure.HERE / "go.mod").read_text()
(VERSION,) = re.findall(r"pulumi/pkg/v3 v(\S+)", MODULES)
(GO,) = re.findall(r"^go (\S+)$", MODULES, re.MULTILINE)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty at first."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield tmp_path / "cache/qovery-provider"
    assert not list(tmp_path.glob("cache/*/unfinished-*"))


def offline(home: Path, version: str) -> None:
    """An installer that has no internet."""
    raise ensure.UnavailableError(f"No internet for {version} in {home.name}.")


def find(installer: ensure.Way = offline) -> str:
    """Search for a CLI with another installer than Pulumi's."""
    return ensure.find([installer, ensure.build])


def script(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def cli(folder: Path, version: str = f"v{VERSION}", *, host: bool = True) -> None:
    script(folder / "pulumi", f"echo {version}")
    if host:
        script(folder / "pulumi-language-python", "")


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def go(folder: Path, then: str = "") -> None:
    """A Go that "builds" by writing a CLI to what follows `-o`, and counts its runs in a file beside itself."""
    for tool in ("mkdir", "dirname", "chmod"):
        (folder / tool).symlink_to(shutil.which(tool, path=os.defpath) or tool)
    script(
        folder / "go",
        f'echo "$*" >> {folder / "runs"}; for a in "$@"; do [ "$p" = -o ] && o=$a; p=$a; done; '
        f"mkdir -p $(dirname $o); echo built > $o; chmod +x $o; {then}",
    )


# The CLI on PATH


def test_a_usable_cli_on_path_is_used(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No folder is added, and nothing is said."""
    cli(path)
    assert (find(), capsys.readouterr().err) == ("", "")


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        pytest.param("v3.267.9", "is 3.267.9; this project needs 3.268.0 or newer.", id="too old"),
        pytest.param("v2.9.0", "is 2.9.0; this project needs 3.268.0 or newer.", id="another age"),
        pytest.param("v3.300.0", "comes without its pulumi-language-python.", id="no language host"),
        pytest.param("dev", "does not report its version.", id="no version"),
        pytest.param("'' && exit 3", "does not run: ", id="broken"),
    ],
)
def test_an_unusable_cli_on_path_is_passed_over(
    path: Path, cache: Path, capsys: pytest.CaptureFixture[str], version: str, complaint: str
) -> None:
    """One sentence says why, and the search goes on."""
    cli(path, version, host=False)
    cli(cache / f"pulumi-{VERSION}/bin")

    assert find() == str(cache / f"pulumi-{VERSION}/bin")
    assert complaint in capsys.readouterr().err


def test_a_language_host_beside_the_real_file_of_a_linked_cli_counts(path: Path, tmp_path: Path) -> None:
    """The engine searches there, too."""
    cli(tmp_path / "elsewhere")
    (path / "pulumi").symlink_to(tmp_path / "elsewhere/pulumi")
    assert find() == ""


# Getting one


@pytest.mark.usefixtures("path")
def test_no_way_left() -> None:
    """Without internet and without Go, one sentence says what to install."""
    with pytest.raises(ensure.UnavailableError, match=rf"install Pulumi \(.*\) or Go {GO} or newer"):
        find()


def test_the_command_tries_pulumi_s_installer_and_a_build(path: Path) -> None:
    """Behind a proxy that is down and without Go, it says why neither works, and prints no folder."""
    variables = {**os.environ, "PATH": str(path), "https_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    command = [sys.executable, str(ensure.HERE / "ensure.py")]

    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    start, installer, build, advice = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert start.startswith(f"Getting Pulumi {VERSION} with Pulumi's own installer")
    assert re.fullmatch(r"Pulumi's own installer does not work here: .*Connection refused.*\.", installer)
    assert build == "There is no Go on PATH to build the Pulumi CLI with."
    assert advice.startswith("There is no usable Pulumi CLI here, and no way to get one")


@pytest.mark.usefixtures("path")
def test_the_installer_comes_before_a_build(cache: Path) -> None:
    """It installs official files, and the language host is left alone."""
    folder = find(lambda home, _version: cli(home / "bin"))

    assert folder == str(cache / f"pulumi-{VERSION}/bin")
    assert names(Path(folder)) == ["pulumi", "pulumi-language-python"]
    assert find() == folder


def test_a_build(path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is pinned, says how long it takes, brings the language host, and is done once."""
    go(path)
    folder = Path(find())

    assert folder == cache / f"pulumi-{VERSION}/bin"
    assert f"-X {ensure.VERSION_VARIABLE}=v{VERSION}" in (path / "runs").read_text()
    assert "4 minutes of compiling" in capsys.readouterr().err
    assert all(os.access(folder / name, os.X_OK) for name in ("pulumi", *ensure.PLUGINS))
    assert find() == str(folder)
    assert len((path / "runs").read_text().splitlines()) == 1


def test_what_is_kept_names_neither_this_checkout_nor_its_python(path: Path) -> None:
    """It serves every checkout on this machine."""
    go(path)
    kept = "".join(file.read_text() for file in Path(find()).iterdir())
    assert str(ensure.HERE.parents[1]) not in kept
    assert "qovery_provider" not in kept


def test_a_build_that_fails_leaves_nothing(path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even what it had built; Go's own message is shown."""
    go(path, then="echo 'no space left' >&2; exit 1")
    with pytest.raises(ensure.UnavailableError):
        find()
    assert "no space left" in capsys.readouterr().err
    assert names(cache) == ["lock"]


def test_the_remains_of_a_killed_build_are_removed(path: Path, cache: Path) -> None:
    """They never count as a complete CLI."""
    go(path)
    cli(cache / "unfinished-killed/pulumi/bin")
    find()
    assert names(cache) == ["lock", f"pulumi-{VERSION}"]


def test_two_runs_at_once_build_once(path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second waits, says so, and takes what the first has built."""
    go(path)
    cache.mkdir(parents=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=find)
        second.start()
        while "waiting for it" not in capsys.readouterr().err:
            second.join(0.01)
        cli(cache / f"pulumi-{VERSION}/bin")
    second.join()
    assert not (path / "runs").exists()


def test_another_language_host_in_the_cache_is_replaced(path: Path) -> None:
    """An older checkout has left it there."""
    go(path)
    folder = Path(find())
    (folder / "run_program.py").write_text("something else")
    find()
    assert (folder / "run_program.py").read_text() == (ensure.HERE / "host/run_program.py").read_text()


def test_another_language_host_beside_a_built_cli_on_path_is_replaced(path: Path) -> None:
    """A built CLI that its user has put on PATH runs this checkout's language host as well."""
    cli(path)
    (path / "language_host.py").write_text("something else")

    assert find() == ""
    assert (path / "language_host.py").read_text() == (ensure.HERE / "host/language_host.py").read_text()


# The language host for YAML


def test_a_built_cli_gets_a_language_host_for_yaml(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is built once, from a module of its own, and stands beside the CLI."""
    go(path)
    folder = find()
    for _ in range(2):
        ensure.complete_with_yaml(folder)

    assert os.access(Path(folder) / ensure.YAML_HOST, os.X_OK)
    assert "Building Pulumi's language host for YAML" in capsys.readouterr().err
    assert (path / "runs").read_text().count(ensure.YAML_TOOL) == 1


def test_a_cli_on_path_with_a_language_host_for_yaml_is_left_alone(path: Path) -> None:
    """Official ones come with it."""
    cli(path)
    script(path / ensure.YAML_HOST, "")

    ensure.complete_with_yaml(find())

    assert names(path) == ["pulumi", "pulumi-language-python", ensure.YAML_HOST]


def test_progress() -> None:
    """The time, and how much Go has downloaded and compiled."""
    lines = ["go: downloading example.com/a v1.0.0\n", "example.com/a\n", "example.com/b\n"]
    assert ensure.progress(lines, 83.4) == "  1:23 1 modules downloaded, 2 packages compiled"
