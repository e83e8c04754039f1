# ruff: noqa: N802 - the methods are called as the engine's protocol calls them
"""The provider plugin's process: answers Pulumi's engine, for every resource and function, until it is stopped.

It lends settings, the resource's row and the signal that the engine has gone; it holds no rule about a resource.
Secrets are not asked for: the engine itself keeps secret what is stored under the name of a secret input.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from functools import wraps
from threading import Event
from typing import Any, TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.plugin_pb2 import PluginInfo
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer, add_ResourceProviderServicer_to_server

from qovery_provider._clock import Signal
from qovery_provider._driver.session import Session, Sessions
from qovery_provider._hosts.engine import MAX_OPERATIONS, Engine
from qovery_provider._hosts.partial_state import trailing_metadata
from qovery_provider._hosts.plugin import schema
from qovery_provider._hosts.plugin.changes import difference
from qovery_provider._hosts.plugin.resources import FUNCTIONS, RESOURCES, TEXTS, Served, answer
from qovery_provider._hosts.plugin.wire import bag, has_unknown, is_unknown, plain
from qovery_provider._lifecycle.lifecycle import Operation, PartialFailureError
from qovery_provider._lifecycle.preview_line import preview_line
from qovery_provider._qovery import settings
from qovery_provider._version import __version__
from qovery_provider.errors import QoveryError

OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.server_max_unrequested_time_in_server", 1800)]
"""As the SDK's host has them: large states, and calls that wait their turn when hundreds come at once."""

Request = TypeVar("Request")
Response = TypeVar("Response")
Method = Callable[["Plugin", Request, grpc.ServicerContext], Response]


def reporting(method: Method[Request, Response]) -> Method[Request, Response]:
    """Report an expected error as one line, a bug with its traceback, and the state of a partial failure to the engine.

    UNKNOWN means that the state of the resource is not known, so the engine remembers the operation as interrupted. An
    expected error says that nothing is to be stored.
    """

    @wraps(method)
    def reported(self: Plugin, request: Request, context: grpc.ServicerContext) -> Response:
        try:
            return method(self, request, context)
        except PartialFailureError as failure:
            text, state = _text(failure.error), failure.state
            outputs = RESOURCES[request.type].names.to_outside(state.outputs)  # type: ignore[attr-defined]
            kept = proto.ErrorResourceInitFailed(id=state.id, reasons=[text], properties=bag(outputs))
            context.set_trailing_metadata(trailing_metadata(kept))
            return context.abort(grpc.StatusCode.UNKNOWN, text)
        except QoveryError as error:
            return context.abort(grpc.StatusCode.FAILED_PRECONDITION, _text(error))
        except Exception as error:  # noqa: BLE001 - the engine hides what a plugin prints
            return context.abort(grpc.StatusCode.UNKNOWN, _text(error))

    return reported


def _text(error: Exception) -> str:
    if isinstance(error, QoveryError):
        return TEXTS.to_outside(str(error))
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


