"""The pauses between looks and between attempts, as lists of seconds."""

from itertools import pairwise

import pytest

from qovery_provider import _schedule
from qovery_provider._schedule import RESEND_GRACE, Looks, retry_delays


def times(since: float, until: float) -> list[float]:
    """Return when somebody looks who is always in time."""
    looks, at = Looks(since), since
    made = list[float]()
    while (at := looks.after(at)) <= until:
        made.append(at)
    return made


def test_looks_start_close_together_and_grow_apart() -> None:
    """A cancel of a second is seen at once; after a minute it is one look in 15 seconds, for good."""
    growing = [0.5, 1.25, 2.05, 3.28, 5.248, 8.3968, 13.43488, 21.495808, 34.3932928]

    assert [*growing, 49.3932928, 64.3932928, 79.3932928] == pytest.approx(times(0.0, 90.0), rel=1e-12)


def test_an_end_is_seen_early_for_the_time_that_it_took() -> None:
    """From the second look on, whoever ends just after a look is seen within two fifths of the time until then."""
    looks = times(0.0, 600.0)

    delays = [(later - sooner) / later for sooner, later in pairwise(looks[1:])]
    assert 0.8 / 2.05 == pytest.approx(max(delays), rel=1e-9)
    assert 15.0 == pytest.approx(max(later - sooner for sooner, later in pairwise(looks)), rel=1e-9)


def test_ten_minutes_of_looks_fit_the_budget() -> None:
    """A cancel of ten minutes costs fewer than 50 requests: a look, the POST, these, and one at the deadline."""
    assert 46 == len(times(0.0, 599.9))


def test_looks_are_counted_from_where_the_wait_began() -> None:
    """Two waits do not share where they are, and time on the wire does not add up."""
    looks = Looks(100.0)

    assert 100.5 == looks.after(100.0)
    assert 101.25 == looks.after(100.55)
    assert 7.5 == Looks(7.0).after(7.0)


def test_looks_that_were_missed_are_left_out() -> None:
    """After a look that took long, the next one is made when it is time, not at once for each that was missed."""
    assert 13.43488 == pytest.approx(Looks(0.0).after(9.0))


def test_an_early_look_uses_up_a_planned_one() -> None:
    """Whose look came early, as it was made for someone else, looks again after the pause that follows it."""
    looks = Looks(0.0)

    assert [0.5, 0.95, 1.1] == pytest.approx([looks.after(now) for now in (0.0, 0.2, 0.3)])


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
    assert delays == list(retry_delays(lambda: drawn))


def test_every_pause_is_drawn_anew() -> None:
    """Clients that failed together do not come back together."""
    draws = iter([0.1, 0.9, 0.5, 0.25])

    assert [0.05, 0.9, 1.0, 1.0] == list(retry_delays(lambda: next(draws)))


def test_the_bound_stops_doubling_at_eight_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more attempts, no pause would be longer."""
    monkeypatch.setattr(_schedule, "ATTEMPTS", 8)

    assert [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0] == list(retry_delays(lambda: 1.0))


def test_a_cancel_is_sent_again_only_after_five_seconds() -> None:
    """Qovery gets that long to show that the first one arrived."""
    assert 5.0 == RESEND_GRACE
