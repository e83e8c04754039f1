"""What the calls of the API answer, without HTTP."""

from types import SimpleNamespace
from typing import Any

import pytest

from qovery_provider.simulator import Answer, Api, Behavior, Environment, Plan, World


def body_of(answer: Answer) -> dict[str, Any]:
    assert answer.body is not None
    return dict(answer.body)


def test_the_status_of_a_running_deployment_has_every_field(api: Api, environment: Environment) -> None:
    """A status speaks of the latest started deployment."""
    deployment = environment.deploy(Plan(triggered_by="ci", origin="CLI"))

    assert api.status("env") == Answer(
        200,
        {
            "id": "env",
            "state": "BUILDING",
            "last_deployment_state": "BUILDING",
            "last_deployment_date": "1970-01-01T00:16:40.000000Z",
            "last_deployment_id": "env-1",
            "total_deployment_duration_in_seconds": None,
            "origin": "CLI",
            "triggered_by": "ci",
            "deployment_status": "OUT_OF_DATE",
            "deployment_request_id": deployment.request_id,
        },
    )


def test_the_status_after_a_success_is_up_to_date(api: Api, environment: Environment, clock: SimpleNamespace) -> None:
    """The duration is known once the deployment has ended."""
    environment.deploy(Plan.of("DEPLOY", seconds=12.5))
    clock.now += 20

    status = body_of(api.status("env"))

    assert status["total_deployment_duration_in_seconds"] == 12
    assert status["deployment_status"] == "UP_TO_DATE"


def test_the_status_of_an_environment_that_never_deployed_is_mostly_null(api: Api, environment: Environment) -> None:
    """Only the required fields and the deployment status have a value."""
    values = {name: value for name, value in body_of(api.status(environment.id)).items() if value is not None}

    assert values == {
        "id": "env",
        "state": "READY",
        "last_deployment_state": "READY",
        "deployment_status": "NEVER_DEPLOYED",
    }


def test_optional_fields_may_be_null_or_absent(api: Api, environment: Environment) -> None:
    """The behavior of an environment decides which optional fields it shows."""
    environment.behavior = Behavior(
        null_fields=frozenset({"origin"}), omitted_fields=frozenset({"last_deployment_id", "metrics"})
    )
    environment.deploy()

    status = body_of(api.status("env"))

    assert status["origin"] is None
    assert "last_deployment_id" not in status


def test_a_project_tells_the_status_of_each_of_its_environments(api: Api, world: World) -> None:
    """One call answers for a whole project, without the environments that are gone or elsewhere."""
    project_id = world.add_project()
    here, gone = (world.add_environment(project_id=project_id) for _ in range(2))
    world.add_environment(project_id="elsewhere")
    gone.remove()

    assert api.project_statuses(project_id) == Answer(200, {"results": [api.status(here.id).body]})


def test_an_unknown_project_is_not_found(api: Api) -> None:
    """A project that never existed answers 404."""
    assert api.project_statuses("nowhere").status == 404


def test_an_environment_names_its_project(api: Api, environment: Environment) -> None:
    """The details hold the name and the project."""
    details = body_of(api.environment("env"))

    assert details["name"] == "environment-1"
    assert details["project"] == {"id": environment.project_id}


@pytest.mark.parametrize("status", [404, 403, 400])
def test_a_vanished_environment_answers_in_one_of_three_ways(
    api: Api, world: World, environment: Environment, status: int
) -> None:
    """Gone or never known: the answer is 404, 403, or 400 with "exist" in the text."""
    environment.remove(gone_as=status)
    world.unknown_as = status

    assert api.status("unknown").status == status
    assert api.cancel("env").status == status
    assert (status == 400) == ("exist" in body_of(api.status("env"))["detail"])


