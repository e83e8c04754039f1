"""Finds a Pulumi CLI, or gets one, and prints the folder to put first on PATH: an empty line if the one there will do.

In this order: the CLI on PATH; the one that an earlier run got; Pulumi's own installer, by way of its SDK; a build from
Pulumi's Go modules, as pinned in go.mod and go.sum beside this file, with the language host of the folder `host`. What
is got is kept outside the checkout, once per machine and version. Standard output holds the answer and nothing else.

Nothing here knows Qovery, and nothing that is kept knows this checkout or its virtual environment.
"""

import contextlib
import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from http.client import HTTPException
from pathlib import Path

HERE = Path(__file__).parent
TOOL = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
LANGUAGE_HOST = "pulumi-language-python"
PLUGINS = (LANGUAGE_HOST, "pulumi-resource-pulumi-python")

OLDEST = (3, 268, 0)
"""The oldest CLI that will do: as old as the oldest SDK that the package accepts."""

SECONDS_BETWEEN_REPORTS = 20
SECONDS_OF_SILENCE = 20
"""How long a download may stand still before it counts as failed."""

NO_WAY = (
    "There is no Pulumi CLI here, and no way to get one: install Pulumi (https://www.pulumi.com/docs/install/) "
    "or Go {go} or newer (https://go.dev/dl/), then run this again."
)


class Unavailable(Exception):  # noqa: N818 - it says that one way is closed, not that something went wrong
    """This way does not lead to a CLI; the text says why, in a sentence."""


def main() -> None:
    try:
        print(find())
    except Unavailable as reason:
        sys.exit(f"{reason}")


def find() -> str:
    """The folder to put first on PATH, or an empty text."""
    if (cli := shutil.which("pulumi")) is not None:
        try:
            check(cli)
        except Unavailable as reason:
            say(reason)
        else:
            refresh_plugins(Path(cli).resolve().parent)
            return ""
    version = pinned("github.com/pulumi/pulumi/pkg/v3 v")
    home = cache() / f"pulumi-{version}"
    if not is_whole(home):
        with locked(home.parent):
            if not is_whole(home):
                obtain(home, version)
    refresh_plugins(home / "bin")
    return str(home / "bin")


def say(text: object) -> None:
    print(text, file=sys.stderr, flush=True)


def pinned(name: str) -> str:
    """What go.mod says after `name`: one place to change a version."""
    found = re.search(rf"^\s*{re.escape(name)}(\S+)", (HERE / "go.mod").read_text(), re.MULTILINE)
    return found[1] if found else ""


# The CLI on PATH


def check(cli: str) -> None:
    """Returns if the CLI on PATH will do."""
    version = version_of(cli)
    if version < OLDEST:
        oldest, found = (".".join(map(str, numbers)) for numbers in (OLDEST, version))
        raise Unavailable(f"The Pulumi CLI on PATH, {cli}, is {found}; this project needs {oldest} or newer.")
    if not (shutil.which(LANGUAGE_HOST) or Path(cli).resolve().with_name(LANGUAGE_HOST).exists()):
        raise Unavailable(f"The Pulumi CLI on PATH, {cli}, comes without its {LANGUAGE_HOST}.")


def version_of(cli: str) -> tuple[int, ...]:
    quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run([cli, "version"], env=quiet, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"The Pulumi CLI on PATH, {cli}, does not run: {error}.") from error
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout)
    if numbers is None:
        raise Unavailable(f"The Pulumi CLI on PATH, {cli}, does not tell its version.")
    return tuple(map(int, numbers.groups()))


# The CLI that is kept


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "qovery-provider")


