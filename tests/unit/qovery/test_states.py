"""Every word of Qovery's StateEnum has one phase, and no other word is guessed at."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qovery_provider._qovery.states import STATES, Phase, phase_of

BY_PHASE = {
    Phase.RUNNING: {
        *("QUEUED", "DEPLOYMENT_QUEUED", "RESTART_QUEUED", "STOP_QUEUED", "DELETE_QUEUED"),
        *("WAITING_RUNNING", "WAITING_RESTARTING", "WAITING_STOPPING", "WAITING_DELETING"),
        *("BUILDING", "DEPLOYING", "EXECUTING", "RESTARTING", "STOPPING", "DELETING"),
    },
    Phase.CANCELING: {"CANCELING"},
    Phase.CANCELED: {"CANCELED"},
    Phase.COMPLETED: {
        *("READY", "DEPLOYED", "RESTARTED", "STOPPED", "DELETED"),
        *("BUILD_ERROR", "DEPLOYMENT_ERROR", "RESTART_ERROR", "STOP_ERROR", "DELETE_ERROR"),
    },
    Phase.UNAVAILABLE: {"RECAP", "UNAVAILABLE"},
}

STATE_ENUM = [
    *("BUILDING", "BUILD_ERROR", "CANCELED", "CANCELING", "DELETED", "DELETE_ERROR", "DELETE_QUEUED", "DELETING"),
    *("DEPLOYED", "DEPLOYING", "DEPLOYMENT_ERROR", "DEPLOYMENT_QUEUED", "EXECUTING", "QUEUED", "READY", "RECAP"),
    *("RESTARTED", "RESTARTING", "RESTART_ERROR", "RESTART_QUEUED", "STOPPED", "STOPPING", "STOP_ERROR", "STOP_QUEUED"),
    *("UNAVAILABLE", "WAITING_DELETING", "WAITING_RESTARTING", "WAITING_RUNNING", "WAITING_STOPPING"),
]
"""The states in Qovery's openapi.yaml."""


def test_the_table_holds_every_state_of_the_api_and_no_other() -> None:
    """The table is the API's StateEnum, word for word."""
    assert sorted(STATES) == STATE_ENUM


@pytest.mark.parametrize("state", STATE_ENUM)
def test_every_state_has_exactly_one_phase(state: str) -> None:
    """The phase of each state stands here as well as in the table."""
    assert [phase for phase, states in BY_PHASE.items() if state in states] == [phase_of(state)]


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("PAUSING", id="new running state"),
        pytest.param("ROLLBACK_ERROR", id="new error state"),
        pytest.param("ROLLBACK_QUEUED", id="new queued state"),
        pytest.param("DEPLOYE", id="shorter"),
        pytest.param("DEPLOYED_2", id="longer"),
        pytest.param("deployed", id="lower case"),
        pytest.param(" DEPLOYED", id="space before"),
        pytest.param("DEPLOYED\n", id="line end"),
        pytest.param("", id="empty"),
    ],
)
def test_an_unknown_word_is_not_guessed_at(word: str) -> None:
    """A guess by suffix would turn a new state into a wrong success."""
    assert phase_of(word) is Phase.UNKNOWN


@given(st.text())
@settings(max_examples=50, deadline=None)
def test_any_text_has_a_phase(word: str) -> None:
    """Qovery may send any state; finding its phase never fails."""
    assert phase_of(word) is STATES.get(word, Phase.UNKNOWN)


@pytest.mark.parametrize(
    ("phase", "is_over"),
    [
        pytest.param(Phase.RUNNING, False, id="running"),
        pytest.param(Phase.CANCELING, False, id="canceling"),
        pytest.param(Phase.CANCELED, True, id="canceled"),
        pytest.param(Phase.COMPLETED, True, id="completed"),
        pytest.param(Phase.UNKNOWN, False, id="unknown"),
    ],
)
def test_only_canceled_and_completed_are_over(phase: Phase, *, is_over: bool) -> None:
    """An unknown state is waited on, never taken for an end."""
    assert phase.is_over is is_over


def test_phases_have_words() -> None:
    """A phase reads as a word where it is shown."""
    assert [phase.value for phase in Phase] == [
        "running",
        "canceling",
        "canceled",
        "completed",
        "unavailable",
        "unknown",
    ]
