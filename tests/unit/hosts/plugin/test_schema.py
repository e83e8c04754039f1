"""The committed schema is the one that the rows make, and the one that the plugin answers with."""

from __future__ import annotations

import json
from pathlib import Path

from pulumi.runtime.proto.provider_pb2 import GetSchemaRequest

from qovery_provider._hosts.plugin import schema
from qovery_provider._hosts.plugin.resources import RESOURCES
from tests.support.plugin_host import plugin_host

COMMITTED = Path(__file__).parents[4] / "plugin/schema.json"


def test_what_is_committed() -> None:
    """`python -m docs.generate.pages` writes it."""
    assert COMMITTED.read_text() == schema.text()


def test_the_plugin_answers_with_it() -> None:
    """SDKs are made from the answer."""
    with plugin_host({}) as host:
        assert json.loads(host.stub.GetSchema(GetSchemaRequest()).schema) == schema.schema()


def test_each_input_says_what_the_rows_say() -> None:
    """Required, default, a closed list of words, and whether a change acts again."""
    resource = schema.schema()["resources"]["qovery-cancellation:index:DeploymentCancellation"]
    inputs = resource["inputProperties"]

    assert resource["requiredInputs"] == ["environmentId"]
    assert resource["aliases"] == [{"type": "pulumi-python:dynamic/qovery:DeploymentCancellation"}]
    assert [name for name, each in inputs.items() if each.get("replaceOnChanges")] == [
        "environmentId",
        "deploymentId",
        "forceCancel",
        "includeQueued",
        "triggers",
    ]
    assert {name: each["default"] for name, each in inputs.items() if "default" in each} == {
        "forceCancel": False,
        "includeQueued": False,
        "waitForStart": 0,
        "waitUntilCanceled": True,
        "onIdle": "succeed",
        "onCompleted": "fail",
    }
    assert inputs["onIdle"]["$ref"] == "#/types/qovery-cancellation:index:Tolerance"
    assert inputs["timeout"]["description"].endswith("if it is left out, `customTimeouts` count. Default: 1800.")


def test_a_default_of_the_timeout_would_hide_custom_timeouts() -> None:
    """SDKs send a default as if it had been written; so the schema has none, and the plugin applies it itself."""
    for served in schema.schema()["resources"].values():
        assert "default" not in served["inputProperties"].get("timeout", {})


def test_the_token_alone_is_secret() -> None:
    """The settings that SDKs mark as secret."""
    variables = schema.schema()["config"]["variables"]

    assert [name for name, each in variables.items() if each.get("secret")] == ["apiToken"]


def test_no_text_has_a_name_of_python() -> None:
    """Descriptions are read in other languages."""
    names = {name for served in RESOURCES.values() for name in served.lifecycle.schema.inputs if "_" in name}

    assert [name for name in names if name in schema.text()] == []