def is_whole(home: Path) -> bool:
    """Whether the CLI is there. The folder gets its name last, so it is there altogether or not at all."""
    return os.access(home / "bin/pulumi", os.X_OK)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lets one process at a time get a CLI; the lock of a process that dies is free again."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run is getting the Pulumi CLI: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def obtain(home: Path, version: str) -> None:
    """Fills a folder beside the one that is wanted, by the first way that works, and renames it."""
    for left_over in home.parent.glob("unfinished-*"):
        shutil.rmtree(left_over)
    for way in (install, build):
        with tempfile.TemporaryDirectory(prefix="unfinished-", dir=home.parent, ignore_cleanup_errors=True) as name:
            unfinished = Path(name, "pulumi")
            try:
                way(unfinished, version)
            except Unavailable as reason:
                say(reason)
                continue
            shutil.rmtree(home, ignore_errors=True)
            unfinished.rename(home)
            return
    raise Unavailable(NO_WAY.format(go=pinned("go ")))


def refresh_plugins(folder: Path) -> None:
    """Brings what was built up to this checkout's language host. An official CLI has its own and is left alone."""
    if (folder / "language_host.py").exists():
        place_plugins(folder)


def place_plugins(folder: Path) -> None:
    wanted = dict.fromkeys(PLUGINS, HERE / "host/plugin.sh") | {file.name: file for file in HERE.glob("host/*.py")}
    for name, source in wanted.items():
        target = folder / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            unfinished = folder / f"{name}.{os.getpid()}"
            unfinished.write_bytes(source.read_bytes())
            unfinished.chmod(0o755)
            unfinished.replace(target)


# Pulumi's own installer


def install(home: Path, version: str) -> None:
    say(f"Getting Pulumi {version} with Pulumi's own installer: a download of about 150 MB, once per machine.")
    from pulumi.automation import PulumiCommand  # noqa: PLC0415 - slow to import, and seldom needed
    from pulumi.automation.errors import InvalidVersionError  # noqa: PLC0415
    from semver import VersionInfo  # noqa: PLC0415

    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SECONDS_OF_SILENCE)
    try:
        PulumiCommand.install(root=str(home), version=VersionInfo.parse(version))
    except (OSError, HTTPException, subprocess.SubprocessError, InvalidVersionError) as error:
        raise Unavailable(f"Pulumi's own installer does not work here: {error}.") from error
    finally:
        socket.setdefaulttimeout(patience)


# The build from Go modules


def build(home: Path, version: str) -> None:
    go = shutil.which("go")
    if go is None:
        raise Unavailable("There is no Go on PATH to build the Pulumi CLI with.")
    say(
        f"Building Pulumi {version} from its Go modules: about half a minute of download and 4 minutes of compiling "
        "on two cores, 3.5 GB of Go's caches; once per machine."
    )
    settings = f"-s -w -X {VERSION_VARIABLE}=v{version}"
    command = [go, "build", "-v", "-trimpath", "-ldflags", settings, "-o", f"{home}/bin/pulumi", TOOL]
    run_with_reports(command, {**os.environ, "CGO_ENABLED": "0"})
    place_plugins(home / "bin")


def run_with_reports(command: list[str], environment: dict[str, str]) -> None:
    """Runs a `go build -v`, which prints a line per module and package, and says now and then how far it is."""
    lines: list[str] = []
    with subprocess.Popen(command, cwd=HERE, env=environment, stderr=subprocess.PIPE, text=True) as process:
        reader = threading.Thread(target=collect, args=[process.stderr, lines])
        reader.start()
        start = time.monotonic()
        reader.join(SECONDS_BETWEEN_REPORTS)
        while reader.is_alive():
            say(progress(lines, time.monotonic() - start))
            reader.join(SECONDS_BETWEEN_REPORTS)
    if process.returncode:
        raise Unavailable("Go could not build the Pulumi CLI:\n" + "".join(lines[-8:]).rstrip())


def collect(stream: Iterable[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line)  # noqa: PERF402 - as they come: the list is read meanwhile


def progress(lines: list[str], elapsed: float) -> str:
    downloads = sum(line.startswith("go: downloading") for line in lines)
    minutes, seconds = divmod(int(elapsed), 60)
    return f"  {minutes}:{seconds:02} {downloads} modules downloaded, {len(lines) - downloads} packages compiled"


if __name__ == "__main__":
    main()
