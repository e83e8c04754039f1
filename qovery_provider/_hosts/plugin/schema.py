"""The package schema: what Pulumi makes SDKs and documentation from, for every language, made from the rows.

`python -m docs.generate.pages` writes it to `plugin/schema.json`, and a test holds the two together. The format:
https://www.pulumi.com/docs/iac/extending-pulumi/schema/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qovery_provider._hosts.plugin.names import PACKAGE, camel, token
from qovery_provider._hosts.plugin.resources import FUNCTIONS, RESOURCES, STATUSES, TEXTS, Served
from qovery_provider._lifecycle.functions import PROJECT_ENVIRONMENT_STATUSES, Function
from qovery_provider._lifecycle.outputs import STATUS
from qovery_provider._lifecycle.schema import Input, Output
from qovery_provider._version import __version__

Spec = dict[str, Any]

DYNAMIC_TYPE = "pulumi-python:dynamic/qovery:"
"""How the types of the dynamic provider begin: its stacks move to the plugin by this alias."""

WITHOUT_DEFAULT = "timeout"
"""SDKs send a default as if the program had given it, so `customTimeouts` could not be distinguished from it."""

TYPES: Mapping[str, Spec] = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "Any": {"$ref": "pulumi.json#/Any"},
    "Sequence[str]": {"type": "array", "items": {"type": "string"}},
    "Mapping[str, int]": {"type": "object", "additionalProperties": {"type": "integer"}},
}
"""The types of rows."""

CONFIG: Mapping[str, Spec] = {
    "apiToken": {
        "type": "string",
        "description": "The API token. By default, it is taken from the environment variable QOVERY_API_TOKEN, "
        "QOVERY_CLI_ACCESS_TOKEN or Q_CLI_ACCESS_TOKEN, and is then stored in no state.",
        "secret": True,
    },
    "apiUrl": {
        "type": "string",
        "description": "The URL of the API. By default, the environment variable QOVERY_API_URL, or "
        "https://api.qovery.com.",
    },
    "authScheme": {
        "type": "string",
        "description": "`Token` or `Bearer`. By default, it follows from the token.",
    },
    "previewStatus": {"type": "boolean", "description": "`false`: previews do not read the status of environments."},
}
"""The settings. The environment variables are no defaults here: SDKs would store them as inputs."""


def schema() -> Spec:
    """Return the schema."""
    return {
        "name": PACKAGE,
        "displayName": "Qovery Deployment Cancellation",
        "version": __version__,
        "description": "Cancel Qovery deployments from Pulumi, exactly and truthfully.",
        "keywords": ["pulumi", "qovery", "deployment", "cancellation", "category/infrastructure", "kind/native"],
        "license": "Apache-2.0",
        "publisher": "The qovery-provider authors",
        "config": {"variables": CONFIG},
        "provider": {"description": "The settings, if they differ from the stack's.", "inputProperties": CONFIG},
        "types": {
            token("Tolerance"): {"type": "string", "enum": [{"value": "succeed"}, {"value": "fail"}]},
            token("EnvironmentStatus"): _record("The status of an environment.", _STATUS),
            **{
                token(_entry_type(name)): _record(row.text, row.entries)
                for served in RESOURCES.values()
                for name, row in served.lifecycle.schema.outputs.items()
                if row.entries
            },
        },
        "resources": {key: _resource(served) for key, served in RESOURCES.items()},
        "functions": {key: _function(function) for key, function in FUNCTIONS.items()},
        "language": {
            "nodejs": {"respectSchemaVersion": True},
            "python": {"respectSchemaVersion": True, "pyproject": {"enabled": True}},
            "go": {"respectSchemaVersion": True},
            "csharp": {"respectSchemaVersion": True},
        },
    }


_STATUS = {"id": Output("str", "The environment."), **STATUS}


def text() -> str:
    """Return the schema as it is committed."""
    return json.dumps(schema(), indent=2) + "\n"


def _resource(served: Served) -> Spec:
    rows = served.lifecycle.schema
    required = [camel(name) for name, row in rows.inputs.items() if row.is_required]
    outputs = {camel(name): _output(name, row) for name, row in rows.outputs.items()}
    given = {camel(name): _stored_input(row) for name, row in rows.inputs.items()}
    always = [name for name, row in rows.outputs.items() if not row.is_optional]
    return {
        "description": TEXTS.to_outside(rows.text),
        "inputProperties": {camel(name): _input(name, row, rows.on_change) for name, row in rows.inputs.items()},
        "requiredInputs": required,
        "properties": {**given, **outputs},
        "required": [*required, *map(camel, always)],
        "aliases": [{"type": DYNAMIC_TYPE + served.name}],
    }


def _input(name: str, row: Input, on_change: str) -> Spec:
    spec = _stored_input(row)
    if row.replaces:
        spec["description"] += f" {on_change}"
    if row.default is not None and name == WITHOUT_DEFAULT:
        spec["description"] += f" Default: {row.default}."
    elif row.default is not None:
        spec["default"] = row.default
    return spec


def _stored_input(row: Input) -> Spec:
    kind = {"$ref": f"#/types/{token('Tolerance')}"} if row.kind.choices else TYPES[row.kind.annotation]
    change = {"replaceOnChanges": True} if row.replaces else {}
    return {**kind, "description": TEXTS.to_outside(row.text), **change}


def _output(name: str, row: Output) -> Spec:
    entry = {"$ref": f"#/types/{token(_entry_type(name))}"} if row.entries else {}
    kind = {"type": "object", "additionalProperties": entry} if entry else TYPES[row.type]
    return {**kind, "description": TEXTS.to_outside(row.text)}


def _entry_type(name: str) -> str:
    return {"results": "EnvironmentResult"}[name]


def _record(description: str, rows: Mapping[str, Output]) -> Spec:
    return {
        "type": "object",
        "description": TEXTS.to_outside(description),
        "properties": {camel(name): _output(name, row) for name, row in rows.items()},
        "required": [camel(name) for name, row in rows.items() if not row.is_optional],
    }


def _function(function: Function[Any]) -> Spec:
    argument = camel(function.argument)
    status = {"$ref": f"#/types/{token('EnvironmentStatus')}"}
    answer = _record(function.text, _STATUS)
    if function is PROJECT_ENVIRONMENT_STATUSES:
        statuses = {"type": "array", "items": status, "description": "One for each environment with a readable status."}
        answer = {"properties": {STATUSES: statuses}, "required": [STATUSES]}
    return {
        "description": function.text,
        "inputs": {"properties": {argument: _stored_input(function.row)}, "required": [argument]},
        "outputs": answer,
    }
