"""The simulator as a process."""

import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from qovery_provider.simulator import __main__
from qovery_provider.simulator.__main__ import main

PROJECT = "5b1f6a2e-7c0d-4e83-9a64-2f8d1c3b7e90"
STAGING = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
PREVIEW = "8e1d7a54-2b6f-4c39-b0a8-6f5e4d3c2b1a"

COMMAND = [sys.executable, "-m", "qovery_provider.simulator"]


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Put back the signal handlers that `main` replaces."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


class Caller(io.StringIO):
    """Reads the line as soon as it is printed, then the world over HTTP, and stops the simulator."""

    line: dict[str, Any]
    world: dict[str, Any]

    def flush(self) -> None:
        self.line = json.loads(self.getvalue())
        self.world = requests.get(f"{self.line['url']}/_simulator/world", timeout=5).json()
        signal.raise_signal(signal.SIGTERM)


def run(*options: str) -> Caller:
    """Run `main` until its line has been read."""
    caller = Caller()
    assert main(options, output=caller) == 0
    return caller


def test_its_line_says_where_it_is_and_what_runs() -> None:
    """One line of JSON names everything a client needs."""
    line = run("--token", "qov_t", "--project", PROJECT, "--environment", STAGING, "--environments", "2").line

    first, second = line["environment_ids"]
    assert line["url"].startswith("http://127.0.0.1:")
    assert (line["token"], line["project_id"], first) == ("qov_t", PROJECT, STAGING)
    assert line["running"] == {STAGING: f"{STAGING}-1", second: f"{second}-1"}


@pytest.mark.parametrize("named", [(STAGING, PREVIEW), (STAGING, PREVIEW, STAGING)], ids=["each once", "one twice"])
def test_each_environment_can_be_named(named: tuple[str, ...]) -> None:
    """The named environments exist, and no others."""
    caller = run(*[f"--environment={environment_id}" for environment_id in named])

    assert caller.line["environment_ids"] == [STAGING, PREVIEW]
    assert list(caller.world["environments"]) == [STAGING, PREVIEW]


@pytest.mark.parametrize("option", ["--project", "--environment"], ids=["project", "environment"])
def test_an_id_is_a_uuid(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped id is an error at once, before anything is served."""
    with pytest.raises(SystemExit, match="2"):
        main([option, "staging"])

    *_, error = capsys.readouterr().err.splitlines()
    assert error == f"python -m qovery_provider.simulator: error: argument {option}: invalid UUID value: 'staging'"


@pytest.mark.parametrize("options", [("--running", "0", "--queued", "3"), ("--environments", "0")])
def test_it_can_start_idle(options: tuple[str, ...]) -> None:
    """A simulator need not run a deployment."""
    assert run(*options).line["running"] == {}


def test_deployments_wait_behind_the_running_one() -> None:
    """As many requests as asked for are queued in every environment."""
    environments = run("--environments", "2", "--queued", "3").world["environments"].values()

    assert [[request["state"] for request in environment["queue"]] for environment in environments] == [
        ["QUEUED", "QUEUED", "QUEUED"]
    ] * 2


def test_it_stops_at_the_end_of_its_input() -> None:
    """Input before the end does not matter."""
    reader, writer = os.pipe()
    os.write(writer, b"anything")
    os.close(writer)
    output = io.StringIO()

    with os.fdopen(reader):
        assert main(["--exit-with-stdin"], output=output, stdin=reader) == 0

    assert json.loads(output.getvalue())["token"] == "qov_simulator"


def test_help_explains_each_option(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The module, run with its own command line, shows the help without starting anything."""
    monkeypatch.setattr(sys, "argv", ["simulator", "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(__main__.__file__, run_name="__main__")

    assert "time from a cancel until it takes effect" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_comes(number: signal.Signals) -> None:
    """Another process can use it, and a signal ends it cleanly, also while it waits for the end of its input."""
    command = [*COMMAND, "--queued", "2", "--cancel-delay", "0", "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = json.loads(process.stdout.readline())
        (environment_id,) = line["environment_ids"]
        response = requests.post(
            f"{line['url']}/environment/{environment_id}/cancelDeployment",
            headers={"Authorization": f"Token {line['token']}"},
            timeout=5,
        )
        process.send_signal(number)
        code, errors = process.wait(timeout=10), process.stderr.read()

    assert response.json()["last_deployment_id"] == f"{environment_id}-1"
    assert (code, errors) == (0, b"")


def test_a_port_that_is_taken_is_one_line() -> None:
    """Another process listens there: that is no bug, and needs no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["--port", str(port)])

    text = f"The simulator cannot listen on port {port} of 127.0.0.1: Address already in use."
    assert str(ended.value) == text
