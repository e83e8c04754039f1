"""Every bad value that we could think of, on the way that Pulumi takes: one short line for each, and never a request.

What is unusual and allowed passes in the same way, so that the checks do not simply refuse everything.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, KeysView, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from qovery_provider._driver.session import Sessions
from qovery_provider._hosts.dynamic import DynamicProvider
from qovery_provider.providers import (
    BulkDeploymentCancellationProvider,
    DeploymentCancellationProvider,
    RunningDeploymentProvider,
)
from qovery_provider.simulator import QoverySimulator
from tests.support.bad_values import (
    ENV,
    GOOD,
    INPUTS,
    SECRET,
    SETTINGS,
    SOURCES,
    VARIABLES,
    Bad,
    Input,
    answer,
)
from tests.support.figures import keep
from tests.support.providers import configuration, no_client
from tests.support.sdk_host import SdkHost, sdk_host

Check = Callable[[str, Mapping[str, Any]], Sequence[str]]

MAX_LENGTH = 400
"""Characters of an answer."""


class Kind(NamedTuple):
    """A kind of resource.

    Attributes:
        provider: Its provider.
        good: Inputs that are right.
    """

    provider: type[DynamicProvider]
    good: Mapping[str, Any]

    @property
    def inputs(self) -> KeysView[str]:
        """The names of its inputs."""
        return self.provider.lifecycle.schema.inputs.keys()


KINDS = {
    "DeploymentCancellation": Kind(DeploymentCancellationProvider, {"environment_id": ENV, "triggers": []}),
    "RunningDeployment": Kind(RunningDeploymentProvider, {"environment_id": ENV}),
    "BulkDeploymentCancellation": Kind(BulkDeploymentCancellationProvider, {"environment_ids": [ENV]}),
}

ROWS = [*(row for one in INPUTS.values() for row in one.bad), *(row for _, rows in SETTINGS.values() for row in rows)]
VALUES = {repr(row.value): row.kind for row in ROWS}
"""The kind of every distinct bad value."""


@pytest.fixture(scope="module")
def qovery() -> Iterator[QoverySimulator]:
    """The requests that would be made, if there were any."""
    with QoverySimulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def hosts(qovery: QoverySimulator) -> Iterator[dict[str, SdkHost]]:
    """For each resource the SDK's host with its provider, configured for the simulator."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(sdk_host(kind.provider(), configuration(qovery))) for name, kind in KINDS.items()
        }


@pytest.fixture
def check(hosts: dict[str, SdkHost]) -> Check:
    """Have inputs checked; returns what is wrong."""
    return lambda resource, inputs: hosts[resource].check({}, inputs)[1]


@pytest.fixture(scope="module")
def passed() -> Iterator[list[Bad]]:
    """The values that were refused as they should; their figures are recorded where that is asked for."""
    started, rows = time.monotonic(), list[Bad]()
    yield rows
    kinds = dict(sorted(Counter(VALUES[value] for value in {repr(row.value) for row in rows}).items()))
    seconds = round(time.monotonic() - started, 1)
    keep("bad-values", distinct_values=sum(kinds.values()), checks=len(rows), seconds=seconds, kinds=kinds)


