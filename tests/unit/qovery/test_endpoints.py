"""The calls as data: what each asks for, where it goes, and how its answer is read."""

from __future__ import annotations

import json

import pytest

from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.models import (
    HISTORY_PAGES,
    DeploymentRecord,
    EnvironmentStatus,
    MalformedAnswerError,
    QueuedRequest,
    UnreadableStatus,
)
from tests.support.calls import CALLS, calls_of

STATUS_CALL = CALLS["environment status"]
STATUS = {"id": "env", "state": "DEPLOYED", "last_deployment_state": "DEPLOYED"}
READ = EnvironmentStatus("env", "DEPLOYED", "DEPLOYED")
RECORD = {"identifier": {"execution_id": "d1"}, "status": "DEPLOYED"}
WAITING = {"identifier": {"deployment_request_id": "r1"}}


def parsed(call: ApiCall[object], answer: object) -> object:
    return call.parse(json.dumps(answer).encode())


@pytest.mark.parametrize(
    ("name", "operation", "path"),
    [
        ("environment status", "reading the status of environment env", "/environment/env/status"),
        (
            "project statuses",
            "reading the status of the environments of project project",
            "/project/project/environment/status",
        ),
        ("project of an environment", "reading environment env", "/environment/env"),
        (
            "deployment history",
            "reading the deployment history of environment env",
            "/environment/env/deploymentHistoryV2?pageSize=5",
        ),
        (
            "request state",
            "reading the state of deployment request request",
            "/environment/deploymentStatus?deploymentRequestId=request",
        ),
        ("deployment queue", "reading the deployment queue of environment env", "/environment/env/deploymentQueue"),
        ("cancel", "canceling the deployment of environment env", "/environment/env/cancelDeployment"),
        (
            "cancel of a queued request",
            "canceling the queued request request",
            "/deploymentQueue/request/cancelDeployment",
        ),
    ],
)
def test_a_call_says_what_it_asks_for_and_where(name: str, operation: str, path: str) -> None:
    """Errors begin with the operation, and name the id."""
    assert (CALLS[name].operation, CALLS[name].path) == (operation, path)


def test_only_cancels_change_something() -> None:
    """Every other call may be made again."""
    assert [name for name, call in CALLS.items() if call.changes] == ["cancel", "cancel of a queued request"]


@pytest.mark.parametrize("force", [False, True])
def test_a_cancel_carries_the_force_flag(*, force: bool) -> None:
    """The API overwrites the flag of an earlier cancel."""
    assert endpoints.cancel_deployment("env", force=force).body == {"force_cancel": force}


def test_an_id_is_one_part_of_the_path() -> None:
    """The ids of queued requests are Qovery's, and any text."""
    assert endpoints.cancel_queued("a/b?c").path == "/deploymentQueue/a%2Fb%3Fc/cancelDeployment"


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("environment status", STATUS, READ),
        ("project statuses", {"results": [STATUS, STATUS]}, [READ, READ]),
        ("project of an environment", {"project": {"id": "project"}}, "project"),
        ("deployment history", {"results": [RECORD]}, [DeploymentRecord("d1", "DEPLOYED")]),
        ("request state", {"deployment_request_id": "REQUEST", "status": "CANCELED"}, "CANCELED"),
        ("deployment queue", {"results": [WAITING]}, [QueuedRequest("r1")]),
        ("cancel", STATUS, READ),
        ("cancel of a queued request", {"any": "JSON"}, None),
    ],
)
def test_an_answer_is_read_as_data(name: str, answer: object, expected: object) -> None:
    """Each call knows the shape of its answer."""
    assert parsed(CALLS[name], answer) == expected


@pytest.mark.parametrize("name", ["environment status", "cancel"])
def test_a_status_is_of_the_environment_that_was_asked_for(name: str) -> None:
    """Another one's is no answer; capital letters make no other id."""
    assert parsed(calls_of("ENV")[name], STATUS) == READ
    with pytest.raises(MalformedAnswerError, match="another environment"):
        parsed(calls_of("other")[name], STATUS)


def test_a_state_is_of_the_request_that_was_asked_for() -> None:
    """Another one's is no answer."""
    with pytest.raises(MalformedAnswerError, match="another deployment request"):
        parsed(CALLS["request state"], {"deployment_request_id": "r9", "status": "CANCELED"})


@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_json_is_no_answer(name: str) -> None:
    """The client tells it from an answer of another shape."""
    with pytest.raises(ValueError, match=r"^Expecting value") as caught:
        CALLS[name].parse(b"<html>")

    assert not isinstance(caught.value, MalformedAnswerError)


def test_a_queued_request_is_canceled_without_a_word() -> None:
    """Its good answer has no body: only the status of the API's description tells it."""
    call = endpoints.cancel_queued("r1")

    assert call.parse(b"") is None
    assert (sorted(call.statuses), sorted(STATUS_CALL.statuses)) == ([202], [200, 202])


def test_a_list_may_be_longer_than_an_object() -> None:
    """It grows with what the user has; one object does not."""
    sizes = {name: call.max_bytes // 2**20 for name, call in CALLS.items()}

    assert [name for name, size in sizes.items() if size == 16] == [
        "project statuses",
        "deployment history",
        "deployment queue",
    ]
    assert set(sizes.values()) == {1, 16}


@pytest.mark.parametrize("page_size", HISTORY_PAGES)
def test_a_history_is_read_in_pages(page_size: int) -> None:
    """A small one first, since an entry carries all services with their commit messages."""
    path = endpoints.deployment_history("env", page_size).path

    assert path == f"/environment/env/deploymentHistoryV2?pageSize={page_size}"


@pytest.mark.parametrize("odd", [b'"\xff\xfe"', b"9" * 10_000, b"-" + b"9" * 10_000, b"1e400", b"NaN"])
def test_what_is_wrong_with_one_field_spoils_no_other(odd: bytes) -> None:
    """Bytes that are no text, and numbers that Python does not read, concern their own field of their own entry."""
    good = json.dumps(STATUS).encode()
    body = b'{"results": [%b, %b]}' % (good, good.replace(b'"env"', odd, 1))

    first, second = endpoints.project_statuses("project").parse(body)

    assert first == READ
    assert second == UnreadableStatus(None, "id is missing or not plain text")
    shown = good.replace(b"}", b', "total_deployment_duration_in_seconds": %b, "origin": %b}' % (odd, odd))
    assert endpoints.environment_status("env").parse(shown).state == "DEPLOYED"
