"""Medians and ratios, from measurements that are made up."""

from __future__ import annotations

from benchmarks.cases import BULK, FLOOR, Case, Measured
from benchmarks.report import Goal, is_quiet, row
from benchmarks.simulator import CANCEL_SECONDS, LATENCY, Seen
from benchmarks.stack import Cost


def measured(seconds: float, requests: int = 0, others: float = 0.1) -> Measured:
    """Return an update that took so long."""
    return Measured(Cost(seconds, 1.0, 2**20, others), Seen(requests, 1, 1, None))


def test_the_ratio_compares_with_the_floor_of_the_same_repetition() -> None:
    """A machine that is slower in one repetition is slower for the floor as well."""
    floor, bulk = Case(FLOOR, 1), Case(BULK, 64)
    unavoidable = LATENCY + CANCEL_SECONDS
    measurements = {
        floor: [measured(1.0), measured(4.0), measured(1.0)],
        bulk: [measured(2 * (1 + unavoidable), 70), measured(2 * (4 + unavoidable), 72), measured(9.0, 71)],
    }

    found = row(bulk, measurements)

    assert found.ratio == 2.0
    assert found.requests == 71
    assert found.limit == round(1 + unavoidable, 3)


def test_a_goal_is_reached_up_to_its_number() -> None:
    """At most means that the number itself is allowed."""
    assert Goal("requests", 50, 50).is_reached
    assert not Goal("requests", 51, 50).is_reached


def test_times_of_a_busy_machine_are_not_judged() -> None:
    """Neither reached nor missed, since the result depends on the machine."""
    floor = Case(FLOOR, 1)
    busy = {
        floor: row(floor, {floor: [measured(1.0, others=0.1), measured(9.0, others=1.5), measured(9.0, others=1.4)]})
    }

    assert not is_quiet(busy)
    assert Goal("time", 1.0, 1.2, is_quiet(busy)).is_reached is None