@pytest.fixture(autouse=True)
def nothing_is_asked(qovery: QoverySimulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A check makes no request: there is no client, and the simulator receives nothing."""
    monkeypatch.setattr(DynamicProvider, "sessions", Sessions(connect=no_client))
    yield
    assert qovery.requests == ()


def _assert_says(expected: Sequence[str], problems: Sequence[str]) -> None:
    """One text for each bad property and none for any other: short, on one line, and without secrets."""
    assert sorted(problems) == sorted(expected)
    assert [text for text in problems if len(text) > MAX_LENGTH or not text.isprintable() or SECRET in text] == []


def test_there_are_hundreds_of_bad_values() -> None:
    """Each counts once, however many inputs and settings it is bad for."""
    assert len({repr(row.value) for one in INPUTS.values() for row in one.bad}) >= 200
    assert len(VALUES) >= 400


@pytest.mark.parametrize(
    ("resource", "kind", "row"),
    [
        pytest.param(resource, kind, row, id=f"{resource}: {name}: {row.kind}: {row.name}")
        for resource in KINDS
        for name, kind in INPUTS.items()
        if kind.names & KINDS[resource].inputs
        for row in kind.bad
    ],
)
def test_a_bad_input_is_refused(check: Check, passed: list[Bad], resource: str, kind: Input, row: Bad) -> None:
    """Wherever a value is bad, the answer names the property, what is allowed, and what was given."""
    names = kind.names & KINDS[resource].inputs
    inputs = {**KINDS[resource].good, **dict.fromkeys(names, row.value)}
    if "project_id" in names:
        del inputs["environment_ids"]

    problems = check(resource, inputs)

    _assert_says([f"{name} {answer(kind.allowed, row)}" for name in names], problems)
    passed.append(row)


@pytest.mark.parametrize(
    ("key", "row"),
    [
        pytest.param(key, row, id=f"{key}: {row.kind}: {row.name}")
        for key, (_, rows) in SETTINGS.items()
        for row in rows
    ],
)
def test_a_bad_setting_of_the_stack_is_refused(key: str, row: Bad, passed: list[Bad]) -> None:
    """The answer comes with the check, before anything is sent, and a token is not shown."""
    with sdk_host(DeploymentCancellationProvider(), {key: row.value}) as host:
        _, problems = host.check({}, {"environment_id": ENV})

    _assert_says([SETTINGS[key][0].format(SOURCES.get(key, key), row.quoted)], problems)
    passed.append(row)


@pytest.fixture(scope="module")
def bare_host() -> Iterator[SdkHost]:
    """The host of a stack without any settings: the environment has them."""
    with sdk_host(DeploymentCancellationProvider(), {}) as host:
        yield host


@pytest.mark.parametrize(
    ("variable", "row"),
    [
        pytest.param(variable, row, id=f"{variable}: {row.kind}: {row.name}")
        for variable, key in VARIABLES.items()
        for row in SETTINGS[key][1]
        if isinstance(row.value, str) and "\0" not in row.value
    ],
)
def test_a_bad_variable_is_refused(
    bare_host: SdkHost, monkeypatch: pytest.MonkeyPatch, variable: str, row: Bad, passed: list[Bad]
) -> None:
    """The answer names the variable."""
    monkeypatch.setenv(variable, row.value)

    _, problems = bare_host.check({}, {"environment_id": ENV})

    _assert_says([SETTINGS[VARIABLES[variable]][0].format(variable, row.quoted)], problems)
    passed.append(row)


@pytest.mark.parametrize("number", range(3), ids=["first of each", "second of each", "third of each"])
@pytest.mark.parametrize("resource", KINDS)
def test_all_that_is_bad_is_told_at_once(resource: str, number: int) -> None:
    """A person mends all inputs and all settings in one go."""
    bad = {name: kind for kind in INPUTS.values() for name in kind.names if name in KINDS[resource].inputs}
    inputs = {name: kind.bad[number].value for name, kind in bad.items()}
    stack = {key: rows[number].value for key, (_, rows) in SETTINGS.items()}

    with sdk_host(KINDS[resource].provider(), stack) as host:
        _, problems = host.check({}, inputs)

    _assert_says(
        [f"{name} {answer(kind.allowed, kind.bad[number])}" for name, kind in bad.items()]
        + [text.format(SOURCES.get(key, key), rows[number].quoted) for key, (text, rows) in SETTINGS.items()],
        problems,
    )


@pytest.mark.parametrize(
    ("resource", "inputs"),
    [
        pytest.param(resource, inputs, id=f"{resource}: {name}")
        for resource, rows in GOOD.items()
        for name, inputs in rows
    ],
)
def test_unusual_inputs_pass(hosts: dict[str, SdkHost], resource: str, inputs: dict[str, Any]) -> None:
    """Nothing is wrong with them, and what they mean for a stack can be told."""
    checked, problems = hosts[resource].check({}, inputs)

    assert problems == []
    assert isinstance(hosts[resource].diff("id", {}, checked), dict)


@pytest.mark.parametrize(
    "stack",
    [
        pytest.param({"qovery:apiUrl": "", "qovery:apiToken": ""}, id="empty"),
        pytest.param({"qovery:apiToken": " \t!~\r\n"}, id="spaces around a token"),
        pytest.param({"qovery:authScheme": " bEARER\n"}, id="scheme in any case"),
        pytest.param({"qovery:previewStatus": " FALSE "}, id="flag in any case"),
        pytest.param({"qovery:previewStatus": False}, id="flag that is one"),
    ],
)
def test_unusual_settings_pass(stack: dict[str, Any]) -> None:
    """Nothing is wrong with them."""
    with sdk_host(DeploymentCancellationProvider(), stack) as host:
        _, problems = host.check({}, {"environment_id": ENV})

    assert problems == []
