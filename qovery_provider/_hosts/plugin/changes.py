"""What differs between a stored resource and its inputs, as the engine shows it: each input with what a change does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pulumi.runtime.proto.provider_pb2 import DiffResponse, PropertyDiff

from qovery_provider._hosts.plugin.names import camel
from qovery_provider._hosts.plugin.resources import Served


class Change(NamedTuple):
    """How an input changes.

    Attributes:
        was_written: Whether the stored inputs have it.
        is_written: Whether the new inputs have it.
        replaces: Whether the resource acts again.
    """

    was_written: bool
    is_written: bool
    replaces: bool

    @property
    def difference(self) -> PropertyDiff:
        """Return the change as the protocol has it."""
        if not self.was_written:
            kind = PropertyDiff.ADD_REPLACE if self.replaces else PropertyDiff.ADD
        elif self.is_written:
            kind = PropertyDiff.UPDATE_REPLACE if self.replaces else PropertyDiff.UPDATE
        else:
            kind = PropertyDiff.DELETE_REPLACE if self.replaces else PropertyDiff.DELETE
        return PropertyDiff(kind=kind, inputDiff=True)


def difference(
    served: Served, stored: Mapping[str, Any], stored_inputs: Mapping[str, Any], written: Mapping[str, Any]
) -> tuple[DiffResponse, str]:
    """Return what differs, and a line that explains it, or "".

    Args:
        served: The resource.
        stored: Its outputs.
        stored_inputs: Its inputs.
        written: The inputs that the program gives now.
    """
    olds, before, news = map(served.names.to_inside, (stored, stored_inputs, written))
    diff = served.lifecycle.diff(olds, news)
    changed = [name for name in [*diff.replaces, *diff.updates] if name in served.lifecycle.schema.inputs]
    detailed = {
        camel(name): Change(before.get(name) is not None, news.get(name) is not None, name in diff.replaces).difference
        for name in changed
    }
    # A state of the dynamic provider is rewritten under the plugin's names; that calls nothing.
    is_any = bool(diff.replaces or diff.updates or served.names.is_of_dynamic_provider(stored))
    response = DiffResponse(
        changes=DiffResponse.DIFF_SOME if is_any else DiffResponse.DIFF_NONE,
        replaces=map(camel, diff.replaces),
        diffs=map(camel, changed),
        detailedDiff=detailed,
        # Without it, the engine compares the outputs: so a refresh shows exactly which outputs changed.
        hasDetailedDiff=bool(detailed),
    )
    return response, diff.note
