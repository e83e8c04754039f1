"""Finding a secret in every spelling."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

SHORTEST = 12
"""Characters of a spelling that cannot be there by chance."""


def spellings(secret: str) -> frozenset[bytes]:
    """Return the usual spellings: plain, escaped, percent-encoded, in hexadecimal digits and in base64."""
    plain = secret.encode()
    found = {plain, plain.hex().encode(), json.dumps(secret)[1:-1].encode(), ascii(secret)[1:-1].encode()}
    found |= {quote(secret).encode(), quote(secret, safe="").encode(), quote_plus(secret).encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Where it begins within three bytes decides its letters; those that depend on its neighbors are left out.
        found |= {encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)}
    assert all(len(spelling) >= SHORTEST for spelling in found)
    return frozenset(found)


def leaks(secret: str, places: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> list[str]:
    """Return the places that hold it."""
    wanted = spellings(secret)
    pairs: Iterator[tuple[str, bytes]] = iter(places.items() if isinstance(places, Mapping) else places)
    return [name for name, content in pairs if any(spelling in content for spelling in wanted)]
