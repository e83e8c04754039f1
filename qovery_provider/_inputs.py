"""The inputs of the resources: their defaults, what is allowed, and what a change of each means.

Everything that a provider needs to check, plan and diff, for any host: it knows plain values and no Pulumi.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from qovery_provider._given import given
from qovery_provider._verdicts import CancellationRequest, Tolerance
from qovery_provider.errors import ConfigurationError

LONGEST_TIMEOUT = 7 * 24 * 3600
LONGEST_ID = 200
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

ACTING: dict[str, Any] = {
    "environment_id": None,
    "force_cancel": False,
    "deployment_id": None,
    "include_queued": False,
    "triggers": None,
}
"""Inputs with their defaults of which a change cancels again: a replacement."""

WAITING: dict[str, Any] = {
    "wait_until_canceled": True,
    "timeout": 1800,
    "on_idle": "succeed",
    "on_completed": "fail",
}
"""Inputs with their defaults of which a change is stored and nothing more."""

PINNED = "is_pinned"
"""The output that says whether `deployment_id` was given. Without it, a stored id could be either."""

Check = Callable[[object], str | None]
"""Returns what is allowed, when the value is not."""


def _uuid(value: object) -> str | None:
    is_uuid = isinstance(value, str) and UUID.fullmatch(value)
    return None if is_uuid else "must be a UUID such as 3c90c3cc-0d44-4b50-8888-8dd25736052a"


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _deployment(value: object) -> str | None:
    is_id = isinstance(value, str) and len(value) <= LONGEST_ID and all("!" <= letter <= "~" for letter in value)
    return None if value is None or is_id else 'must be the id of a deployment, or "" for none'


def _triggers(value: object) -> str | None:
    return None if value is None or isinstance(value, list | dict) else "must be a list or a map of any values"


def _timeout(value: object) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    is_allowed = is_number and 0 < cast("float", value) <= LONGEST_TIMEOUT
    return None if is_allowed else f"must be a number of seconds above 0 and at most {LONGEST_TIMEOUT} (7 days)"


def _tolerance(value: object) -> str | None:
    return None if isinstance(value, str) and value in {"succeed", "fail"} else 'must be "succeed" or "fail"'


CHECKS: dict[str, Check] = {
    "environment_id": _uuid,
    "force_cancel": _flag,
    "deployment_id": _deployment,
    "include_queued": _flag,
    "triggers": _triggers,
    "wait_until_canceled": _flag,
    "timeout": _timeout,
    "on_idle": _tolerance,
    "on_completed": _tolerance,
}


def checked_uuid(name: str, value: object) -> str:
    """Return an id as it goes into a path, or raise a ConfigurationError that says what is wrong with it."""
    allowed = _uuid(value)
    if allowed:
        raise ConfigurationError(f"{name} {allowed}; got {given(value)}")
    return str(value).lower()


def with_defaults(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return every input, those that are missing or None with their defaults, and nothing else."""
    filled = {}
    for name, default in {**ACTING, **WAITING}.items():
        value = props.get(name)
        filled[name] = default if value is None else value
    if isinstance(filled["environment_id"], str):
        filled["environment_id"] = filled["environment_id"].lower()
    return filled


def problems(inputs: Mapping[str, Any], is_unknown: Callable[[object], bool]) -> dict[str, str]:
    """Return what is wrong, by input: all of it at once. Values that are not known yet pass.

    Args:
        inputs: All inputs, as `with_defaults` returns them.
        is_unknown: Tells a value that another resource will give only later.
    """
    found = {}
    for name, check in CHECKS.items():
        allowed = None if is_unknown(inputs[name]) else check(inputs[name])
        if allowed:
            found[name] = f"{allowed}; got {given(inputs[name])}"
    return found


def declared(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that once led to these outputs, where `deployment_id` may be one that was found."""
    return with_defaults({**outputs, "deployment_id": outputs.get("deployment_id") if outputs.get(PINNED) else None})


def changed(outputs: Mapping[str, Any], inputs: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Return which of these inputs differ; one that an older version did not store counts as its default."""
    before, after = declared(outputs), with_defaults(inputs)
    return [name for name in names if before[name] != after[name]]


def request(inputs: Mapping[str, Any]) -> CancellationRequest:
    """Return checked inputs as what the cancellation machine is asked."""
    return CancellationRequest(
        environment_id=inputs["environment_id"],
        deployment_id=inputs["deployment_id"],
        force_cancel=inputs["force_cancel"],
        include_queued=inputs["include_queued"],
        wait_until_canceled=inputs["wait_until_canceled"],
        timeout=float(inputs["timeout"]),
        on_idle=cast("Tolerance", inputs["on_idle"]),
        on_completed=cast("Tolerance", inputs["on_completed"]),
    )
