"""What may be shown: a user's value on one short line, and never a token.

Values may be anything that a program or a configuration holds, so the time grows no faster than the value.
"""

from __future__ import annotations

import base64
import re
from typing import NoReturn
from urllib.parse import quote

MAX_LENGTH = 60
USERINFO = re.compile(r"(?<=//)[^/]*@|(?<=//)[^/:]{0,99}:(?!\d{0,5}/)[^@\s]{1,99}@|(?<=:)[^/\s:@]{1,99}@")
"""What stands before the host of a URL; also where a password holds a slash, or the scheme is missing."""

OBJECT = re.compile(r"<(?:\w{1,99}\.){0,9}(\w{1,99}) object at 0x\w{1,16}>")
ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|.)")
"""What Python writes for a letter that is not plain: an invisible one may stand inside a token."""

API_TOKEN = re.compile(r"qov[_-]", re.IGNORECASE)
WORD = re.compile(r"[\w-]+\.?")
KINDS = {str: "a text", bool: "a flag", int: "a number", float: "a number"}


class Token:
    """An API token that shows itself nowhere: not printed, not pickled.

    Attributes:
        source: Where it was taken from, for error messages.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        self._value, self.source = value, source

    def reveal(self) -> str:
        """Return the token itself, for the Authorization header and nothing else."""
        return self._value

    def hidden_in(self, text: str) -> str:
        """Return a text without the token: as it is, percent-encoded, or in base64."""
        encoded = quote(self._value, safe="")  # pragma: no mutate: letters are never encoded, so XXXX is safe as well
        for spelling in (self._value, encoded, base64.b64encode(self._value.encode()).decode()):
            text = text.replace(spelling, repr(self))
        return text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)  # pragma: no mutate: tokens with the same hash are still told apart

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is never pickled")


def redact(value: object) -> str:
    """Return a value as it is shown to a person; what looks like a token or a password is hidden."""
    if value is None:
        return "nothing"
    try:
        text = OBJECT.sub(r"<\1>", USERINFO.sub("***@", ascii(value)))
    except (ValueError, RecursionError):  # thousands of digits, or of lists in each other
        return "a value too large to show"
    if _holds_token(ESCAPE.sub("", text)):
        return "what looks like a token (not shown)"
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}... ({len(text)} characters)"


def kind_of(value: object) -> str:
    """Return what kind of value it is, where the value itself may be a secret."""
    return KINDS.get(type(value), f"a {type(value).__name__}")


def _holds_token(text: str) -> bool:
    """Tell an API token, or the first part of a JWT with the dot after it."""
    is_jwt = any("eyj" in word[0].lower() and word[0].endswith(".") for word in WORD.finditer(text))
    return is_jwt or API_TOKEN.search(text) is not None