def test_the_history_tells_how_each_deployment_ended(
    api: Api, environment: Environment, clock: SimpleNamespace
) -> None:
    """Newest first, each with its state and the state of its action."""
    environment.deploy(Plan(phases=(("BUILDING", 10.0),), end_state="BUILD_ERROR"))
    for _ in range(3):
        environment.enqueue(Plan.of("RESTART", seconds=10))
    clock.now += 20
    environment.cancel()
    clock.now += 7

    results = body_of(api.history("env"))["results"]

    assert [
        (
            entry["identifier"]["execution_id"],
            entry["status"],
            entry["action_status"],
            entry["trigger_action"],
            entry["total_duration"],
        )
        for entry in results
    ] == [
        ("env-4", "RESTARTING", "ONGOING", "RESTART", "PT5.000S"),
        ("env-3", "CANCELED", "CANCELED", "RESTART", "PT2.000S"),
        ("env-2", "RESTARTED", "SUCCESS", "RESTART", "PT10.000S"),
        ("env-1", "BUILD_ERROR", "ERROR", "DEPLOY", "PT10.000S"),
    ]


def test_the_history_shows_a_deployment_that_is_canceling(api: Api, environment: Environment) -> None:
    """While a cancel waits for its safe point, the action is CANCELING too."""
    environment.deploy()
    environment.cancel()

    (entry,) = body_of(api.history("env"))["results"]

    assert (entry["status"], entry["action_status"]) == ("CANCELING", "CANCELING")


def test_the_history_has_pages(api: Api, environment: Environment, clock: SimpleNamespace) -> None:
    """A page holds as many of the newest deployments as asked for."""
    for _ in range(5):
        environment.enqueue(Plan.of("STOP", seconds=1))
    clock.now += 9

    page = body_of(api.history("env", page_size=2))

    assert [entry["identifier"]["execution_id"] for entry in page["results"]] == ["env-5", "env-4"]


def test_a_cancel_answers_with_the_new_status(api: Api, environment: Environment) -> None:
    """202 names the deployment that was hit and shows it canceling."""
    deployment = environment.deploy()

    status, body = api.cancel("env", force=True, number=3)

    assert (status, (body or {})["state"], (body or {})["last_deployment_id"]) == (202, "CANCELING", "env-1")
    assert [(cancel.number, cancel.force_cancel) for cancel in deployment.cancels] == [(3, True)]


def test_a_cancel_names_what_it_hit(api: Api, environment: Environment) -> None:
    """Also when the safe point is at once and the next request has started before the answer is read."""
    environment.deploy(Plan(cancel_delay=0.0))
    environment.enqueue()

    canceled = body_of(api.cancel("env"))

    assert (canceled["last_deployment_id"], canceled["last_deployment_state"]) == ("env-1", "CANCELED")
    assert body_of(api.status("env"))["last_deployment_id"] == "env-2"


def test_a_cancel_of_nothing_is_a_conflict(api: Api, environment: Environment) -> None:
    """409 when nothing runs."""
    assert api.cancel(environment.id).status == 409


def test_the_queue_lists_the_requests_that_wait(api: Api, environment: Environment) -> None:
    """Each waiting request shows its id, its action and the user that asked for it."""
    environment.deploy()
    request = environment.enqueue(Plan(trigger_action="STOP", triggered_by="ci", origin="CLI"))

    assert body_of(api.queue("env"))["results"] == [
        {
            "identifier": {"deployment_request_id": request.id, "environment_id": "env"},
            "auditing_data": {"triggered_by": "ci", "origin": "CLI"},
            "trigger_action": "STOP",
            "stages": [],
        }
    ]


def test_a_queued_request_is_canceled_by_its_id(api: Api, environment: Environment) -> None:
    """202 without a body the first time, 409 the second time."""
    environment.deploy()
    request = environment.enqueue()

    assert api.cancel_queued(request.id, number=5) == Answer(202, None)
    assert api.cancel_queued(request.id).status == 409
    assert request.canceled_by == 5


def test_an_unknown_request_is_not_found(api: Api, environment: Environment) -> None:
    """A request that never existed, or whose environment is gone, answers 404."""
    request = environment.enqueue()
    environment.remove()

    assert api.cancel_queued("unknown").status == 404
    assert api.cancel_queued(request.id).status == 404
