"""Each resource is held to its rows: signature, annotations, and docstrings say what the schema says."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

import pytest

from docs.generate import tables
from qovery_provider import BulkDeploymentCancellation, DeploymentCancellation, RunningDeployment
from qovery_provider._lifecycle.schema import Input, Schema
from qovery_provider.providers import (
    BulkDeploymentCancellationProvider,
    DeploymentCancellationProvider,
    RunningDeploymentProvider,
)

RESOURCES = pytest.mark.parametrize(
    ("resource", "schema"),
    [
        (DeploymentCancellation, DeploymentCancellationProvider.lifecycle.schema),
        (RunningDeployment, RunningDeploymentProvider.lifecycle.schema),
        (BulkDeploymentCancellation, BulkDeploymentCancellationProvider.lifecycle.schema),
    ],
    ids=["DeploymentCancellation", "RunningDeployment", "BulkDeploymentCancellation"],
)


@RESOURCES
def test_the_signature(resource: type, schema: Schema) -> None:
    """One keyword for each row, in the same order; only a required one has no default."""
    parameters = inspect.signature(resource).parameters.values()
    keywords = {each.name: (each.annotation, each.default) for each in parameters if each.kind is each.KEYWORD_ONLY}

    assert list(keywords.items()) == [(name, _parameter(row)) for name, row in schema.inputs.items()]


def _parameter(row: Input) -> tuple[str, object]:
    annotation = f"pulumi.Input[{row.kind.argument or row.kind.annotation}]"
    return (annotation, inspect.Parameter.empty) if row.is_required else (f"{annotation} | None", None)


@RESOURCES
def test_the_annotations(resource: type, schema: Schema) -> None:
    """The SDK makes attributes of a class's own annotations: one for each row."""
    inputs = {name: _stored(row) for name, row in schema.inputs.items()}
    expected = {**inputs, **{name: row.annotation for name, row in schema.outputs.items()}}

    assert resource.__annotations__ == {name: f"pulumi.Output[{kind}]" for name, kind in expected.items()}


def _stored(row: Input) -> str:
    if row.is_required or row.default is not None:
        return row.kind.annotation
    return f"Optional[{row.kind.annotation}]" if row.kind.is_list else f"{row.kind.annotation} | None"


@RESOURCES
def test_the_first_sentence(resource: type, schema: Schema) -> None:
    """Python's documentation and that of the other languages say the same of what it is for."""
    assert (inspect.getdoc(resource) or "").partition("\n\n")[0] == schema.text


@RESOURCES
def test_the_docstring(resource: type, schema: Schema) -> None:
    """Each argument has the row's text, what a change does, and its default."""
    arguments = _sections(inspect.getdoc(resource) or "")

    assert arguments == {name: _argument(row, schema) for name, row in schema.inputs.items()}


def _argument(row: Input, schema: Schema) -> str:
    change = f" {schema.on_change}" if row.replaces else ""
    default = "" if row.is_required else f" Default: {tables.shown_default(row).strip('`')}."
    return f"{row.text}{change}{default}"


def _sections(docstring: str) -> dict[str, str]:
    """Return the arguments that are documented, less those of every resource."""
    text = docstring.partition("Args:\n")[2]
    found = re.findall(r"^    (\w+): (.*?)(?=^    \w+: |\Z)", text, re.MULTILINE | re.DOTALL)
    return {name: " ".join(words.split()) for name, words in found if name not in {"resource_name", "opts"}}


@RESOURCES
def test_the_attributes(resource: type, schema: Schema) -> None:
    """Each output has its row's text as a docstring."""
    (tree,) = ast.parse(inspect.getsource(resource)).body
    assert isinstance(tree, ast.ClassDef)
    texts: dict[str, Any] = {}
    for declared, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(declared, ast.AnnAssign) and isinstance(text, ast.Expr):
            texts[ast.unparse(declared.target)] = " ".join(ast.literal_eval(text.value).split())

    assert texts == {name: row.text for name, row in schema.outputs.items()}
