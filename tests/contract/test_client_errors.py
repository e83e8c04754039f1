"""What an error of the client says: its class, Qovery's own text, where the token came from, and never the token."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from qovery_provider._clock import SystemClock
from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.settings import resolve
from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RedirectError,
    ServerError,
    TransportError,
)
from qovery_provider.simulator import ErrorStyle, QoverySimulator, Respond
from tests.support.calls import CANCEL, STATUS, settings_for

DETAIL = "Something is wrong here"


@pytest.mark.parametrize("style", ["detail", "legacy", "empty", "html"])
@pytest.mark.parametrize("call", [STATUS, CANCEL], ids=["status", "cancel"])
@pytest.mark.parametrize(
    ("status", "kind", "may_have_executed", "retryable"),
    [
        (301, RedirectError, False, False),
        (400, ApiError, False, False),
        (401, AuthenticationError, False, False),
        (403, PermissionDeniedError, False, False),
        (404, NotFoundError, False, False),
        (409, ConflictError, False, False),
        (422, ApiError, False, False),
        (429, RateLimitError, False, True),
        (500, ServerError, True, True),
        (502, ServerError, True, True),
        (503, ServerError, True, True),
        (504, ServerError, True, True),
    ],
)
def test_types_every_refusal(  # noqa: PLR0913 - a row of the table
    *,
    qovery: QoverySimulator,
    client: QoveryClient,
    call: ApiCall[object],
    status: int,
    kind: type[ApiError],
    may_have_executed: bool,
    retryable: bool,
    style: ErrorStyle,
) -> None:
    """A status code is one class of error, in any form of its body; Qovery's own text is quoted."""
    bodies = {
        "detail": json.dumps({"status": status, "detail": DETAIL}),
        "legacy": json.dumps({"status": status, "error": "Oops", "message": DETAIL, "path": "/", "timestamp": "now"}),
        "empty": "",
        "html": f"<html><h1>{DETAIL}</h1></html>",
    }
    qovery.inject(Respond(status=status, body=bodies[style]))

    with pytest.raises(ApiError) as caught:
        client.send(call)

    error = caught.value
    assert (kind, status) == (type(error), error.status)
    assert (may_have_executed, retryable) == (error.may_have_executed, error.retryable)
    assert error.detail == (DETAIL if style in {"detail", "legacy"} else "")
    assert (DETAIL in str(error)) == (style in {"detail", "legacy"})
    assert "env" in str(error)
    assert str(error).splitlines() == [str(error)]


@pytest.mark.parametrize("style", ["detail", "legacy"])
@pytest.mark.parametrize("unknown_as", [400, 404])
def test_knows_an_unknown_environment(
    qovery: QoverySimulator, client: QoveryClient, style: ErrorStyle, unknown_as: int
) -> None:
    """An unknown environment is a 404, or a 400 that says that it does not exist."""
    qovery.world.unknown_as, qovery.service.error_style = unknown_as, style

    with pytest.raises(NotFoundError, match="it does not exist, or not for this token"):
        client.send(STATUS)


@pytest.mark.parametrize(
    ("config", "environ", "source"),
    [
        ({"qovery:apiToken": "qov_wrong"}, {}, "the stack's qovery:apiToken"),
        ({}, {"QOVERY_API_TOKEN": "qov_wrong"}, "QOVERY_API_TOKEN"),
        ({}, {"QOVERY_CLI_ACCESS_TOKEN": "qov_wrong"}, "QOVERY_CLI_ACCESS_TOKEN"),
        ({}, {"Q_CLI_ACCESS_TOKEN": "qov_wrong"}, "Q_CLI_ACCESS_TOKEN"),
    ],
    ids=["stack", "Terraform's variable", "CLI's variable", "CLI's short variable"],
)
def test_says_where_a_refused_token_came_from(
    qovery: QoverySimulator, config: dict[str, object], environ: dict[str, str], source: str
) -> None:
    """A 401 names the place of the token and never the token."""
    client = QoveryClient(resolve({"qovery:apiUrl": qovery.url, **config}, environ), SystemClock())

    with pytest.raises(AuthenticationError) as caught:
        client.send(STATUS)
    client.close()

    assert caught.value.token_source == source
    assert f"the token from {source} is wrong" in str(caught.value)
    assert "qov_wrong" not in str(caught.value)


SECRET = "qov_S3cret+t0ken/of=the~test"

FORMS = {
    "plain": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "base64": base64.b64encode(SECRET.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("status", [400, 401, 500])
def test_hides_a_token_that_the_server_repeats(qovery: QoverySimulator, status: int, form: str) -> None:
    """A server that quotes the token does not bring it into an error, in any form."""
    client = QoveryClient(settings_for(qovery, SECRET), SystemClock())
    qovery.inject(Respond(status=status, body=json.dumps({"detail": f"bad token {form}!"})))

    with pytest.raises(ApiError) as caught:
        client.send(STATUS)
    client.close()

    assert form not in str(caught.value)
    assert form not in caught.value.detail


@pytest.mark.parametrize("shown", [1, 5, len(SECRET) - 1])
def test_hides_a_token_that_is_cut_by_the_limit_of_a_detail(qovery: QoverySimulator, shown: int) -> None:
    """Where a long text is cut in the middle of the token, its first letters are hidden as well."""
    client = QoveryClient(settings_for(qovery, SECRET), SystemClock())
    qovery.inject(Respond(status=400, body=json.dumps({"detail": "x" * (200 - shown) + SECRET})))

    with pytest.raises(ApiError) as caught:
        client.send(STATUS)
    client.close()

    assert not caught.value.detail.endswith("x" + SECRET[:shown])


def test_hides_a_token_in_the_content_type(qovery: QoverySimulator) -> None:
    """A token of any form is hidden where the kind of an answer is quoted."""
    token = "0123456789deadbeef"
    client = QoveryClient(settings_for(qovery, token), SystemClock())
    qovery.inject(Respond(status=200, body="hello", headers={"Content-Type": f"text/{token}"}))

    with pytest.raises(TransportError) as caught:
        client.send(STATUS)
    client.close()

    assert token not in str(caught.value)
