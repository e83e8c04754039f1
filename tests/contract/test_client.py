"""The client and the simulator, over a real socket: what goes out, what comes back, and what an error says."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from qovery_provider._clock import SystemClock
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.endpoints import MAX_OBJECT_BYTES, ApiCall
from qovery_provider._qovery.models import DeploymentRecord
from qovery_provider._version import __version__
from qovery_provider.errors import CallError, NotFoundError, RateLimitError, TransportError
from qovery_provider.simulator import Deployment, Environment, Plan, QoverySimulator, Respond
from tests.support.calls import CALLS, CANCEL, STATUS, settings_for

HEADER = base64.urlsafe_b64encode(b'{"alg": "RS256"}').rstrip(b"=").decode()
JWT = f"{HEADER}.e30.c2lnbmF0dXJl"


# What goes out.


@pytest.mark.parametrize(
    ("call", "method", "path", "query", "body"),
    [
        pytest.param(CALLS[name], method, path, query, body, id=name)
        for name, method, path, query, body in [
            ("environment status", "GET", "/environment/env/status", {}, ""),
            ("project statuses", "GET", "/project/project/environment/status", {}, ""),
            ("project of an environment", "GET", "/environment/env", {}, ""),
            ("deployment history", "GET", "/environment/env/deploymentHistoryV2", {"pageSize": "5"}, ""),
            ("deployment queue", "GET", "/environment/env/deploymentQueue", {}, ""),
            ("cancel", "POST", "/environment/env/cancelDeployment", {}, '{"force_cancel": false}'),
            ("cancel of a queued request", "POST", "/deploymentQueue/request/cancelDeployment", {}, "{}"),
        ]
    ],
)
def test_sends_what_the_api_describes(  # noqa: PLR0913 - a row of the table
    *,
    qovery: QoverySimulator,
    client: QoveryClient,
    call: ApiCall[object],
    method: str,
    path: str,
    query: dict[str, str],
    body: str,
) -> None:
    """Each call is one request with the method, path, query and body of Qovery's description."""
    with pytest.raises(NotFoundError):
        client.send(call)

    (request,) = qovery.requests
    assert (method, path, query) == (request.method, request.path, dict(request.query))
    assert (json.loads(request.body) if request.body else None) == (json.loads(body) if body else None)
    assert request.headers.get("Content-Type") == ("application/json" if body else None)


@pytest.mark.usefixtures("running")
def test_sends_the_force_flag(qovery: QoverySimulator, client: QoveryClient) -> None:
    """A forced cancel says so in its body."""
    client.send(endpoints.cancel_deployment("env", force=True))

    assert json.loads(qovery.posts()[0].body) == {"force_cancel": True}


@pytest.mark.usefixtures("environment")
def test_introduces_itself(qovery: QoverySimulator, client: QoveryClient) -> None:
    """Every request names the package and its version, and asks for JSON that is not packed."""
    client.send(STATUS)

    headers = qovery.requests[0].headers
    assert headers["User-Agent"] == f"qovery-provider/{__version__} (pulumi)"
    assert headers["Accept"] == "application/json"
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("token", "scheme"),
    [
        pytest.param("qov_secret", "Token", id="API token"),
        pytest.param("sk-qov-secret", "Token", id="policy token"),
        pytest.param("deadbeef", "Token", id="token that decodes as base64"),
        pytest.param(JWT, "Bearer", id="JWT"),
    ],
)
@pytest.mark.usefixtures("environment")
def test_authorizes_by_the_kind_of_token(qovery: QoverySimulator, token: str, scheme: str) -> None:
    """An API token goes out as Token, a person's JWT as Bearer, and the server lets both in."""
    qovery.service.token = token
    client = QoveryClient(settings_for(qovery, token), SystemClock())

    client.send(STATUS)
    client.close()

    assert qovery.requests[0].headers["Authorization"] == f"{scheme} {token}"
    assert qovery.requests[0].status == 200


@pytest.mark.usefixtures("running")
def test_uses_one_connection_for_all_calls(qovery: QoverySimulator, client: QoveryClient) -> None:
    """Calls one after the other share a connection, also after answers that fail."""
    qovery.inject(Respond(status=500, body="<html>", skip=3, times=2), Respond(status=404, skip=8))

    for call in [*CALLS.values()] * 3:
        with suppress(CallError):
            client.send(call)

    assert (len(qovery.requests), qovery.connections) == (24, 1)


@pytest.mark.usefixtures("environment")
def test_threads_share_the_connections(qovery: QoverySimulator) -> None:
    """Calls side by side take a connection each, and leave it to the next ones."""
    client = QoveryClient(settings_for(qovery), SystemClock(), connections=4)
    with ThreadPoolExecutor(4) as threads:
        states = list(threads.map(lambda _: client.send(STATUS).state, range(40)))
    client.close()

    assert states == ["READY"] * 40
    assert qovery.connections <= 4


# What comes back.


