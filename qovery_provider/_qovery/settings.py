"""Where the API is and with what token, from a plain mapping (stack config) and the environment.

It validates and names; it knows no Pulumi and opens no connection.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from qovery_provider._qovery.redaction import Token, TokenKind, kind_of_token, redact
from qovery_provider.errors import ConfigurationError

API_URL = "https://api.qovery.com"

TOKEN_VARIABLES = ("QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN")
"""The names that Qovery's Terraform provider and CLI use, in this order."""

API_TOKEN, API_URL_KEY, AUTH_SCHEME, PREVIEW_STATUS = (
    "qovery:apiToken",
    "qovery:apiUrl",
    "qovery:authScheme",
    "qovery:previewStatus",
)
CONFIG_KEYS = (API_TOKEN, API_URL_KEY, AUTH_SCHEME, PREVIEW_STATUS)
"""The keys of the stack configuration."""

SCHEMES = {"bearer": "Bearer", "token": "Token"}
FLAGS = {"true": True, "false": False}

MAX_TOKEN_LENGTH = 8192
"""Characters; servers take no longer headers."""

BY_KIND = {
    TokenKind.API: "Token",
    TokenKind.POLICY: "Token",
    TokenKind.LOGIN: "Bearer",
}
"""The scheme that the form of a token asks for."""

HEADER = re.compile(r"(?:authorization:\s*)?(bearer|token)\s+(?=\S)", re.IGNORECASE)
"""The part of a pasted header before the token."""

MISTAKES = (
    (
        re.compile(r"\$\{.*\}|\$\(.*\)|\$\w+|\{\{.*\}\}|%\w+%|<.*>", re.DOTALL),
        "it is a placeholder that was never filled in, such as ${NAME}",
    ),
    (re.compile(r"[\[{].*", re.DOTALL), "it is JSON or a configuration object; give only the token, as a string"),
    (re.compile(r"[\"'`\u2018-\u201f].*|.*[\"'`\u2018-\u201f]", re.DOTALL), "it has quotes around it; remove them"),
    (
        re.compile(r"(?:export\s+)?[a-z_][\w.:-]*(?:=(?!=*\Z)|:\s+).*", re.DOTALL | re.IGNORECASE),
        "it has the form NAME=value; give only the value",
    ),
)
"""Ways to paste a token wrongly, from the most specific to the least, with what is wrong with each."""

NO_WORD = f"it must be one word of at most {MAX_TOKEN_LENGTH} printable ASCII characters"

