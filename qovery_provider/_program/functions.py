"""Reading Qovery in a program that decides: one call each, typed results, nothing in the state.

The `_output` forms read in other threads, side by side: the program's event loop goes on.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from qovery_provider._lifecycle.functions import ENVIRONMENT_STATUS, PROJECT_ENVIRONMENT_STATUSES
from qovery_provider._program.runtime import in_thread, plain_errors, session
from qovery_provider._qovery.models import EnvironmentStatus


def get_environment_status(environment_id: str) -> EnvironmentStatus:
    """Read the status of an environment now, in previews as well.

    Args:
        environment_id: The environment, a UUID.

    Raises:
        QoveryError: The id or the settings cannot be used, or the call failed; uncaught, it ends the program with one
            line.
    """
    with plain_errors():
        return ENVIRONMENT_STATUS.call(session(), environment_id)


def get_environment_status_output(environment_id: pulumi.Input[str]) -> pulumi.Output[EnvironmentStatus]:
    """Read the status of an environment whose id another resource gives; as `get_environment_status`."""
    return in_thread(environment_id, get_environment_status)


def get_project_environment_statuses(project_id: str) -> Sequence[EnvironmentStatus]:
    """Read the status of the environments of a project, with one call. One without a readable status is left out.

    Args:
        project_id: The project, a UUID.

    Raises:
        QoveryError: The id or the settings cannot be used, or the call failed; uncaught, it ends the program with one
            line.
    """
    with plain_errors():
        return PROJECT_ENVIRONMENT_STATUSES.call(session(), project_id)


def get_project_environment_statuses_output(
    project_id: pulumi.Input[str],
) -> pulumi.Output[Sequence[EnvironmentStatus]]:
    """Read the environments of a project whose id another resource gives; as `get_project_environment_statuses`."""
    return in_thread(project_id, get_project_environment_statuses)
