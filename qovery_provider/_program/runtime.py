"""What runs in a user's program rather than in the provider's process: settings, and what a preview shows.

Here the stack's configuration is read by the program itself, and a QoveryError that nobody catches ends the program
with one line, as Pulumi's own RunError does.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import pulumi
from pulumi.runtime import is_dry_run
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from qovery_provider._driver.session import Sessions
from qovery_provider._qovery import settings as _settings
from qovery_provider._qovery.settings import Settings
from qovery_provider.errors import CallError, QoveryError

SESSIONS = Sessions()

PREVIEW_LIMIT = 2.0
"""Seconds that a preview may be held up by a look."""


def config() -> dict[str, object]:
    """Return the stack's configuration of this package."""
    bag = pulumi.Config("qovery")
    values = {key: bag.get(key.removeprefix("qovery:")) for key in _settings.CONFIG_KEYS}
    return {key: value for key, value in values.items() if value is not None}


def settings() -> Settings:
    """Return the settings as the provider resolves them."""
    return _settings.resolve(config(), os.environ)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Let expected errors be RunErrors as well: the language host shows those without a traceback."""
    try:
        yield
    except QoveryError as error:
        error.__class__ = _run_error(type(error))
        raise


def _run_error(kind: type[QoveryError]) -> type[QoveryError]:
    return type(kind.__name__, (kind, pulumi.RunError), {"__module__": kind.__module__})


def show_preview(
    resource: pulumi.CustomResource,
    inputs: Mapping[str, pulumi.Input[Any]],
    describe: Callable[[Settings, Mapping[str, Any]], str],
) -> None:
    """In a preview, show on the resource's row what an update would do now. Best effort, and never an error.

    Args:
        resource: The resource, already registered.
        inputs: Its inputs; nothing is shown while one of them is not known.
        describe: PollSchedule and says it in a sentence, in another thread and in about `PREVIEW_LIMIT` seconds.
    """
    configuration = config()  # read here: the SDK keeps it in a context that other threads do not have
    if not is_dry_run() or isinstance(get_monitor(), MockMonitor):
        return
    if not _settings.shows_preview_status(configuration):
        return

    def described(known: dict[str, Any]) -> str:
        try:
            return describe(_settings.resolve(configuration, os.environ), known)
        except CallError as error:
            return f"could not look at what runs: {error}"
        except QoveryError:
            return ""  # what is wrong with inputs and settings, `check` says

    async def look(known: dict[str, Any]) -> None:
        # A resource that has an id exists and is not replaced: an update would do nothing.
        if not await resource.id.is_known():
            line = await asyncio.get_running_loop().run_in_executor(None, described, known)
            if line:
                # A passing line would be gone when the terminal asks whether to go on.
                pulumi.log.info(line, resource)

    pulumi.Output.all(**inputs).apply(cast("Callable[[dict[str, Any]], Any]", look))
