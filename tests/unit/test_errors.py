"""The text and the facts of every error: what a person reads in the resource's row, and what a program can ask."""

import inspect
import re
from typing import Any

import pytest

from qovery_provider import errors
from qovery_provider.errors import (
    ApiError,
    AuthenticationError,
    BulkCancellationError,
    CallError,
    CancellationError,
    CancellationInterruptedError,
    CancellationStoppedError,
    CancellationTimeoutError,
    ConfigurationError,
    ConflictError,
    IntermediaryError,
    NotCanceledError,
    NotFoundError,
    NothingToCancelError,
    NotSentError,
    PermissionDeniedError,
    QoveryError,
    RateBudgetError,
    RateLimitError,
    ServerError,
    TransportError,
    UnexpectedStateError,
    WrongDeploymentError,
)

ASKED = "reading the status of environment 3c90"

PARENTS: dict[type[Exception], type[Exception]] = {
    QoveryError: Exception,
    ConfigurationError: QoveryError,
    RateBudgetError: QoveryError,
    CallError: QoveryError,
    ApiError: CallError,
    AuthenticationError: ApiError,
    PermissionDeniedError: ApiError,
    NotFoundError: ApiError,
    ConflictError: ApiError,
    RateLimitError: ApiError,
    ServerError: ApiError,
    IntermediaryError: CallError,
    NotSentError: CallError,
    TransportError: CallError,
    CancellationError: QoveryError,
    NothingToCancelError: CancellationError,
    NotCanceledError: CancellationError,
    WrongDeploymentError: CancellationError,
    UnexpectedStateError: CancellationError,
    CancellationTimeoutError: CancellationError,
    CancellationInterruptedError: CancellationError,
    CancellationStoppedError: CancellationError,
    BulkCancellationError: QoveryError,
}

CANCELLATION_ERRORS = [error for error in PARENTS if issubclass(error, CancellationError)]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(QoveryError("anything"), "anything", id="base"),
        pytest.param(ConfigurationError("no token"), "no token", id="configuration"),
        pytest.param(RateBudgetError("too many"), "too many", id="rate budget"),
        pytest.param(
            ApiError(ASKED, 418, "a teapot"),
            f'{ASKED}: Qovery answered 418 ("a teapot"): the request was rejected. '
            "Check the inputs, and qovery:apiUrl.",
            id="other refusal",
        ),
        pytest.param(
            AuthenticationError(ASKED, 401, "expired", token_source="QOVERY_API_TOKEN"),
            f'{ASKED}: Qovery answered 401 ("expired"): the token from QOVERY_API_TOKEN is invalid, has expired, or is '
            "denied by a policy. Set a valid token.",
            id="authentication",
        ),
        pytest.param(
            PermissionDeniedError(ASKED, 403),
            f"{ASKED}: Qovery answered 403: the token's role does not allow this, or the id belongs to another "
            "organization. Check the id, the token, and its role.",
            id="permission",
        ),
        pytest.param(
            NotFoundError(ASKED, 404, "not found"),
            f'{ASKED}: Qovery answered 404 ("not found"): the id does not exist, or this token cannot access it. '
            "Check the id, the token's organization, and qovery:apiUrl if it is set.",
            id="not found",
        ),
        pytest.param(
            ConflictError(ASKED, 409),
            f"{ASKED}: Qovery answered 409: there is nothing to cancel, or another operation is in progress. "
            "Check the environment in the Qovery console, then run `pulumi up` again.",
            id="conflict",
        ),
        pytest.param(
            RateLimitError(ASKED, 429),
            f"{ASKED}: Qovery answered 429: the token's rate limit (1000 requests per hour) is exhausted. "
            "Run `pulumi up` again later, or use a separate token for this stack.",
            id="rate limit",
        ),
        pytest.param(
            RateLimitError(ASKED, 429, "slow down", retry_after=89.6),
            f'{ASKED}: Qovery answered 429 ("slow down"): the token\'s rate limit (1000 requests per hour) is '
            "exhausted; "
            "it resets in 90 s. Run `pulumi up` again then, or use a separate token for this stack.",
            id="rate limit that says when it opens",
        ),
        pytest.param(
            RateLimitError(ASKED, 429, retry_after=0.0),
            f"{ASKED}: Qovery answered 429: the token's rate limit (1000 requests per hour) is exhausted; "
            "it resets in 0 s. Run `pulumi up` again then, or use a separate token for this stack.",
            id="rate limit that is open again",
        ),
        pytest.param(
            RateLimitError(ASKED, 429, retry_after=119.9),
            f"{ASKED}: Qovery answered 429: the token's rate limit (1000 requests per hour) is exhausted; "
            "it resets in 120 s. Run `pulumi up` again then, or use a separate token for this stack.",
            id="rate limit of two minutes",
        ),
        pytest.param(
            RateLimitError(ASKED, 429, retry_after=120.0),
            f"{ASKED}: Qovery answered 429: the token's rate limit (1000 requests per hour) is exhausted; "
            "it resets in 2 min. Run `pulumi up` again then, or use a separate token for this stack.",
            id="rate limit in minutes",
        ),
        pytest.param(
            RateLimitError(ASKED, 429, retry_after=3400.0),
            f"{ASKED}: Qovery answered 429: the token's rate limit (1000 requests per hour) is exhausted; "
            "it resets in 57 min. Run `pulumi up` again then, or use a separate token for this stack.",
            id="rate limit of nearly an hour",
        ),
        pytest.param(
            IntermediaryError(ASKED, 302, " (a redirect)", "Check it.", may_have_executed=False),
            f"{ASKED}: the 302 response (a redirect) is not in a format of Qovery's API, so it probably came "
            "from something in between (a proxy, a load balancer, a login page). Check it.",
            id="something in between",
        ),
        pytest.param(
            NotSentError(ASKED, "the deadline has passed"),
            f"{ASKED}: not sent, because the deadline has passed.",
            id="not sent",
        ),
        pytest.param(
            ServerError(ASKED, 502),
            f"{ASKED}: Qovery answered 502: Qovery had an internal error. Try again later.",
            id="server",
        ),
        pytest.param(
            TransportError(ASKED, "no response in time", "Check the network.", may_have_executed=True),
            f"{ASKED}: no response in time. Check the network.",
            id="transport",
        ),
        pytest.param(
            BulkCancellationError({"4d01": QoveryError("second"), "3c90": QoveryError("first")}, 7),
            "2 of 7 environments failed; the next `pulumi up` acts only on these:\n- first\n- second",
            id="bulk",
        ),
    ],
)
def test_the_text_says_all_in_one_line(error: QoveryError, text: str) -> None:
    """A person reads what was asked, what came back and what to do next."""
    assert str(error) == text