def test_reads_a_status(client: QoveryClient, environment: Environment, running: Deployment) -> None:
    """A status has every field that Qovery gives, by Qovery's names."""
    status = client.send(STATUS)

    assert (status.id, status.state, status.last_deployment_state) == ("env", "BUILDING", "BUILDING")
    assert status.last_deployment_id == running.id
    assert (running.plan.origin, running.plan.triggered_by) == (status.origin, status.triggered_by)
    assert (status.deployment_status, status.total_deployment_duration_in_seconds) == ("OUT_OF_DATE", None)
    assert status.last_deployment_date is not None
    assert status.is_in_progress
    assert status.id == environment.id


def test_reads_the_statuses_of_a_project(
    qovery: QoverySimulator, client: QoveryClient, environment: Environment
) -> None:
    """One call reads the status of every environment of a project."""
    other = qovery.world.add_environment(project_id="project")
    qovery.world.add_environment(project_id="another")

    assert [status.id for status in client.send(endpoints.project_statuses("project"))] == [environment.id, other.id]
    assert len(qovery.requests) == 1


@pytest.mark.usefixtures("environment")
def test_reads_the_project_of_an_environment(client: QoveryClient) -> None:
    """An environment says to which project it belongs."""
    assert client.send(endpoints.project_of("env")) == "project"


def test_reads_the_history(client: QoveryClient, environment: Environment, running: Deployment) -> None:
    """The history names deployments with their states, the newest first."""
    environment.cancel()

    assert client.send(endpoints.deployment_history("env", 20)) == [
        DeploymentRecord(running.id, "CANCELING", "CANCELING")
    ]


def test_reads_the_queue(client: QoveryClient, environment: Environment, running: Deployment) -> None:
    """The queue names the requests that wait, the next one first, and not the one that runs."""
    waiting = [environment.enqueue().id, environment.enqueue(Plan.of("STOP", seconds=5)).id]

    queue = client.send(endpoints.deployment_queue("env"))

    assert [request.id for request in queue] == waiting
    assert [request.triggered_by for request in queue] == [running.plan.triggered_by] * 2
    assert running.request_id not in waiting


def test_cancel_names_the_deployment_that_was_hit(client: QoveryClient, running: Deployment) -> None:
    """The answer to a cancel is the status with the deployment that Qovery cancels."""
    status = client.send(CANCEL)

    assert (running.id, "CANCELING") == (status.last_deployment_id, status.last_deployment_state)
    assert running.effective_cancels == 1


@pytest.mark.usefixtures("running")
def test_cancels_a_queued_request(client: QoveryClient, environment: Environment) -> None:
    """The cancel of a queued request is answered without a body, and that is a success."""
    request = environment.enqueue()

    client.send(endpoints.cancel_queued(request.id))

    assert request.state == "CANCELED"


@pytest.mark.usefixtures("environment")
def test_takes_what_the_answer_says_of_the_rate_limit(qovery: QoverySimulator) -> None:
    """The budget follows the headers, of refusals too; with nothing left, a poll is put off by a minute."""
    qovery.service.limiter.limit = 1
    client = QoveryClient(settings_for(qovery), clock := SystemClock())

    assert client.budget.pause(clock.monotonic()) == 0.0
    client.send(STATUS)
    left = client.budget.remaining(clock.monotonic())
    assert left is not None
    assert (left.requests, client.budget.pause(clock.monotonic())) == (0, 60.0)
    assert 3500 < left.seconds <= 3600
    with pytest.raises(RateLimitError) as caught:
        client.send(STATUS)
    client.close()

    assert caught.value.retry_after is not None
    assert 3500 < caught.value.retry_after <= 3601


@pytest.mark.parametrize("call", [STATUS, CANCEL], ids=["status", "cancel"])
@pytest.mark.usefixtures("environment")
def test_refuses_the_answer_for_another_environment(
    qovery: QoverySimulator, client: QoveryClient, call: ApiCall[object]
) -> None:
    """An answer that speaks of another environment is none, and a cancel may have been executed."""
    body = {"id": "other", "state": "DEPLOYED", "last_deployment_state": "DEPLOYED"}
    qovery.inject(Respond(status=200, body=json.dumps(body)))

    with pytest.raises(TransportError, match="another environment") as caught:
        client.send(call)

    assert caught.value.may_have_executed == (call is CANCEL)


@pytest.mark.usefixtures("environment")
def test_takes_an_id_in_other_letters_for_the_same(client: QoveryClient, qovery: QoverySimulator) -> None:
    """A UUID is the same in capital letters."""
    body = {"id": "ENV", "state": "DEPLOYED", "last_deployment_state": "DEPLOYED"}
    qovery.inject(Respond(status=200, body=json.dumps(body)))

    assert client.send(STATUS).id == "ENV"


@pytest.mark.parametrize("excess", [0, 1], ids=["at the limit", "one byte more"])
def test_reads_one_mebibyte_at_most(qovery: QoverySimulator, client: QoveryClient, excess: int) -> None:
    """A body of 1 MiB is read; one byte more is too long for any answer of Qovery."""
    body = json.dumps({"id": "env", "state": "DEPLOYED", "last_deployment_state": "DEPLOYED"})
    qovery.inject(Respond(status=200, body=body + " " * (MAX_OBJECT_BYTES - len(body) + excess)))

    if excess:
        with pytest.raises(TransportError, match="longer than 1 MiB"):
            client.send(STATUS)
    else:
        assert client.send(STATUS).state == "DEPLOYED"
