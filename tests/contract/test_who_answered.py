"""Whose word an answer is: only JSON in one of Qovery's forms refuses; the rest comes from something in between."""

from __future__ import annotations

import pytest

from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider.errors import (
    ApiError,
    IntermediaryError,
    NotFoundError,
)
from tests.support.calls import CANCEL, STATUS
from tests.support.recorder import STATUS_BODY, client_of, error_body, error_of, recorder
from tests.support.wire import http

UNQUEUE = endpoints.cancel_queued("request")
CALLS = pytest.mark.parametrize("call", [STATUS, CANCEL, UNQUEUE], ids=["status", "cancel", "queued request"])


STATUSES = [300, 302, 304, 307, 400, 401, 402, 403, 404, 405, 407, 408, 409, 410, 413, 421, 425, 429, 431, 451, 499]
OWN = [500, 502, 503, 504, 520, 599, 600, 999]


@pytest.mark.parametrize("status", [*STATUSES, *OWN])
@pytest.mark.parametrize("body", [b"<html><h1>Not found</h1></html>", b""], ids=["page", "empty"])
def test_a_foreign_answer_of_any_status_is_an_outage(status: int, body: bytes) -> None:
    """A cancel may have been executed, it is worth another try, and the text says where the answer comes from."""
    error = error_of(CANCEL, http(status, body))

    assert type(error) is IntermediaryError
    assert (error.status, error.retryable, error.may_have_executed) == (status, True, True)
    assert f"the {status} response" in str(error)
    assert "something in between (a proxy, a load balancer, a login page)" in str(error)


@CALLS
@pytest.mark.parametrize("status", [301, 302, 307, 308, 408, 425, 499])
def test_some_statuses_are_never_qovery_s(call: ApiCall[object], status: int) -> None:
    """A timeout, a redirect, a caller that has hung up: only what stands in between speaks of these."""
    error = error_of(call, http(status, error_body(status)))

    assert type(error) is IntermediaryError
    assert (error.retryable, error.may_have_executed) == (True, call.changes)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_words_names_the_token(status: int) -> None:
    """It may be Qovery's after all: where the token was taken from is told."""
    error = error_of(STATUS, http(status))

    assert "QOVERY_API_TOKEN" in str(error)
    assert "without a body seems" not in str(error)


def test_a_gateway_s_rate_limit_is_not_the_token_s() -> None:
    """The rest of the rate limit is read only from Qovery's own responses."""
    headers = {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3600"}
    answers = [http(429, b"slow down", headers), http(503, b"", headers), http(200, STATUS_BODY)]
    with recorder(lambda connection: connection.send(answers.pop(0))) as server, client_of(server.url) as client:
        for _ in range(2):
            with pytest.raises(IntermediaryError):
                client.send(STATUS)
        client.send(STATUS)

        assert client.budget.pause(0.0) == 0.0


ENVIRONMENT = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
OTHER = "8e1d7a54-2b6f-4c39-b0a8-6f5e4d3c2b1a"


@pytest.mark.parametrize(
    ("detail", "is_absent"),
    [
        ("Environment does not exist", True),
        ("The environment does not exist.", True),
        ("the environment doesn't exist", True),
        (f"Environment {ENVIRONMENT} does not exist", True),
        (f"Environment {ENVIRONMENT.upper()} does not exist!", True),
        (f"Environment with id '{ENVIRONMENT}' does not exist", True),
        (f"The environment [id: {ENVIRONMENT}] does not exist", True),
        (f"Environment {OTHER} does not exist", False),
        ("The environment variable does not exist", False),
        ("Environment type does not exist", False),
        ("The deployment stage does not exist for environment", False),
        ("The cluster of the environment does not exist", False),
        ("The container image does not exist, environment not deployed", False),
        ("Environment already exists", False),
        ("exist", False),
        ("", False),
    ],
)
def test_a_400_says_strictly_that_the_environment_does_not_exist(detail: str, *, is_absent: bool) -> None:
    """The same words can appear in other 400s."""
    call = endpoints.environment_status(ENVIRONMENT)

    error = error_of(call, http(400, error_body(400, detail)))

    assert type(error) is (NotFoundError if is_absent else ApiError)


def test_a_400_about_a_project_is_about_the_project() -> None:
    """Each call is about the kind of thing that its path begins with."""
    project, environment = endpoints.project_statuses(OTHER), endpoints.environment_status(ENVIRONMENT)
    answer = http(400, error_body(400, f"Project {OTHER} does not exist"))

    assert type(error_of(project, answer)) is NotFoundError
    assert type(error_of(environment, answer)) is ApiError


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(http(200, b"<html>Log in</html>"), id="page"),
        pytest.param(http(202, b"<html>Log in</html>"), id="page with 202"),
        pytest.param(http(200), id="200 without a body"),
        pytest.param(http(204), id="204"),
    ],
)
def test_only_qovery_s_202_cancels_a_queued_request(answer: bytes) -> None:
    """Its good answer has no body, so its status has to be the one of the API's description."""
    error = error_of(UNQUEUE, answer)

    assert error.may_have_executed


@pytest.mark.parametrize("body", [b"", b"{}", b'{"id": "request"}'])
def test_a_202_cancels_a_queued_request(body: bytes) -> None:
    """Without a body, or with one of Qovery's that is not read."""
    with recorder(http(202, body)) as server, client_of(server.url) as client:
        client.send(UNQUEUE)

    assert len(server.requests) == 1
