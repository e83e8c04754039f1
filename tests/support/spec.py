"""What Qovery's public description says of the answers that are read here: which fields are required or may be null.

Source: `openapi.yaml` of Qovery/qovery-openapi-spec, as of 2026-08-20. Only the facts that the tests need stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from qovery_provider._qovery.states import STATES


class Field(NamedTuple):
    """One field.

    Attributes:
        kind: Its type, its enumeration, or the fields of an object; a list has one element, the kind of its items.
        required: Whether it is always there.
        nullable: Whether it may be null.
    """

    kind: Any
    required: bool = True
    nullable: bool = False


def _optional(kind: object, *, nullable: bool = False) -> Field:
    return Field(kind, required=False, nullable=nullable)


UUID_, TIME, TEXT, WHOLE, NUMBER, DURATION = "uuid", "date-time", "text", "integer", "number", "duration"

STATE = frozenset(STATES)
ORIGIN = frozenset({"API", "CLI", "CONSOLE", "GIT", "QOVERY_INTERNAL", "SKILL", "TERRAFORM_PROVIDER"})
DEPLOYMENT_STATUS = frozenset({"NEVER_DEPLOYED", "UP_TO_DATE", "OUT_OF_DATE"})
ACTION_STATUS = frozenset({"QUEUED", "ONGOING", "SUCCESS", "ERROR", "CANCELED", "CANCELING", "NEVER"})
MODE = frozenset({"DEVELOPMENT", "PREVIEW", "PRODUCTION", "STAGING"})
TRIGGER_ACTION = frozenset(
    {
        "DEPLOY",
        "DELETE",
        "RESTART",
        "STOP",
        "DEPLOY_DRY_RUN",
        "TERRAFORM_FORCE_UNLOCK",
        "TERRAFORM_MIGRATE_STATE",
        "DELETE_RESOURCES_ONLY",
        "UNKNOWN",
        "UNINSTALL",
    }
)
"""The enumerations."""

STATUS = {
    "id": Field(UUID_),
    "state": Field(STATE),
    "last_deployment_state": Field(STATE),
    "last_deployment_date": _optional(TIME, nullable=True),
    "last_deployment_id": _optional(TEXT, nullable=True),
    "total_deployment_duration_in_seconds": _optional(WHOLE, nullable=True),
    "origin": _optional(ORIGIN, nullable=True),
    "triggered_by": _optional(TEXT, nullable=True),
    "deployment_status": _optional(DEPLOYMENT_STATUS),
    "deployment_request_id": _optional(UUID_, nullable=True),
}
STATUSES = {"results": Field([STATUS])}
REFERENCE = {"id": Field(UUID_)}
ENVIRONMENT = {
    "id": Field(UUID_),
    "created_at": Field(TIME),
    "updated_at": _optional(TIME),
    "name": Field(TEXT),
    "cloud_provider": Field({"provider": _optional(TEXT), "cluster": _optional(TEXT)}),
    "mode": Field(MODE),
    "cluster_id": Field(UUID_),
    "project": Field(REFERENCE),
    "organization": Field(REFERENCE),
    "expires_at": _optional(TIME, nullable=True),
}
HISTORY = {
    "page": Field(NUMBER),
    "page_size": Field(NUMBER),
    "results": Field(
        [
            {
                "identifier": Field({"execution_id": Field(TEXT), "environment_id": Field(UUID_)}),
                "auditing_data": Field(
                    {
                        "created_at": Field(TIME),
                        "updated_at": Field(TIME),
                        "triggered_by": Field(TEXT),
                        "origin": _optional(ORIGIN),
                    }
                ),
                "status": Field(STATE),
                "action_status": Field(ACTION_STATUS),
                "trigger_action": Field(TRIGGER_ACTION),
                "total_duration": Field(DURATION),
                "stages": Field([{}]),
            }
        ]
    ),
}
QUEUE = {
    "results": Field(
        [
            {
                "identifier": Field({"deployment_request_id": Field(UUID_), "environment_id": Field(UUID_)}),
                "auditing_data": Field({"triggered_by": Field(TEXT), "origin": _optional(ORIGIN)}),
                "trigger_action": Field(TRIGGER_ACTION),
                "stages": Field([{}]),
            }
        ]
    )
}
REQUEST_STATUS = {
    "deployment_request_id": _optional(UUID_),
    "environment_id": _optional(UUID_),
    "status": _optional(STATE),
}
"""The answers. In the description, the lists' `results` is not required; an answer without it is not believed here."""


def violations(kind: Any, value: Any, at: str = "answer") -> list[str]:  # noqa: ANN401 - what JSON holds
    """Return where a value is not what the description says."""
    if isinstance(kind, Mapping):
        if not isinstance(value, dict):
            return [f"{at} is no object"]
        missing = [f"{at}.{name} is missing" for name, field in kind.items() if field.required and name not in value]
        given = [(name, field) for name, field in kind.items() if name in value]
        return missing + [
            problem
            for name, field in given
            if not (field.nullable and value[name] is None)
            for problem in violations(field.kind, value[name], f"{at}.{name}")
        ]
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{at} is no list"]
        return [problem for item in value for problem in violations(kind[0], item, f"{at}[]")]
    return [] if _fits(kind, value) else [f"{at} is {value!r}"]


def _fits(kind: Any, value: Any) -> bool:  # noqa: ANN401 - as above
    if isinstance(kind, frozenset):
        return value in kind
    if kind in {WHOLE, NUMBER}:
        return isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    try:
        if kind == UUID_:
            return str(UUID(value)) == value.lower()
        if kind == TIME:
            return datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False
    return kind == TEXT or value.startswith("PT")


NEW_WORD = st.from_regex(r"[A-Z]{3,12}_[A-Z]{3,12}", fullmatch=True)
"""A member that an enumeration has not had so far: they grow."""

PLAIN = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
EXTRA = st.dictionaries(
    st.from_regex("new_[a-z]{1,5}", fullmatch=True), st.none() | st.integers() | PLAIN | st.just({"a": [1]}), max_size=2
)
SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    UUID_: st.uuids().map(str) | st.uuids().map(lambda identity: str(identity).upper()),
    TIME: st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    TEXT: PLAIN,
    WHOLE: st.integers(0, 2**31),
    NUMBER: st.integers(0, 100),
    DURATION: st.integers(0, 9999).map(lambda seconds: f"PT{seconds}S"),
}


def answers(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - as above
    """Return what may be answered: minimal, with nulls, with words and fields that are new."""
    if isinstance(kind, Mapping):
        fields = {
            name: answers(field.kind) | st.none() if field.nullable else answers(field.kind)
            for name, field in kind.items()
        }
        required = {name: answer for name, answer in fields.items() if kind[name].required}
        optional = {name: answer for name, answer in fields.items() if not kind[name].required}
        known = st.fixed_dictionaries(required, optional=optional)
        return st.tuples(EXTRA, known).map(lambda parts: {**parts[0], **parts[1]})
    if isinstance(kind, list):
        return st.lists(answers(kind[0]), max_size=3)
    if isinstance(kind, frozenset):
        return st.sampled_from(sorted(kind)) | NEW_WORD
    return SIMPLE[kind]
