"""Reading the server's hints in every form, and spreading what is left of the limit."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qovery_provider._qovery.rate_limit import RateBudget, retry_after, seconds_until

NOW = 1_700_000_000.0
"""A wall clock's time: Tue, 14 Nov 2023 22:13:20 GMT."""

NUMBERS = st.one_of(st.floats().map(str), st.integers().map(str), st.text(), st.none())


def budget(limit: str = "1000", remaining: str = "100", reset: str = "100") -> RateBudget:
    """Return the budget after one answer at 50 s on the monotonic clock."""
    headers = {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset}
    budget = RateBudget()
    budget.observe(headers, 50.0, NOW)
    return budget


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the machine into a time zone nine hours ahead."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param("1.5", 1.5, id="fraction"),
        pytest.param("0", 0.0, id="zero"),
        pytest.param(" 7 ", 7.0, id="spaces"),
        pytest.param("999999999", 3600.0, id="the most seconds"),
        pytest.param("1000000000", 0.0, id="the first epoch, long ago"),
        pytest.param("1700000060", 60.0, id="epoch"),
        pytest.param("1700000060.5", 60.5, id="epoch with a fraction"),
        pytest.param("1699999990", 0.0, id="epoch in the past"),
        pytest.param("1700000060000", 60.0, id="epoch in milliseconds"),
        pytest.param("1000000000000", 3600.0, id="the last epoch in seconds"),
        pytest.param("1000000000001", 0.0, id="the first epoch in milliseconds, long ago"),
        pytest.param("Tue, 14 Nov 2023 22:14:20 GMT", 60.0, id="HTTP date"),
        pytest.param("Tuesday, 14-Nov-23 22:14:20 GMT", 60.0, id="date as in RFC 850"),
        pytest.param("Tue, 14 Nov 2023 23:14:20 +0100", 60.0, id="date with an offset"),
        pytest.param("Tue, 14 Nov 2023 22:13:10 GMT", 0.0, id="date in the past"),
    ],
)
def test_every_form_of_a_delay_is_read(value: str, seconds: float) -> None:
    """The API's page says epoch, its sample says seconds, RFC 9110 says seconds or date."""
    assert pytest.approx(seconds_until(value, NOW)) == seconds


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("soon", id="word"),
        pytest.param("nan", id="nan"),
        pytest.param("inf", id="infinite"),
        pytest.param("1e999", id="too large for a float"),
        pytest.param("-1", id="negative"),
        pytest.param("0x10", id="hexadecimal"),
        pytest.param("12 s", id="unit"),
        pytest.param("Tue, 99 Nov 2023 22:14:20 GMT", id="impossible day"),
        pytest.param("Tue, 14 Nov 99999 22:14:20 GMT", id="impossible year"),
        pytest.param("14 Nov 2023 22:14:20 +99999999999999", id="impossible offset"),
    ],
)
def test_garbage_says_nothing(value: str | None) -> None:
    """A proxy's garbage neither stops nor delays anything."""
    assert seconds_until(value, NOW) is None


@pytest.mark.usefixtures("far_from_greenwich")
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("Tue, 14 Nov 2023 22:14:20 GMT", id="preferred"),
        pytest.param("Tuesday, 14-Nov-23 22:14:20 GMT", id="RFC 850"),
        pytest.param("Tue Nov 14 22:14:20 2023", id="asctime"),
    ],
)
def test_an_http_date_is_in_greenwich_time_wherever_the_machine_stands(value: str) -> None:
    """RFC 9110 has three forms of a date, all in GMT, also the one that does not say so."""
    assert seconds_until(value, NOW) == 60.0


@given(NUMBERS, st.floats(min_value=0, max_value=4e9))
@settings(max_examples=100, deadline=None)
def test_no_header_makes_a_delay_negative_or_raises(value: str | None, wall: float) -> None:
    """For any header, a delay is a number from zero up, or nothing."""
    seconds = seconds_until(value, wall)

    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="neither"),
        pytest.param({"Retry-After": "30"}, 30.0, id="retry-after"),
        pytest.param({"Retry-After": "Tue, 14 Nov 2023 22:14:20 GMT"}, 60.0, id="date"),
        pytest.param({"X-RateLimit-Reset": "60"}, 60.0, id="reset"),
        pytest.param({"Retry-After": "30", "X-RateLimit-Reset": "60"}, 30.0, id="both"),
        pytest.param({"Retry-After": "0", "X-RateLimit-Reset": "60"}, 0.0, id="zero is an answer"),
        pytest.param({"Retry-After": "soon", "X-RateLimit-Reset": "60"}, 60.0, id="garbage and reset"),
        pytest.param({"X-RateLimit-Remaining": "?", "X-RateLimit-Reset": "60"}, 60.0, id="reset and garbage"),
        pytest.param({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "60"}, None, id="one left"),
        pytest.param({"X-RateLimit-Remaining": "1", "Retry-After": "30"}, 30.0, id="one left, but told to wait"),
        pytest.param({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "60"}, 60.0, id="used up"),
    ],
)
def test_a_refusal_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Retry-After is the server's word; the reset stands in for it."""
    assert retry_after(headers, NOW) == seconds


def test_the_reset_of_a_limit_that_is_not_used_up_delays_nothing() -> None:
    """Every answer has the limit's headers, also a 502: its next attempt need not wait for the reset."""
    headers = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "700", "X-RateLimit-Reset": "1800"}

    assert retry_after(headers, NOW) is None


