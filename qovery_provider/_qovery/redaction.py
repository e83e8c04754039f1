"""What may be shown: a user's value on one short line, and never a token.

Values may be anything that a program or a configuration holds, so the time grows no faster than the value.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import NoReturn
from urllib.parse import quote, unquote

MAX_LENGTH = 60
USERINFO = re.compile(r"(?<=//)[^/]*@|(?<=//)[^/:]{0,99}:(?!\d{0,5}/)[^@\s]{1,99}@|(?<=:)[^/\s:@]{1,99}@")
"""The part before the host of a URL; also if a password holds a slash, or the scheme is missing."""

OBJECT = re.compile(r"<(?:\w{1,99}\.){0,9}(\w{1,99}) object at 0x\w{1,16}>")
ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|.)")
"""How Python writes a character that is not printable: an invisible one may stand inside a token."""

API_TOKEN = re.compile(r"qov[_-]", re.IGNORECASE)
WORD = re.compile(r"[\w-]+\.?")
OPAQUE = re.compile(r"(?:sk[_-])?\bqov[_-]\S*|\beyJ[\w-]+\.[\w.-]*|[A-Za-z0-9_+=]{20,}", re.IGNORECASE)
MIN_DIGITS = 3
"""What looks like a token in a text: by its prefix, as a JWT, or long, of one piece, and with some digits.

Ids have hyphens; a name of that length has hyphens, dots or spaces, or next to no digits.
"""

EDGE = r"[\w+/=-]{0,8}"
"""The parts of a base64 word around its core that may belong to the token; bounded, so that the time stays linear."""

ESCAPES = re.compile(r"\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|([/\"'\\]))", re.IGNORECASE)
ROUNDS = 3
"""How JSON and Python escape a letter, and how many layers of encoding are undone."""

KINDS = {str: "a string", bool: "a boolean", int: "a number", float: "a number"}


class TokenKind(Enum):
    """A kind of token, recognized by its form; the value names it in messages."""

    API = "an API token"
    POLICY = "a policy token"
    LOGIN = "a person's login token"
    OTHER = "a token"


class Token:
    """An API token that shows itself nowhere: not printed, not pickled.

    Args:
        value: The token itself.
        source: Where it was taken from, for error messages.
        wrong_scheme: The scheme that the configuration forces on it, where its form asks for the other one. Default:
            "", no wrong one.
    """

    __slots__ = ("_value", "source", "wrong_scheme")

    def __init__(self, value: str, source: str, wrong_scheme: str = "") -> None:
        self._value, self.source, self.wrong_scheme = value, source, wrong_scheme

    @property
    def kind(self) -> TokenKind:
        """The kind of token, according to its form."""
        return kind_of_token(self._value)

    def reveal(self) -> str:
        """Return the token itself, for the Authorization header and nothing else."""
        return self._value

    def hidden_in(self, text: str) -> str:
        """Return a text without the token: plain or in any usual encoding, with or without quotes around it.

        Where an encoded token cannot be cut out, the whole text is hidden.
        """
        if len(text) < len(_bare(self._value)):
            return text  # no spelling is shorter than the token
        pattern = _spellings(self._value)
        shown = pattern.sub(repr(self), text)
        return repr(self) if any(pattern.search(decoded) for decoded in _decodings(shown)) else shown

    def hidden_from(self, answer: object) -> object:
        """Return a response without the token: a text, a dataclass of texts, or a list of these."""
        if isinstance(answer, str):
            return self.hidden_in(answer)
        if isinstance(answer, list):
            return [self.hidden_from(item) for item in answer]
        if is_dataclass(answer) and not isinstance(answer, type):
            changes = {field.name: self.hidden_from(getattr(answer, field.name)) for field in fields(answer)}
            return replace(answer, **changes)
        return answer

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)  # pragma: no mutate: tokens with the same hash are still distinguished

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is never pickled")


def kind_of_token(token: str) -> TokenKind:
    """Return the kind of a token by its form: its prefix, or a JWT."""
    if token.startswith("sk-qov"):
        return TokenKind.POLICY
    if API_TOKEN.match(token):
        return TokenKind.API
    return TokenKind.LOGIN if _is_jwt(token) else TokenKind.OTHER


def _is_jwt(token: str) -> bool:
    """Return whether a token is a JWT: three parts, the first of which is a JSON object with `alg` (RFC 7515)."""
    header, *rest = token.split(".")
    if len(rest) != 2:  # noqa: PLR2004 - payload and signature
        return False
    try:
        padding = "=" * (-len(header) % 4)  # pragma: no mutate: more of it than is needed does no harm
        decoded = json.loads(base64.urlsafe_b64decode(header + padding))
    except (ValueError, RecursionError):
        return False
    return isinstance(decoded, dict) and "alg" in decoded


def _bare(token: str) -> str:
    """Return a token without quotes around it, as a server may repeat it."""
    return token.strip("\"'") or token


@lru_cache(maxsize=8)
def _spellings(token: str) -> re.Pattern[str]:
    """Return a pattern for a token as it is, escaped, percent-encoded, in hexadecimal digits and in base64."""
    bare, found = _bare(token), {token}
    found |= {bare, quote(bare), quote(bare, safe=""), html.escape(bare), json.dumps(bare)[1:-1], bare.encode().hex()}
    patterns = [re.escape(spelling) for spelling in sorted(found, key=len, reverse=True)]
    patterns += [rf"{EDGE}{re.escape(core)}{EDGE}" for core in _cores(bare)]
    return re.compile("|".join(patterns), re.IGNORECASE)


def _cores(token: str) -> Iterator[str]:
    """Yield the part of a token's base64 that does not depend on the text around it, for each of three positions."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for skipped in range(3):  # bytes that share their letters with the text before
            core = encode(token.encode()[skipped:])[:-4].decode()
            if core:
                yield core


def _decodings(text: str) -> Iterator[str]:
    """Yield a text with its encodings undone, one after the other."""
    for _ in range(ROUNDS):
        for decode in (html.unescape, unquote, _unescape):
            decoded = decode(text)
            if decoded != text:
                yield (text := decoded)


def _unescape(text: str) -> str:
    return ESCAPES.sub(lambda match: match[3] or chr(int(match[1] or match[2], 16)), text)


def without_tokens(text: str) -> str:
    """Return a foreign text without anything that looks like a token, even if it is not ours."""
    return OPAQUE.sub(lambda match: "***" if _looks_like_token(match[0]) else match[0], text)


def _looks_like_token(word: str) -> bool:
    is_known = API_TOKEN.search(word) or "." in word
    return bool(is_known) or (sum(map(str.isdigit, word)) >= MIN_DIGITS and not word.isdigit())


def redact(value: object) -> str:
    """Return a value as it is shown to a user; anything that looks like a token or a password is hidden."""
    if value is None:
        return "nothing"
    try:
        text = OBJECT.sub(r"<\1>", USERINFO.sub("***@", ascii(value)))
    except (ValueError, RecursionError):  # thousands of digits, or of lists in each other
        return "a value too large to show"
    if _holds_token(ESCAPE.sub("", text)):
        return "a value that looks like a token (not shown)"
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}... ({len(text)} characters)"


def kind_of(value: object) -> str:
    """Return what kind of value it is, where the value itself may be a secret."""
    return KINDS.get(type(value), f"a {type(value).__name__}")


def _holds_token(text: str) -> bool:
    """Return whether a text holds an API token, or the first part of a JWT with the dot after it."""
    is_jwt = any("eyj" in word[0].lower() and word[0].endswith(".") for word in WORD.finditer(text))
    return is_jwt or API_TOKEN.search(text) is not None
