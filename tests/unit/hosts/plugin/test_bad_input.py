"""The bad values that the dynamic provider is given, given to the plugin: the same answers, in the outside's names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.runtime.proto.provider_pb2 import ConfigureRequest

from qovery_provider._driver.session import Sessions
from qovery_provider._hosts.plugin.resources import RESOURCES, TEXTS
from qovery_provider._lifecycle.schema import Schema
from tests.support.bad_values import ENV, GOOD, INPUTS, SECRET, SETTINGS, SOURCES, VARIABLES, Bad, Input, answer
from tests.support.plugin_host import PluginHost, bag, camel, plugin_host
from tests.support.providers import no_client

SCHEMAS = {served.name: served.lifecycle.schema for served in RESOURCES.values()}
KEYS = {key: key.removeprefix("qovery:") for key in SETTINGS}
GIVEN: dict[str, dict[str, Any]] = {
    "DeploymentCancellation": {"environmentId": ENV, "triggers": []},
    "RunningDeployment": {"environmentId": ENV},
    "BulkDeploymentCancellation": {"environmentIds": [ENV]},
}


@pytest.fixture(scope="module")
def host() -> Iterator[PluginHost]:
    """A plugin that must make no request."""
    with plugin_host({"apiToken": "t"}, Sessions(connect=no_client)) as host:
        yield host


@pytest.mark.unmeasured(seconds=3)
@pytest.mark.parametrize("resource", SCHEMAS)
def test_bad_inputs_are_refused(host: PluginHost, resource: str) -> None:
    """One line for each, and none for any other."""
    rows = [
        (kind, name, row) for kind in INPUTS.values() for name in _names(kind, SCHEMAS[resource]) for row in kind.bad
    ]
    expected = [[_spelled(f"{name} {answer(kind.allowed, row)}")] for kind, name, row in rows]

    told = [host.check(resource, _with(resource, name, row))[1] for _, name, row in rows]

    assert told == expected
    assert SECRET not in str(told)


def _spelled(text: str) -> str:
    """Return what the plugin says where the SDK's host says this: an asset has no kind here."""
    return TEXTS.to_outside(re.sub(r"\w+(?:Asset|Archive)", "PulumiAsset", text))


def _names(kind: Input, schema: Schema) -> list[str]:
    return sorted(kind.names & schema.inputs.keys())


def _with(resource: str, name: str, row: Bad) -> dict[str, Any]:
    given = {**GIVEN[resource], camel(name): row.value}
    if name == "project_id":
        del given["environmentIds"]
    return given


@pytest.mark.parametrize("key", SETTINGS)
def test_bad_settings_are_refused(key: str) -> None:
    """One line for each, with the key of the plugin's configuration."""
    text, rows = SETTINGS[key]
    with plugin_host({}, Sessions(connect=no_client)) as host:
        for row in rows:
            host.stub.Configure(ConfigureRequest(args=bag({KEYS[key]: row.value})))
            _, problems = host.check("RunningDeployment", GIVEN["RunningDeployment"])

            assert problems == [TEXTS.to_outside(text.format(SOURCES.get(key, key), row.quoted))]


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_bad_variable_is_refused(variable: str) -> None:
    """The answer names the variable."""
    text, rows = SETTINGS[VARIABLES[variable]]
    row = next(row for row in rows if isinstance(row.value, str) and row.value)
    with plugin_host({}, Sessions(connect=no_client), {variable: row.value}) as host:
        _, problems = host.check("RunningDeployment", GIVEN["RunningDeployment"])

    assert problems == [TEXTS.to_outside(text.format(variable, row.quoted))]


@pytest.mark.parametrize("resource", SCHEMAS)
def test_unusual_inputs_pass(host: PluginHost, resource: str) -> None:
    """Nothing is wrong with them, and they are stored as they were written."""
    schema = SCHEMAS[resource]
    for name, inputs in GOOD[resource]:
        assert isinstance(inputs, dict)
        written = {camel(key): value for key, value in inputs.items() if key in schema.inputs}

        assert host.check(resource, written)[1] == [], name
