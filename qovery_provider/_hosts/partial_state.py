"""How an operation that fails lets Pulumi store a resource all the same.

Pulumi's protocol has it for resources that exist but are not ready (`ErrorResourceInitFailed`): the error's details
hold the state, the update fails all the same, and the next one begins with the resource instead of without it.
"""

from __future__ import annotations

from google.protobuf.any_pb2 import Any as Packed
from pulumi.runtime.proto.provider_pb2 import ErrorResourceInitFailed

STATUS_DETAILS = "grpc-status-details-bin"
"""Where gRPC carries the details of an error (grpc.io, "Richer error model")."""

CODE_FIELD, CODE_UNKNOWN, DETAILS_FIELD = 0x08, 0x02, 0x1A
"""The first field of `google.rpc.Status` with its value, and the tag of the third."""


def trailing_metadata(failure: ErrorResourceInitFailed) -> tuple[tuple[str, bytes]]:
    """Return what makes an error with the code UNKNOWN keep this state."""
    details = Packed()
    details.Pack(failure)
    return ((STATUS_DETAILS, _status(details.SerializeToString())),)


def _status(details: bytes) -> bytes:
    """Return a `google.rpc.Status` with code UNKNOWN, written by hand.

    The SDK and googleapis both bring that message under one name, and a process that loads both fails.
    """
    size, length = len(details), bytearray()
    while size >= 0x80:  # noqa: PLR2004 - seven bits a byte (protobuf.dev, "Base 128 Varints")
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([CODE_FIELD, CODE_UNKNOWN, DETAILS_FIELD, *length, size]) + details
