"""The host of dynamic providers: translates between the SDK's property bags and a lifecycle, for every resource.

It lends settings, the resource's row and the signal that the engine has gone; it holds no rule about a resource. The
SDK imports it in the process of a plugin, `python -m pulumi.dynamic ADDRESS`, and in the user's program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from types import MappingProxyType
from typing import Any, ClassVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

from qovery_provider._driver.session import Session, Sessions
from qovery_provider._hosts.engine import Engine
from qovery_provider._hosts.sdk_internals import current_urn, keep_state, lift_thread_limit, with_hidden
from qovery_provider._lifecycle.lifecycle import Lifecycle, Operation, PartialFailureError
from qovery_provider._lifecycle.stored_state import DRIFT
from qovery_provider._qovery import settings
from qovery_provider.errors import QoveryError

NO_DRIFT = "the status has changed; `pulumi refresh` shows how only with the Python package pulumi 3.220.0 or newer"


class DynamicProvider(ResourceProvider):
    """The dynamic provider of a resource. It holds nothing when it is pickled: `configure` brings the settings.

    Attributes:
        lifecycle: What the methods mean for the resource.
        sessions: The sessions with Qovery that all resources of this process share.
        engine: The engine that runs this process.
        stores_inputs: Whether the SDK lets a read change the stored inputs.
    """

    lifecycle: ClassVar[Lifecycle]
    sessions: ClassVar[Sessions] = Sessions()
    engine: ClassVar[Engine] = Engine.of_plugin(sys.argv)

    stores_inputs: ClassVar[bool] = "inputs" in signature(ReadResult).parameters

    serialize_as_secret_always = False
    _config: Mapping[str, object] = MappingProxyType({})

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the settings; they are judged when they are needed, for a delete needs none."""
        lift_thread_limit()
        self._config = settings.given(req.config.get)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Report everything that is wrong with inputs and settings, at once and without any call."""
        olds, news = with_hidden(_olds, "olds"), with_hidden(news, "news")
        inputs, problems = self.lifecycle.check(olds, news, _is_unknown)
        problems += settings.problems(self._config, os.environ).values()
        # The engine prints the whole value of a property that a failure names, even a secret one.
        return CheckResult(inputs, [CheckFailure("", problem) for problem in problems])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Return what a change leads to; the engine finds out which outputs differ."""
        diff = self.lifecycle.diff(with_hidden(_olds, "olds"), with_hidden(_news, "news"))
        if diff.note:
            self.engine.row(current_urn()).info(diff.note)
        return DiffResult(changes=bool(diff.replaces or diff.updates), replaces=diff.replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the resource."""
        with self._operation() as operation:
            state = self.lifecycle.create(operation, with_hidden(props, "properties"))
        return CreateResult(state.id, state.outputs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the resource."""
        with self._operation() as operation:
            state = self.lifecycle.read(operation, id_, with_hidden(props, "properties"))
            if self.stores_inputs:
                return ReadResult(state.id, state.outputs, state.inputs)
            if state.inputs is not None:
                operation.info(NO_DRIFT)
        return ReadResult(state.id, {name: value for name, value in state.outputs.items() if name != DRIFT})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Update the resource."""
        with self._operation() as operation:
            olds, news = with_hidden(_olds, "olds"), with_hidden(_news, "news")
            state = self.lifecycle.update(operation, _id, olds, news)
        return UpdateResult(state.outputs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Forget the resource. A cancellation cannot be taken back, and Qovery is not touched."""

    @contextmanager
    def _operation(self) -> Iterator[Operation]:
        """Lend an operation; let an expected error reach the user as one line, and its state reach the engine.

        The SDK reports every exception as `traceback.format_exc()`. `sys.tracebacklimit` is the process's, and other
        dynamic providers of the stack share it: so it is set only when an expected error is on its way out.
        """
        row = self.engine.row(current_urn())
        try:
            yield Operation(self._connect, row.status, row.info, self.engine.gone)
        except PartialFailureError as failure:
            keep_state(failure.state.id, failure.state.outputs, str(failure))
            raise _shortened(failure.error) from None
        except QoveryError as error:
            raise _shortened(error) from None

    def _connect(self) -> Session:
        return self.sessions.of(settings.resolve(self._config, os.environ))


def _shortened(error: Exception) -> Exception:
    """Return an error; an expected one is shown without its traceback."""
    if isinstance(error, QoveryError):
        sys.tracebacklimit = 0
    return error


def _is_unknown(value: object) -> bool:
    """Return whether a preview does not know a value yet; older SDKs pass a marker instead of an object."""
    return isinstance(value, Unknown) or value == UNKNOWN
