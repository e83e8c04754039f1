"""What an answer other than success means: every status with every known body."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.redaction import Token
from qovery_provider._qovery.refusals import api_error
from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    CallError,
    ConflictError,
    IntermediaryError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)

CALL, CANCEL = endpoints.environment_status("3c90"), endpoints.cancel_deployment("3c90", force=False)
TOKEN = Token("qov_1234567890", "QOVERY_API_TOKEN")

ADDRESS = "Check qovery:apiUrl, and whether a proxy or a login page is in between."
IN_BETWEEN = (
    "is not in a format of Qovery's API, so it probably came from something in between "
    "(a proxy, a load balancer, a login page)"
)


FORMS: dict[str, dict[str, object]] = {
    "current": {"detail": "why"},
    "older": {"error": "Bad", "message": "why", "path": "/", "timestamp": "now"},
    "with more fields": {"detail": "why", "title": "Bad", "novelty": [1]},
}
"""The forms in which Qovery's API writes errors, beside the status."""

FOREIGN = {
    "a page": b"<html><h1>Not found</h1></html>",
    "a string": b"404 page not found",
    "nothing": b"",
    "spaces": b" \r\n",
    "a message alone": b'{"message": "no Route matched with those values"}',
    "an error alone": b'{"error": "Not Found"}',
    "a detail alone": b'{"detail": "Not found"}',
    "a status as text": b'{"status": "404", "detail": "x"}',
    "another status": b'{"status": 418, "detail": "x"}',
    "a status alone": b'{"status": 404}',
    "a detail that is no text": b'{"status": 404, "detail": ["x"]}',
    "an older form without its message": b'{"timestamp": "now", "path": "/", "status": 404, "error": "Not Found"}',
    "a list": b'[{"status": 404, "detail": "x"}]',
    "null": b"null",
    "half of the JSON": b'{"status": 404, "det',
    "brackets": b"[" * 100_000,
    "bytes that are no text": b"\xff\xfe\x00",
}
"""Bodies in none of these forms; 404 stands for the answer's own status."""


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def refused(status: int = 400, content: bytes = b"", retry_after: float | None = None) -> CallError:
    return api_error(CALL, status, content, TOKEN, retry_after)


def detail_of(**fields: object) -> str:
    error = refused(400, body(status=400, **fields))
    assert isinstance(error, ApiError)
    return error.detail


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (100, ApiError),
        (201, ApiError),
        (204, ApiError),
        (400, ApiError),
        (401, AuthenticationError),
        (402, ApiError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (405, ApiError),
        (407, ApiError),
        (409, ConflictError),
        (418, ApiError),
        (422, ApiError),
        (429, RateLimitError),
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (504, ServerError),
        (599, ServerError),
        (600, ApiError),
        *[(status, IntermediaryError) for status in (300, 301, 302, 304, 308, 399, 408, 425, 499)],
    ],
)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_status_in_qovery_s_words_has_its_error(
    status: int, kind: type[CallError], form: dict[str, object]
) -> None:
    """The class follows from the status, the text from the body; a field more is no other form."""
    error = refused(status, body(status=status, **form))

    assert type(error) is kind
    assert error.operation == CALL.operation
    assert error.may_have_executed == (kind is ServerError)
    if isinstance(error, ApiError):
        assert (error.status, error.detail) == (status, "why")


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_body_is_not_qovery_s_word(content: bytes) -> None:
    """Neither JSON alone nor a status in it proves that a response is Qovery's."""
    statuses = (400, 401, 403, 404, 409, 429, 500)

    kinds = [type(refused(status, content.replace(b"404", str(status).encode()))) for status in statuses]

    assert kinds == [IntermediaryError] * len(statuses)


@pytest.mark.parametrize(
    ("status", "content", "sentence"),
    [
        pytest.param(
            502,
            b"<html>",
            f"the 502 response {IN_BETWEEN}. "
            "Try again later; if the problem persists, check qovery:apiUrl and HTTPS_PROXY.",
            id="page",
        ),
        pytest.param(
            404,
            b" ",
            f"the 404 response without a body {IN_BETWEEN}. "
            "Try again later; if the problem persists, check qovery:apiUrl and HTTPS_PROXY.",
            id="empty",
        ),
        pytest.param(
            302,
            b"",
            f"the 302 response (a redirect, which is never followed, to protect the token) {IN_BETWEEN}. {ADDRESS}",
            id="redirect",
        ),
        pytest.param(
            401,
            b"",
            f"the 401 response without a body {IN_BETWEEN}. "
            "Check qovery:apiUrl and HTTPS_PROXY, and the token from QOVERY_API_TOKEN.",
            id="401",
        ),
    ],
)
def test_a_foreign_answer_has_its_sentence(status: int, content: bytes, sentence: str) -> None:
    """It says where the answer comes from, and what to check."""
    assert str(refused(status, content)) == f"{CALL.operation}: {sentence}"


