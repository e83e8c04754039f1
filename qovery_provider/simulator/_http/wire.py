"""What no HTTP library does willingly: reset a connection, end a body early, send it slowly.

It knows transports and bytes, and no request. A transport of `None` is a client that has hung up meanwhile: there is
nothing left to do.
"""

import asyncio
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import Final

from qovery_provider.simulator._api.errors import reason
from qovery_provider.simulator._api.service import Reply

RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: the kernel then closes with a reset."""


def reset(transport: asyncio.Transport | None) -> None:
    """Reset the connection at once."""
    if transport is None:
        return
    # abort() alone would send an ordinary end of the stream when nothing is left to write.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()


async def stream(transport: asyncio.Transport | None, chunks: Iterable[bytes], *, pause: float = 0.0) -> None:
    """Send bytes with a pause before each chunk, then end the connection."""
    if transport is None:
        return
    for chunk in chunks:
        if pause > 0:
            await asyncio.sleep(pause)
        transport.write(chunk)
    # What is written still goes out; a head that promised more has broken its promise.
    transport.close()


def head_of(reply: Reply) -> bytes:
    """Status line and headers; they promise the whole body."""
    lines = [
        f"HTTP/1.1 {reply.status} {reason(reply.status)}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
        f"Content-Length: {len(reply.body)}",
        "Connection: close",
        "\r\n",
    ]
    return "\r\n".join(lines).encode()


def split(body: bytes, pieces: int) -> Iterator[bytes]:
    """A body in about so many pieces."""
    # Rounded up, so that there are never more pieces than asked for.
    size = max(1, -(-len(body) // pieces))
    return (body[start : start + size] for start in range(0, len(body), size))
