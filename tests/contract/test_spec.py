"""Qovery's public description, both ways: the simulator answers as it says, and all that it allows is understood."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qovery_provider._qovery.models import (
    EnvironmentStatus,
    history_of,
    project_id_of,
    queue_of,
    statuses_of,
)
from qovery_provider.simulator import Api, Plan, World
from qovery_provider.simulator._api.limits import RateLimiter
from qovery_provider.simulator._api.log import LoggedRequest
from qovery_provider.simulator._api.service import Service
from tests.support import spec
from tests.support.time import FakeClock

TOKEN = {"Authorization": "Token qov_1"}


class Asked:
    """A world with environments in several stages, and what its API answers."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.world = World(self.clock.monotonic)
        self.service = Service(Api(self.world), "qov_1", RateLimiter(10**6, self.clock.monotonic, reset_form="epoch"))
        self.never, self.busy, self.over = (self.world.add_environment() for _ in range(3))
        self.busy.deploy(Plan.of("DEPLOY", seconds=60))
        self.queued = self.busy.enqueue(Plan.of("STOP", seconds=60))
        self.over.deploy(Plan.of("RESTART", seconds=1))
        self.clock.move_to(self.clock.now + 2)

    def answer(
        self, path: str, method: str = "GET", body: str = "", query: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        reply = self.service.reply(LoggedRequest(1, 0.0, method, path, query or {}, TOKEN, body))
        return reply.status, json.loads(reply.body) if reply.body else None


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.mark.parametrize("spelling", [str.lower, str.upper], ids=["small", "capital"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/environment/{}", spec.ENVIRONMENT),
        ("/environment/{}/status", spec.STATUS),
        ("/environment/{}/deploymentHistoryV2", spec.HISTORY),
        ("/environment/{}/deploymentQueue", spec.QUEUE),
    ],
    ids=["environment", "status", "history", "queue"],
)
def test_the_simulator_answers_of_an_environment_as_described(
    asked: Asked,
    path: str,
    kind: object,
    spelling: Any,  # noqa: ANN401 - a method of texts
) -> None:
    """Never deployed, in progress with a queue, and over; ids are taken in either spelling."""
    for environment in (asked.never, asked.busy, asked.over):
        status, body = asked.answer(path.format(spelling(environment.id)))

        assert (status, spec.violations(kind, body)) == (200, [])


def test_the_simulator_answers_of_a_project_as_described(asked: Asked) -> None:
    """One status for each environment."""
    status, body = asked.answer(f"/project/{asked.busy.project_id.upper()}/environment/status")

    assert (status, spec.violations(spec.STATUSES, body), len(body["results"])) == (200, [], 3)


@pytest.mark.parametrize("body", ["", "{}", "null", '{"force_cancel": true}'])
def test_the_simulator_answers_a_cancel_as_described(asked: Asked, body: str) -> None:
    """The body may be left out, or be null."""
    status, answer = asked.answer(f"/environment/{asked.busy.id}/cancelDeployment", "POST", body)

    assert (status, spec.violations(spec.STATUS, answer)) == (202, [])


def test_the_simulator_answers_of_a_deployment_request_as_described(asked: Asked) -> None:
    """A waiting request, a running one, and one that is over."""
    requests = [asked.queued.id, asked.busy.deployments[0].request_id, asked.over.deployments[0].request_id]
    answers = [
        asked.answer("/environment/deploymentStatus", query={"deploymentRequestId": request.upper()})
        for request in requests
    ]

    assert [status for status, _ in answers] == [200, 200, 200]
    assert [spec.violations(spec.REQUEST_STATUS, body) for _, body in answers] == [[], [], []]
    assert [body["status"] for _, body in answers] == ["QUEUED", "BUILDING", "RESTARTED"]
    assert [body["deployment_request_id"] for _, body in answers] == requests


@pytest.mark.parametrize(("query", "status"), [({}, 400), ({"deploymentRequestId": "r-1"}, 404)])
def test_the_simulator_refuses_an_unknown_deployment_request(asked: Asked, query: dict[str, str], status: int) -> None:
    """As with any other id."""
    assert asked.answer("/environment/deploymentStatus", query=query)[0] == status


@given(spec.answers(spec.STATUS))
@settings(max_examples=100, deadline=None)
def test_every_status_that_is_described_is_understood(body: dict[str, Any]) -> None:
    """Minimal ones, nulls, new words and new fields; states are kept as they are."""
    status = EnvironmentStatus.from_json(body)

    assert (status.id, status.state) == (body["id"].lower(), body["state"])
    assert status.last_deployment_state == body["last_deployment_state"]
    for name in ("last_deployment_date", "origin", "triggered_by", "deployment_status"):
        assert getattr(status, name) == body.get(name)
    assert status.total_deployment_duration_in_seconds == body.get("total_deployment_duration_in_seconds")
    assert (status.last_deployment_id is None) == (body.get("last_deployment_id") is None)


@pytest.mark.unmeasured(seconds=20)
@given(st.data())
@settings(max_examples=100, deadline=None)
def test_every_other_answer_that_is_described_is_understood(data: st.DataObject) -> None:
    """No entry of a list is left out or spoiled."""
    statuses, history, queue, environment = (
        data.draw(spec.answers(kind)) for kind in (spec.STATUSES, spec.HISTORY, spec.QUEUE, spec.ENVIRONMENT)
    )

    assert all(isinstance(status, EnvironmentStatus) for status in statuses_of(statuses))
    assert [record.state for record in history_of(history)] == [entry["status"] for entry in history["results"]]
    assert [request.triggered_by for request in queue_of(queue)] == [
        entry["auditing_data"]["triggered_by"] for entry in queue["results"]
    ]
    assert project_id_of(environment) == environment["project"]["id"]


@given(st.sampled_from([spec.STATUS, spec.ENVIRONMENT, spec.QUEUE]), st.data())
@settings(max_examples=30, deadline=None)
def test_the_description_finds_what_is_missing(kind: dict[str, spec.Field], data: st.DataObject) -> None:
    """A test must be able to fail."""
    answer = data.draw(spec.answers(kind))
    name = data.draw(st.sampled_from([name for name, field in kind.items() if field.required]))
    del answer[name]

    assert f"answer.{name} is missing" in spec.violations(kind, answer)
