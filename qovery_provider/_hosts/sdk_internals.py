"""What the SDK's provider host keeps to itself: the call being answered, and how many may be answered at once.

A dynamic provider's methods get property bags and nothing else, on one of four threads (`pulumi/dynamic/__main__.py`).
The names used here are private to the SDK and to Python: every step is guarded, and where one does not fit, all is as
it would be without this file.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import FrameType
from typing import Any

from google.protobuf.struct_pb2 import Struct
from grpc import ServicerContext
from pulumi.runtime import rpc
from pulumi.runtime.proto.provider_pb2 import ErrorResourceInitFailed

from qovery_provider._hosts.engine import MAX_OPERATIONS
from qovery_provider._hosts.partial_state import trailing_metadata


def current_urn() -> str:
    """Return the URN of the resource that the calling operation is for, or "" when that is not known."""
    request, _ = _answering()
    urn = getattr(request, "urn", None)
    return urn if isinstance(urn, str) and urn.startswith("urn:pulumi:") else ""


def with_hidden(properties: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Return properties with those whose names begin with two underscores, which older SDKs leave out.

    Args:
        properties: The properties from the SDK.
        field: The field of the request that they come from.
    """
    request, _ = _answering()
    sent = getattr(request, field, None)
    if not isinstance(sent, Struct):
        return dict(properties)
    left_out = {name: rpc.deserialize_property(sent[name]) for name in sent if name.startswith("__")}
    return {**{name: value for name, value in left_out.items() if value is not None}, **properties}


def keep_state(resource_id: str, outputs: Mapping[str, Any], reason: str) -> None:
    """Let Pulumi store these outputs although the calling operation is about to fail.

    The SDK's host sends plain errors only; but details ride in gRPC's trailing metadata, which its abort leaves alone.

    Args:
        resource_id: The resource's id.
        outputs: What to store beside the inputs: plain values.
        reason: The line that is shown instead of the exception's.
    """
    request, context = _answering()
    inputs = getattr(request, "news", None) or getattr(request, "properties", None)
    if not isinstance(inputs, Struct) or not isinstance(context, ServicerContext):
        return
    failure = ErrorResourceInitFailed(id=resource_id, reasons=[reason], properties=inputs, inputs=inputs)
    for name, value in outputs.items():
        with suppress(ValueError):  # an output that cannot be stored must not prevent the others
            single = Struct()
            single.update({name: value})
            failure.properties.MergeFrom(single)
    context.set_trailing_metadata(trailing_metadata(failure))


def _answering() -> tuple[object, object]:
    """Return the request and the context of the host's method that called the provider's, a few frames further up."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - documented, if private by name
    while frame is not None:
        names = frame.f_locals
        if "request" in names and "context" in names:
            return names["request"], names["context"]
        frame = frame.f_back
    return None, None


def lift_thread_limit(worker: object = None) -> None:
    """Let more than four operations run at once in this process.

    Args:
        worker: The thread that answers the call. Default: the current one. A worker of a `ThreadPoolExecutor` holds
            its arguments, the first of which is a weak reference to the pool.
    """
    arguments = getattr(worker or threading.current_thread(), "_args", None) or (None,)
    pool = arguments[0]() if callable(arguments[0]) else None
    if isinstance(pool, ThreadPoolExecutor) and isinstance(getattr(pool, "_max_workers", None), int):
        pool._max_workers = max(pool._max_workers, MAX_OPERATIONS)  # noqa: SLF001 - see above
