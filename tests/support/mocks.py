"""A Pulumi program without an engine: Pulumi's own mocks, and the lines that it would show."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NoReturn

import pulumi
from pulumi.runtime import set_all_config, set_mocks
from pulumi.runtime.proto.engine_pb2 import LogRequest
from pulumi.runtime.settings import ROOT, SETTINGS

ENVIRONMENT_ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"


class Recorder(pulumi.runtime.Mocks):
    """Pulumi mocks that answer as Qovery would, and keep what was registered and what was said.

    Attributes:
        resources: What was registered.
        lines: The lines on rows, without those for debugging.
        id: The id that every resource has; "" for one that an update would create.
    """

    def __init__(self) -> None:
        self.resources: list[pulumi.runtime.MockResourceArgs] = []
        self.lines: list[LogRequest] = []
        self.id = ENVIRONMENT_ID

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.resources.append(args)
        return self.id, {**args.inputs, "outcome": "canceled", "last_deployment_state": "CANCELED"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> NoReturn:
        raise NotImplementedError(args.token)

    def Log(self, request: LogRequest) -> None:  # noqa: N802 - the engine's name
        if request.severity:
            self.lines.append(request)


class Engines:
    """A monitor of mocks that cannot be told from an engine's by its class."""

    def __init__(self, mocks: object) -> None:
        self._mocks = mocks

    def __getattr__(self, name: str) -> object:
        return getattr(self._mocks, name)


@contextmanager
def mocked(
    *, preview: bool = False, as_engine: bool = False, config: dict[str, str] | None = None
) -> Iterator[Recorder]:
    """Let mocks be in force, with event loops that are closed at the end: the SDK leaves its own open.

    Args:
        preview: Whether the program is previewed.
        as_engine: Whether the mocks pass for an engine's.
        config: The stack's configuration.
    """
    loop, worker_loop = asyncio.new_event_loop(), asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(1, initializer=asyncio.set_event_loop, initargs=(worker_loop,)))
    asyncio.set_event_loop(loop)
    recorder = Recorder()
    ROOT.set(None)  # an earlier test's stack belongs to an event loop that is closed
    set_mocks(recorder, preview=preview)
    SETTINGS.engine = recorder
    if as_engine:
        SETTINGS.monitor = Engines(SETTINGS.monitor)
    set_all_config(config or {})
    try:
        yield recorder
    finally:
        set_all_config({})
        SETTINGS.dry_run = False
        finish()  # a test may not have waited for all that it has registered
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()
        worker_loop.close()


def value_of(output: pulumi.Output[Any]) -> Any:  # noqa: ANN401 - the output's value
    """Run the program to its end and return what an output holds."""
    values: list[Any] = []
    pulumi.runtime.test(lambda: output.apply(values.append))()  # type: ignore[no-untyped-call]
    finish()
    return values[0]


def finish() -> None:
    """Let everything come to its end that the program has begun, as a real stack does.

    The mocks do not wait for it, and older SDKs forget what was declared before.
    """
    loop = asyncio.get_event_loop()
    loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop)))