@pytest.mark.parametrize("kind", CANCELLATION_ERRORS)
def test_a_cancellation_error_holds_the_target(kind: type[CancellationError]) -> None:
    """Its text is the sentence that it is given; environment, deployment and state are fields."""
    error = kind("it went wrong", "3c90", "3c90-12", "BUILDING")

    assert str(error) == "it went wrong"
    assert (error.environment_id, error.deployment_id, error.deployment_state) == ("3c90", "3c90-12", "BUILDING")


@pytest.mark.parametrize(
    ("error", "facts"),
    [
        pytest.param(
            ApiError(ASKED, 400, "bad", retry_after=3.0),
            {"operation": ASKED, "status": 400, "detail": "bad", "retry_after": 3.0},
            id="refusal",
        ),
        pytest.param(ApiError(ASKED, 400), {"detail": "", "retry_after": None}, id="refusal without words"),
        pytest.param(
            AuthenticationError(ASKED, 401, "no", token_source="the stack"),
            {"operation": ASKED, "status": 401, "detail": "no", "token_source": "the stack", "retry_after": None},
            id="authentication",
        ),
        pytest.param(RateLimitError(ASKED, 429, "slow", retry_after=9.0), {"retry_after": 9.0}, id="rate limit"),
        pytest.param(
            IntermediaryError(ASKED, 503, "", "", may_have_executed=True, retry_after=9.0),
            {"operation": ASKED, "status": 503, "retry_after": 9.0},
            id="something in between",
        ),
        pytest.param(NotSentError(ASKED, "late"), {"operation": ASKED, "reason": "late"}, id="not sent"),
        pytest.param(
            TransportError(ASKED, "cut off", "Wait.", may_have_executed=False),
            {"operation": ASKED, "problem": "cut off", "retry_after": None, "retryable": True},
            id="transport",
        ),
    ],
)
def test_the_facts_are_fields(error: CallError, facts: dict[str, Any]) -> None:
    """A program asks the error; it need not read the text."""
    assert {name: getattr(error, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("error", "may_have_executed", "retryable"),
    [
        pytest.param(ApiError(ASKED, 400), False, False, id="other refusal"),
        pytest.param(AuthenticationError(ASKED, 401, token_source="x"), False, False, id="authentication"),
        pytest.param(PermissionDeniedError(ASKED, 403), False, False, id="permission"),
        pytest.param(NotFoundError(ASKED, 404), False, False, id="not found"),
        pytest.param(ConflictError(ASKED, 409), False, False, id="conflict"),
        pytest.param(RateLimitError(ASKED, 429), False, True, id="rate limit"),
        pytest.param(
            IntermediaryError(ASKED, 302, "", "", may_have_executed=False), False, True, id="answer to a read"
        ),
        pytest.param(
            IntermediaryError(ASKED, 302, "", "", may_have_executed=True), True, True, id="answer to a change"
        ),
        pytest.param(ServerError(ASKED, 500), True, True, id="server"),
        pytest.param(NotSentError(ASKED, "it was late"), False, True, id="not sent"),
        pytest.param(TransportError(ASKED, "", "", may_have_executed=False), False, True, id="transport before"),
        pytest.param(TransportError(ASKED, "", "", may_have_executed=True), True, True, id="transport after"),
        pytest.param(
            TransportError(ASKED, "", "", may_have_executed=True, retryable=False), True, False, id="transport for good"
        ),
    ],
)
def test_what_a_failed_call_allows(error: CallError, *, may_have_executed: bool, retryable: bool) -> None:
    """Only what can help is tried again, and only a lost answer leaves it open whether the call was executed."""
    assert (may_have_executed, retryable) == (error.may_have_executed, error.retryable)


def test_a_bulk_error_holds_the_error_of_each_environment() -> None:
    """The errors are a copy by environment id, so that a later change does not reach them."""
    failures: dict[str, QoveryError] = {"3c90": QoveryError("first")}
    error = BulkCancellationError(failures, 2)
    failures.clear()

    assert list(error.errors) == ["3c90"]
    assert str(error.errors["3c90"]) == "first"


def test_every_error_has_its_place_in_the_tree() -> None:
    """Who catches a base class catches exactly what the tree shows below it."""
    found = {kind: kind.__base__ for _, kind in inspect.getmembers(errors, inspect.isclass) if kind in PARENTS}
    public = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)}

    assert found == PARENTS
    assert public == set(PARENTS)


def test_the_docstring_draws_the_whole_tree() -> None:
    """The tree in the module's docstring is the first thing that a reader sees: it names every error."""
    drawn = set(re.findall(r"^[ │├└─]+(\w+Error)\b", errors.__doc__ or "", re.MULTILINE))

    assert drawn == {kind.__name__ for kind in PARENTS}
