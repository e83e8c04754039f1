"""The gate at the first byte of a cancel: an outdated cancel is not sent, and neither is a withdrawn one."""

from __future__ import annotations

from typing import Any

import pytest

from qovery_provider._clock import Signal
from qovery_provider._driver.gate import MAX_STATUS_AGE, Gate, Gates
from qovery_provider.errors import NotSentError
from tests.support.time import FakeClock

READ_AT, DEADLINE = 100.0, 160.0


def gate(gates: Gates | None = None, now: float = READ_AT, **changes: Any) -> Gate:  # noqa: ANN401 - any field
    """Return the gate of a cancel that was decided at 100 s, when it is `now`."""
    fields: dict[str, Any] = {"read_from": READ_AT - 0.5, "read_at": READ_AT, "deadline": DEADLINE, **changes}
    return Gate(gates or Gates(), "env-1", "canceling", FakeClock(now), **fields)


def refusal(cancel: Gate) -> str | None:
    """Let a cancel pass its gate; return why it may not."""
    try:
        cancel()
    except NotSentError as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        pytest.param(READ_AT, None, id="at once"),
        pytest.param(READ_AT + MAX_STATUS_AGE, None, id="at the limit"),
        pytest.param(READ_AT + 2.1, "the status behind it was more than 2 s old", id="too late"),
    ],
)
def test_a_status_is_good_for_two_seconds(now: float, reason: str | None) -> None:
    """Between the decision and the first byte the target can end, and the next deployment start."""
    assert refusal(gate(now=now)) == reason


@pytest.mark.parametrize(("now", "reason"), [(101.0, "the timeout had passed before it could be sent"), (100.9, None)])
def test_nothing_leaves_at_the_deadline(now: float, reason: str | None) -> None:
    """The wait for its end would be over before it began."""
    assert refusal(gate(now=now, deadline=101.0)) == reason


def test_nothing_leaves_after_a_stop() -> None:
    """The engine has gone, or the user has pressed ^C."""
    stop = Signal()
    first, second = gate(stop=stop), gate(stop=stop)

    assert refusal(first) is None
    stop.set_result(None)
    assert refusal(second) == "the update was stopped"


def test_what_was_given_up_never_leaves() -> None:
    """A connection that comes about later sends nothing: it is certain that nothing was sent."""
    cancel = gate()

    assert cancel.revoke()
    assert refusal(cancel) == "the call was given up before it could be sent"


def test_what_has_left_cannot_be_taken_back() -> None:
    """Sent or revoked, never both."""
    cancel = gate()
    cancel()

    assert not cancel.revoke()


def test_one_that_was_given_up_on_the_wire_blocks_no_other() -> None:
    """Its answer is not waited for any more; when it comes at last, it says nothing of the next one."""
    gates = Gates()
    first, second = gate(gates), gate(gates, read_from=READ_AT + 0.1)
    first()
    first.revoke()
    second()
    first.close()

    assert refusal(gate(gates, read_from=READ_AT + 0.2)) == "another cancel was sent to this environment"


def test_one_cancel_of_an_environment_is_on_the_wire_at_a_time() -> None:
    """Another resource of the same stack reads again, and finds the cancellation of the first one."""
    gates = Gates()
    first = gate(gates)
    first()

    assert refusal(gate(gates, read_from=READ_AT + 0.1)) == "another cancel was sent to this environment"
    first.close()
    assert refusal(gate(gates, read_from=READ_AT + 0.1)) is None


def test_a_status_from_before_another_cancel_is_out_of_date() -> None:
    """It shows nothing of that one, which may have ended the target since."""
    gates = Gates()
    first = gate(gates)
    first()
    first.close()

    assert refusal(gate(gates)) == "another cancel was sent to this environment"


def test_other_environments_pass() -> None:
    """Each environment has a gate of its own."""
    gates = Gates()
    gate(gates)()

    assert refusal(Gate(gates, "env-2", "canceling", FakeClock(READ_AT), READ_AT, READ_AT, DEADLINE)) is None


def test_a_refused_one_that_ends_changes_nothing() -> None:
    """Only a cancel that was sent was on the wire."""
    gates = Gates()
    first, second = gate(gates), gate(gates)
    first()
    assert refusal(second) is not None
    second.close()

    assert refusal(gate(gates, read_from=READ_AT + 0.1)) == "another cancel was sent to this environment"
