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


def test_only_the_first_list_says_what_was_queued() -> None:
    """Before it, nothing is known to have been queued; what came later was not there when the user decided."""
    queue = drain()
    before = queue.has_listed("r1")
    queue.listed(["r1"], RAN, 1.0)
    queue.listed(["r1", "r2"], RAN, 2.0)

    assert (before, queue.has_listed("r1"), queue.has_listed("r2"), queue.has_listed(None)) == (
        False,
        True,
        False,
        False,
    )


def test_an_empty_queue_is_drained() -> None:
    """There is nothing to do."""
    queue = drain()

    assert queue.listed([], RAN, 3.0) is None
    assert queue.canceled == []


def test_requests_are_canceled_one_by_one_in_order() -> None:
    """The next one to start is the first to go."""
    queue = drain()
    steps = [queue.listed(["r1", "r2", "r3"], RAN, 1.0)]
    steps += [queue.canceled_one(request, now) for request, now in (("r1", 2.0), ("r2", 3.0), ("r3", 4.0))]

    assert steps == [
        actions.CancelQueued(1.0, "r1"),
        actions.CancelQueued(2.0, "r2"),
        actions.CancelQueued(3.0, "r3"),
        None,
    ]
    assert queue.canceled == ["r1", "r2", "r3"]


def test_what_is_gone_without_our_call_is_not_claimed() -> None:
    """A request that has started, or that another user has canceled, is not counted."""
    queue = drain()
    queue.listed(["r1", "r2"], RAN, 1.0)

    assert queue.gone("r1", 2.0) == actions.CancelQueued(2.0, "r2")
    assert queue.canceled == []


def test_only_the_requests_of_the_first_list_are_canceled() -> None:
    """A request that came later is not touched; one that has left meanwhile is not tried again."""
    queue = drain()
    queue.listed(["r1", "r2", "r3"], RAN, 1.0)
    queue.retry("r1", REFUSED, 1.0, 100.0)

    assert queue.listed(["r9", "r2", "r3"], RAN, 5.0) == actions.CancelQueued(5.0, "r2")
    assert queue.canceled_one("r2", 6.0) == actions.CancelQueued(6.0, "r3")
    assert queue.canceled_one("r3", 7.0) is None


def test_a_late_request_does_not_keep_it_open() -> None:
    """When all requests of the first list are gone, it is over, even if others are queued by then."""
    queue = drain()
    queue.listed(["r1"], RAN, 1.0)
    queue.retry("r1", LOST, 1.0, 100.0)

    assert queue.listed(["r9"], RAN, 2.0) is None


# Failures.


def test_failures_are_followed_by_growing_pauses() -> None:
    """Five attempts for each request; then it is enough."""
    queue = drain()
    queue.listed(["r1", "r2"], RAN, 0.0)
    steps = {name: [queue.retry(name, REFUSED, 10.0, 100.0) for _ in range(5)] for name in ("r1", "r2")}

    expected = [*(actions.ListQueue(at) for at in (10.5, 11.0, 12.0, 14.0)), None]
    assert steps == {"r1": expected, "r2": expected}


def test_pauses_are_drawn() -> None:
    """Full jitter, as for every other call."""
    queue = drain(random=0.5)
    queue.listed(["r1"], RAN, 0.0)

    assert [queue.retry("r1", REFUSED, 0.0, 100.0) for _ in range(2)] == [
        actions.ListQueue(0.25),
        actions.ListQueue(0.5),
    ]


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
    queue = drain()
    queue.listed(["r1"], RAN, 0.0)

    assert queue.retry("r1", RateLimitError("canceling", 429, retry_after=retry_after), 10.0, deadline) == step


@pytest.mark.parametrize("error", [ApiError("canceling", 400), PermissionDeniedError("canceling", 403)])
def test_a_refusal_for_good_is_not_tried_again(error: CallError) -> None:
    """It would be refused again."""
    queue = drain()
    queue.listed(["r1"], RAN, 0.0)

    assert queue.retry("r1", error, 0.0, 100.0) is None


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
    """409 and 404: it has started, has ended, or another user was faster."""
    assert is_no_longer_queued(error) is is_gone


# Lost answers.


def lost(*requests: str, ran: EnvironmentStatus = RAN) -> QueueDrain:
    """Return a drain whose cancels of these requests were all lost, and which then found the queue empty."""
    queue = drain()
    queue.listed(list(requests), ran, 0.0)
    for request in requests:
        queue.retry(request, LOST, 0.0, 100.0)
    queue.listed([], ran, 1.0)
    return queue


@pytest.mark.parametrize("state", ["BUILDING", "CANCELING", "DEPLOYED"])
def test_a_lost_answer_is_judged_by_what_runs(state: str) -> None:
    """A request that left the queue while none has started was canceled; they are claimed in order, and once."""
    queue = lost("r2", "r1")
    queue.settle(status("d1", state))
    queue.settle(status("d1", state))

    assert queue.canceled == ["r1", "r2"]


@pytest.mark.parametrize(
    ("ran", "runs"),
    [(RAN, status("d2", "BUILDING")), (RAN, NAMELESS), (NAMELESS, RAN), (NAMELESS, NAMELESS)],
)
def test_nothing_is_claimed_once_another_may_have_started(ran: EnvironmentStatus, runs: EnvironmentStatus) -> None:
    """A request may have left the queue because it started; a later status read cannot rule that out either."""
    queue = lost("r1", ran=ran)
    queue.settle(runs)
    queue.settle(ran)

    assert queue.canceled == []


def test_what_ran_before_the_first_list_counts() -> None:
    """A deployment that started while the queue was being emptied may have been one of its requests."""
    queue = drain()
    queue.listed(["r1", "r2"], RAN, 0.0)
    queue.retry("r1", LOST, 0.0, 100.0)
    queue.listed([], status("d2", "BUILDING"), 1.0)
    queue.settle(status("d2", "BUILDING"))

    assert queue.canceled == []


def test_a_request_that_was_certainly_not_canceled_is_not_judged() -> None:
    """If the call never arrived and the request is gone, another user has canceled it."""
    queue = drain()
    queue.listed(["r1"], RAN, 0.0)
    queue.retry("r1", REFUSED, 0.0, 100.0)
    queue.listed([], RAN, 1.0)
    queue.settle(status("d1", "BUILDING"))

    assert queue.canceled == []


def test_a_request_is_claimed_once() -> None:
    """A lost answer followed by an accepted repeat is one canceled request."""
    queue = drain()
    queue.listed(["r1"], RAN, 0.0)
    queue.retry("r1", LOST, 0.0, 100.0)
    queue.listed(["r1"], RAN, 1.0)
    queue.canceled_one("r1", 1.0)
    queue.settle(status("d1", "BUILDING"))

    assert queue.canceled == ["r1"]


def test_what_was_canceled_is_shared() -> None:
    """The list is the one that the cancellation reports."""
    shared: list[str] = []
    queue = QueueDrain(shared, lambda: 1.0)
    queue.listed(["r1"], RAN, 0.0)
    queue.canceled_one("r1", 0.0)

    assert shared == ["r1"]
