"""What a preview says that an update would do: each sentence as the user reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._cancellation.preview import describe, describe_all, describe_record, running
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import NotFoundError

NOW = datetime(2026, 11, 24, 12, 3, tzinfo=timezone.utc).timestamp()
BUSY = EnvironmentStatus(
    "3c90c3cc-0d44-4b50-8888-8dd25736052a",
    "BUILDING",
    "BUILDING",
    last_deployment_date="2026-11-24T12:00:00Z",
    last_deployment_id="3c90c3cc-0d44-4b50-8888-8dd25736052a-12",
    origin="CLI",
)
IDLE = replace(BUSY, state="DEPLOYED", last_deployment_state="DEPLOYED")
CANCELING = replace(BUSY, state="CANCELING", last_deployment_state="CANCELING")
NAMELESS = replace(BUSY, last_deployment_id=None)


def _request(**options: Any) -> CancellationRequest:  # noqa: ANN401 - any option
    return CancellationRequest(BUSY.id, **options)


@pytest.mark.parametrize(
    ("request_", "status", "expected"),
    [
        pytest.param(
            _request(),
            BUSY,
            "would cancel deployment 3c90…52a-12 (BUILDING, started 3 min ago by CLI)",
            id="something runs",
        ),
        pytest.param(
            _request(force_cancel=True),
            BUSY,
            "would cancel deployment 3c90…52a-12 (BUILDING, started 3 min ago by CLI); "
            "force kills running steps; a Terraform state can stay locked",
            id="with force",
        ),
        pytest.param(_request(), IDLE, "nothing to cancel right now (DEPLOYED)", id="nothing runs"),
        pytest.param(
            _request(on_idle="fail"),
            IDLE,
            'would fail because on_idle is "fail": nothing to cancel right now (DEPLOYED)',
            id="nothing runs, and that is an error",
        ),
        pytest.param(
            _request(),
            CANCELING,
            "would adopt the cancellation already in progress: "
            "deployment 3c90…52a-12 (CANCELING, started 3 min ago by CLI)",
            id="already canceling",
        ),
        pytest.param(
            _request(wait_until_canceled=False),
            CANCELING,
            "would adopt the cancellation already in progress: "
            "deployment 3c90…52a-12 (CANCELING, started 3 min ago by CLI)",
            id="already canceling, and not waited for",
        ),
        pytest.param(
            _request(force_cancel=True),
            replace(CANCELING, last_deployment_id=None),
            "would adopt the cancellation already in progress, without force (no deployment id): "
            "deployment without an id (CANCELING, started 3 min ago by CLI)",
            id="already canceling, and without an id",
        ),
        pytest.param(
            _request(deployment_id="d-11"),
            BUSY,
            "would cancel nothing: deployment d-11 is not running",
            id="another one runs",
        ),
        pytest.param(_request(deployment_id=""), BUSY, "nothing to cancel: deployment_id is empty", id="no target"),
        pytest.param(
            _request(deployment_id="d-12"),
            NAMELESS,
            "would cancel deployment d-12 if it is the running one: "
            "deployment without an id (BUILDING, started 3 min ago by CLI)",
            id="what runs has no id",
        ),
        pytest.param(
            _request(include_queued=True),
            BUSY,
            "would cancel the queued requests, if any, then cancel deployment 3c90…52a-12 (BUILDING, "
            "started 3 min ago by CLI)",
            id="queue and running",
        ),
        pytest.param(
            _request(include_queued=True),
            CANCELING,
            "would cancel the queued requests, if any, then adopt the cancellation already in progress: "
            "deployment 3c90…52a-12 (CANCELING, started 3 min ago by CLI)",
            id="queue and already canceling",
        ),
        pytest.param(
            _request(include_queued=True),
            IDLE,
            "would cancel the queued requests, if any",
            id="queue alone",
        ),
        pytest.param(
            _request(),
            replace(BUSY, state="HIBERNATING", last_deployment_state="HIBERNATING"),
            "would cancel deployment 3c90…52a-12 (HIBERNATING, started 3 min ago by CLI)",
            id="a state of next year",
        ),
    ],
)
def test_says_what_an_update_would_do(request_: CancellationRequest, status: EnvironmentStatus, expected: str) -> None:
    """The machine that would do it is asked."""
    assert describe(request_, status, NOW) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(
            replace(BUSY, triggered_by="ann@example.com"),
            "deployment 3c90…52a-12 (BUILDING, started 3 min ago by ann@example.com)",
            id="a person says more than the origin",
        ),
        pytest.param(
            replace(BUSY, origin=None, last_deployment_date=None, last_deployment_id=None),
            "deployment without an id (BUILDING)",
            id="nothing is known",
        ),
        pytest.param(
            replace(BUSY, last_deployment_date="yesterday"),
            "deployment 3c90…52a-12 (BUILDING, started by CLI)",
            id="no date",
        ),
        pytest.param(
            replace(BUSY, last_deployment_date="2026-11-24T13:00:00Z"),
            "deployment 3c90…52a-12 (BUILDING, started 0 s ago by CLI)",
            id="a clock that is ahead",
        ),
        pytest.param(
            replace(BUSY, last_deployment_date="2026-11-24T11:01:30.123456Z", last_deployment_id="d-1"),
            "deployment d-1 (BUILDING, started 1 h 1 min ago by CLI)",
            id="fractions of a second, and a short id",
        ),
    ],
)
def test_names_the_deployment_that_runs(status: EnvironmentStatus, expected: str) -> None:
    """Missing fields are left out."""
    assert running(status, NOW) == expected


def _environments(busy: int, idle: int) -> dict[str, EnvironmentStatus]:
    statuses = [replace(BUSY, id=f"busy-{number}", last_deployment_id=f"d-{number}") for number in range(busy)]
    statuses += [replace(IDLE, id=f"idle-{number}") for number in range(idle)]
    return {status.id: status for status in statuses}


@pytest.mark.parametrize(
    ("request_", "statuses", "expected"),
    [
        pytest.param(_request(), _environments(0, 3), "nothing to cancel right now in 3 environments", id="idle"),
        pytest.param(_request(), {}, "nothing to cancel right now in 0 environments", id="none"),
        pytest.param(
            _request(),
            _environments(2, 1),
            "would cancel in 2 of 3 environments: deployment d-0 (BUILDING, started 3 min ago by CLI) in busy-0, "
            "deployment d-1 (BUILDING, started 3 min ago by CLI) in busy-1",
            id="some",
        ),
        pytest.param(
            _request(force_cancel=True),
            _environments(1, 0),
            "would cancel in 1 of 1 environment: deployment d-0 (BUILDING, started 3 min ago by CLI) in busy-0; "
            "force kills running steps; a Terraform state can stay locked",
            id="with force",
        ),
        pytest.param(
            _request(include_queued=True),
            _environments(1, 1),
            "would cancel all queued requests, then cancel in 1 of 2 environments: "
            "deployment d-0 (BUILDING, started 3 min ago by CLI) in busy-0",
            id="with the queues",
        ),
        pytest.param(
            _request(include_queued=True, force_cancel=True),
            _environments(0, 2),
            "would cancel all queued requests in 2 environments; nothing is running right now",
            id="the queues alone",
        ),
        pytest.param(
            _request(on_idle="fail"),
            _environments(0, 2),
            'would fail because on_idle is "fail": nothing to cancel right now in 2 environments',
            id="idle, and that is an error",
        ),
        pytest.param(
            _request(on_idle="fail"),
            _environments(1, 1),
            "would cancel in 1 of 2 environments: deployment d-0 (BUILDING, started 3 min ago by CLI) in busy-0; "
            'would fail because on_idle is "fail": nothing to cancel right now in 1 environment',
            id="one is idle, and that is an error",
        ),
        pytest.param(
            _request(include_queued=True, on_idle="fail"),
            _environments(1, 1),
            "would cancel all queued requests, then cancel in 1 of 2 environments: "
            "deployment d-0 (BUILDING, started 3 min ago by CLI) in busy-0",
            id="one is idle, and its queue is not known yet",
        ),
    ],
)
def test_says_what_an_update_would_do_in_many_environments(
    request_: CancellationRequest, statuses: dict[str, EnvironmentStatus], expected: str
) -> None:
    """In one line that fits a row."""
    assert describe_all(request_, statuses, NOW) == expected


def test_force_is_told_apart_in_many_environments() -> None:
    """A cancellation in progress is forced where force is asked for, and the risk is named."""
    line = describe_all(_request(force_cancel=True), {"a": CANCELING, "b": BUSY}, NOW)

    assert line.startswith("would cancel in 1 and force the cancellation in progress in 1 of 2 environments: ")
    assert line.endswith("; force kills running steps; a Terraform state can stay locked")


UNAVAILABLE = replace(BUSY, state="UNAVAILABLE", last_deployment_state="UNAVAILABLE")


def test_a_status_that_could_not_be_computed_tells_nothing() -> None:
    """A preview says so, and guesses nothing."""
    expected = "no preview: Qovery could not compute the status (UNAVAILABLE)"

    assert describe(_request(), UNAVAILABLE, NOW) == expected
    assert describe_record(UNAVAILABLE, NOW) == expected


@pytest.mark.parametrize(
    ("options", "statuses", "beginning"),
    [
        ({}, {"a": UNAVAILABLE}, "no preview: "),
        ({}, {"a": UNAVAILABLE, "b": IDLE}, "nothing to cancel right now in 1 environment; "),
        ({"include_queued": True}, {"a": UNAVAILABLE}, "would cancel all queued requests in 1 environment; "),
    ],
)
def test_statuses_that_could_not_be_computed_are_counted(
    options: dict[str, Any], statuses: dict[str, EnvironmentStatus], beginning: str
) -> None:
    """They are named beside the result for the others, and are never taken for idle."""
    rest = "Qovery could not compute the status of 1 environment"

    assert describe_all(_request(**options), statuses, NOW) == f"{beginning}{rest}"


def test_a_wait_for_a_start_is_announced() -> None:
    """Idle is not the end of it where a deployment may still start."""
    line = describe(_request(wait_for_start=30.0), IDLE, NOW)

    assert line == "would wait up to 30 s for a deployment to start; nothing to cancel right now (DEPLOYED)"
    assert describe_all(_request(wait_for_start=30.0, on_idle="fail"), {"a": IDLE}, NOW) == (
        "would wait up to 30 s for deployments to start; nothing to cancel right now in 1 environment"
    )


def test_what_could_not_be_read_is_told() -> None:
    """An environment whose status is unknown may be busy: it is never taken for idle."""
    error = NotFoundError("reading", 404)

    assert describe_all(_request(), {"a": IDLE, "b": error, "c": error}, NOW) == (
        f"nothing to cancel right now in 1 environment; the status of 2 environments could not be read: {error}"
    )


def test_a_deployment_without_an_id_cannot_be_recorded() -> None:
    """The preview says so, as the update does."""
    assert describe_record(NAMELESS, NOW) == (
        f"would fail: environment {BUSY.id}: a deployment is BUILDING, but Qovery does not give its id, "
        "so it cannot be recorded"
    )


def test_names_five_of_many() -> None:
    """A row of a terminal has an end."""
    line = describe_all(_request(), _environments(7, 1), NOW)

    assert line.startswith("would cancel in 7 of 8 environments: deployment d-0")
    assert "busy-4" in line
    assert "busy-5" not in line
    assert line.endswith(", 2 more")


def test_joins_are_told_apart_in_many_environments() -> None:
    """A cancellation in progress is adopted: nothing is sent there."""
    assert describe_all(_request(), {"a": CANCELING, "b": BUSY, "c": IDLE}, NOW).startswith(
        "would cancel in 1 and adopt the cancellation in progress in 1 of 3 environments: "
    )
