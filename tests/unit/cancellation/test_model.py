"""The data of a cancellation: the defaults of a request, its deadline, and the knowledge at first."""

from dataclasses import FrozenInstanceError, is_dataclass
from types import ModuleType
from typing import get_args

import pytest

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.model import CancellationRequest, Knowledge, Outcome, Sent


def test_a_request_has_the_documented_defaults() -> None:
    """A caller who names only an environment gets the defaults of the resource."""
    expected = CancellationRequest(
        environment_id="3c90",
        deployment_id=None,
        force_cancel=False,
        include_queued=False,
        wait_for_start=0.0,
        wait_until_canceled=True,
        timeout=1800.0,
        on_idle="succeed",
        on_completed="fail",
    )

    assert CancellationRequest("3c90") == expected


def test_the_deadline_counts_from_the_first_status_read() -> None:
    """The whole wait is limited, at any time."""
    known = Knowledge(CancellationRequest("3c90", timeout=60.0), started=100.0, now=130.0)

    assert known.deadline == 160.0


def test_nothing_is_known_at_first() -> None:
    """A cancellation starts without target, without status, and with nothing sent."""
    known = Knowledge(CancellationRequest("3c90"), started=0.0, now=0.0)

    assert known.sent is Sent.NOT_SENT
    assert (
        known.deployment_id,
        known.deployment_state,
        known.status,
        known.canceled_request_ids,
    ) == (None, None, None, [])


def test_two_cancellations_share_no_list() -> None:
    """Each environment has its own canceled requests."""
    first, second = (Knowledge(CancellationRequest(name), started=0.0, now=0.0) for name in ("3c90", "4d01"))
    first.canceled_request_ids.append("r1")

    assert second.canceled_request_ids == []


def test_a_request_cannot_be_changed() -> None:
    """The declaration of a user stays as it was."""
    request = CancellationRequest("3c90")

    with pytest.raises(FrozenInstanceError):
        request.timeout = 1.0  # type: ignore[misc]


def test_the_outcomes_are_the_documented_ones() -> None:
    """Programs compare outputs with these words."""
    documented = (
        "canceled",
        "requested",
        "nothing_to_cancel",
        "superseded",
        "completed",
        "environment_gone",
        "unknown",
    )

    assert get_args(Outcome) == documented


def test_how_far_a_cancel_got_has_words() -> None:
    """They stand in states: none may ever be renamed."""
    assert [sent.value for sent in Sent] == ["not_sent", "unconfirmed", "accepted", "adopted", "too_late"]


@pytest.mark.parametrize(("namespace", "union"), [(events, events.Event), (actions, actions.Action)])
def test_the_unions_are_closed(namespace: ModuleType, union: object) -> None:
    """Every class of a namespace is a member of its union."""
    own = {kind for kind in vars(namespace).values() if is_dataclass(kind) and kind.__module__ == namespace.__name__}

    assert set(get_args(union)) == own
