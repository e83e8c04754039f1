"""What an error of the client says: its class, Qovery's own text, where the token came from, and never the token."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from qovery_provider._clock import SystemClock
from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.settings import resolve
from qovery_provider.errors import ApiError, AuthenticationError, NotFoundError
from qovery_provider.simulator import ErrorStyle, QoverySimulator, Respond
from tests.support.calls import STATUS, settings_for
from tests.support.recorder import client_of, error_body, error_of, recorder
from tests.support.wire import http


@pytest.mark.parametrize("style", ["detail", "legacy"])
@pytest.mark.parametrize("unknown_as", [400, 404])
def test_knows_an_unknown_environment(
    qovery: QoverySimulator, client: QoveryClient, style: ErrorStyle, unknown_as: int
) -> None:
    """An unknown environment is a 404, or a 400 that says that it does not exist."""
    qovery.world.unknown_as, qovery.service.error_style = unknown_as, style

    with pytest.raises(NotFoundError, match="the id does not exist, or this token cannot access it"):
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
    assert f"the token from {source} is invalid" in str(caught.value)
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
    qovery.inject(Respond(status=status, body=error_body(status, f"bad token {form}!")))

    with pytest.raises(ApiError) as caught:
        client.send(STATUS)
    client.close()

    assert form not in str(caught.value)
    assert form not in caught.value.detail


@pytest.mark.parametrize("shown", [1, 5, len(SECRET) - 1])
def test_hides_a_token_that_is_cut_by_the_limit_of_a_detail(qovery: QoverySimulator, shown: int) -> None:
    """Where a long text is cut in the middle of the token, its first letters are hidden as well."""
    client = QoveryClient(settings_for(qovery, SECRET), SystemClock())
    qovery.inject(Respond(status=400, body=error_body(400, "x" * (200 - shown) + SECRET)))

    with pytest.raises(ApiError) as caught:
        client.send(STATUS)
    client.close()

    assert not caught.value.detail.endswith("x" + SECRET[:shown])


@pytest.mark.parametrize("before", [0, 38, 50])
def test_hides_a_token_in_the_content_type(before: int) -> None:
    """A token of any form is hidden where the kind of an answer is quoted, also where that is cut."""
    token = "0123456789deadbeef"
    kind = {"Content-Type": f"text/{'x' * before}{token}"}

    text = str(error_of(STATUS, http(200, b"hello", kind), token))

    assert [text[at : at + 6] for at in range(len(text)) if text[at : at + 6] in token] == []


ECHOES = {
    "the state": {"state": SECRET},
    "a deployment's id": {"last_deployment_id": f"id-{SECRET}"},
    "a note": {"triggered_by": f"{SECRET} <user@example.com>"},
}


@pytest.mark.parametrize("fields", ECHOES.values(), ids=ECHOES)
def test_hides_a_token_that_a_good_answer_repeats(fields: dict[str, str]) -> None:
    """A response reaches outputs, rows and the state, so it is free of the token as well."""
    body = {"id": "env", "state": "DEPLOYED", "last_deployment_state": "DEPLOYED", **fields}
    answer = http(200, json.dumps(body).encode())
    with recorder(answer) as server, client_of(server.url, token=SECRET) as client:
        status = client.send(STATUS)

    assert SECRET not in repr(status)
    assert "***" in repr(status)
