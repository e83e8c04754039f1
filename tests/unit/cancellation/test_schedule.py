"""The pauses between polls and between attempts, as lists of seconds."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qovery_provider._cancellation.schedule import RESEND_GRACE, PollSchedule, Retry, asked_pause, retry_delays
from qovery_provider.errors import CallError, RateLimitError, ServerError


def times(since: float, until: float) -> list[float]:
    """Return the times of polls that are all made and answered on time."""
    polls, at = PollSchedule(since), since
    made = list[float]()
    while (at := polls.after(at)) <= until:
        made.append(at)
    return made


def test_polls_start_close_together_and_grow_apart() -> None:
    """A cancellation of a second is seen at once; after half a minute there is one poll in 15 seconds."""
    growing = [0.75, 1.2375, 2.041875, 3.36909375, 5.5590046875, 9.172357734375, 15.13439026171875, 24.97174393183594]

    assert pytest.approx(times(0.0, 60.0), rel=1e-12) == [*growing, 39.97174393183594, 54.97174393183594]


def test_an_end_is_seen_early_for_the_time_that_it_took() -> None:
    """An end just after a poll is seen by the next one: within two fifths of the time, and within 15 s."""
    polls = times(0.0, 600.0)

    delays = [(later - sooner) / later for sooner, later in pairwise(polls)]
    assert pytest.approx(max(delays), rel=1e-9) == 0.65 / 1.65
    assert pytest.approx(max(later - sooner for sooner, later in pairwise(polls)), rel=1e-9) == 15.0


@given(events=st.lists(st.floats(0.01, 20.0), max_size=60))
def test_shared_polls_keep_the_promise(events: list[float]) -> None:
    """When polls for other cancellations come in between, the next one still comes within these bounds."""
    polls, now = PollSchedule(0.0), 0.0
    planned = polls.after(now)
    seen = [now]
    for pause in events:
        now = min(now + pause, planned)
        planned = polls.after(now)
        seen.append(now)

    late = [later - earlier for earlier, later in pairwise(seen) if later > 0.75]
    bounds = [max(0.75, min(0.4 * later, 15.0)) for later in seen[1:] if later > 0.75]
    assert all(pause <= bound + 1e-9 for pause, bound in zip(late, bounds, strict=True))


def test_ten_minutes_of_polls_fit_the_budget() -> None:
    """Ten minutes cost at most 50 requests: a status read, POST, the queue, these polls, one at the deadline."""
    assert len(times(0.0, 599.9)) == 46


def test_polls_are_counted_from_the_beginning_of_the_wait() -> None:
    """Two waits do not share where they are, and time on the wire does not add up."""
    polls = PollSchedule(100.0)

    assert polls.after(100.0) == 100.75
    assert polls.after(100.8) == 101.2375
    assert PollSchedule(7.0).after(7.0) == 7.75


def test_missed_polls_are_left_out() -> None:
    """After a slow answer, the next poll is made when it is due, not at once for each that was missed."""
    assert pytest.approx(PollSchedule(0.0).after(9.0)) == 9.172357734375


def test_an_early_poll_puts_off_the_next() -> None:
    """A read that came early, since it was made for another cancellation, is followed by one 1.65 times as late."""
    polls = PollSchedule(0.0)

    assert pytest.approx([polls.after(now) for now in (0.0, 0.75, 1.0, 1.1)]) == [0.75, 1.2375, 1.65, 1.815]


def test_a_very_early_poll_does_not_count() -> None:
    """Right after the cancel it cannot show an effect: the first planned poll is made all the same."""
    polls = PollSchedule(0.0)

    assert [polls.after(now) for now in (0.0, 0.1, 0.7)] == [0.75, 0.75, 0.75]


@pytest.mark.parametrize(
    ("drawn", "delays"),
    [
        pytest.param(1.0, [0.5, 1.0, 2.0, 4.0], id="upper bound"),
        pytest.param(0.5, [0.25, 0.5, 1.0, 2.0], id="middle"),
        pytest.param(0.0, [0.0, 0.0, 0.0, 0.0], id="lower bound"),
    ],
)
def test_four_retries_with_full_jitter(drawn: float, delays: list[float]) -> None:
    """Five attempts have four pauses, each drawn between zero and a bound that doubles."""
    assert list(retry_delays(lambda: drawn)) == delays


def test_every_pause_is_drawn_anew() -> None:
    """Clients that failed together do not come back together."""
    draws = iter([0.1, 0.9, 0.5, 0.25])

    assert list(retry_delays(lambda: next(draws))) == [0.05, 0.9, 1.0, 1.0]


def test_a_cancel_is_sent_again_only_after_five_seconds() -> None:
    """Qovery gets that long to show that the first one arrived."""
    assert RESEND_GRACE == 5.0


@pytest.mark.parametrize(
    ("retry_after", "again"),
    [
        pytest.param(None, 10.5, id="no pause"),
        pytest.param(29.9, 39.9, id="before the deadline"),
        pytest.param(30.0, 40.0, id="at the deadline"),
        pytest.param(30.1, None, id="after the deadline"),
    ],
)
def test_a_call_is_made_again_until_the_deadline(retry_after: float | None, again: float | None) -> None:
    """A pause that ends exactly then leaves time for one more attempt; one that ends later does not."""
    retry = Retry(lambda: 1.0)

    assert retry.again_at(RateLimitError("calling", 429, retry_after=retry_after), 10.0, 40.0) == again


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        pytest.param(RateLimitError("calling", 429, retry_after=3600.0), 3600.0, id="rate limit"),
        pytest.param(ServerError("calling", 503, retry_after=3600.0), 60.0, id="outage for an hour"),
        pytest.param(ServerError("calling", 503, retry_after=5.0), 5.0, id="outage for seconds"),
        pytest.param(ServerError("calling", 503), 0.0, id="outage without a time"),
    ],
)
def test_only_a_rate_limit_puts_off_a_wait_for_long(error: CallError, pause: float) -> None:
    """Any other end of the pause is a guess; the end of the deployment is seen a minute late at most."""
    assert asked_pause(error) == pause
