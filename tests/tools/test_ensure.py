"""How a Pulumi CLI is found or got, with scripts in place of the real programs and no network."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest
from pulumi.automation import PulumiCommand

from tools.pulumi_cli import ensure

VERSION = "3.274.1"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty at first."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, and an installer that finds no internet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(ensure, "install", offline)
    yield tmp_path / "cache/qovery-provider"
    assert not list(tmp_path.glob("cache/*/unfinished-*"))


INSTALL = ensure.install


def offline(home: Path, version: str) -> None:
    raise ensure.Unavailable(f"No internet for {version} in {home.name}.")


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


def test_a_cli_on_path_that_will_do_is_used(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It needs no folder, and no words."""
    cli(path)
    assert (ensure.find(), capsys.readouterr().err) == ("", "")


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        pytest.param("v3.267.9", "is 3.267.9; this project needs 3.268.0 or newer.", id="too old"),
        pytest.param("v2.9.0", "is 2.9.0; this project needs 3.268.0 or newer.", id="another age"),
        pytest.param("v3.300.0", "comes without its pulumi-language-python.", id="no language host"),
        pytest.param("dev", "does not tell its version.", id="no version"),
        pytest.param("'' && exit 3", "does not run: ", id="broken"),
    ],
)
def test_a_cli_on_path_that_will_not_do(
    path: Path, cache: Path, capsys: pytest.CaptureFixture[str], version: str, complaint: str
) -> None:
    """One sentence says why, and the search goes on."""
    cli(path, version, host=False)
    cli(cache / f"pulumi-{VERSION}/bin")

    assert str(cache / f"pulumi-{VERSION}/bin") == ensure.find()
    assert complaint in capsys.readouterr().err


def test_a_language_host_beside_the_real_file_of_a_linked_cli_counts(path: Path, tmp_path: Path) -> None:
    """As the engine looks for it there, too."""
    cli(tmp_path / "elsewhere")
    (path / "pulumi").symlink_to(tmp_path / "elsewhere/pulumi")
    assert ensure.find() == ""


# Getting one


@pytest.mark.usefixtures("path")
def test_no_way_left() -> None:
    """Without internet and without Go, one sentence says what to install."""
    with pytest.raises(ensure.Unavailable, match=r"install Pulumi \(.*\) or Go 1\.26\.6 or newer"):
        ensure.find()


@pytest.mark.usefixtures("path")
def test_the_installer_comes_before_a_build(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """What it brings is official, and its language host is left alone."""
    monkeypatch.setattr(ensure, "install", lambda home, _version: cli(home / "bin"))
    folder = ensure.find()

    assert str(cache / f"pulumi-{VERSION}/bin") == folder
    assert names(Path(folder)) == ["pulumi", "pulumi-language-python"]
    assert folder == ensure.find()


def test_an_installer_without_internet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its failure is one more reason to go on, and the default time limit of sockets is put back."""

    def unreachable(**_: object) -> None:
        raise URLError(socket.gaierror(-2, "Name or service not known"))

    monkeypatch.setattr(PulumiCommand, "install", unreachable)
    with pytest.raises(ensure.Unavailable, match=r"installer does not work here: .*Name or service not known"):
        INSTALL(tmp_path, VERSION)
    assert socket.getdefaulttimeout() is None


def test_a_build(path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is pinned, says how long it takes, brings the language host, and is done once."""
    go(path)
    folder = Path(ensure.find())

    assert cache / f"pulumi-{VERSION}/bin" == folder
    assert f"-X {ensure.VERSION_VARIABLE}=v{VERSION}" in (path / "runs").read_text()
    assert "4 minutes of compiling" in capsys.readouterr().err
    assert all(os.access(folder / name, os.X_OK) for name in ("pulumi", *ensure.PLUGINS))
    assert str(folder) == ensure.find()
    assert len((path / "runs").read_text().splitlines()) == 1


def test_what_is_kept_names_neither_this_checkout_nor_its_python(path: Path) -> None:
    """It serves every checkout on this machine."""
    go(path)
    kept = "".join(file.read_text() for file in Path(ensure.find()).iterdir())
    assert str(ensure.HERE.parents[1]) not in kept
    assert "qovery_provider" not in kept


def test_a_build_that_fails_leaves_nothing(path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even what it had built; Go's own words are shown."""
    go(path, then="echo 'no space left' >&2; exit 1")
    with pytest.raises(ensure.Unavailable):
        ensure.find()
    assert "no space left" in capsys.readouterr().err
    assert names(cache) == ["lock"]


def test_the_remains_of_a_killed_build_are_swept_away(path: Path, cache: Path) -> None:
    """They never pass for a whole CLI."""
    go(path)
    cli(cache / "unfinished-killed/pulumi/bin")
    ensure.find()
    assert names(cache) == ["lock", f"pulumi-{VERSION}"]


def test_two_runs_at_once_build_once(path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second waits, says so, and takes what the first has built."""
    go(path)
    cache.mkdir(parents=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=ensure.find)
        second.start()
        while "waiting for it" not in capsys.readouterr().err:
            second.join(0.01)
        cli(cache / f"pulumi-{VERSION}/bin")
    second.join()
    assert not (path / "runs").exists()


def test_another_language_host_in_the_cache_is_replaced(path: Path) -> None:
    """An older checkout's, say."""
    go(path)
    folder = Path(ensure.find())
    (folder / "programs.py").write_text("something else")
    ensure.find()
    assert (ensure.HERE / "host/programs.py").read_text() == (folder / "programs.py").read_text()


def test_so_is_that_of_a_built_one_on_path(path: Path) -> None:
    """Who has put the kept CLI on PATH runs this checkout's language host as well."""
    cli(path)
    (path / "language_host.py").write_text("something else")

    assert ensure.find() == ""
    assert (ensure.HERE / "host/language_host.py").read_text() == (path / "language_host.py").read_text()


def test_progress() -> None:
    """Time, and what Go has said so far."""
    lines = ["go: downloading example.com/a v1.0.0\n", "example.com/a\n", "example.com/b\n"]
    assert ensure.progress(lines, 83.4) == "  1:23 1 modules downloaded, 2 packages compiled"
