"""The tables of inputs and outputs, made from the rows of the resources."""

from __future__ import annotations

import json

from qovery_provider._lifecycle.schema import Input, Schema


def inputs(schema: Schema) -> str:
    """Return a table of a resource's inputs."""
    rows = [
        [f"`{name}`", shown_default(row), row.text.removesuffix("."), change(row, schema)]
        for name, row in schema.inputs.items()
    ]
    return table(["input", "default", "meaning", "a change"], rows)


def outputs(schema: Schema) -> str:
    """Return a table of a resource's outputs, without its inputs."""
    return table(
        ["output", "meaning"], [[f"`{name}`", row.text.removesuffix(".")] for name, row in schema.outputs.items()]
    )


def shown_default(row: Input) -> str:
    """Return a default as a program would write it."""
    if row.is_required:
        return "required"
    return f"`{json.dumps(row.default) if isinstance(row.default, str) else row.default}`"


def change(row: Input, schema: Schema) -> str:
    """Say in a few words what a change of an input does."""
    return schema.on_change.removeprefix("A change ").removesuffix(".") if row.replaces else "is stored, no call"


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
