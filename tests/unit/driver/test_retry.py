"""When a failed call is made again: by the error, the schedule and the time."""

import pytest

from qovery_provider._driver.retry import Retry
from qovery_provider.errors import ApiError, CallError, NotFoundError, RateLimitError, ServerError, TransportError

FAR = 10_000.0


def upper_bound() -> float:
    return 1.0


def failed(retry_after: float | None = None) -> ServerError:
    return ServerError("reading", 503, retry_after=retry_after)


def test_a_call_is_tried_five_times() -> None:
    """Four pauses that double, then the failure is the answer, and stays it."""
    retry = Retry(upper_bound)

    assert [retry.again_at(failed(), 100.0, FAR) for _ in range(6)] == [100.5, 101.0, 102.0, 104.0, None, None]


def test_pauses_are_drawn() -> None:
    """Full jitter: whatever the random source says, between zero and the bound."""
    draws = iter([0.5, 0.0, 0.25])
    retry = Retry(lambda: next(draws))

    assert [retry.again_at(failed(), 0.0, FAR) for _ in range(3)] == [0.25, 0.0, 0.5]


def test_failures_are_counted() -> None:
    """Every failure counts, also the one that is not tried again."""
    retry = Retry(upper_bound)
    before = retry.failures
    retry.again_at(failed(), 0.0, FAR)
    retry.again_at(NotFoundError("reading", 404), 0.0, FAR)

    assert (before, retry.failures) == (0, 2)


@pytest.mark.parametrize(
    ("retry_after", "again"),
    [
        pytest.param(None, 100.5, id="not said"),
        pytest.param(0.0, 100.5, id="at once"),
        pytest.param(0.4, 100.5, id="sooner than the own pause"),
        pytest.param(0.6, 100.6, id="later than the own pause"),
        pytest.param(100.0, 200.0, id="just in time"),
        pytest.param(100.1, None, id="after the deadline"),
    ],
)
def test_the_servers_delay_is_obeyed(retry_after: float | None, again: float | None) -> None:
    """No attempt comes before the server allows it; one that it allows too late does not come."""
    assert Retry(upper_bound).again_at(failed(retry_after), 100.0, 200.0) == again


@pytest.mark.parametrize(
    ("now", "again"),
    [
        pytest.param(9.0, 9.5, id="time enough"),
        pytest.param(9.5, 10.0, id="just enough"),
        pytest.param(9.9, 10.0, id="too little for the pause"),
        pytest.param(10.0, None, id="at the deadline"),
        pytest.param(10.1, None, id="after the deadline"),
    ],
)
def test_no_attempt_is_planned_past_the_deadline(now: float, again: float | None) -> None:
    """The last attempt comes at the deadline; there is none when it has passed."""
    assert Retry(upper_bound).again_at(failed(), now, 10.0) == again


@pytest.mark.parametrize(
    ("error", "again"),
    [
        pytest.param(failed(), 0.5, id="server"),
        pytest.param(RateLimitError("reading", 429), 0.5, id="rate limit"),
        pytest.param(TransportError("reading", "reset", "", may_have_executed=True), 0.5, id="reset"),
        pytest.param(ApiError("reading", 400), None, id="refusal"),
        pytest.param(ApiError("reading", 400, retry_after=1.0), None, id="refusal with a delay"),
        pytest.param(
            TransportError("reading", "no trust", "", may_have_executed=False, retryable=False), None, id="TLS trust"
        ),
    ],
)
def test_only_what_can_help_is_tried_again(error: CallError, again: float | None) -> None:
    """A refusal for good is the answer at once."""
    assert Retry(upper_bound).again_at(error, 0.0, FAR) == again
