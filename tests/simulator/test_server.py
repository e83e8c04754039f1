"""The simulator over real connections: what a client sees, and what the log keeps of it."""

import asyncio
import gc
import socket
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from types import SimpleNamespace

import pytest
import requests

from qovery_provider.simulator import (
    CutOff,
    Delay,
    Environment,
    Fault,
    LoseAnswer,
    QoverySimulator,
    Reset,
    Respond,
    SendRaw,
    SlowBody,
)
from qovery_provider.simulator._api.log import LoggedRequest, RequestLog
from qovery_provider.simulator._http import wire

Cancel = Callable[[], requests.Response]


@pytest.fixture
def environment(simulator: QoverySimulator) -> Environment:
    """An environment of the simulator in which a deployment runs."""
    environment = simulator.world.add_environment(id="env")
    environment.deploy()
    return environment


@pytest.fixture
def cancel(simulator: QoverySimulator, session: requests.Session, environment: Environment) -> Cancel:
    """Sends a cancel for that deployment."""
    url = f"{simulator.url}/environment/{environment.id}/cancelDeployment"
    return lambda: session.post(url, json={"force_cancel": False}, allow_redirects=False, timeout=5)


def accepted_cancels(environment: Environment) -> int:
    return sum(len(deployment.cancels) for deployment in environment.deployments)


def test_a_cancel_is_answered_and_logged(
    simulator: QoverySimulator, environment: Environment, cancel: Cancel, clock: SimpleNamespace
) -> None:
    """The answer is JSON, and the log has the whole request under the number that the record names."""
    response = cancel()
    clock.now += 5

    assert (response.status_code, response.json()["state"]) == (202, "CANCELING")
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-RateLimit-Remaining"] == "999"

    (logged,) = simulator.requests
    assert simulator.posts() == (logged,)
    assert (logged.number, logged.at, logged.method) == (1, 1000.0, "POST")
    assert (logged.path, logged.query) == ("/environment/env/cancelDeployment", {})
    assert (logged.body, logged.status, logged.executed) == ('{"force_cancel": false}', 202, True)
    assert logged.headers["authorization"] == f"Token {simulator.token}"
    assert logged.number == environment.deployments[0].canceled_by


def test_a_get_is_no_post(simulator: QoverySimulator, environment: Environment, session: requests.Session) -> None:
    """A query is logged with its fields, and only requests that change something are posts."""
    path = f"{simulator.url}/environment/{environment.id}/deploymentHistoryV2"
    session.get(path, params={"pageSize": "5"}, timeout=5)

    assert simulator.requests[0].query == {"pageSize": "5"}
    assert simulator.posts() == ()


def test_a_queued_request_is_cancelled_without_a_body(
    simulator: QoverySimulator, environment: Environment, session: requests.Session
) -> None:
    """202 with an empty body."""
    request = environment.enqueue()

    response = session.post(f"{simulator.url}/deploymentQueue/{request.id}/cancelDeployment", json={}, timeout=5)

    assert (response.status_code, response.content) == (202, b"")
    assert request.canceled_by == 1


def test_connections_are_kept_alive_and_counted(simulator: QoverySimulator, cancel: Cancel) -> None:
    """One client needs one connection for many requests."""
    for _ in range(3):
        cancel()

    assert simulator.connections == 1
    assert len(simulator.requests) == 3


def test_before_it_starts_there_are_no_connections() -> None:
    """A simulator that was never started can be inspected and stopped."""
    simulator = QoverySimulator()

    assert simulator.connections == 0
    simulator.stop()


def test_stopping_twice_is_no_error() -> None:
    """The second stop has nothing to do."""
    with QoverySimulator() as simulator:
        simulator.stop()


def test_a_connection_that_comes_while_it_stops_is_closed() -> None:
    """No socket is left open, whenever a client connects."""

    def connect(address: tuple[str, int]) -> None:
        with suppress(OSError):
            clients.append(socket.create_connection(address))

    clients: list[socket.socket] = []
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always")
        for _ in range(100):
            with QoverySimulator() as simulator:
                address = "127.0.0.1", int(simulator.url.rpartition(":")[2])
                threads = [Thread(target=connect, args=(address,)) for _ in range(5)]
                for thread in threads:
                    thread.start()
            for thread in threads:
                thread.join()
        for client in clients:
            client.close()
        gc.collect()

    assert [str(warning.message) for warning in left_open] == []


def test_a_taken_port_is_an_error(simulator: QoverySimulator) -> None:
    """Two servers cannot share a port, and the second one says so at once."""
    port = int(simulator.url.rpartition(":")[2])

    with pytest.raises(OSError, match=r"[Aa]ddress"):
        QoverySimulator(port=port).start()


def test_many_clients_are_served_at_once(simulator: QoverySimulator, environment: Environment) -> None:
    """Concurrent requests each get an answer and a number of their own."""
    url = f"{simulator.url}/environment/{environment.id}/status"
    headers = {"Authorization": f"Token {simulator.token}"}

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: requests.get(url, headers=headers, timeout=5).status_code, range(64)))

    assert answers == [200] * 64
    assert list(range(1, 65)) == [logged.number for logged in simulator.requests]


