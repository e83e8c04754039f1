"""Credentials, rate limit, routes and error bodies, without a socket."""

import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from qovery_provider.simulator import Api, Environment, ErrorStyle, LoggedRequest, World
from qovery_provider.simulator._api.errors import reason
from qovery_provider.simulator._api.limits import RateLimiter, ResetForm
from qovery_provider.simulator._api.service import Service

TOKEN = "qov_secret"
JWT = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"


@pytest.fixture
def service(api: Api, clock: SimpleNamespace) -> Service:
    return Service(api, TOKEN, RateLimiter(1000, lambda: clock.now, reset_form="epoch"))


def request(
    path: str,
    *,
    method: str = "GET",
    authorization: str | None = f"Token {TOKEN}",
    body: str = "",
    query: dict[str, str] | None = None,
) -> LoggedRequest:
    headers = {} if authorization is None else {"Authorization": authorization}
    return LoggedRequest(1, 1000.0, method, path, query or {}, headers, body)


def cancel(body: str) -> LoggedRequest:
    return request("/environment/env/cancelDeployment", method="POST", body=body)


@pytest.mark.parametrize(
    ("token", "authorization"),
    [
        (TOKEN, f"Token {TOKEN}"),
        ("sk-qov-policy", "Token sk-qov-policy"),
        (JWT, f"Bearer {JWT}"),
        ("deadbeef", "Token deadbeef"),
    ],
)
def test_each_token_has_its_scheme(service: Service, environment: Environment, token: str, authorization: str) -> None:
    """API tokens come as `Token`, a person's JWT as `Bearer`."""
    service.token = token

    reply = service.reply(request(f"/environment/{environment.id}/status", authorization=authorization))

    assert (reply.status, reply.executed) == (200, True)


@pytest.mark.parametrize("authorization", [None, "", TOKEN, f"Bearer {TOKEN}", "Token qov_other", f"token {TOKEN}"])
def test_wrong_credentials_are_refused(service: Service, environment: Environment, authorization: str | None) -> None:
    """Without the right scheme and token the API does not act."""
    path = f"/environment/{environment.id}/status"

    reply = service.reply(request(path, authorization=authorization))

    assert (reply.status, reply.executed) == (401, False)
    assert json.loads(reply.body) == {"status": 401, "detail": "Full authentication is required"}


def test_every_answer_tells_the_rate_limit(service: Service, environment: Environment) -> None:
    """The headers count down, also on errors."""
    service.reply(request(f"/environment/{environment.id}"))

    headers = service.reply(request("/nowhere")).headers

    assert tuple(headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")) == ("1000", "998", "4600")


@pytest.mark.parametrize(("form", "reset"), [("epoch", "4600"), ("seconds", "3000")])
def test_the_reset_is_an_epoch_or_a_number_of_seconds(
    api: Api, clock: SimpleNamespace, form: ResetForm, reset: str
) -> None:
    """Both readings of the reset header exist."""
    service = Service(api, TOKEN, RateLimiter(10, lambda: clock.now, reset_form=form))
    service.reply(request("/environment/env"))
    clock.now += 600

    assert service.reply(request("/environment/env")).headers["X-RateLimit-Reset"] == reset


def test_over_the_limit_is_refused_until_the_hour_is_over(
    service: Service, environment: Environment, clock: SimpleNamespace
) -> None:
    """Each token has its own count, which starts again after an hour."""
    service.limiter.limit = 1
    read = request(f"/environment/{environment.id}")

    assert [service.reply(read).status for _ in range(3)] == [200, 429, 429]
    assert service.reply(request("/environment/env", authorization="Token other")).status == 401

    clock.now += 3600

    assert service.reply(read).status == 200


@pytest.mark.parametrize(
    ("style", "content_type", "check"),
    [
        ("detail", "application/json", lambda text: set(json.loads(text)) == {"status", "detail"}),
        (
            "legacy",
            "application/json",
            lambda text: (
                json.loads(text)
                == {
                    "status": 404,
                    "error": "Not Found",
                    "message": "No environment found with id x",
                    "path": "/environment/x",
                    "timestamp": "1970-01-01T00:16:40.000000Z",
                }
            ),
        ),
        ("empty", "application/json", lambda text: not text),
        ("html", "text/html; charset=utf-8", lambda text: text.startswith("<html>") and "404 Not Found" in text),
    ],
)
def test_errors_are_written_in_four_styles(
    service: Service, style: ErrorStyle, content_type: str, check: Callable[[str], bool]
) -> None:
    """The newer body, the older one, none, and a proxy's page."""
    service.error_style = style

    reply = service.reply(request("/environment/x"))

    assert (reply.status, reply.headers["Content-Type"]) == (404, content_type)
    assert check(reply.body.decode())


def test_an_unknown_status_code_has_no_reason() -> None:
    """A code that HTTP does not know gets an empty phrase."""
    assert [reason(200), reason(599)] == ["OK", ""]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/environment/env", 200),
        ("GET", "/environment/env/status", 200),
        ("GET", "/environment/env/deploymentHistoryV2", 200),
        ("GET", "/environment/env/deploymentQueue", 200),
        ("POST", "/environment/env/cancelDeployment", 202),
        ("GET", "/project/home/environment/status", 200),
        ("POST", "/deploymentQueue/unknown/cancelDeployment", 404),
        ("POST", "/environment/env/status", 405),
        ("GET", "/environment/env/cancelDeployment", 405),
        ("GET", "/", 404),
        ("GET", "/environment", 404),
        ("GET", "/environment//status", 404),
        ("GET", "/environment/env/status/", 404),
    ],
)
def test_paths_lead_to_their_calls(service: Service, world: World, method: str, path: str, status: int) -> None:
    """Each call has its path and its method."""
    world.add_environment(id="env", project_id="home").deploy()

    assert service.reply(request(path, method=method)).status == status


@pytest.mark.parametrize(
    ("body", "force"),
    [("", False), ("{}", False), ('{"force_cancel": false}', False), ('{"force_cancel": true}', True)],
)
def test_a_cancel_reads_the_force_flag(service: Service, environment: Environment, body: str, *, force: bool) -> None:
    """Without the flag a cancel is not forced."""
    deployment = environment.deploy()

    assert service.reply(cancel(body)).status == 202
    assert [accepted.force_cancel for accepted in deployment.cancels] == [force]


@pytest.mark.parametrize("body", ["no json", "[]", '{"force_cancel": "yes"}', '{"force_cancel": null}'])
def test_a_cancel_with_a_bad_body_is_refused(service: Service, environment: Environment, body: str) -> None:
    """Without a valid force flag nothing is canceled."""
    deployment = environment.deploy()

    assert service.reply(cancel(body)).status == 400
    assert deployment.cancels == []


@pytest.mark.parametrize(("page_size", "entries"), [("1", 1), ("5", 2)])
def test_the_history_takes_a_page_size(
    service: Service, environment: Environment, clock: SimpleNamespace, page_size: str, *, entries: int
) -> None:
    """`pageSize` limits the entries."""
    environment.deploy()
    environment.enqueue()
    clock.now += 60

    reply = service.reply(request("/environment/env/deploymentHistoryV2", query={"pageSize": page_size}))

    assert len(json.loads(reply.body)["results"]) == entries


def test_a_page_size_must_be_a_number(service: Service, environment: Environment) -> None:
    """Anything else is refused."""
    path = f"/environment/{environment.id}/deploymentHistoryV2"

    assert service.reply(request(path, query={"pageSize": "many"})).status == 400