URL = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<ipv6>[0-9a-f:.]{2,45})\]|(?P<name>[0-9a-z.-]{1,253}))(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?:/(?:[\w.~!$&'()*+,;=:@/-]|%[0-9a-f]{2})*)?",
    re.ASCII | re.IGNORECASE,
)
MAX_URL_LENGTH = 2000
MAX_PORT = 65_535
LABEL = re.compile(r"[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?", re.IGNORECASE)
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
"""A URL (RFC 3986), a part of a host name (RFC 1123), and a last part that makes the whole an IPv4 address."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is needed to call the API.

    Attributes:
        token: The API token.
        auth_scheme: "Token" for an API token (qov_..., sk-qov-...), "Bearer" for a person's JWT.
        api_url: The base URL, without a slash at the end.
    """

    token: Token
    auth_scheme: str
    api_url: str = API_URL


def given(read: Callable[[str], object]) -> dict[str, object]:
    """Return the stack configuration that is given, by key.

    Args:
        read: Returns the value of a key, None where there is none.
    """
    return {key: value for key in CONFIG_KEYS if (value := read(key)) is not None}


def resolve(config: Mapping[str, object], environ: Mapping[str, str]) -> Settings:
    """Return the settings; stack configuration comes before the environment.

    Raises:
        ConfigurationError: There is no token, or a setting cannot be used.
    """
    token, scheme = _authorization(config, environ)
    return Settings(token, scheme, _url(config, environ))


def problems(config: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with the settings that are given, by key; a missing token is not wrong yet."""
    found = {
        API_URL_KEY: _problem(lambda: _url(config, environ)),
        API_TOKEN: _problem(lambda: _any_token(config, environ)),
        AUTH_SCHEME: _problem(lambda: _forced_scheme(config)),
    }
    if _flag(config) is None:
        found[PREVIEW_STATUS] = f"{PREVIEW_STATUS} must be true or false; got {redact(config[PREVIEW_STATUS])}"
    return {key: problem for key, problem in found.items() if problem}


def _problem(read: Callable[[], object]) -> str | None:
    try:
        read()
    except ConfigurationError as error:
        return str(error)
    return None


def shows_preview_status(config: Mapping[str, object]) -> bool:
    """Return whether a preview may read the status of environments; the default is true."""
    return _flag(config) is not False


def _flag(config: Mapping[str, object]) -> bool | None:
    value = config.get(PREVIEW_STATUS, True)
    return value if isinstance(value, bool) else FLAGS.get(_word(value))


def _word(value: object) -> str:
    """Return an ASCII word in small letters, or "". Some other letters, such as the Kelvin sign, become ASCII ones."""
    if isinstance(value, str) and value.isascii():
        return value.strip().lower()
    return ""  # pragma: no mutate: XXXX is no word that is allowed either


def _authorization(config: Mapping[str, object], environ: Mapping[str, str]) -> tuple[Token, str]:
    """Return the token and the scheme under which it is sent."""
    found = _any_token(config, environ)
    if found is None:
        raise ConfigurationError(
            "no Qovery API token: set the stack secret qovery:apiToken (`pulumi config set --secret qovery:apiToken`) "
            f"or one of the environment variables {', '.join(TOKEN_VARIABLES)}"
        )
    token, pasted, source = found
    forced, fitting = _forced_scheme(config), BY_KIND.get(kind_of_token(token))
    scheme = forced or fitting or pasted or "Token"
    return Token(token, source, "" if scheme == (fitting or scheme) else scheme), scheme


def _any_token(config: Mapping[str, object], environ: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return the first token that is given, the scheme that stands before it, if any, and its source."""
    candidates = [(config.get(API_TOKEN), "the stack's qovery:apiToken")]
    candidates += [(environ.get(name), name) for name in TOKEN_VARIABLES]
    for value, source in candidates:
        if value is not None and not (isinstance(value, str) and not value.strip()):
            return (*_checked_token(value, source), source)
    return None


def _checked_token(value: object, source: str) -> tuple[str, str]:
    text = value.strip() if isinstance(value, str) else "{}" if isinstance(value, Mapping) else ""
    header = HEADER.match(text)
    token = text[header.end() :] if header else text
    mistake = next((mistake for form, mistake in MISTAKES if form.fullmatch(token)), None)
    is_word = 0 < len(token) <= MAX_TOKEN_LENGTH and all("!" <= letter <= "~" for letter in token)
    if mistake or not is_word:
        raise ConfigurationError(f"the token from {source} cannot be used: {mistake or NO_WORD}")
    return token, SCHEMES[header[1].lower()] if header else ""


def _forced_scheme(config: Mapping[str, object]) -> str | None:
    value = config.get(AUTH_SCHEME)
    if value is None:
        return None
    scheme = SCHEMES.get(_word(value))
    if scheme is None:
        raise ConfigurationError(f"{AUTH_SCHEME} must be Bearer or Token; got {redact(value)}")
    return scheme


def _url(config: Mapping[str, object], environ: Mapping[str, str]) -> str:
    candidates = ((config.get(API_URL_KEY), API_URL_KEY), (environ.get("QOVERY_API_URL"), "QOVERY_API_URL"))
    for value, source in candidates:
        if value is not None and value != "":
            return _checked_url(value, source)
    return API_URL


def _checked_url(value: object, source: str) -> str:
    if not isinstance(value, str) or not _is_usable(value.strip()):
        raise ConfigurationError(
            f"{source} must be an https URL (http only for a loopback address) without user, query or fragment; the "
            "host is an IP address, or a name of plain letters, digits, hyphens and dots; a port is at most "
            f"{MAX_PORT}; got {redact(value)}"
        )
    return value.strip().rstrip("/")


def _is_usable(url: str) -> bool:
    parts = URL.fullmatch(url) if len(url) <= MAX_URL_LENGTH else None
    if not parts or (parts["port"] and int(parts["port"]) > MAX_PORT):
        return False
    try:
        is_loopback = _is_loopback(parts["ipv6"], parts["name"])
    except ValueError:
        return False
    return is_loopback or parts["scheme"].lower() == "https"


def _is_loopback(ipv6: str | None, name: str) -> bool:
    """Return whether a host is this machine, without resolving its name; raise ValueError if it is not a host."""
    if ipv6:
        return IPv6Address(ipv6).is_loopback
    if NUMBER.fullmatch(name.rpartition(".")[2]):
        return IPv4Address(name).is_loopback
    if not all(map(LABEL.fullmatch, name.split("."))):
        raise ValueError
    return name.lower() == "localhost"
