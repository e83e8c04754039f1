"""The inputs of the resources: their defaults, what is allowed, and what a change of each means.

Everything that a provider needs to check, plan and diff, for any host: it knows plain values and no Pulumi.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from qovery_provider._cancellation.model import CancellationRequest, Tolerance
from qovery_provider._qovery.redaction import kind_of, redact
from qovery_provider.errors import ConfigurationError

MAX_TIMEOUT = 7 * 24 * 3600
MAX_ID_LENGTH = 200
MAX_ENVIRONMENTS = 500
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

ACTING: dict[str, Any] = {
    "environment_id": None,
    "force_cancel": False,
    "deployment_id": None,
    "include_queued": False,
    "triggers": None,
}
"""Inputs with their defaults of which a change cancels again: a replacement."""

ACTING_IN_BULK: dict[str, Any] = {
    "environment_ids": None,
    "project_id": None,
    "force_cancel": False,
    "include_queued": False,
    "triggers": None,
}
"""The same for many environments."""

LOOKING: dict[str, Any] = {"environment_id": None, "triggers": None}
"""Inputs of a look that is recorded; a change looks again."""

WAITING: dict[str, Any] = {
    "wait_until_canceled": True,
    "timeout": 1800,
    "on_idle": "succeed",
    "on_completed": "fail",
}
"""Inputs with their defaults of which a change is stored and nothing more."""

CANCELLATION, BULK_CANCELLATION = {**ACTING, **WAITING}, {**ACTING_IN_BULK, **WAITING}
"""All inputs of the two resources that cancel."""

PINNED = "__pinned"
"""The output that says whether `deployment_id` was given. Without it, a stored id could be either."""

Check = Callable[[object], str | None]
"""Returns what is allowed, when the value is not."""


def _uuid(value: object) -> str | None:
    is_uuid = isinstance(value, str) and UUID.fullmatch(value)
    return None if is_uuid else "must be a UUID such as 3c90c3cc-0d44-4b50-8888-8dd25736052a"


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _deployment(value: object) -> str | None:
    is_id = isinstance(value, str) and len(value) <= MAX_ID_LENGTH and all("!" <= letter <= "~" for letter in value)
    return None if value is None or is_id else 'must be the id of a deployment, or "" for none'


def _triggers(value: object) -> str | None:
    return None if value is None or isinstance(value, list | dict) else "must be a list or a map of any values"


def _timeout(value: object) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_allowed = is_number and 0 < cast("float", value) <= MAX_TIMEOUT  # false for NaN
    return None if is_allowed else f"must be a number of seconds above 0 and at most {MAX_TIMEOUT} (7 days)"


def _tolerance(value: object) -> str | None:
    return None if isinstance(value, str) and value in {"succeed", "fail"} else 'must be "succeed" or "fail"'


def _uuids(value: object) -> str | None:
    is_list = isinstance(value, list) and 0 < len(value) <= MAX_ENVIRONMENTS
    bad = [item for item in value if _uuid(item)] if isinstance(value, list) and is_list else []
    if value is None or (is_list and not bad):
        return None
    return f"must be a list of 1 to {MAX_ENVIRONMENTS} UUIDs" + (f"; this is none: {redact(bad[0])}" if bad else "")


CHECKS: dict[str, Check] = {
    "environment_id": _uuid,
    "environment_ids": _uuids,
    "project_id": lambda value: None if value is None else _uuid(value),
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
        raise ConfigurationError(f"{name} {allowed}; got {redact(value)}")
    return str(value).lower()


def with_defaults(props: Mapping[str, Any], defaults: Mapping[str, Any] = CANCELLATION) -> dict[str, Any]:
    """Return every input, those that are missing or None with their defaults, and nothing else.

    UUIDs come back in small letters, as Qovery writes them, and lists of them sorted, each once. What is no UUID comes
    back as it was given, to be shown like that.
    """
    filled = {name: default if props.get(name) is None else props[name] for name, default in defaults.items()}
    for name in {"environment_id", "project_id"} & filled.keys():
        if _uuid(filled[name]) is None:
            filled[name] = filled[name].lower()
    ids = filled.get("environment_ids")
    if isinstance(ids, list) and not any(map(_uuid, ids)):
        filled["environment_ids"] = sorted({item.lower() for item in ids})
    return filled


def problems(inputs: Mapping[str, Any], is_unknown: Callable[[object], bool]) -> dict[str, str]:
    """Return what is wrong, by input: all of it at once. Values that are not known yet pass.

    Args:
        inputs: All inputs, as `with_defaults` returns them.
        is_unknown: Tells a value that another resource will give only later.
    """
    found = {}
    for name, value in inputs.items():
        is_list = name == "environment_ids" and isinstance(value, list)
        known = [item for item in value if not is_unknown(item)] if is_list else value
        is_judged = not is_unknown(value) and (known or known == value)
        allowed = CHECKS[name](known) if is_judged else None
        if allowed:
            found[name] = f"{allowed}; got {kind_of(known) if name == 'triggers' else redact(known)}"
    return found


def bulk_problems(inputs: Mapping[str, Any], is_unknown: Callable[[object], bool]) -> dict[str, str]:
    """Return what is wrong with the inputs of a bulk cancellation, by input."""
    found = problems(inputs, is_unknown)
    if (inputs["environment_ids"] is None) == (inputs["project_id"] is None):
        found.setdefault("environment_ids", "must be given, or project_id: exactly one of the two")
    return found


def declared(outputs: Mapping[str, Any], defaults: Mapping[str, Any] = CANCELLATION) -> dict[str, Any]:
    """Return the inputs that once led to these outputs, where `deployment_id` may be one that was found."""
    deployment_id = outputs.get("deployment_id") if outputs.get(PINNED) else None
    return with_defaults({**outputs, "deployment_id": deployment_id}, defaults)


def changed(
    outputs: Mapping[str, Any],
    inputs: Mapping[str, Any],
    names: Iterable[str],
    defaults: Mapping[str, Any] = CANCELLATION,
) -> list[str]:
    """Return which of these inputs differ; one that an older version did not store counts as its default."""
    before, after = declared(outputs, defaults), with_defaults(inputs, defaults)
    return [name for name in names if _plain(before[name]) != _plain(after[name])]


def _plain(value: object) -> object:
    """Return a value that equals another one with the same content, and no other.

    Left alone, Pulumi's assets and NaN would equal nothing, and True would equal 1.
    """
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or (isinstance(value, float) and math.isnan(value)):
        return (type(value).__name__, str(value))
    return (type(value).__name__, _plain(vars(value))) if hasattr(value, "__dict__") else value


def request(inputs: Mapping[str, Any]) -> CancellationRequest:
    """Return checked inputs as what the cancellation machine is asked; those of many environments ask for each."""
    return CancellationRequest(
        environment_id=inputs.get("environment_id", ""),
        deployment_id=inputs.get("deployment_id"),
        force_cancel=inputs["force_cancel"],
        include_queued=inputs["include_queued"],
        wait_until_canceled=inputs["wait_until_canceled"],
        timeout=float(inputs["timeout"]),
        on_idle=cast("Tolerance", inputs["on_idle"]),
        on_completed=cast("Tolerance", inputs["on_completed"]),
    )
