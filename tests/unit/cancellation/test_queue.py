"""Emptying a queue, step by step."""

from __future__ import annotations

import pytest

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.queue import QueueDrain, is_no_longer_queued
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import (
    ApiError,
    CallError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TransportError,
)
from tests.support.stories import status

LOST = TransportError("canceling", "no answer", "", may_have_executed=True)
REFUSED = TransportError("canceling", "refused", "", may_have_executed=False)


RAN = status("d1", "BUILDING")
NAMELESS = status(None, "BUILDING")


def drain(random: float = 1.0) -> QueueDrain:
    return QueueDrain([], lambda: random)


def test_an_empty_queue_is_drained() -> None:
    """There is nothing to do."""
    one = drain()

    assert one.listed([], RAN, 3.0) is None
    assert one.canceled == []


def test_requests_are_canceled_one_by_one_in_order() -> None:
    """The next one to start is the first to go."""
    one = drain()
    steps = [one.listed(["r1", "r2", "r3"], RAN, 1.0)]
    steps += [one.canceled_one(request, now) for request, now in (("r1", 2.0), ("r2", 3.0), ("r3", 4.0))]

    assert steps == [
        actions.CancelQueued(1.0, "r1"),
        actions.CancelQueued(2.0, "r2"),
        actions.CancelQueued(3.0, "r3"),
        None,
    ]
    assert one.canceled == ["r1", "r2", "r3"]


def test_what_is_gone_without_our_call_is_not_claimed() -> None:
    """A request that has started, or that somebody else has canceled, is no merit."""
    one = drain()
    one.listed(["r1", "r2"], RAN, 1.0)

    assert one.gone("r1", 2.0) == actions.CancelQueued(2.0, "r2")
    assert one.canceled == []


def test_only_the_first_list_is_meant() -> None:
    """A request that came later is not touched; one that has left meanwhile is not tried again."""
    one = drain()
    one.listed(["r1", "r2", "r3"], RAN, 1.0)
    one.retry("r1", REFUSED, 1.0, 100.0)

    assert one.listed(["r9", "r2", "r3"], RAN, 5.0) == actions.CancelQueued(5.0, "r2")
    assert one.canceled_one("r2", 6.0) == actions.CancelQueued(6.0, "r3")
    assert one.canceled_one("r3", 7.0) is None


def test_a_late_request_does_not_keep_it_open() -> None:
    """When all that was meant is gone, it is over, whatever waits by then."""
    one = drain()
    one.listed(["r1"], RAN, 1.0)
    one.retry("r1", LOST, 1.0, 100.0)

    assert one.listed(["r9"], RAN, 2.0) is None


# Failures.


def test_failures_are_followed_by_growing_pauses() -> None:
    """Five attempts in all, whichever request they concern; then it is enough."""
    one = drain()
    one.listed(["r1", "r2"], RAN, 0.0)
    steps = [one.retry(request, REFUSED, 10.0, 100.0) for request in ("r1", "r1", "r2", "r2", "r2")]

    assert steps == [
        actions.ListQueue(10.5),
        actions.ListQueue(11.0),
        actions.ListQueue(12.0),
        actions.ListQueue(14.0),
        None,
    ]


def test_pauses_are_drawn() -> None:
    """Full jitter, as for every other call."""
    one = drain(random=0.5)
    one.listed(["r1"], RAN, 0.0)

    assert [one.retry("r1", REFUSED, 0.0, 100.0) for _ in range(2)] == [actions.ListQueue(0.25), actions.ListQueue(0.5)]


@pytest.mark.parametrize(
    ("retry_after", "deadline", "step"),
    [
        (None, 100.0, actions.ListQueue(10.5)),
        (0.1, 100.0, actions.ListQueue(10.5)),
        (40.0, 100.0, actions.ListQueue(50.0)),
        (40.0, 50.1, actions.ListQueue(50.0)),
        (40.0, 50.0, None),
        (None, 10.5, None),
    ],
)
def test_the_servers_delay_is_obeyed(
    retry_after: float | None, deadline: float, step: actions.ListQueue | None
) -> None:
    """If it ends before the deadline; else there is no further attempt."""
    one = drain()
    one.listed(["r1"], RAN, 0.0)

    assert one.retry("r1", RateLimitError("canceling", 429, retry_after=retry_after), 10.0, deadline) == step


