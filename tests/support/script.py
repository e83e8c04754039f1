"""An API that answers from a script, for tests of those who drive cancellations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus, QueuedRequest
from qovery_provider._qovery.rate_limit import RateBudget


def status(name: str, state: str, deployment: str = "d1") -> EnvironmentStatus:
    """Return a status as it is while a deployment runs, or after its end: both states are the same."""
    return EnvironmentStatus(name, state, state, last_deployment_id=f"{name}-{deployment}")


class Time(Protocol):
    """What the script needs of a clock."""

    now: float


class Script:
    """An `Api` that answers from lists, the last answer again and again, and notes when it was asked what.

    Attributes:
        answers: The answers by the name of the call; a function is called for its answer.
        asked: What was asked, with the time.
    """

    def __init__(self, clock: Time, answers: Mapping[str, Sequence[object]]) -> None:
        self.budget = RateBudget()
        self.clock, self.answers = clock, {name: list(values) for name, values in answers.items()}
        self.operation: list[tuple[float, str]] = []

    def ask(self, name: str) -> object:
        """Note what is asked and give the next answer."""
        self.operation.append((self.clock.now, name))
        answers = self.answers[name]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def deployment_history(self, environment_id: str) -> Sequence[DeploymentRecord]:
        answer = self.ask(f"history {environment_id}")
        assert isinstance(answer, list)
        return answer

    def deployment_queue(self, environment_id: str) -> Sequence[QueuedRequest]:
        answer = self.ask(f"queue {environment_id}")
        assert isinstance(answer, list)
        return [QueuedRequest(request_id) for request_id in answer]

    def cancel_deployment(self, environment_id: str, *, force: bool) -> EnvironmentStatus:
        answer = self.ask(f"{'force' if force else 'cancel'} {environment_id}")
        assert isinstance(answer, EnvironmentStatus)
        return answer

    def cancel_queued(self, request_id: str) -> None:
        self.ask(f"unqueue {request_id}")

    def look(self) -> dict[str, EnvironmentStatus]:
        """Answer a look of a group."""
        answer = self.ask("look")
        assert isinstance(answer, list)
        return {each.id: each for each in answer}

    def times(self, name: str) -> list[float]:
        """Return when something was asked."""
        return [at for at, operation in self.operation if operation == name]
