"""Answers at random: for any bytes, the client gives data or one typed error, and one line of text."""

from __future__ import annotations

import json
from contextlib import closing

from hypothesis import given, settings
from hypothesis import strategies as st

from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.redaction import Token
from qovery_provider._qovery.refusals import api_error
from qovery_provider._qovery.settings import Settings
from qovery_provider.errors import ApiError, CallError, TransportError
from tests.support import calls
from tests.support.calls import STATUS, CannedAdapter
from tests.support.time import FakeClock

SECRET = "qov_S3cret"
TOKEN = Token(SECRET, "the test")

FIELDS = (
    "id",
    "state",
    "last_deployment_state",
    "last_deployment_id",
    "total_deployment_duration_in_seconds",
    "origin",
)
WRAPPERS = ("results", "identifier", "project", "status", "action_status", "execution_id", "detail", "message", "error")

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(SECRET)
names = st.sampled_from([*FIELDS, *WRAPPERS]) | st.text()
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(names, inner))
statuses = st.fixed_dictionaries(dict.fromkeys(FIELDS, scalars | st.just("env") | st.just("DEPLOYED")))
bodies = st.binary() | (documents | statuses).map(lambda document: json.dumps(document).encode())


CALLS = {name: call for name, call in calls.CALLS.items() if name != "cancel of a queued request"}
"""The calls whose answers have a body."""


@settings(deadline=None)
@given(body=bodies, name=st.sampled_from(sorted(CALLS)))
def test_every_body_is_data_or_a_typed_error(body: bytes, name: str) -> None:
    """Every call reads every body as typed data, or raises the one error for answers that cannot be used."""
    settings = Settings(TOKEN, "Token")
    with closing(QoveryClient(settings, FakeClock(), adapter=CannedAdapter(body))) as client:
        try:
            client.send(CALLS[name])
        except TransportError as error:
            _assert_is_a_line(error)


@settings(deadline=None)
@given(status=st.integers(100, 999), body=bodies, hint=st.none() | st.floats(0, 1e12))
def test_every_refusal_is_a_typed_error(status: int, body: bytes, hint: float | None) -> None:
    """Every status code with every body is one error of one line, which never holds the token."""
    error = api_error(STATUS, status, body, TOKEN, hint)

    assert error.status == status
    assert SECRET not in str(error)
    _assert_is_a_line(error)


@settings(deadline=None)
@given(
    before=st.integers(0, 210).map(lambda length: "x" * length),
    after=st.text("yz ", max_size=10),
    key=st.sampled_from(["detail", "message"]),
)
def test_no_text_around_the_token_brings_it_out(before: str, after: str, key: str) -> None:
    """Wherever in a text a server repeats the token, not one letter of it is shown."""
    text = before + SECRET + after
    fields = {"detail": text} if key == "detail" else {"error": "", key: text, "path": "", "timestamp": 0}
    body = json.dumps({"status": 400, **fields}).encode()

    error = api_error(STATUS, 400, body, TOKEN, None)

    assert isinstance(error, ApiError)
    assert set(SECRET) & set(error.detail) == set()


def _assert_is_a_line(error: CallError) -> None:
    text = str(error)
    assert text.splitlines() == [text]
    assert text.isprintable()
