"""A client that answers from a script, for tests of the driver."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar, cast

from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._qovery.rate_limit import RateBudget

Answer = TypeVar("Answer")

VERBS = {"{}": "unqueue", '{"force_cancel": false}': "cancel", '{"force_cancel": true}': "force"}
"""The effect of a POST, by its body."""

READS = {
    ("environment",): "project of",
    ("environment", "status"): "status",
    ("environment", "deploymentHistoryV2"): "history",
    ("environment", "deploymentQueue"): "queue",
    ("project", "environment", "status"): "statuses",
}
"""The object that a GET reads, by its path without the id."""


def status(name: str, state: str, deployment: str = "d1") -> EnvironmentStatus:
    """Return a status as it is while a deployment runs, or after its end: both states are the same."""
    return EnvironmentStatus(name, state, state, last_deployment_id=f"{name}-{deployment}")


class Time(Protocol):
    """The clock that the script needs."""

    now: float

    def travel(self) -> None:
        """Let a call travel to the server."""


class Script:
    """A client that answers from lists, the last answer again and again, and notes which call was made when.

    Attributes:
        answers: The answers by the name of the call; a function is called for its answer.
        calls: What was called, with the time.
    """

    def __init__(self, clock: Time, answers: Mapping[str, Sequence[object]]) -> None:
        self.budget = RateBudget()
        self.clock, self.answers = clock, {name: list(values) for name, values in answers.items()}
        self.calls: list[tuple[float, str]] = []

    def send(self, call: ApiCall[Answer], before_sending: Callable[[], None] = lambda: None) -> Answer:
        """Answer one of Qovery's calls."""
        before_sending()
        self.clock.travel()
        return cast("Answer", self._answer(_name(call)))

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def read_statuses(self) -> dict[str, EnvironmentStatus]:
        """Answer a poll of a group."""
        self.clock.travel()
        answer = self._answer("poll")
        assert isinstance(answer, list)
        return {each.id: each for each in answer}

    def _answer(self, name: str) -> object:
        """Note what is called and give the next answer."""
        self.calls.append((self.clock.now, name))
        answers = self.answers[name]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def times(self, name: str) -> list[float]:
        """Return when something was called."""
        return [at for at, called in self.calls if called == name]


def _name(call: ApiCall[object]) -> str:
    """Return a call's name in a script: `cancel a`."""
    _, kind, identity, *rest = call.path.partition("?")[0].split("/")
    if identity == "deploymentStatus":
        return "request"
    verb = VERBS[json.dumps(call.body)] if call.changes else READS[(kind, *rest)]
    return f"{verb} {identity}"
