"""The API's responses as frozen data. It parses and rejects; it knows no HTTP and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields

from qovery_provider._qovery.states import Phase, phase_of

ACTION_STATUSES = {
    "QUEUED": Phase.RUNNING,
    "ONGOING": Phase.RUNNING,
    "CANCELING": Phase.CANCELING,
    "CANCELED": Phase.CANCELED,
    "SUCCESS": Phase.COMPLETED,
    "ERROR": Phase.COMPLETED,
}
"""The history's coarser states of a deployment."""

PHASE_PRIORITY = (Phase.CANCELED, Phase.COMPLETED, Phase.CANCELING, Phase.RUNNING, Phase.UNKNOWN, Phase.UNAVAILABLE)

MAX_TEXT_LENGTH = 200
"""Characters; ids and states are far shorter."""

MAX_SECONDS = 2**53
"""Above this, Pulumi's numbers (doubles) are no longer exact."""


UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def canonical_id(identity: str) -> str:
    """Return an id with the UUIDs in it in small letters, as Qovery writes them; all else in it means nothing here."""
    return UUID_FORM.sub(lambda match: match[0].lower(), identity)


class MalformedAnswerError(ValueError):
    """A response does not match the API's description; the text names the field. Never leaves the client."""


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """The status of an environment as Qovery reported it.

    `state` is the environment's; the `last_deployment_*` fields, `origin`, `triggered_by` and the duration describe the
    deployment that was started last. A state that Qovery adds later is kept verbatim. Optional fields that Qovery left
    out are None.
    """

    id: str
    state: str
    last_deployment_state: str
    last_deployment_date: str | None = None
    last_deployment_id: str | None = None
    total_deployment_duration_in_seconds: int | None = None
    origin: str | None = None
    triggered_by: str | None = None
    deployment_status: str | None = None
    deployment_request_id: str | None = None

    @property
    def phase(self) -> Phase:
        """What is known of the deployment that was started last."""
        return phase_of(self.last_deployment_state)

    @property
    def is_in_progress(self) -> bool:
        """Whether a deployment is in progress, being canceled, or in a state that this version does not know."""
        return not self.phase.is_over and self.phase is not Phase.UNAVAILABLE

    @property
    def is_nameless(self) -> bool:
        """Whether a deployment is in progress whose id is not shown."""
        return self.last_deployment_id is None and self.is_in_progress

    @classmethod
    def from_json(cls, data: object) -> EnvironmentStatus:
        """Read one status, or raise MalformedAnswerError."""
        body = _mapping(data)
        return cls(
            id=canonical_id(_text(body, "id")),
            state=_text(body, "state"),
            last_deployment_state=_text(body, "last_deployment_state"),
            last_deployment_date=_shown_text(body, "last_deployment_date"),
            last_deployment_id=_optional_id(body, "last_deployment_id"),
            total_deployment_duration_in_seconds=_duration(body),
            origin=_shown_text(body, "origin"),
            triggered_by=_shown_text(body, "triggered_by"),
            deployment_status=_shown_text(body, "deployment_status"),
            deployment_request_id=_text_or_none(body, "deployment_request_id"),
        )


@dataclass(frozen=True, slots=True)
class UnreadableStatus:
    """An entry of a project's list that is no status: it concerns its environment alone.

    Attributes:
        id: The environment; None where the entry does not name it, so that it may be any that is missing in the list.
        problem: What is wrong with the entry.
    """

    id: str | None
    problem: str


STATUS_FIELDS = tuple(
    field.name for field in fields(EnvironmentStatus) if field.name not in {"id", "deployment_request_id"}
)
"""The fields that resources report, in order."""


HISTORY_PAGES = (5, 20, 100)
"""How many deployments of a history are read, the newest first: one entry carries all services with their commits."""