@pytest.mark.parametrize(
    ("remaining", "pause"),
    [
        pytest.param("1000", 0.0, id="all"),
        pytest.param("201", 0.0, id="just enough"),
        pytest.param("200", 100 / 201, id="scarce"),
        pytest.param("1", 50.0, id="one"),
        pytest.param("0", 60.0, id="none: not longer than a minute"),
    ],
)
def test_what_is_scarce_is_spread_over_the_time_until_the_reset(remaining: str, pause: float) -> None:
    """Requests come at full speed until a fifth of the limit is left; then they slow down."""
    assert pytest.approx(budget(remaining=remaining).pause(50.0)) == pause


@pytest.mark.parametrize(
    ("now", "pause"),
    [
        pytest.param(50.0, 10.0, id="at once"),
        pytest.param(100.0, 5.0, id="half way"),
        pytest.param(149.0, 0.1, id="just before the reset"),
        pytest.param(150.0, 0.0, id="at the reset"),
        pytest.param(151.0, 0.0, id="after the reset"),
    ],
)
def test_the_pause_ends_with_the_reset(now: float, pause: float) -> None:
    """The nearer the reset, the shorter the pause; afterwards the limit is full again."""
    assert pytest.approx(budget(remaining="9").pause(now)) == pause


@pytest.mark.parametrize(
    ("now", "left"),
    [
        pytest.param(50.0, (100, 100.0), id="at once"),
        pytest.param(149.0, (100, 1.0), id="just before the reset"),
        pytest.param(150.0, None, id="at the reset"),
        pytest.param(151.0, None, id="after the reset"),
    ],
)
def test_what_is_left_is_told_until_the_reset(now: float, left: tuple[int, float] | None) -> None:
    """Requests and seconds, by which a bulk cancellation decides whether to begin."""
    assert budget().remaining(now) == left


def test_what_is_left_has_names() -> None:
    """Requests are a whole number."""
    left = budget(remaining="7.9").remaining(60.0)

    assert left is not None
    assert (left.requests, left.seconds) == (7, 90.0)


def test_a_reset_can_be_a_point_in_time() -> None:
    """The documented reading, an epoch, gives the same pause as the seconds of the sample."""
    assert budget(remaining="4", reset="1700000100").pause(50.0) == 20.0


def test_an_unknown_budget_holds_nothing_up() -> None:
    """Before the first answer nothing is known of a limit."""
    assert RateBudget().pause(0.0) == 0.0
    assert RateBudget().remaining(0.0) is None


@pytest.mark.parametrize("name", ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"])
@pytest.mark.parametrize("value", [None, "", "nan", "-1", "many"], ids=["missing", "empty", "nan", "negative", "word"])
def test_an_incomplete_answer_changes_nothing(name: str, value: str | None) -> None:
    """Only an answer that says all three is believed; what was known before stands."""
    known = budget(remaining="4")
    headers = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "1000", "X-RateLimit-Reset": "5", name: value}
    known.observe({key: text for key, text in headers.items() if text is not None}, 50.0, NOW)

    assert known.pause(50.0) == 20.0


def test_the_newest_answer_counts() -> None:
    """A new hour's first answer lifts the pause."""
    known = budget(remaining="0")
    known.observe({"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999", "X-RateLimit-Reset": "3600"}, 60.0, NOW)

    assert known.pause(60.0) == 0.0


@given(NUMBERS, NUMBERS, NUMBERS, st.floats(min_value=0, max_value=1e6))
@settings(max_examples=100, deadline=None)
def test_a_pause_is_never_negative(limit: str | None, remaining: str | None, reset: str | None, now: float) -> None:
    """For any headers, pacing yields a number of seconds from zero up."""
    known = budget(limit or "", remaining or "", reset or "")

    assert 0.0 <= known.pause(now) < float("inf")


@pytest.mark.parametrize("ahead", [7200.0, -7200.0])
def test_an_epoch_is_read_by_the_servers_clock(ahead: float) -> None:
    """The answer's own date says what time it is there; this machine's clock may be hours off."""
    headers = {
        "X-RateLimit-Limit": "1000",
        "X-RateLimit-Remaining": "9",
        "X-RateLimit-Reset": "1700000100",
        "Date": "Tue, 14 Nov 2023 22:13:20 GMT",
    }
    known = RateBudget()
    known.observe(headers, 50.0, NOW + ahead)

    assert known.pause(50.0) == 10.0
    assert retry_after({**headers, "X-RateLimit-Remaining": "0"}, NOW + ahead) == 100.0


@pytest.mark.parametrize(
    ("limit", "reset"),
    [
        pytest.param("1000", "3600000", id="milliseconds"),
        pytest.param("1000", "1700007200", id="a clock two hours off"),
        pytest.param("0", "1000", id="no limit"),
    ],
)
def test_no_header_puts_a_poll_off_by_more_than_a_minute(limit: str, reset: str) -> None:
    """A wrong header must not keep the end of a cancel unnoticed until the deadline."""
    assert budget(limit, "0", reset).pause(50.0) <= 60.0


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_a_delay_is_an_hour_at_most(header: str) -> None:
    """The window is an hour: a longer delay was written in another unit, or by another clock."""
    assert retry_after({header: "86400"}, NOW) == 3600.0


def test_a_limit_of_zero_is_no_limit() -> None:
    """It does not refuse a bulk cancellation either."""
    assert budget("0", "0", "1000").remaining(50.0) is None