def test_only_a_change_may_have_been_executed_by_what_answers_instead() -> None:
    """A read changes nothing."""
    errors = [api_error(call, 502, b"", TOKEN, None) for call in (CALL, CANCEL)]

    assert [error.may_have_executed for error in errors] == [False, True]


def test_a_refused_token_is_told_by_its_source() -> None:
    """The error says where the token was taken from."""
    error = refused(401, body(status=401, detail="expired"))

    assert isinstance(error, AuthenticationError)
    assert error.token_source == "QOVERY_API_TOKEN"


@pytest.mark.parametrize("status", [302, 400, 403, 404, 409, 429, 500, 503])
@pytest.mark.parametrize("detail", [{}, {"detail": "later"}], ids=["foreign", "own"])
def test_the_server_s_delay_is_kept(status: int, detail: dict[str, object]) -> None:
    """A retry obeys it."""
    assert refused(status, body(status=status, **detail), retry_after=30.0).retry_after == 30.0


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        pytest.param({"detail": "first", "message": "second", "error": "third"}, "first", id="detail"),
        pytest.param({"detail": "a\n b\t\tc\x1b[31m\x00"}, "a b c [31m", id="control characters"),
        pytest.param({"detail": "  a  "}, "a", id="spaces"),
        pytest.param({"detail": "a\ud800\u202eb"}, "a b", id="surrogate and direction mark"),
        pytest.param({"detail": "Zoë ✓"}, "Zoë ✓", id="unicode"),
        pytest.param({"detail": "x" * 200}, "x" * 200, id="longest"),
        pytest.param({"detail": "x" * 201}, "x" * 200, id="cut"),
        pytest.param({"detail": "\n" * 300 + "x"}, "x", id="cut after the spaces"),
        pytest.param({"detail": ""}, "", id="empty"),
        pytest.param({"error": "E", "message": "", "path": "/", "timestamp": 1}, "", id="older and empty"),
        pytest.param(
            {"detail": None, "error": "E", "message": "old", "path": "/", "timestamp": 1}, "old", id="null detail"
        ),
        pytest.param({"detail": "token qov_1234567890 is wrong"}, "token *** is wrong", id="the token"),
        pytest.param({"detail": "x" * 186 + "qov_1234567890"}, "x" * 186 + "***", id="the token before the cut"),
        pytest.param({"detail": "token sk-qov-other is wrong"}, "token *** is wrong", id="another token"),
    ],
)
def test_qovery_s_text_is_one_short_line(said: dict[str, object], detail: str) -> None:
    """Unprintable characters and tokens are left out."""
    assert detail_of(**said) == detail


@pytest.mark.parametrize("at", [187, 190, 195, 199])
def test_a_token_across_the_cut_is_not_quoted_in_part(at: int) -> None:
    """Not even its first letters show."""
    assert "qov_"[: 200 - at] not in detail_of(detail="x" * at + "qov_1234567890")


@given(st.integers(100, 599), st.binary() | st.text().map(lambda text: body(status=400, detail=text)))
@settings(max_examples=50, deadline=None)
def test_any_answer_has_an_error_of_one_line(status: int, content: bytes) -> None:
    """No body of any server breaks the message around it."""
    assert str(refused(status, content)).isprintable()


@pytest.mark.parametrize(
    ("call", "token", "reason"),
    [
        pytest.param(
            CALL,
            Token("qov_1234567890", "QOVERY_API_TOKEN", "Bearer"),
            "is sent with the scheme Bearer because of qovery:authScheme, but looks like an API token, which uses "
            "another scheme. "
            "Remove qovery:authScheme.",
            id="forced scheme",
        ),
        pytest.param(
            CALL,
            Token("sk-qov-1234567890", "QOVERY_API_TOKEN"),
            "is invalid, or its policy denies this call. Check the token and its policy.",
            id="policy token",
        ),
        pytest.param(
            endpoints.cancel_queued("4d01"),
            Token("sk-qov-1234567890", "QOVERY_API_TOKEN"),
            "is invalid, or its policy denies this call (it may deny every call that names no environment). "
            "Check the token and its policy.",
            id="policy token, queue",
        ),
        pytest.param(
            endpoints.project_statuses("4d01"),
            Token("sk-qov-1234567890", "QOVERY_API_TOKEN"),
            "is invalid, or its policy denies this call (it may deny every call that names no environment). "
            "Check the token and its policy.",
            id="policy token, project",
        ),
        pytest.param(
            CALL, TOKEN, "is invalid, has expired, or is denied by a policy. Set a valid token.", id="any other token"
        ),
    ],
)
def test_a_401_says_what_may_be_wrong_with_this_kind_of_token(call: ApiCall[object], token: Token, reason: str) -> None:
    """A token with the wrong scheme, or with a policy, is rejected for reasons of its own."""
    error = api_error(call, 401, b'{"status": 401, "detail": "no"}', token, None)

    assert str(error) == f'{call.operation}: Qovery answered 401 ("no"): the token from QOVERY_API_TOKEN {reason}'
