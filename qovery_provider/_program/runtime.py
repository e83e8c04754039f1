"""What all resources and functions need in the user's program: the stack's settings, and what a preview shows.

Here the stack's configuration is read by the program itself, and a QoveryError that is not caught ends the program
with one line, as Pulumi's own RunError does.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from importlib.metadata import version
from typing import Any, TypeVar, cast

import pulumi
from pulumi.runtime import is_dry_run
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from qovery_provider._driver.calls import DAEMON_THREADS
from qovery_provider._driver.session import Session, Sessions
from qovery_provider._lifecycle.inputs import ENVIRONMENT_ID
from qovery_provider._lifecycle.lifecycle import Lifecycle
from qovery_provider._lifecycle.preview_line import preview_line
from qovery_provider._lifecycle.values import can_be_carried, plain
from qovery_provider._qovery import settings
from qovery_provider.errors import ConfigurationError, QoveryError

GO_DURATION = re.compile(r"(?:([0-9]+(?:\.[0-9]+)?)h)?(?:([0-9]+(?:\.[0-9]+)?)m)?(?:([0-9]+(?:\.[0-9]+)?)s)?")
"""The form of Pulumi's custom timeouts: 1h30m, 10m, 45s."""

FIRST_WITH_GET = [3, 268]
"""The first SDK, by major and minor version, whose host finds the provider when a program calls `get`."""

SESSIONS = Sessions()
"""The sessions with Qovery of this program."""

Given = TypeVar("Given")
Read = TypeVar("Read")


def session() -> Session:
    """Return the session for the stack's settings, as the provider resolves them."""
    return SESSIONS.of(settings.resolve(_config(), os.environ))


def _config() -> dict[str, object]:
    bag = pulumi.Config("qovery")
    return settings.given(lambda key: bag.get(key.removeprefix("qovery:")))


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


def in_thread(argument: pulumi.Input[Given], read: Callable[[Given], Read]) -> pulumi.Output[Read]:
    """Return the result of a blocking read of an input, made in a thread of its own."""

    async def call(given: Given) -> Read:
        # The SDK keeps a stack's configuration in context variables, which other threads do not inherit.
        return await asyncio.get_running_loop().run_in_executor(None, copy_context().run, read, given)

    return pulumi.Output.from_input(argument).apply(call)


def create_timeout(opts: pulumi.ResourceOptions | None) -> float | str | None:
    """Read `custom_timeouts.create`, which the SDK never passes to dynamic providers.

    A text that cannot be read is handed on as it is, for `check` to report.
    """
    timeouts = opts.custom_timeouts if opts else None
    text = timeouts.create if timeouts else None
    match = GO_DURATION.fullmatch(text) if text else None
    if not match:
        return text
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def check_get(installed: str | None = None) -> None:
    """Refuse `get` where the SDK's host of dynamic providers cannot serve it.

    Args:
        installed: The version of the SDK. Default: the one that is installed.

    Raises:
        ConfigurationError: It is too old.
    """
    installed = installed or version("pulumi")
    numbers = [int(number) for number in re.findall("[0-9]+", installed)[:2]]
    if numbers < FIRST_WITH_GET:
        with plain_errors():
            raise ConfigurationError(
                f"`get` needs the Python package pulumi 3.268.0 or newer, and {installed} is installed: use a newer "
                "one, or get_environment_status"
            )


def has_stack_settings(resource: pulumi.CustomResource) -> bool:
    """Return whether a resource uses the stack's settings; a program cannot read those of an explicit provider."""
    return getattr(resource, "_provider", None) is None


def plain_inputs(
    resource_name: str, inputs: Mapping[str, pulumi.Input[Any]], lifecycle: Lifecycle
) -> dict[str, pulumi.Input[Any]]:
    """Return inputs as Pulumi can carry them; `check` reports all other problems with them.

    Raises:
        ConfigurationError: A value is one that Pulumi cannot carry.
    """
    try:
        values = {name: plain(value, _plain_output) for name, value in inputs.items()}
        unfit = [name for name, value in values.items() if not can_be_carried(value, _is_left_to_pulumi)]
    except RecursionError:
        values, unfit = {}, ["inputs"]
    if unfit:
        found = lifecycle.schema.problems(lifecycle.schema.with_defaults(values)) if values else {}
        text = "; ".join(f"{name} {found.get(name, 'hold lists or maps that are nested too deeply')}" for name in unfit)
        with plain_errors():
            raise ConfigurationError(f"{resource_name}: {text}")
    return values


def _plain_output(value: Any) -> Any:  # noqa: ANN401 - any value there is
    return value.apply(plain) if isinstance(value, pulumi.Output) else value


def _is_left_to_pulumi(value: object) -> bool:
    return isinstance(value, pulumi.Output | Awaitable | pulumi.Asset | pulumi.Archive | pulumi.Resource)


def plain_id(value: pulumi.Input[Any]) -> pulumi.Input[Any]:
    """Return an id as Qovery writes it; any other value stays as it is."""
    if isinstance(value, pulumi.Output):
        return value.apply(plain_id)
    return ENVIRONMENT_ID.kind.normalize(plain(value))


def show_preview(
    resource: pulumi.CustomResource, inputs: Mapping[str, pulumi.Input[Any]], lifecycle: Lifecycle
) -> None:
    """In a preview, show on the resource's row what an update would do now. Best effort, and never an error.

    Args:
        resource: The resource, already registered.
        inputs: Its inputs; nothing is shown while one of them is not known.
        lifecycle: Reads the status, in another thread, and describes the update.
    """
    if not is_dry_run() or isinstance(get_monitor(), MockMonitor):
        return
    config = _config()  # read here: the SDK keeps it in a context that other threads do not have

    def read(known: dict[str, Any]) -> str:
        return preview_line(lifecycle, SESSIONS, config, os.environ, known)

    async def show(known: dict[str, Any]) -> None:
        # A resource that has an id exists and is not replaced: an update creates nothing, and its diff tells
        # what is resumed.
        if not await resource.id.is_known():
            # The loop's own executor has a few threads only: silent environments would be waited for in turns.
            line = await asyncio.get_running_loop().run_in_executor(DAEMON_THREADS, read, known)
            if line:
                # A passing line would be gone when the terminal asks whether to go on.
                await _log(line, resource)

    pulumi.Output.all(**inputs).apply(cast("Callable[[dict[str, Any]], Any]", show))


async def _log(line: str, resource: pulumi.Resource) -> None:
    """Show a line on a resource's row; older SDKs send it in a task that a program's end does not wait for."""
    before = asyncio.all_tasks()
    pulumi.log.info(line, resource)
    await asyncio.gather(*(asyncio.all_tasks() - before))