class Plugin(ResourceProviderServicer):
    """The service of the engine's protocol; the engine does without the methods that are missing here.

    Args:
        engine: The engine that runs this process.
        sessions: The sessions with Qovery that all operations of this process share.
        environ: The environment variables.
    """

    def __init__(self, engine: Engine, sessions: Sessions, environ: Mapping[str, str]) -> None:
        self._engine, self._sessions, self._environ = engine, sessions, environ
        self._config: Mapping[str, object] = {}
        self._stop = Signal()
        engine.gone.add_done_callback(lambda _: self._end_waits())

    def _end_waits(self) -> None:
        with suppress(InvalidStateError):  # it may be stopped more than once
            self._stop.set_result(None)

    # The plugin as a whole.

    def Handshake(self, _request: proto.ProviderHandshakeRequest, _context: object) -> proto.ProviderHandshakeResponse:
        """Ask for plain values: no secrets, no outputs, no references to resources."""
        return proto.ProviderHandshakeResponse()

    def GetPluginInfo(self, _request: Empty, _context: object) -> PluginInfo:
        return PluginInfo(version=__version__)

    def GetSchema(self, _request: proto.GetSchemaRequest, _context: object) -> proto.GetSchemaResponse:
        return proto.GetSchemaResponse(schema=schema.text())

    def CheckConfig(self, request: proto.CheckRequest, _context: object) -> proto.CheckResponse:
        """Say what is wrong with the settings; one that is not known yet is not wrong."""
        return _checked(request.news, self._problems(_config(request.news)))

    def DiffConfig(self, request: proto.DiffRequest, _context: object) -> proto.DiffResponse:
        """Take every change of the settings, and replace nothing for it: that would cancel again."""
        is_changed = plain(request.old_inputs) != plain(request.news)
        return proto.DiffResponse(changes=proto.DiffResponse.DIFF_SOME if is_changed else proto.DiffResponse.DIFF_NONE)

    def Configure(self, request: proto.ConfigureRequest, _context: object) -> proto.ConfigureResponse:
        """Keep the settings; they are judged when they are needed, for a delete needs none."""
        self._config = _config(request.args)
        return proto.ConfigureResponse(supportsPreview=True)

    def Cancel(self, _request: Empty, _context: object) -> Empty:
        """End all waits, so that they can be resumed. The engine calls this at a normal end as well."""
        self._end_waits()
        return Empty()

    # The functions.

    @reporting
    def Invoke(self, request: proto.InvokeRequest, _context: grpc.ServicerContext) -> proto.InvokeResponse:
        """Answer a function."""
        function, arguments = FUNCTIONS[request.tok], plain(request.args)
        result = bag(answer(function, self._connect(), arguments))
        return proto.InvokeResponse(**{"return": result})  # type: ignore[arg-type]  # a keyword of Python

    # A resource.

    @reporting
    def Check(self, request: proto.CheckRequest, _context: grpc.ServicerContext) -> proto.CheckResponse:
        """Report everything that is wrong with inputs and settings, at once and without any call.

        The inputs are stored as written, without defaults: `customTimeouts` counts where no `timeout` was written.
        """
        hidden, problems = RESOURCES[request.type].check(plain(request.olds), plain(request.news))
        inputs = Struct()
        inputs.CopyFrom(request.news)
        inputs.MergeFrom(bag(hidden))
        return _checked(inputs, [*problems, *self._problems(self._config)])

    @reporting
    def Diff(self, request: proto.DiffRequest, _context: grpc.ServicerContext) -> proto.DiffResponse:
        """Say what a change leads to."""
        bags = (request.olds, request.old_inputs, request.news)
        response, note = difference(RESOURCES[request.type], *map(plain, bags))
        if note:
            self._engine.row(request.urn).info(TEXTS.to_outside(note))
        return response

    @reporting
    def Create(self, request: proto.CreateRequest, _context: grpc.ServicerContext) -> proto.CreateResponse:
        """Create the resource, or say on its row what that would do now."""
        served, written = RESOURCES[request.type], plain(request.properties)
        if request.preview:
            self._show_preview(request.urn, served, written)
            return proto.CreateResponse(properties=bag(served.planned(written)))
        id_, outputs = served.create(self._operation(request.urn, written, request.timeout), written)
        return proto.CreateResponse(id=id_, properties=bag(outputs))

    @reporting
    def Update(self, request: proto.UpdateRequest, _context: grpc.ServicerContext) -> proto.UpdateResponse:
        """Update the resource, or say what that would store."""
        served, stored, written = RESOURCES[request.type], plain(request.olds), plain(request.news)
        operation = self._operation(request.urn, written, request.timeout)
        update = served.planned_update if request.preview else served.update
        return proto.UpdateResponse(properties=bag(update(operation, request.id, stored, written)))

    @reporting
    def Read(self, request: proto.ReadRequest, _context: grpc.ServicerContext) -> proto.ReadResponse:
        """Read the resource, for a refresh, an import or a `get`."""
        served, inputs = RESOURCES[request.type], plain(request.inputs)
        operation = self._operation(request.urn, inputs)
        id_, outputs, inputs = served.read(operation, request.id, plain(request.properties), inputs)
        return proto.ReadResponse(id=id_, properties=bag(outputs), inputs=bag(inputs))

    def Delete(self, _request: proto.DeleteRequest, _context: object) -> Empty:
        """Forget the resource. A cancellation cannot be taken back, and Qovery is not touched."""
        return Empty()

    def _show_preview(self, urn: str, served: Served, written: Mapping[str, Any]) -> None:
        """Show a preview of the create on the row, unless an input is not known yet."""
        if not has_unknown(written):
            inputs = served.names.to_inside(written)
            if line := preview_line(served.lifecycle, self._sessions, self._config, self._environ, inputs):
                self._engine.row(urn).info(TEXTS.to_outside(line))

    def _operation(self, urn: str, written: Mapping[str, Any], timeout: float = 0.0) -> Operation:
        """Lend what an operation needs; `customTimeouts` limit it where the program has written no `timeout`."""
        row = self._engine.row(urn)
        limit = timeout if timeout and written.get("timeout") is None else None
        return Operation(
            self._connect,
            lambda line: row.status(TEXTS.to_outside(line)),
            lambda line: row.info(TEXTS.to_outside(line)),
            self._stop,
            limit,
        )

    def _problems(self, config: Mapping[str, object]) -> list[str]:
        return [TEXTS.to_outside(problem) for problem in settings.problems(config, self._environ).values()]

    def _connect(self) -> Session:
        return self._sessions.of(settings.resolve(self._config, self._environ))


def _config(properties: Struct) -> dict[str, object]:
    """Return the settings that are given and known, under the names that they have inside."""
    known = {name: value for name, value in plain(properties).items() if not is_unknown(value)}
    return settings.given(lambda key: known.get(key.removeprefix("qovery:")))


def _checked(inputs: Struct, problems: Iterable[str]) -> proto.CheckResponse:
    # The engine prints the whole value of a property that a failure names, even a secret one.
    return proto.CheckResponse(inputs=inputs, failures=[proto.CheckFailure(reason=problem) for problem in problems])


def serve(plugin: Plugin) -> tuple[grpc.Server, int]:
    """Start answering on a port of this machine; return the server and the port."""
    server = grpc.server(ThreadPoolExecutor(MAX_OPERATIONS), options=OPTIONS)
    add_ResourceProviderServicer_to_server(plugin, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main(
    arguments: Sequence[str] = sys.argv,
    leave: Callable[[int], object] = os._exit,
    connect: Callable[[str], Engine] = Engine,
) -> None:
    """Answer the engine whose address is the last argument, until this process is interrupted or the engine has gone.

    A process that a shell has started in the background ignores interrupts, as its children do: so handlers are
    set here.
    """
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    engine = connect(arguments[-1] if len(arguments) > 1 else "")
    server, port = serve(Plugin(engine, Sessions(), os.environ))
    print(port, flush=True)  # noqa: T201 - the engine reads it
    ended.wait()
    server.stop(None)
    leave(0)  # threads that still wait have no engine to answer
