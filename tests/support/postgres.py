"""A PostgreSQL of the test's own, on a socket in a folder of its own: one of the places where Pulumi keeps states."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.time import wait_until

USER = "pulumi"

LESS_PRIVILEGED = "nobody"
"""Whose processes they are when root runs the tests: PostgreSQL refuses to run as root."""


@contextmanager
def postgres() -> Iterator[str]:
    """Serve an empty cluster and yield the address that `pulumi login` takes."""
    # Not in pytest's folder, which is closed to other users.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        user = LESS_PRIVILEGED if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        data = str(folder / "data")
        subprocess.run(
            [_program("initdb"), "-D", data, "-U", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"],
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        settings = {"listen_addresses": "", "unix_socket_directories": name, "fsync": "off"}
        options = [word for setting, value in settings.items() for word in ("-c", f"{setting}={value}")]
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen([_program("postgres"), "-D", data, *options], user=user, cwd=folder, stderr=log) as server,
        ):
            try:
                wait_until(lambda: "ready to accept connections" in (folder / "log").read_text())
                yield f"postgres:///postgres?host={folder}&user={USER}&sslmode=disable"
            finally:
                server.send_signal(signal.SIGINT)  # "fast": it ends its own processes


def _program(name: str) -> str:
    """Find a program of PostgreSQL; Debian keeps them off PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, reversed(debian))]))
    assert found, f"There is no {name} here: install PostgreSQL (Debian: apt-get install postgresql)."
    return found
