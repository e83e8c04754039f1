"""What the benchmark finds on its virtual clock is certain, so it is held here as well."""

from __future__ import annotations

from benchmarks.virtual import detection, requests_of, worst_delays


def test_a_cancel_of_ten_minutes_costs_at_most_50_requests() -> None:
    """One status read, one cancel, and the polls of the wait."""
    assert detection(600).requests <= 50


def test_20_environments_of_one_project_cost_at_most_100_requests_in_ten_minutes() -> None:
    """They are polled together, whether they are one resource or twenty."""
    assert requests_of(600, 20, in_bulk=True) <= 100
    assert requests_of(600, 20, in_bulk=False) <= 100


def test_the_end_of_a_cancel_is_seen_within_15_seconds() -> None:
    """However long it took."""
    longest, _ = worst_delays()

    assert round(longest, 6) <= 15
    assert 0 < detection(200).delay <= 15
