"""Every story in `tests/stories` is replayed through the machine: each action, the end, and its exact words."""

from __future__ import annotations

from typing import Any

import pytest

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import Sent, Stage
from qovery_provider.errors import CancellationError
from tests.support import stories


def end(machine: Cancellation) -> dict[str, Any]:
    """Return how it ended, as the stories tell it."""
    match machine.action:
        case actions.Done(result):
            return {
                "outcome": result.outcome,
                "deployment_id": result.deployment_id,
                "deployment_state": result.deployment_state,
                "canceled_request_ids": list(result.canceled_request_ids),
                "sentence": result.sentence,
            }
        case actions.Fail(error):
            return {"error": type(error).__name__, "sentence": str(error)}
        case action:
            return {"not over": str(action)}


@pytest.mark.parametrize("name", stories.names())
def test_a_story_ends_as_told(name: str) -> None:
    """The observations lead, action by action, to the end of the story."""
    told = stories.story(name)
    says = [step["says"] for step in told["steps"]]

    said = [stories.said(machine.action, like) for machine, like in zip(stories.play(told), says, strict=True)]

    assert said == says
    assert end(stories.after(name)) == told["end"]


@pytest.mark.parametrize("name", stories.names())
def test_errors_carry_what_the_story_knows(name: str) -> None:
    """An error of the cancellation has the ids and the state as fields, for programs that decide by them."""
    machine = stories.after(name)

    if isinstance(machine.action, actions.Fail) and isinstance(error := machine.action.error, CancellationError):
        expected = (machine.request.environment_id, machine.known.deployment_id, machine.known.deployment_state)
        assert (error.environment_id, error.deployment_id, error.deployment_state) == expected


@pytest.mark.parametrize("name", stories.names())
def test_no_read_is_planned_past_the_deadline(name: str) -> None:
    """In every story, a pause between status reads ends at the deadline."""
    for machine in stories.play(stories.story(name)):
        if isinstance(machine.action, actions.ReadStatus):
            assert machine.action.at <= max(machine.known.deadline, machine.known.now)


@pytest.mark.parametrize("name", stories.names())
def test_no_stage_is_entered_again(name: str) -> None:
    """The stages are passed in their order, and the last one is reached."""
    stages = [machine.stage for machine in stories.play(stories.story(name))]

    assert stages == sorted(stages, key=list(Stage).index)
    assert stages[-1] is Stage.FINISHED


def test_there_are_stories() -> None:
    """The table is not empty, and each story says what it is about."""
    all_of_them = [stories.story(name) for name in stories.names()]

    assert len(all_of_them) >= 100
    assert all(told["story"].endswith(".") for told in all_of_them)
    assert len({told["story"] for told in all_of_them}) == len(all_of_them)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("finishes_before_cancel_and_next_starts", Sent.TOO_LATE),
        ("finishes_although_accepted", Sent.ACCEPTED),
        ("environment_vanishes_before_the_cancel", Sent.NOT_SENT),
    ],
)
def test_a_target_that_ended_too_early_is_remembered(name: str, sent: Sent) -> None:
    """By this the next run knows that what runs then is not its target."""
    machine = stories.after(name)

    assert isinstance(machine.action, actions.Fail)
    assert machine.known.sent is sent
