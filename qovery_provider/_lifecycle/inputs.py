"""The inputs of the resources, each in one row: its kind, its default, what a change does, its meaning.

A test holds signatures, annotations, docstrings and documentation to these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._lifecycle.schema import Input, Kind
from qovery_provider._lifecycle.values import can_be_carried, is_exact, plain
from qovery_provider._qovery.models import UUID_FORM, canonical_id
from qovery_provider._qovery.redaction import redact
from qovery_provider.errors import ConfigurationError

MAX_TIMEOUT = 7 * 24 * 3600
MAX_ID_LENGTH = 200
MAX_ENVIRONMENTS = 500


def _uuid(value: object) -> str | None:
    is_uuid = isinstance(value, str) and UUID_FORM.fullmatch(value)
    return None if is_uuid else "must be a UUID such as 3c90c3cc-0d44-4b50-8888-8dd25736052a"


def _uuids(value: object) -> str | None:
    is_list = isinstance(value, list) and len(value) <= MAX_ENVIRONMENTS
    bad = [item for item in value if _uuid(item)] if isinstance(value, list) and is_list else []
    if is_list and not bad:
        return None
    return f"must be a list of at most {MAX_ENVIRONMENTS} UUIDs" + (f"; not a UUID: {redact(bad[0])}" if bad else "")


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _deployment(value: object) -> str | None:
    is_id = isinstance(value, str) and len(value) <= MAX_ID_LENGTH and all("!" <= letter <= "~" for letter in value)
    return None if is_id else 'must be the id of a deployment, or "" for none'


def _triggers(value: object) -> str | None:
    """An asset or archive cannot be stored, and would break every later command on the stack."""
    if not isinstance(value, list | dict) or not can_be_carried(value):
        return "must be a list or a map of plain values (for a file, use its hash)"
    if not is_exact(value):
        return "must not hold numbers of 2^53 or more, which Pulumi cannot store exactly (give them as strings)"
    return None


def _timeout(value: object) -> str | None:
    is_allowed = _pause(value) is None and value != 0
    return None if is_allowed else f"must be a number of seconds above 0 and at most {MAX_TIMEOUT} (7 days)"


def _pause(value: object) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_allowed = isinstance(value, int | float) and is_number and 0 <= value <= MAX_TIMEOUT  # false for NaN
    return None if is_allowed else f"must be a number of seconds from 0 to {MAX_TIMEOUT} (7 days)"


def _tolerance(value: object) -> str | None:
    return None if isinstance(value, str) and value in {"succeed", "fail"} else 'must be "succeed" or "fail"'


def _id(value: Any) -> Any:  # noqa: ANN401 - any value that a program passes
    """Return an id as Qovery writes it."""
    return canonical_id(value) if isinstance(value, str) else value


def _as_set(value: Any) -> Any:  # noqa: ANN401 - as above
    """Return a list of UUIDs in which neither order nor spelling nor repetition means anything."""
    is_good = isinstance(value, list) and not any(map(_uuid, value))
    return sorted(set(map(_id, value))) if is_good else value


UUID = Kind("str", _uuid, argument="str | UUID", normalize=_id)
UUIDS = Kind(
    "Sequence[str]",
    _uuids,
    argument="Sequence[pulumi.Input[str | UUID]]",
    normalize=_as_set,
    is_list=True,
)
FLAG = Kind("bool", _flag)
DEPLOYMENT = Kind("str", _deployment, normalize=_id)
VALUES = Kind("Any", _triggers, argument="Sequence[Any] | Mapping[str, Any]", is_nested=True, is_shown=False)
SECONDS = Kind("float", _timeout, argument="float | timedelta")
PAUSE = Kind("float", _pause, argument="float | timedelta")
TOLERANCE = Kind("str", _tolerance, choices=("succeed", "fail"))

ENVIRONMENT_ID = Input(UUID, "The environment, a UUID.", is_required=True)
TRIGGERS = Input(VALUES, "A list or a map of plain values, such as a commit; for a file, use its hash.")

OF_ANY_CANCELLATION = {
    "force_cancel": Input(
        FLAG,
        "Whether to interrupt work that a cancel otherwise waits for: lifecycle jobs, Terraform services and agentic "
        "workflows. It kills a running Terraform service, whose state can stay locked. A cancellation that is already "
        "in progress is forced as well.",
        default=False,
    ),
    "include_queued": Input(
        FLAG,
        "Whether to cancel the requests in the environment's queue as well, before the running deployment.",
        default=False,
    ),
    "triggers": TRIGGERS,
    "wait_for_start": Input(
        PAUSE,
        "Seconds to keep reading the status until a deployment starts, before the environment counts as idle: a "
        "deployment that was requested seconds ago is not visible yet.",
        default=0,
        replaces=False,
    ),
    "wait_until_canceled": Input(
        FLAG,
        "Whether to wait for the end; `False` returns once Qovery has accepted the cancel.",
        default=True,
        replaces=False,
    ),
    "timeout": Input(
        SECONDS,
        "Seconds for the whole wait, at most 7 days; if it is left out, `opts.custom_timeouts.create` counts.",
        default=1800,
        replaces=False,
    ),
    "on_idle": Input(
        TOLERANCE,
        'If there is nothing to cancel: `"succeed"` or `"fail"`.',
        default="succeed",
        replaces=False,
    ),
    "on_completed": Input(
        TOLERANCE,
        "If the deployment finishes on its own before a cancel takes effect, how it ended is unknown, or its "
        'environment vanishes: `"fail"` or `"succeed"`.',
        default="fail",
        replaces=False,
    ),
}

DEPLOYMENT_CANCELLATION: Mapping[str, Input] = {
    "environment_id": ENVIRONMENT_ID,
    "deployment_id": Input(
        DEPLOYMENT,
        "Cancel only this deployment; if it is not the running one, nothing is sent. An empty string cancels "
        "nothing; left out or `None`: the running deployment.",
    ),
    **OF_ANY_CANCELLATION,
}

BULK_DEPLOYMENT_CANCELLATION: Mapping[str, Input] = {
    "environment_ids": Input(
        UUIDS,
        f"The environments, at most {MAX_ENVIRONMENTS} UUIDs, unless `project_id` is given. An empty list does "
        "nothing.",
    ),
    "project_id": Input(UUID, "The project, a UUID: cancels in all of its environments."),
    **OF_ANY_CANCELLATION,
}

RUNNING_DEPLOYMENT: Mapping[str, Input] = {"environment_id": ENVIRONMENT_ID, "triggers": TRIGGERS}


def either_list_or_project(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the choice between a list of environments and a project."""
    if (inputs["environment_ids"] is None) == (inputs["project_id"] is None):
        return {"environment_ids": "or project_id must be given, but not both"}
    return {}


def checked_uuid(name: str, value: object) -> str:
    """Return an id as it goes into a path, or raise a ConfigurationError that says what is wrong with it."""
    identity = _id(plain(value))
    allowed = _uuid(identity)
    if allowed:
        raise ConfigurationError(f"{name} {allowed}; got {redact(value)}")
    return str(identity)


def cancellation_request(inputs: Mapping[str, Any]) -> CancellationRequest:
    """Return the request to the cancellation machine for checked inputs; a bulk resource has one per environment."""
    return CancellationRequest(
        environment_id=inputs.get("environment_id", ""),
        deployment_id=inputs.get("deployment_id"),
        force_cancel=inputs["force_cancel"],
        include_queued=inputs["include_queued"],
        wait_for_start=float(inputs["wait_for_start"]),
        wait_until_canceled=inputs["wait_until_canceled"],
        timeout=float(inputs["timeout"]),
        on_idle=inputs["on_idle"],
        on_completed=inputs["on_completed"],
    )
