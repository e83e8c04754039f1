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

from qovery_provider.simulator import Environment, Plan, __main__
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


class Stdout(io.StringIO):
    """A standard output whose reader stops the simulator as soon as it has the first line."""

    def flush(self) -> None:
        signal.raise_signal(signal.SIGTERM)


def introduction(monkeypatch: pytest.MonkeyPatch, *options: str) -> dict[str, Any]:
    """Run `main` until it has printed its line, and give that."""
    stdout = Stdout()
    monkeypatch.setattr(sys, "stdout", stdout)
    assert main(options) == 0
    document: dict[str, Any] = json.loads(stdout.getvalue())
    return document


def test_it_says_where_it_is_and_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line of JSON names everything a client needs."""
    said = introduction(
        monkeypatch, "--token", "qov_t", "--project", PROJECT, "--environment", STAGING, "--environments", "2"
    )

    first, second = said["environment_ids"]
    assert said["url"].startswith("http://127.0.0.1:")
    assert (said["token"], said["project_id"], first) == ("qov_t", PROJECT, STAGING)
    assert said["running"] == {STAGING: f"{STAGING}-1", second: f"{second}-1"}


@pytest.mark.parametrize("named", [(STAGING, PREVIEW), (STAGING, PREVIEW, STAGING)], ids=["each once", "one twice"])
def test_each_environment_can_be_named(monkeypatch: pytest.MonkeyPatch, named: tuple[str, ...]) -> None:
    """There are those that are named, and no other."""
    said = introduction(monkeypatch, *[f"--environment={environment_id}" for environment_id in named])

    assert said["environment_ids"] == [STAGING, PREVIEW]


@pytest.mark.parametrize("option", ["--project", "--environment"], ids=["project", "environment"])
def test_an_id_is_a_uuid(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody looks for long why the id from an example finds nothing."""
    with pytest.raises(SystemExit, match="2"):
        main([option, "staging"])

    *_, said = capsys.readouterr().err.splitlines()
    assert said == f"python -m qovery_provider.simulator: error: argument {option}: invalid UUID value: 'staging'"


@pytest.mark.parametrize("options", [("--running", "0", "--queued", "3"), ("--environments", "0")])
def test_nothing_need_run(monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]) -> None:
    """A simulator may start idle."""
    assert introduction(monkeypatch, *options)["running"] == {}


def test_it_stops_at_the_end_of_its_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What comes before the end does not matter."""
    monkeypatch.setattr(sys, "argv", ["simulator", "--exit-with-stdin"])
    reader, writer = os.pipe()
    os.write(writer, b"anything")
    os.close(writer)

    with os.fdopen(reader) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(SystemExit, match="0"):
            runpy.run_path(__main__.__file__, run_name="__main__")

    assert json.loads(capsys.readouterr().out)["token"] == "qov_simulator"


def test_help_explains_each_option(capsys: pytest.CaptureFixture[str]) -> None:
    """The help is shown without starting anything."""
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    assert "time from a cancel until it takes effect" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_comes(number: signal.Signals) -> None:
    """Another process can use it, and a signal ends it cleanly, also while it waits for the end of its input."""
    command = [*COMMAND, "--queued", "2", "--cancel-delay", "0", "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = json.loads(process.stdout.readline())
        (environment_id,) = said["environment_ids"]
        response = requests.post(
            f"{said['url']}/environment/{environment_id}/cancelDeployment",
            headers={"Authorization": f"Token {said['token']}"},
            timeout=5,
        )
        process.send_signal(number)
        code, errors = process.wait(timeout=10), process.stderr.read()

    assert response.json()["last_deployment_id"] == f"{environment_id}-1"
    assert (code, errors) == (0, b"")


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    """Somebody else listens there: that is no bug, and needs no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["--port", str(port)])

    text = f"The simulator cannot listen on port {port} of 127.0.0.1: Address already in use."
    assert str(ended.value) == text


def test_deployments_wait_behind_the_running_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked to be queued is queued in every environment."""
    queued: list[Plan | None] = []
    monkeypatch.setattr(Environment, "enqueue", lambda _, plan=None: queued.append(plan))

    introduction(monkeypatch, "--environments", "2", "--queued", "3")

    assert len(queued) == 6
