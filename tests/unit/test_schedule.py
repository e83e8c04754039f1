"""The pauses between looks and between attempts, as lists of seconds."""

from itertools import accumulate, islice, takewhile

import pytest

from qovery_provider import _schedule
from qovery_provider._schedule import RESEND_GRACE, look_delays, retry_delays


def test_looks_start_close_together_and_grow_apart() -> None:
    """A cancel of a second is seen at once; after a minute it is one look in 15 seconds, for good."""
    growing = [0.5, 0.7, 0.98, 1.372, 1.9208, 2.68912, 3.764768, 5.2706752, 7.37894528, 10.330523392, 14.4627327488]

    assert [*growing, 15.0, 15.0, 15.0] == pytest.approx(list(islice(look_delays(), 14)), rel=1e-12)


def test_ten_minutes_of_looks_fit_the_budget() -> None:
    """A cancel of ten minutes costs fewer than 50 requests, the first look and the POST included."""
    looks = list(takewhile(lambda at: at <= 600, accumulate(look_delays())))

    assert 47 == len(looks)


def test_every_wait_has_delays_of_its_own() -> None:
    """Two waits do not share where they are."""
    first, second = look_delays(), look_delays()
    list(islice(first, 5))

    assert 0.5 == next(second)


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
