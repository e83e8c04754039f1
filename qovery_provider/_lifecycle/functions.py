"""The functions, each in one row: its argument, and how to read the result. Nothing of them is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from qovery_provider._driver.session import Session
from qovery_provider._lifecycle import inputs
from qovery_provider._lifecycle.schema import Input
from qovery_provider._qovery.models import EnvironmentStatus

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Function(Generic[Answer]):
    """One function, which takes one id.

    Attributes:
        text: What it does.
        argument: The name of its argument.
        row: What the argument holds.
        read: Asks Qovery; its id is a UUID.
    """

    text: str
    argument: str
    row: Input
    read: Callable[[Session, str], Answer]

    def call(self, session: Session, id_: object) -> Answer:
        """Check the id and ask Qovery.

        Raises:
            QoveryError: The id is not a UUID, or the call failed.
        """
        return self.read(session, inputs.checked_uuid(self.argument, id_))


ENVIRONMENT_STATUS: Function[EnvironmentStatus] = Function(
    "Read the status of an environment now, in previews as well.",
    "environment_id",
    inputs.ENVIRONMENT_ID,
    Session.environment_status,
)
PROJECT_ENVIRONMENT_STATUSES: Function[Sequence[EnvironmentStatus]] = Function(
    "Read the status of the environments of a project, with one call. One without a readable status is left out.",
    "project_id",
    Input(inputs.UUID, "The project, a UUID.", is_required=True),
    Session.project_statuses,
)