@pytest.mark.parametrize("error", [ApiError("canceling", 400), PermissionDeniedError("canceling", 403)])
def test_a_refusal_for_good_is_not_tried_again(error: CallError) -> None:
    """It would be refused again."""
    one = drain()
    one.listed(["r1"], RAN, 0.0)

    assert one.retry("r1", error, 0.0, 100.0) is None


@pytest.mark.parametrize(
    ("error", "is_gone"),
    [
        (ConflictError("canceling", 409), True),
        (NotFoundError("canceling", 404), True),
        (ServerError("canceling", 503), False),
        (LOST, False),
        (PermissionDeniedError("canceling", 403), False),
    ],
)
def test_some_refusals_mean_that_it_no_longer_waits(error: CallError, *, is_gone: bool) -> None:
    """409 and 404: it has started, has ended, or somebody else was faster."""
    assert is_no_longer_queued(error) is is_gone


# Lost answers.


def lost(*requests: str, ran: EnvironmentStatus = RAN) -> QueueDrain:
    """Return a drain whose cancels of these requests were all lost, and which then found the queue empty."""
    one = drain()
    one.listed(list(requests), ran, 0.0)
    for request in requests:
        one.retry(request, LOST, 0.0, 100.0)
    one.listed([], ran, 1.0)
    return one


@pytest.mark.parametrize("state", ["BUILDING", "CANCELING", "DEPLOYED"])
def test_a_lost_answer_is_judged_by_what_runs(state: str) -> None:
    """A request that left the queue while none has started was canceled; they are claimed in order, and once."""
    one = lost("r2", "r1")
    one.settle(status("d1", state))
    one.settle(status("d1", state))

    assert one.canceled == ["r1", "r2"]


@pytest.mark.parametrize(
    ("ran", "runs"),
    [(RAN, status("d2", "BUILDING")), (RAN, NAMELESS), (NAMELESS, RAN), (NAMELESS, NAMELESS)],
)
def test_nothing_is_claimed_once_another_may_have_started(ran: EnvironmentStatus, runs: EnvironmentStatus) -> None:
    """A request may have left the queue because its turn had come; a later look cannot make that certain either."""
    one = lost("r1", ran=ran)
    one.settle(runs)
    one.settle(ran)

    assert one.canceled == []


def test_what_ran_before_the_first_list_counts() -> None:
    """A deployment that started while the queue was being emptied may have been one of its requests."""
    one = drain()
    one.listed(["r1", "r2"], RAN, 0.0)
    one.retry("r1", LOST, 0.0, 100.0)
    one.listed([], status("d2", "BUILDING"), 1.0)
    one.settle(status("d2", "BUILDING"))

    assert one.canceled == []


def test_a_request_that_was_certainly_not_canceled_is_not_judged() -> None:
    """If the call never arrived and the request is gone, somebody else has taken it away."""
    one = drain()
    one.listed(["r1"], RAN, 0.0)
    one.retry("r1", REFUSED, 0.0, 100.0)
    one.listed([], RAN, 1.0)
    one.settle(status("d1", "BUILDING"))

    assert one.canceled == []


def test_a_request_is_claimed_once() -> None:
    """A lost answer followed by an accepted repeat is one canceled request."""
    one = drain()
    one.listed(["r1"], RAN, 0.0)
    one.retry("r1", LOST, 0.0, 100.0)
    one.listed(["r1"], RAN, 1.0)
    one.canceled_one("r1", 1.0)
    one.settle(status("d1", "BUILDING"))

    assert one.canceled == ["r1"]


def test_what_was_canceled_is_shared() -> None:
    """The list is the one that the cancellation reports."""
    shared: list[str] = []
    one = QueueDrain(shared, lambda: 1.0)
    one.listed(["r1"], RAN, 0.0)
    one.canceled_one("r1", 0.0)

    assert shared == ["r1"]
