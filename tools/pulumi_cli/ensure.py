"""Finds a Pulumi CLI, or gets one, and prints the folder to put first on PATH: empty where the CLI on PATH is usable.

With `--yaml`, it has a language host for YAML as well.

README.md says what is tried and in which order. Standard output holds the answer and nothing else.

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.client import HTTPException
from pathlib import Path

HERE = Path(__file__).parent
TOOL = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
LANGUAGE_HOST = "pulumi-language-python"
YAML_TOOL = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
YAML_HOST = "pulumi-language-yaml"
PLUGINS = (LANGUAGE_HOST, "pulumi-resource-pulumi-python")

OLDEST = (3, 268, 0)
"""The oldest usable CLI: the oldest version that was tried."""

REPORT_INTERVAL = 20
"""Seconds between two lines about a build that goes on."""

DOWNLOAD_TIMEOUT = 20
"""Seconds without data after which a download counts as failed."""

UNAVAILABLE = (
    "There is no usable Pulumi CLI here, and no way to get one: install Pulumi (https://www.pulumi.com/docs/install/) "
    "or Go {go} or newer (https://go.dev/dl/), then run this again."
)

Way = Callable[[Path, str], None]
"""A way to get a CLI: fills a folder with that of a version, or raises `UnavailableError`."""


class UnavailableError(Exception):
    """A CLI cannot be used, or cannot be got in this way; the text says why, in a sentence."""


def main() -> None:
    try:
        folder = find([install, build])
        if "--yaml" in sys.argv:
            complete_with_yaml(folder)
        print(folder)
    except UnavailableError as reason:
        sys.exit(str(reason))


def find(ways: Sequence[Way]) -> str:
    """The folder to put first on PATH, or an empty text.

    Args:
        ways: How to get a CLI where there is none, in the order in which they are tried.

    Raises:
        UnavailableError: None of them worked.
    """
    if (cli := shutil.which("pulumi")) is not None:
        try:
            check(cli)
        except UnavailableError as reason:
            say(reason)
        else:
            refresh_plugins(Path(cli).resolve().parent)
            return ""
    version = pinned("github.com/pulumi/pulumi/pkg/v3 v")
    home = cache() / f"pulumi-{version}"
    if not is_complete(home):
        with locked(home.parent):
            if not is_complete(home):
                obtain(home, version, ways)
    refresh_plugins(home / "bin")
    return str(home / "bin")


def say(text: object) -> None:
    print(text, file=sys.stderr, flush=True)


def pinned(name: str) -> str:
    """The text after `name` in go.mod: one place to change a version."""
    found = re.search(rf"^\s*{re.escape(name)}(\S+)", (HERE / "go.mod").read_text(), re.MULTILINE)
    return found[1] if found else ""


# The CLI on PATH


def check(cli: str) -> None:
    """Raises `UnavailableError` where the CLI on PATH is not usable."""
    version = version_of(cli)
    if version < OLDEST:
        oldest, found = (".".join(map(str, numbers)) for numbers in (OLDEST, version))
        raise UnavailableError(f"The Pulumi CLI on PATH, {cli}, is {found}; this project needs {oldest} or newer.")
    if not (shutil.which(LANGUAGE_HOST) or Path(cli).resolve().with_name(LANGUAGE_HOST).exists()):
        raise UnavailableError(f"The Pulumi CLI on PATH, {cli}, comes without its {LANGUAGE_HOST}.")


def version_of(cli: str) -> tuple[int, ...]:
    variables = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run([cli, "version"], env=variables, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError(f"The Pulumi CLI on PATH, {cli}, does not run: {error}.") from error
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout)
    if numbers is None:
        raise UnavailableError(f"The Pulumi CLI on PATH, {cli}, does not report its version.")
    return tuple(map(int, numbers.groups()))


# The CLI that is kept


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "qovery-provider")


def is_complete(home: Path) -> bool:
    """Whether the CLI is there. The folder gets its name last, so it is there completely or not at all."""
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


def obtain(home: Path, version: str, ways: Sequence[Way]) -> None:
    """Fills a temporary folder by the first way that works, and renames it to `home`."""
    for abandoned in home.parent.glob("unfinished-*"):
        shutil.rmtree(abandoned)
    for way in ways:
        with tempfile.TemporaryDirectory(prefix="unfinished-", dir=home.parent, ignore_cleanup_errors=True) as name:
            unfinished = Path(name, "pulumi")
            try:
                way(unfinished, version)
            except UnavailableError as reason:
                say(reason)
                continue
            shutil.rmtree(home, ignore_errors=True)
            unfinished.rename(home)
            return
    raise UnavailableError(UNAVAILABLE.format(go=pinned("go ")))


def refresh_plugins(folder: Path) -> None:
    """Brings a built CLI up to this checkout's language host. An official CLI has its own and is left alone."""
    if (folder / "language_host.py").exists():
        place_plugins(folder)


