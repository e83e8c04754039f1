"""What holds for any input, any setting and any answer. The tests try it at random, `make fuzz` guided by coverage."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, TypeVar

import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.output import UNKNOWN as NOT_KNOWN
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

from qovery_provider._clock import SystemClock
from qovery_provider._hosts.dynamic import DynamicProvider
from qovery_provider._lifecycle.inputs import MAX_TIMEOUT, cancellation_request
from qovery_provider._lifecycle.stored_state import PINNED
from qovery_provider._qovery import settings as _settings
from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.models import (
    NAMELESS_RECORD,
    EnvironmentStatus,
    MalformedAnswerError,
    history_of,
    project_id_of,
    queue_of,
    statuses_of,
)
from qovery_provider._qovery.rate_limit import RateBudget, retry_after
from qovery_provider.errors import CallError, ConfigurationError
from qovery_provider.providers import (
    BulkDeploymentCancellationProvider,
    DeploymentCancellationProvider,
    RunningDeploymentProvider,
)
from tests.fuzz.strategies import ANSWERS, ENVIRONMENTS, HEADERS, STACKS, input_bags
from tests.support.bad_values import ENV, SECRET
from tests.support.calls import CannedAdapter, calls_of
from tests.support.providers import offline

PROVIDERS: dict[str, type[DynamicProvider]] = {
    "DeploymentCancellation": DeploymentCancellationProvider,
    "RunningDeployment": RunningDeploymentProvider,
    "BulkDeploymentCancellation": BulkDeploymentCancellationProvider,
}

LISTS = {"environment_ids", "triggers"}
"""The inputs that may be lists."""

MAX_LENGTH = 600
"""Characters of a text for a person."""

Result = TypeVar("Result")
Error = TypeVar("Error", bound=Exception)

few = settings(max_examples=200, deadline=None)
"""In the tests; `make fuzz` tries as many as it has time for."""


def _assert_readable(text: str) -> None:
    assert text.isprintable(), text
    assert 0 < len(text) <= MAX_LENGTH, text
    assert SECRET not in text, text


def _tried(expected: type[Error], act: Callable[[], Result]) -> tuple[Result | None, Error | None]:
    """Return what comes of it: a result, or the one error that is declared for it."""
    try:
        return act(), None
    except expected as error:
        return None, error


@given(bag=input_bags())
@few
def inputs(bag: tuple[str, dict[str, Any]]) -> None:
    """Checking never fails; each text names a property and can be read; what passes can be planned and asked for."""
    resource, news = bag
    provider = offline(PROVIDERS[resource])
    result = provider.check({}, _as_received(news))
    for failure in result.failures:
        assert failure.reason.split()[0] in provider.lifecycle.schema.inputs
        _assert_readable(failure.reason)
    if not result.failures:
        _assert_planned(provider, result.inputs)


def _as_received(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return values as the SDK's host hands them on: marks of unknown ones have become objects, every number is new."""
    if isinstance(value, dict):
        return {key: _as_received(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_received(item) for item in value]
    if isinstance(value, float):
        return value * 1.0
    return NOT_KNOWN if value == UNKNOWN else value


def _assert_planned(provider: DynamicProvider, checked: dict[str, Any]) -> None:
    assert [name for name in checked.keys() - LISTS if isinstance(checked[name], list)] == []
    again = provider.check(checked, _as_received(checked))
    assert not again.failures
    stored = {**checked, PINNED: checked.get("deployment_id") is not None}
    assert not provider.diff("id", stored, again.inputs).changes, "what stays the same is a change"
    assert provider.diff("id", {}, checked).replaces is not None
    is_known = not any(isinstance(value, Unknown) for value in checked.values())
    if is_known and "timeout" in checked:
        asked = cancellation_request(provider.lifecycle.schema.with_defaults(checked))
        assert 0 < asked.timeout <= MAX_TIMEOUT


@given(config=STACKS, environ=ENVIRONMENTS)
@few
def stack_settings(config: dict[str, Any], environ: dict[str, str]) -> None:
    """Reading settings gives settings that the HTTP library can use, or the one error that names what is wrong."""
    problems = _settings.problems(config, environ)
    for key, text in problems.items():
        assert key in _settings.CONFIG_KEYS
        _assert_readable(text)
    assert isinstance(_settings.shows_preview_status(config), bool)
    resolved, api_error = _tried(ConfigurationError, lambda: _settings.resolve(config, environ))
    if resolved is None:
        assert str(api_error) in problems.values() or str(api_error).startswith("no Qovery API token")
    else:
        assert problems.keys() <= {_settings.PREVIEW_STATUS}
        assert repr(resolved.token) == "***"
        _assert_reaches_its_host(resolved.api_url)


def _assert_reaches_its_host(url: str) -> None:
    """An accepted URL is called at its own host, and in clear text only on this machine."""
    prepared = requests.Request("GET", f"{url}/status").prepare().url or ""
    host = url.lower().split("/")[2]
    assert prepared.lower().split("/")[2] == host
    assert prepared.startswith("https://") or host.startswith(("localhost", "127.", "["))


READERS: list[Callable[[object], object]] = [
    EnvironmentStatus.from_json,
    project_id_of,
    statuses_of,
    history_of,
    queue_of,
]


@given(data=ANSWERS)
@few
def models(data: object) -> None:
    """Any JSON is read as data that can be shown, or refused in the one declared way."""
    for read in READERS:
        found, api_error = _tried(MalformedAnswerError, partial(read, data))
        if api_error:
            _assert_readable(str(api_error))
        else:
            shown = found if isinstance(found, list) else [found]
            _assert_showable([one for one in shown if one != NAMELESS_RECORD])


def _assert_showable(found: Sequence[Any]) -> None:
    for one in found:
        values = [one] if isinstance(one, str) else [getattr(one, field.name) for field in fields(one)]
        assert all(value.isprintable() and 0 < len(value) <= 200 for value in values if isinstance(value, str))


SETTINGS = _settings.resolve({"qovery:apiToken": f"qov_{SECRET}"}, {})


@given(
    call=st.sampled_from(list(calls_of(ENV, ENV).values())),
    status=st.sampled_from([200, 202]) | st.integers(100, 599),
    headers=HEADERS,
    body=st.binary() | ANSWERS.map(lambda data: json.dumps(data).encode()),
)
@few
def answers(call: ApiCall[object], status: int, headers: dict[str, str], body: bytes) -> None:
    """Any answer becomes data or the one error of a call, and the next pause is a sane one."""
    client = QoveryClient(SETTINGS, SystemClock(), adapter=CannedAdapter(body, status, headers))
    client.budget = RateBudget()
    _, api_error = _tried(CallError, lambda: client.send(call))
    if api_error:
        _assert_readable(str(api_error))
        assert api_error.retry_after is None or 0 <= api_error.retry_after < math.inf
    assert 0 <= client.budget.pause(0.0) < math.inf
    hint = retry_after(headers, 0.0)
    assert hint is None or 0 <= hint < math.inf
    client.close()


TARGETS: dict[str, Callable[[], None]] = {
    "inputs": inputs,
    "settings": stack_settings,
    "models": models,
    "answers": answers,
}
"""What `make fuzz` runs, by name."""