UNREADABLE_STATE = "UNREADABLE"
"""Stands for the state of a deployment that the history names without one."""


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """One deployment of the history: `state` is a StateEnum, `action_status` the coarser SUCCESS, CANCELED, ..."""

    id: str
    state: str
    action_status: str | None = None

    @property
    def phase(self) -> Phase:
        """How the deployment ended, or how far it is; either field may be the first to say that it is over."""
        said = {phase_of(self.state), ACTION_STATUSES.get(self.action_status or "", Phase.UNKNOWN)}
        return next(phase for phase in PHASE_PRIORITY if phase in said)

    @property
    def final_state(self) -> str:
        """The state that says how the deployment ended: if `state` does not, the coarser one."""
        phase, new_states = phase_of(self.state), {Phase.UNKNOWN} if self.phase is Phase.COMPLETED else set[Phase]()
        is_final = self.state != UNREADABLE_STATE and phase in {self.phase, *new_states}
        return self.state if is_final else self.action_status or self.state

    @classmethod
    def from_json(cls, data: object) -> DeploymentRecord:
        """Read one entry of `deploymentHistoryV2`, or raise MalformedAnswerError when it names no deployment.

        A state that is not plain text says nothing: a later read may show how the deployment ended.
        """
        body = _mapping(data)
        execution_id = canonical_id(_text(_mapping(body.get("identifier")), "execution_id"))
        return cls(
            execution_id, _text_or_none(body, "status") or UNREADABLE_STATE, _text_or_none(body, "action_status")
        )


NAMELESS_RECORD = DeploymentRecord("", UNREADABLE_STATE)
"""Stands for an entry that names no deployment: it belongs to none, and counts as one that was read."""


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """A deployment that waits in an environment's queue: its id there, and who requested it."""

    id: str
    triggered_by: str | None = None

    @classmethod
    def from_json(cls, data: object) -> QueuedRequest:
        """Read one entry of `deploymentQueue`, or raise MalformedAnswerError."""
        body = _mapping(data)
        who = body.get("auditing_data")
        request_id = _text(_mapping(body.get("identifier")), "deployment_request_id")
        return cls(request_id, _shown_text(who, "triggered_by") if isinstance(who, dict) else None)


def statuses_of(data: object) -> list[EnvironmentStatus | UnreadableStatus]:
    """Read the list of a project's environments."""
    return [_status_or_problem(entry) for entry in _results(data)]


def _status_or_problem(entry: object) -> EnvironmentStatus | UnreadableStatus:
    try:
        return EnvironmentStatus.from_json(entry)
    except MalformedAnswerError as error:
        named = _text_or_none(entry, "id") if isinstance(entry, dict) else None
        return UnreadableStatus(named and canonical_id(named), str(error))


def history_of(data: object) -> list[DeploymentRecord]:
    """Read a history, the newest deployment first; an entry that names no deployment counts as well."""
    return [_record(entry) for entry in _results(data)]


def _record(entry: object) -> DeploymentRecord:
    with suppress(MalformedAnswerError):
        return DeploymentRecord.from_json(entry)
    return NAMELESS_RECORD


def queue_of(data: object) -> list[QueuedRequest]:
    """Read the queue of one environment, whose order is not documented; a request without an id cannot be canceled."""
    return [QueuedRequest.from_json(entry) for entry in _results(data)]


def project_id_of(data: object) -> str:
    """Return the project's id of an environment, or raise MalformedAnswerError."""
    return _text(_mapping(_mapping(data).get("project")), "id")


def request_state_of(data: object) -> tuple[str, str]:
    """Return the id and the state of a deployment request, or raise MalformedAnswerError."""
    body = _mapping(data)
    return _text(body, "deployment_request_id"), _text(body, "status")


def _results(data: object) -> list[object]:
    """Return the list that the API wraps in {"results": [...]}."""
    results = _mapping(data).get("results")
    if not isinstance(results, list):
        raise MalformedAnswerError("results is not a list")
    return results


def _mapping(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise MalformedAnswerError("a JSON object is missing")
    return data


def _text(body: Mapping[str, object], name: str) -> str:
    """Read a field that decides something: it must be a plain text."""
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT_LENGTH or not value.isprintable():
        raise MalformedAnswerError(f"{name} is missing or not plain text")
    return value


def _optional_id(body: Mapping[str, object], name: str) -> str | None:
    return None if body.get(name) in (None, "") else canonical_id(_text(body, name))


def _text_or_none(body: Mapping[str, object], name: str) -> str | None:
    with suppress(MalformedAnswerError):
        return _text(body, name)
    return None


def _shown_text(body: Mapping[str, object], name: str) -> str | None:
    """Read a field that is only shown: an unusual value must not end a cancellation."""
    value = body.get(name)
    if not isinstance(value, str):
        return None
    return "".join(letter if letter.isprintable() else " " for letter in value[:MAX_TEXT_LENGTH]) or None


def _duration(body: Mapping[str, object]) -> int | None:
    value = body.get("total_deployment_duration_in_seconds")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SECONDS:
        return None
    return value
