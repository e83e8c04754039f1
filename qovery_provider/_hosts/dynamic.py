"""What all dynamic providers of this package share: settings, one-line errors, and that a delete does nothing.

Pulumi stores a provider in every state as a pickle: the path of its module and the name of its class. Both must never
change, and a class must have no `__init__` and hold nothing when it is pickled; what it needs comes with `configure`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, ConfigureRequest, ResourceProvider
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

from qovery_provider._driver.session import Session, Sessions
from qovery_provider._hosts.progress import Progress, to_engine
from qovery_provider._hosts.sdk_internals import current_urn, lift_thread_limit
from qovery_provider._qovery import settings as _settings
from qovery_provider.errors import QoveryError

SESSIONS = Sessions()
"""What the resources of a process share."""

Problems = Callable[[Mapping[str, Any], Callable[[object], bool]], dict[str, str]]


class QoveryResourceProvider(ResourceProvider):
    """The base of the providers."""

    serialize_as_secret_always = False
    _config: Mapping[str, object] = MappingProxyType({})

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the settings; they are judged when they are needed, for a delete needs none."""
        lift_thread_limit()
        values = {key: req.config.get(key) for key in _settings.CONFIG_KEYS}
        self._config = {key: value for key, value in values.items() if value is not None}

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Forget the resource. A cancellation cannot be taken back, and Qovery is not touched."""

    def _session(self) -> Session:
        return SESSIONS.of(_settings.resolve(self._config, os.environ))

    def _checked(self, inputs: dict[str, Any], problems: Problems, **marks: object) -> CheckResult:
        """Report everything that is wrong with inputs and settings, at once and without any call.

        Args:
            inputs: The inputs, with their defaults.
            problems: Tells what is wrong with them.
            marks: What is to be stored beside them.
        """
        found = [f"{name} {problem}" for name, problem in problems(inputs, _is_unknown).items()]
        found += _settings.problems(self._config, os.environ).values()
        # Of a property that a failure names, the engine prints the value: whole, and be it a secret.
        return CheckResult({**inputs, **marks}, [CheckFailure("", problem) for problem in found])


def _is_unknown(value: object) -> bool:
    """Tell a value that a preview does not know yet; older SDKs hand over a marker instead of an object."""
    return isinstance(value, Unknown) or value == UNKNOWN


def lines() -> Progress:
    """Return the way to the row of the resource that is being acted on."""
    return to_engine(sys.argv, current_urn())


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Let an expected error reach the user as one line.

    The SDK reports whatever is raised as `traceback.format_exc()`. The limit is the process's, and other dynamic
    providers of the stack share it: so it is set only when an expected error is on its way out.
    """
    try:
        yield
    except QoveryError as error:
        sys.tracebacklimit = 0
        raise error from None
