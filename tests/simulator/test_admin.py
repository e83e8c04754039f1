"""The admin interface for other processes."""

from typing import Any

import pytest
import requests

from qovery_provider.simulator import QoverySimulator


class AdminClient:
    """Sends admin requests without credentials."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401 - for requests
        return requests.request(method, f"{self._url}/_simulator/{path}", timeout=5, **options)


@pytest.fixture
def admin(simulator: QoverySimulator) -> AdminClient:
    return AdminClient(simulator.url)


def test_an_environment_is_made_with_what_runs_and_waits(simulator: QoverySimulator, admin: AdminClient) -> None:
    """The answer names the running deployment and the queued requests."""
    response = admin(
        "POST",
        "environments",
        json={
            "id": "env",
            "project_id": "home",
            "name": "staging",
            "behavior": {"gap": 1.5, "omitted_fields": ["origin"]},
            "running": {"trigger_action": "RESTART", "seconds": 9, "cancel_delay": None},
            "queued": [{"phases": [["BUILDING", 5]], "end_state": "BUILD_ERROR"}],
        },
    )

    environment = simulator.world.environments["env"]
    assert response.status_code == 201
    assert response.json() == {
        "id": "env",
        "project_id": "home",
        "deployment_id": "env-1",
        "request_ids": [request.id for request in environment.queue],
    }
    assert (environment.name, environment.state) == ("staging", "RESTARTING")
    assert (environment.behavior.gap, environment.behavior.omitted_fields) == (1.5, frozenset({"origin"}))
    assert environment.deployments[0].plan.cancel_delay is None
    assert environment.queue[0].plan.phases == (("BUILDING", 5.0),)


def test_an_environment_can_be_idle(admin: AdminClient) -> None:
    """Without anything asked for, nothing runs."""
    created = admin("POST", "environments", json={}).json()

    assert (created["deployment_id"], created["request_ids"]) == (None, [])


def test_a_deployment_starts_or_waits(simulator: QoverySimulator, admin: AdminClient) -> None:
    """The first one runs at once, the second one queues."""
    environment = simulator.world.add_environment(id="env")

    first = admin("POST", "environments/env/deployments", json={"seconds": 5}).json()
    second = admin("POST", "environments/env/deployments", json={"seconds": 5}).json()

    assert first["deployment_id"] == "env-1"
    assert second == {"request_id": environment.queue[0].id, "deployment_id": None}


@pytest.mark.parametrize(("query", "status"), [({}, 404), ({"gone_as": "403"}, 403)])
def test_an_environment_can_vanish(
    simulator: QoverySimulator, admin: AdminClient, query: dict[str, str], status: int
) -> None:
    """It is gone in the way that was asked for."""
    environment = simulator.world.add_environment(id="env")

    assert admin("DELETE", "environments/env", params=query).status_code == 204
    assert environment.gone_as == status


def test_the_world_shows_the_truth(simulator: QoverySimulator, admin: AdminClient) -> None:
    """Everything that happened can be read as JSON."""
    simulator.world.add_environment(id="env").deploy()

    assert admin("GET", "world").json() == simulator.world.truth()


def test_admin_requests_are_not_logged(
    simulator: QoverySimulator, session: requests.Session, admin: AdminClient
) -> None:
    """The log holds the API's requests only."""
    session.get(f"{simulator.url}/environment/x?y=z", timeout=5)

    (entry,) = admin("GET", "requests").json()["requests"]

    assert (entry["number"], entry["path"], entry["query"], entry["status"]) == (1, "/environment/x", {"y": "z"}, 404)
    assert entry["headers"]["Authorization"] == f"Token {simulator.token}"
    assert len(simulator.requests) == 1


def test_faults_can_be_planned(simulator: QoverySimulator, session: requests.Session, admin: AdminClient) -> None:
    """A fault that was planned here strikes like any other, but never an admin request."""
    assert admin("POST", "faults", json={"kind": "respond", "status": 418}).status_code == 201
    assert admin("GET", "world").status_code == 200
    assert session.get(f"{simulator.url}/environment/x", timeout=5).status_code == 418


@pytest.mark.parametrize(
    ("request_line", "options", "status"),
    [
        pytest.param("GET nothing", {}, 404, id="unknown path"),
        pytest.param("POST world", {}, 404, id="unknown method"),
        pytest.param("POST environments/none/deployments", {"json": {}}, 404, id="unknown environment"),
        pytest.param("POST environments", {"data": "{"}, 400, id="no json"),
        pytest.param("POST environments", {"json": []}, 400, id="no object"),
        pytest.param("POST environments", {"json": {"colour": "red"}}, 400, id="unknown field"),
        pytest.param("POST environments", {"json": {"running": {"colour": "red"}}}, 400, id="unknown plan field"),
        pytest.param(
            "POST environments",
            {"json": {"queued": [{"trigger_action": "PONDER", "seconds": 1}]}},
            400,
            id="unknown action",
        ),
        pytest.param("POST faults", {"json": {"kind": "meteor"}}, 400, id="unknown fault"),
    ],
)
def test_what_cannot_be_done_is_refused(
    simulator: QoverySimulator, admin: AdminClient, request_line: str, *, options: dict[str, Any], status: int
) -> None:
    """The answer says what was wrong, and nothing was made."""
    response = admin(*request_line.split(), **options)

    assert response.status_code == status
    assert response.json()["detail"]
    assert simulator.world.environments == {}
