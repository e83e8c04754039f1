"""How a value that somebody gave is quoted in a message: on one line, short, and never a token.

It is handed whatever a program or a configuration holds, so its time grows no faster than the value.
"""

from __future__ import annotations

import re

MAX_LENGTH = 60
USERINFO = re.compile(r"(?<=//)[^/]*@|(?<=//)[^/:]{0,99}:(?!\d{0,5}/)[^@\s]{1,99}@|(?<=:)[^/\s:@]{1,99}@")
"""What stands before the host of a URL; also where a password holds a slash, or the scheme is missing."""

OBJECT = re.compile(r"<(?:\w{1,99}\.){0,9}(\w{1,99}) object at 0x\w{1,16}>")
ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|.)")
"""What Python writes for a letter that is not plain: one that nobody sees may stand inside a token."""

API_TOKEN = re.compile(r"qov[_-]", re.IGNORECASE)
WORD = re.compile(r"[\w-]+\.?")
KINDS = {str: "a text", bool: "a flag", int: "a number", float: "a number"}


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
    """Return what kind of value it is, where the value itself may be somebody's secret."""
    return KINDS.get(type(value), f"a {type(value).__name__}")


def _holds_token(text: str) -> bool:
    """Tell an API token, or the first part of a JWT with the dot after it."""
    is_jwt = any("eyj" in word[0].lower() and word[0].endswith(".") for word in WORD.finditer(text))
    return is_jwt or API_TOKEN.search(text) is not None
