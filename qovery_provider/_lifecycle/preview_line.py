"""The line of a preview, for every host: what an update would do now, or why that is not known. Never an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qovery_provider._driver.session import Sessions
from qovery_provider._lifecycle.lifecycle import Lifecycle, Operation
from qovery_provider._qovery import settings
from qovery_provider.errors import CallError, QoveryError

PREVIEW_LIMIT = 2.0
"""Seconds in which a preview reads the current status.

They count for each resource from its registration, but all resources read side by side, and share what they read: so a
preview ends at most 2 s after its last resource was registered, however many resources and projects there are.
"""


def preview_line(
    lifecycle: Lifecycle,
    sessions: Sessions,
    config: Mapping[str, object],
    environ: Mapping[str, str],
    inputs: Mapping[str, Any],
) -> str:
    """Return the line, "" for none.

    Args:
        lifecycle: The resource's lifecycle.
        sessions: The sessions of the process.
        config: The stack's configuration; `check` reports its problems.
        environ: The environment variables.
        inputs: The inputs, all of them known.
    """
    if settings.problems(config, environ) or not settings.shows_preview_status(config):
        return ""
    try:
        resolved = settings.resolve(config, environ)
    except QoveryError as error:
        return f"no preview: {error}"  # there is no token: that is no error in a preview
    operation = Operation(lambda: sessions.of(resolved), _ignore, _ignore, timeout=PREVIEW_LIMIT)
    try:
        return lifecycle.preview(operation, inputs)
    except CallError as error:
        return f"no preview from {resolved.api_url}: {error}"


def _ignore(_line: str) -> None:
    """Show nothing: a preview has one line, and that comes at its end."""
