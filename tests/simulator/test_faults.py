"""Which request a fault strikes."""

import pytest

from qovery_provider.simulator import Delay, Fault, LoseAnswer, Reset, Respond
from qovery_provider.simulator._api.faults import KINDS, FaultScript, fault_from_json


def strikes(*faults: Fault, requests: int) -> list[Fault | None]:
    script = FaultScript()
    for fault in faults:
        script.add(fault)
    return [script.strike("GET", "/environment/1/status") for _ in range(requests)]


def test_a_fault_strikes_once_unless_told_otherwise() -> None:
    """By default the first request is struck and the next one comes through."""
    reset = Reset()

    assert strikes(reset, requests=2) == [reset, None]


def test_a_fault_can_strike_several_times_or_for_ever() -> None:
    """`times` counts the strikes; without it there is no end."""
    twice, always = Reset(times=2), LoseAnswer(times=None)

    assert strikes(twice, always, requests=4) == [twice, twice, always, always]


def test_skip_lets_the_first_requests_through() -> None:
    """A skipped request counts for every fault that waits for it."""
    first, third = Respond(502), Respond(503, skip=2)

    assert strikes(first, third, requests=4) == [first, None, third, None]


@pytest.mark.parametrize(
    ("fault", "struck"),
    [
        pytest.param(Reset(method="POST"), False, id="another method"),
        pytest.param(Reset(method="GET"), True, id="the method"),
        pytest.param(Reset(path="/environment/*/status"), True, id="a pattern"),
        pytest.param(Reset(path="/environment"), False, id="part of the path"),
    ],
)
def test_a_fault_strikes_what_it_matches(fault: Fault, *, struck: bool) -> None:
    """Method and path decide; other requests come through untouched."""
    assert strikes(fault, requests=1) == [fault if struck else None]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_read_from_json(kind: str) -> None:
    """A fault arrives as its kind and the fields of that kind."""
    assert fault_from_json({"kind": kind, "skip": 1, "path": "/project/*"}) == KINDS[kind](skip=1, path="/project/*")


def test_a_fault_keeps_its_own_fields() -> None:
    """Fields that only one kind has are read too."""
    assert fault_from_json({"kind": "delay", "before": 1.5}) == Delay(before=1.5)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"kind": "meteor"}, "kind must be one of: respond, lose_answer"),
        ({}, "kind must be one of"),
        ({"kind": "reset", "status": 500, "colour": "red"}, "unknown field: colour, status"),
    ],
)
def test_what_is_no_fault_is_refused(document: dict[str, object], message: str) -> None:
    """The error names what was wrong."""
    with pytest.raises(ValueError, match=message):
        fault_from_json(document)
