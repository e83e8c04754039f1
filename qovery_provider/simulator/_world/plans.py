"""The course of a deployment that is left alone, and how it reacts to a cancel: plain data.

A plan knows no time of day, no environment and no HTTP; `deployments.py` plays it on a clock. States are plain text,
so that a test can use one that Qovery has not invented yet.
"""

from dataclasses import dataclass
from typing import Final

# The few states that the world itself has to know; all others are text that a plan brings along.
BUILDING: Final = "BUILDING"
CANCELED: Final = "CANCELED"
CANCELING: Final = "CANCELING"
READY: Final = "READY"

ACTIONS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "DEPLOY": ((BUILDING, "DEPLOYING"), "DEPLOYED"),
    "RESTART": (("RESTARTING",), "RESTARTED"),
    "STOP": (("STOPPING",), "STOPPED"),
    "DELETE": (("DELETING",), "DELETED"),
}
"""Each trigger action with the states it goes through and the state it ends in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One deployment's course.

    Attributes:
        trigger_action: What the history calls it: DEPLOY, RESTART, STOP, DELETE.
        phases: The states it goes through, each with its duration in seconds.
        end_state: How it ends on its own: DEPLOYED, DEPLOYMENT_ERROR, ...
        environment_state: The environment's own `state` after the end; `None`: the same as the deployment's.
        cancel_delay: Seconds from the cancel to the safe point; `None`: the cancel is accepted and ignored.
        force_cancel_delay: The same for a forced cancel; `None`: like `cancel_delay`.
        canceling_visible_after: Seconds until the state shows CANCELING; `None`: it never does.
        triggered_by: The person or machine that asked for it.
        origin: API, CLI, CONSOLE, ...
    """

    trigger_action: str = "DEPLOY"
    phases: tuple[tuple[str, float], ...] = ((BUILDING, 30.0), ("DEPLOYING", 30.0))
    end_state: str = "DEPLOYED"
    environment_state: str | None = None
    cancel_delay: float | None = 2.0
    force_cancel_delay: float | None = None
    canceling_visible_after: float | None = 0.0
    triggered_by: str = "someone@example.com"
    origin: str = "API"

    @classmethod
    def of(cls, trigger_action: str, *, seconds: float) -> "Plan":
        """The usual course of an action, its phases equally long."""
        # The real phases are of very different lengths; which one is how long matters to no client.
        states, end_state = ACTIONS[trigger_action]
        phases = tuple((state, seconds / len(states)) for state in states)
        return cls(trigger_action=trigger_action, phases=phases, end_state=end_state)

    @property
    def duration(self) -> float:
        """Seconds from the start to the end without a cancel."""
        return sum(seconds for _, seconds in self.phases)

    def phase_at(self, elapsed: float) -> str:
        """The state after so many seconds; past the end it is the last one."""
        for state, seconds in self.phases:
            if elapsed < seconds:
                return state
            elapsed -= seconds
        # Rounding may leave a rest of a nanosecond after the last phase; a state is shown all the same.
        return self.phases[-1][0]

    def delay(self, *, force: bool) -> float | None:
        """Seconds from a cancel to its safe point; `None` when it is ignored."""
        if force and self.force_cancel_delay is not None:
            return self.force_cancel_delay
        return self.cancel_delay