def place_plugins(folder: Path) -> None:
    """Copies the language host into the folder of a CLI, where the engine finds it."""
    # The scripts come last: another run may start them at any moment, and they need the files.
    sources = {file.name: file for file in HERE.glob("host/*.py")} | dict.fromkeys(PLUGINS, HERE / "host/plugin.sh")
    for name, source in sources.items():
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

    # The SDK takes no timeout. For the whole process: it is short, and opens no other connection.
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        PulumiCommand.install(root=str(home), version=VersionInfo.parse(version))
    except (OSError, HTTPException, subprocess.SubprocessError, InvalidVersionError) as error:
        raise UnavailableError(f"Pulumi's own installer does not work here: {error}.") from error


# The build from Go modules


def build(home: Path, version: str) -> None:
    cost = "half a minute of download, 4 minutes of compiling on two cores, 3.5 GB of Go's caches; once per machine"
    settings = f"-s -w -X {VERSION_VARIABLE}=v{version}"
    go_build("the Pulumi CLI", cost, HERE, ["-ldflags", settings, "-o", f"{home}/bin/pulumi", TOOL])
    place_plugins(home / "bin")


def complete_with_yaml(folder: str) -> None:
    """Adds the language host for YAML to a CLI that was built. Official ones have it.

    Args:
        folder: Where the CLI is; empty where it is on PATH.
    """
    cli = Path(shutil.which("pulumi", path=folder or None) or "pulumi").resolve()
    host = cli.with_name(YAML_HOST)
    if host.exists() or shutil.which(YAML_HOST):
        return
    with locked(cache()):
        if not host.exists():
            unfinished = host.with_name(f"{YAML_HOST}.unfinished")
            cost = "about a minute on two cores; once per machine"
            options = ["-ldflags", "-s -w", "-o", str(unfinished), YAML_TOOL]
            go_build("Pulumi's language host for YAML", cost, HERE / "yaml", options)
            unfinished.replace(host)


def go_build(name: str, cost: str, module: Path, options: list[str]) -> None:
    """Builds a tool of a Go module; raises `UnavailableError` where that does not work."""
    go = shutil.which("go")
    if go is None:
        raise UnavailableError(f"There is no Go on PATH to build {name} with.")
    say(f"Building {name} from its Go modules: {cost}.")
    lines: list[str] = []
    command = [go, "build", "-v", "-trimpath", *options]
    if run_with_reports(command, module, lines):
        raise UnavailableError(f"Go could not build {name}:\n" + "".join(lines[-8:]).rstrip())


def run_with_reports(command: list[str], module: Path, lines: list[str]) -> int:
    """Runs a `go build -v`, which prints a line per module and package, reports its progress, returns its exit code."""
    variables = {**os.environ, "CGO_ENABLED": "0"}
    with subprocess.Popen(command, cwd=module, env=variables, stderr=subprocess.PIPE, text=True) as process:
        reader = threading.Thread(target=collect, args=[process.stderr, lines])
        reader.start()
        start = time.monotonic()
        reader.join(REPORT_INTERVAL)
        while reader.is_alive():
            say(progress(lines, time.monotonic() - start))
            reader.join(REPORT_INTERVAL)
    return process.returncode


def collect(stream: Iterable[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line)  # noqa: PERF402 - one at a time: the list is read meanwhile


def progress(lines: list[str], elapsed: float) -> str:
    downloads = sum(line.startswith("go: downloading") for line in lines)
    minutes, seconds = divmod(int(elapsed), 60)
    return f"  {minutes}:{seconds:02} {downloads} modules downloaded, {len(lines) - downloads} packages compiled"


if __name__ == "__main__":
    main()
