"""How a value that somebody gave is quoted in a message: on one line, short, and never a token."""

from __future__ import annotations

import re

LONGEST = 60
USERINFO = re.compile(r"//[^/]*@")
SECRETS = re.compile(r"qov[_-]|eyJ[\w-]*\.", re.IGNORECASE)


def given(value: object) -> str:
    """Return a value as it is shown to a person; what looks like a token or a password is hidden."""
    if value is None:
        return "nothing"
    text = USERINFO.sub("//***@", ascii(value))
    if SECRETS.search(text):
        return "what looks like a token (not shown)"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"
