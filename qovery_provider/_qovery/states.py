"""Qovery's states as a table of phases. It knows names only: no deployment, no call, no time.

A state that is not in the table is kept as it is and has the phase UNKNOWN: Qovery adds states, and a guess by suffix
would turn a new one into a wrong success. Source of the names: `StateEnum` in Qovery's public openapi.yaml; of which
of them end a deployment: `IsTerminalState` of qovery-cli and the status chips of Qovery's console.
"""

from __future__ import annotations

from enum import Enum


class Phase(Enum):
    """What a state means for its deployment."""

    RUNNING = "running"
    """In progress or about to start: it can be canceled."""

    CANCELING = "canceling"
    """A cancel was accepted and has not taken effect yet."""

    CANCELED = "canceled"
    """Ended by a cancel."""

    COMPLETED = "completed"
    """Finished on its own, successfully or with an error, or never started."""

    UNAVAILABLE = "unavailable"
    """Qovery could not compute the status: it shows nothing of the deployment."""

    UNKNOWN = "unknown"
    """Not in the table, or public sources do not say what it means."""

    @property
    def is_over(self) -> bool:
        """Whether the deployment has ended."""
        return self in {Phase.CANCELED, Phase.COMPLETED}

    @property
    def is_canceled_or_canceling(self) -> bool:
        """Whether a cancel of the deployment shows."""
        return self in {Phase.CANCELED, Phase.CANCELING}


STATES: dict[str, Phase] = {
    "QUEUED": Phase.RUNNING,
    "DEPLOYMENT_QUEUED": Phase.RUNNING,
    "RESTART_QUEUED": Phase.RUNNING,
    "STOP_QUEUED": Phase.RUNNING,
    "DELETE_QUEUED": Phase.RUNNING,
    "WAITING_RUNNING": Phase.RUNNING,
    "WAITING_RESTARTING": Phase.RUNNING,
    "WAITING_STOPPING": Phase.RUNNING,
    "WAITING_DELETING": Phase.RUNNING,
    "BUILDING": Phase.RUNNING,
    "DEPLOYING": Phase.RUNNING,
    "EXECUTING": Phase.RUNNING,
    "RESTARTING": Phase.RUNNING,
    "STOPPING": Phase.RUNNING,
    "DELETING": Phase.RUNNING,
    "CANCELING": Phase.CANCELING,
    "CANCELED": Phase.CANCELED,
    "READY": Phase.COMPLETED,
    "DEPLOYED": Phase.COMPLETED,
    "RESTARTED": Phase.COMPLETED,
    "STOPPED": Phase.COMPLETED,
    "DELETED": Phase.COMPLETED,
    "BUILD_ERROR": Phase.COMPLETED,
    "DEPLOYMENT_ERROR": Phase.COMPLETED,
    "RESTART_ERROR": Phase.COMPLETED,
    "STOP_ERROR": Phase.COMPLETED,
    "DELETE_ERROR": Phase.COMPLETED,
    "RECAP": Phase.UNAVAILABLE,
    "UNAVAILABLE": Phase.UNAVAILABLE,
}
"""Every state of the API's `StateEnum`, with its phase."""


def phase_of(state: str) -> Phase:
    """Return the phase of a state, UNKNOWN for one that is not in the table."""
    return STATES.get(state, Phase.UNKNOWN)