def test_options_reach_their_parts(clock: SimpleNamespace) -> None:
    """Token, limit, latency, reset form and error style can be given at the start."""
    options = QoverySimulator(
        token="sk-qov-x",
        rate_limit=5,
        latency=0.001,
        reset_form="seconds",
        error_style="empty",
        clock=lambda: clock.now,
    )
    with options as simulator:
        response = requests.get(
            f"{simulator.url}/environment/x", headers={"Authorization": "Token sk-qov-x"}, timeout=5
        )

    assert (response.status_code, response.content) == (404, b"")
    assert response.headers["X-RateLimit-Limit"] == "5"
    assert response.headers["X-RateLimit-Reset"] == "3600"


@pytest.mark.parametrize(
    ("fault", "status", "body", "executed"),
    [
        pytest.param(Respond(409, "busy"), 409, "busy", False, id="conflict"),
        pytest.param(Respond(502, b"<html>", executed=True), 502, "<html>", True, id="lost behind a proxy"),
        pytest.param(Respond(307, headers={"Location": "/elsewhere"}), 307, "", False, id="redirect"),
        pytest.param(Respond(429, headers={"Retry-After": "7"}), 429, "", False, id="rate limited"),
        pytest.param(SendRaw(data="HTTP/1.0 200 OK\r\n\r\nraw"), 200, "raw", False, id="raw"),
        pytest.param(SendRaw(data=b"HTTP/1.0 200 OK\r\n\r\nraw", executed=True), 200, "raw", True, id="raw, executed"),
    ],
)
def test_a_fault_can_answer_instead_of_the_api(  # noqa: PLR0913, PLR0917 - a table of faults
    simulator: QoverySimulator,
    environment: Environment,
    cancel: Cancel,
    fault: Respond | SendRaw,
    status: int,
    body: str,
    *,
    executed: bool,
) -> None:
    """The client sees the fault's answer, whether or not the API has acted; the next request comes through."""
    simulator.inject(fault)

    response = cancel()

    assert (response.status_code, response.text) == (status, body)
    assert accepted_cancels(environment) == executed
    assert simulator.requests[0].executed == executed
    assert cancel().status_code == 202


def test_the_headers_of_a_fault_are_sent(simulator: QoverySimulator, cancel: Cancel) -> None:
    """A redirect carries its location, a 429 its delay."""
    simulator.inject(Respond(307, headers={"Location": "/elsewhere"}), Respond(429, headers={"Retry-After": "7"}))

    assert cancel().headers["Location"] == "/elsewhere"
    assert cancel().headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("fault", "message", "executed"),
    [
        pytest.param(Reset(), "reset", False, id="reset"),
        pytest.param(LoseAnswer(), "reset", True, id="answer lost"),
        pytest.param(CutOff(), "Incomplete", True, id="cut off"),
        pytest.param(SendRaw(data=b"\x00\xff"), "BadStatusLine", False, id="garbage"),
    ],
)
def test_a_fault_can_break_the_connection(  # noqa: PLR0913 - a table of faults
    simulator: QoverySimulator, environment: Environment, cancel: Cancel, fault: Fault, message: str, *, executed: bool
) -> None:
    """The client gets no answer, whether or not the API has acted, and the log says so."""
    simulator.inject(fault)

    with pytest.raises(requests.RequestException, match=message):
        cancel()

    assert accepted_cancels(environment) == executed
    assert (simulator.requests[0].status, simulator.requests[0].executed) == (None, executed)
    assert cancel().status_code == 202


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Delay(before=0.01, after=0.01), id="delay"),
        pytest.param(SlowBody(pieces=3, pause=0.01), id="slow body"),
    ],
)
def test_a_fault_can_be_slow(simulator: QoverySimulator, cancel: Cancel, fault: Fault) -> None:
    """A slow answer is a whole one."""
    simulator.inject(fault)

    response = cancel()

    assert (response.status_code, response.json()["state"]) == (202, "CANCELING")
    assert response.elapsed.total_seconds() >= 0.01
    assert (simulator.requests[0].status, simulator.requests[0].executed) == (202, True)


def test_a_request_that_was_refused_is_not_executed(simulator: QoverySimulator, environment: Environment) -> None:
    """Wrong credentials are logged like everything else."""
    url = f"{simulator.url}/environment/{environment.id}/cancelDeployment"
    response = requests.post(url, headers={"Authorization": "Token qov_wrong"}, timeout=5)

    assert response.status_code == 401
    assert (simulator.requests[0].status, simulator.requests[0].executed) == (401, False)
    assert accepted_cancels(environment) == 0


def test_a_request_is_in_the_log_from_its_arrival_on() -> None:
    """While its answer is held back it has no status, and the entry never changes: a new one takes its place."""
    log = RequestLog()
    request = LoggedRequest(log.next_number, 0.0, "GET", "/", {}, {}, "")
    log.arrived(request)

    assert log.entries() == (request,)
    assert request.status is None

    log.executed(request)
    log.answered(request, 200)

    assert log.entries() == (request._replace(status=200, executed=True),)


def test_a_fault_may_find_its_client_gone() -> None:
    """A client that hung up meanwhile has no connection left to break: no chunk is asked for, and nothing fails."""
    chunks = iter([b"late"])

    wire.reset(None)
    asyncio.run(wire.stream(None, chunks))

    assert list(chunks) == [b"late"]
