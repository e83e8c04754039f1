"""Values that people give, as data: those that must be refused, with how the answer quotes them, and unusual good ones.

Values are as JSON carries them, so every number is a double. Every secret in them holds the word SECRET.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

ENV = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
SECRET = "hunter2"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The marker of a value that is not known yet, on its way to the provider (`pulumi.runtime.rpc.UNKNOWN`)."""

SIGNATURE, ASSET, ARCHIVE = (
    "4dabf18193072939515e22adb298388d",
    "c44067f5952c0a294b673a41bacd8c17",
    "0def7320c3a5731c473e5ecbe6d01bc7",
)
"""The key that marks Pulumi's own kinds of values, and two of those kinds."""

HIDDEN = "a value that looks like a token (not shown)"

TYPE, EMPTY, RANGE, NOT_FINITE, WORD, FORM = (
    "wrong type",
    "empty",
    "out of range",
    "no finite number",
    "another word",
    "wrong form",
)
LOOK_ALIKE, INVISIBLE, CONTROL = "look-alike letter", "invisible letter", "control character"
LONG, NESTED, UNSURE, PULUMI, SECRETS, UNSAFE, HOST, PORT = (
    "too long or too many",
    "nested",
    "unknown inside",
    "asset or archive",
    "secret in the wrong place",
    "unsafe address",
    "no host",
    "no port",
)
"""The kinds of bad values."""


class Bad(NamedTuple):
    """A value that is refused.

    Attributes:
        kind: What is bad about it.
        name: What it is, in words.
        value: The value.
        quoted: How a message shows it.
        item: How a message shows the bad one of several.
    """

    kind: str
    name: str
    value: Any
    quoted: str
    item: str = ""


def _rows(kind: str, *rows: Sequence[Any]) -> list[Bad]:
    return [Bad(kind, *row) for row in rows]


def _plain(kind: str, *rows: tuple[str, Any]) -> list[Bad]:
    """Return rows of values that are quoted as Python writes them: plain and short ones."""
    return [Bad(kind, name, value, repr(value)) for name, value in rows]


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}... ({len(text)} characters)"


def _deep(depth: int) -> Any:  # noqa: ANN401 - a list of lists of lists
    return [_deep(depth - 1)] if depth else []


FLAGS = _plain(TYPE, ("true", True), ("false", False))

NUMBERS = [
    *_plain(TYPE, ("one", 1.0), ("zero", 0.0), ("negative zero", -0.0), ("minus one", -1.0), ("third", 1 / 3)),
    *_plain(TYPE, ("huge number", 1e308), ("smallest number", 5e-324), ("last exact number", 2.0**53)),
    *_plain(NOT_FINITE, ("NaN", math.nan), ("infinity", math.inf), ("negative infinity", -math.inf)),
]

LISTS = [
    *_plain(EMPTY, ("empty list", [])),
    *_plain(NESTED, ("list of nothing", [None]), ("list of an empty text", [""]), ("list of a list", [[]])),
    *_rows(
        NESTED,
        ("list of a UUID", [ENV], f"['{ENV}']"),
        ("lists deep in lists", _deep(40), _cut("[" * 41 + "]" * 41)),
    ),
    *_rows(
        UNSURE,
        ("list of an unknown", [UNKNOWN], "[<Unknown>]"),
        ("list of a list of an unknown", [[UNKNOWN]], "[[<Unknown>]]"),
        ("list of a UUID and an unknown", [ENV, UNKNOWN], f"['{ENV}', <Unknown>]"),
    ),
    Bad(LONG, "long list", [1.0] * 2000, _cut(str([1.0] * 2000))),
    Bad(SECRETS, "list of a token", [f"qov_{SECRET}"], HIDDEN),
]

MAPS = [
    *_plain(EMPTY, ("empty map", {})),
    *_plain(NESTED, ("map", {"id": "staging"}), ("map of a map", {"a": {"b": {}}}), ("map of a list", {"a": [1.0]})),
    *_rows(
        UNSURE,
        ("map of an unknown", {"id": UNKNOWN}, "{'id': <Unknown>}"),
        ("map of a map of an unknown", {"a": {"b": UNKNOWN}}, "{'a': {'b': <Unknown>}}"),
        ("map of a list of an unknown", {"a": [UNKNOWN]}, "{'a': [<Unknown>]}"),
    ),
    Bad(CONTROL, "map with a line end in its key", {"a\nb": 1.0}, r"{'a\nb': 1.0}"),
    Bad(LONG, "map with a long key", {"k" * 10_000: 1.0}, _cut(str({"k" * 10_000: 1.0}))),
    Bad(SECRETS, "map of a token", {"token": f"qov_{SECRET}"}, HIDDEN),
]

ASSETS = _rows(
    PULUMI,
    ("file", {SIGNATURE: ASSET, "path": "id.txt"}, "<FileAsset>"),
    ("text asset", {SIGNATURE: ASSET, "text": ENV}, "<StringAsset>"),
    ("remote file", {SIGNATURE: ASSET, "uri": "https://a.example"}, "<RemoteAsset>"),
    ("folder", {SIGNATURE: ARCHIVE, "path": "."}, "<FileArchive>"),
    ("remote archive", {SIGNATURE: ARCHIVE, "uri": "https://a.example"}, "<RemoteArchive>"),
)

JWT = f"eyJhbGciOiJIUzI1NiJ9.{SECRET}.c2ln"

TOKENS = _rows(
    SECRETS,
    ("token", f"qov_{SECRET}", HIDDEN),
    ("policy token", f"sk-qov-{SECRET}", HIDDEN),
    ("token in upper case", f"QOV_{SECRET}", HIDDEN),
    ("token with an invisible letter", f"qo\u200dv_{SECRET}", HIDDEN),
    ("header", f"Token qov_{SECRET}", HIDDEN),
    ("JWT", JWT, HIDDEN),
    ("Bearer", f"Bearer {JWT}", HIDDEN),
    ("password in a URL", f"https://user:{SECRET}@api.qovery.com", "'https://***@api.qovery.com'"),
    ("password with a slash", f"https://user:a/{SECRET}@api.qovery.com", "'https://***@api.qovery.com'"),
    ("password without a scheme", f"user:{SECRET}@api.qovery.com", "'user:***@api.qovery.com'"),
)

OUTPUT = (
    "Calling __str__ on an Output[T] is not supported.\n\nTo get the value of an Output[T] as an Output[str] consider:"
)

TEXTS = [
    *_plain(EMPTY, ("blank", " "), ("tab alone", "\t")),
    *_plain(WORD, ("true in words", "true"), ("yes", "yes"), ("on", "on"), ("None", "None"), ("null", "null")),
    *_plain(WORD, ("undefined", "undefined"), ("any object", "[object Object]"), ("template", "${environmentId}")),
    *_plain(WORD, ("placeholder", "<environment id>"), ("list in words", "[]"), ("quoted", "'\"'")),
    *_plain(FORM, ("digits", "1800"), ("duration", "10 m"), ("hexadecimal", "0x10 "), ("NaN in words", "NaN !")),
    *_plain(FORM, ("path", "../../organization /"), ("statement", "x'; DROP TABLE environments --")),
    *_plain(CONTROL, ("null character", "\x00"), ("line ends", "a\r\nb"), ("color", "\x1b[31mred\x1b[0m")),
    *_plain(CONTROL, ("bell", "a\x07"), ("delete", "a\x7f"), ("next line", "a\x85b"), ("form feed", "a\x0cb")),
    *_rows(
        LOOK_ALIKE,
        ("wide digits", "\uff11\uff18\uff10\uff10", r"'\uff11\uff18\uff10\uff10'"),
        ("Arabic digits", "\u0661\u0662", r"'\u0661\u0662'"),
        ("mathematical digits", "\U0001d7cf\U0001d7d8", r"'\U0001d7cf\U0001d7d8'"),
        ("wide letters", "\uff54\uff52\uff55\uff45", r"'\uff54\uff52\uff55\uff45'"),
        ("accent", "pr\xe9prod", r"'pr\xe9prod'"),
        ("separate accent", "pre\u0301prod", r"'pre\u0301prod'"),
        ("emoji", "\U0001f680", r"'\U0001f680'"),
        ("Chinese", "\u73af\u5883", r"'\u73af\u5883'"),
    ),
    *_rows(
        INVISIBLE,
        ("zero-width space", "a\u200bb", r"'a\u200bb'"),
        ("zero-width joiner", "a\u200db", r"'a\u200db'"),
        ("byte order mark", "\ufeffa", r"'\ufeffa'"),
        ("soft hyphen", "a\xadb", r"'a\xadb'"),
        ("text from right to left", "\u202egnigats", r"'\u202egnigats'"),
        ("line separator", "a\u2028b", r"'a\u2028b'"),
        ("no-break space", "a\xa0b", r"'a\xa0b'"),
    ),
    *_rows(
        LONG,
        ("text of a thousand", "x" * 1000, _cut(f"'{'x' * 1000}'")),
        ("text of a hundred thousand", "x" * 100_000, _cut(f"'{'x' * 100_000}'")),
        ("beginnings of a token", "eyJ" * 50_000, _cut(f"'{'eyJ' * 50_000}'")),
        ("wide text", "\uff11" * 1000, _cut("'" + r"\uff11" * 1000 + "'")),
    ),
    Bad(FORM, "output in a text", OUTPUT, _cut(repr(OUTPUT))),
    *TOKENS,
]
"""Values that are no valid word for any input."""

UUIDS = [
    *_plain(EMPTY, ("empty", "")),
    *_plain(WORD, ("name", "staging"), ("name in upper case", "STAGING"), ("all", "*")),
    *_plain(FORM, ("a digit short", ENV[:-1]), ("a digit long", f"{ENV}0"), ("a digit before", f"0{ENV}")),
    *_plain(FORM, ("no dashes", ENV.replace("-", "")), ("braces", f"{{{ENV}}}"), ("name space", f"urn:uuid:{ENV}")),
    *_plain(FORM, ("no hexadecimal digit", ENV.replace("a", "g")), ("a dash moved", f"3c90c3c-c{ENV[9:]}")),
    *_plain(FORM, ("a dash too many", f"{ENV[:-1]}-"), ("underscores", ENV.replace("-", "_"))),
    *_plain(FORM, ("quotes", f'"{ENV}"'), ("space before", f" {ENV}"), ("space after", f"{ENV} ")),
    *_plain(FORM, ("query", f"{ENV}?x=1"), ("fragment", f"{ENV}#x"), ("slash", f"{ENV}/"), ("percent", f"{ENV}%00")),
    *_plain(FORM, ("a deployment", f"{ENV}-12")),
    *_plain(CONTROL, ("line end after", f"{ENV}\n"), ("null character after", f"{ENV}\x00"), ("tab", f"{ENV}\t")),
    *_rows(
        FORM,
        ("two with a comma", f"{ENV},{ENV}", _cut(f"'{ENV},{ENV}'")),
        ("path out", f"{ENV}/../../organization/x", _cut(f"'{ENV}/../../organization/x'")),
        ("page of the console", f"https://console.qovery.com/{ENV}", _cut(f"'https://console.qovery.com/{ENV}'")),
    ),
    *_rows(
        LOOK_ALIKE,
        ("Arabic digit", ENV.replace("3", "\u0663", 1), rf"'\u0663{ENV[1:]}'"),
        ("wide digit", ENV.replace("3", "\uff13", 1), rf"'\uff13{ENV[1:]}'"),
        ("mathematical digit", ENV.replace("3", "\U0001d7db", 1), rf"'\U0001d7db{ENV[1:]}'"),
        ("Cyrillic a", ENV.replace("a", "\u0430"), rf"'{ENV[:-1]}\u0430'"),
        ("Cyrillic s", ENV.replace("c", "\u0441", 1), rf"'3\u0441{ENV[2:]}'"),
        ("wide letter", ENV.replace("c", "\uff43", 1), rf"'3\uff43{ENV[2:]}'"),
        ("hyphen of its own", ENV.replace("-", "\u2010", 1), rf"'{ENV[:8]}\u2010{ENV[9:]}'"),
        ("dash", ENV.replace("-", "\u2013", 1), rf"'{ENV[:8]}\u2013{ENV[9:]}'"),
        ("minus", ENV.replace("-", "\u2212", 1), rf"'{ENV[:8]}\u2212{ENV[9:]}'"),
    ),
    *_rows(
        INVISIBLE,
        ("zero-width space after", f"{ENV}\u200b", rf"'{ENV}\u200b'"),
        ("zero-width joiner inside", f"3\u200d{ENV[1:]}", rf"'3\u200d{ENV[1:]}'"),
        ("byte order mark before", f"\ufeff{ENV}", rf"'\ufeff{ENV}'"),
        ("no-break space before", f"\xa0{ENV}", rf"'\xa0{ENV}'"),
        ("soft hyphen inside", f"3\xad{ENV[1:]}", rf"'3\xad{ENV[1:]}'"),
    ),
    *TEXTS,
]

DEPLOYMENTS = [
    *_plain(FORM, ("two words", "two words"), ("space after", f"{ENV}-12 ")),
    *_plain(CONTROL, ("line end after", "3c90-12\n")),
    Bad(LOOK_ALIKE, "dash", "3c90\u201312", r"'3c90\u201312'"),
    Bad(LONG, "a letter too long", "x" * 201, _cut(f"'{'x' * 201}'")),
]

TOLERANCES = [
    *_plain(EMPTY, ("empty", "")),
    *_plain(WORD, ("ignore", "ignore"), ("capital", "Fail"), ("upper case", "SUCCEED"), ("success", "success")),
    *_plain(WORD, ("both", "succeed,fail"), ("error", "error"), ("plural", "succeeds"), ("quoted word", "'fail'")),
    *_plain(FORM, ("space before", " fail"), ("space after", "fail ")),
    *_plain(CONTROL, ("line end after", "fail\n"), ("null character after", "fail\x00")),
    *_rows(
        LOOK_ALIKE,
        ("Cyrillic i", "fa\u0456l", r"'fa\u0456l'"),
        ("wide word", "\uff46\uff41\uff49\uff4c", r"'\uff46\uff41\uff49\uff4c'"),
    ),
    Bad(INVISIBLE, "zero-width joiner inside", "fa\u200dil", r"'fa\u200dil'"),
    *TEXTS,
]

SECONDS = [
    *_plain(RANGE, ("zero", 0.0), ("negative zero", -0.0), ("negative", -1.0), ("hardly negative", -5e-324)),
    *_plain(RANGE, ("a second too long", 604_801.0), ("half a second too long", 604_800.5), ("huge", 1e300)),
    *_plain(RANGE, ("a month", 2_592_000.0), ("thousands of seconds", 1_800_000.0), ("hugely negative", -1e308)),
    *_plain(NOT_FINITE, ("NaN", math.nan), ("infinity", math.inf), ("negative infinity", -math.inf)),
    *_plain(FORM, ("duration in Go's form", "30m"), ("duration in ISO's form", "PT30M"), ("comma", "1,5")),
]


def _environments() -> Iterator[Bad]:
    """Yield lists of which not every item is a UUID."""
    for row in UUIDS:
        if len(str(row.value)) < 50 and row.kind is not SECRETS:
            yield row._replace(value=[row.value], quoted=_cut(f"[{row.quoted}]"), item=row.quoted)
    many = [f"{number:08x}{ENV[8:]}" for number in range(501)]
    yield Bad(NESTED, "nothing", [None], "[None]", "nothing")
    yield Bad(NESTED, "a list in it", [[ENV]], f"[['{ENV}']]", f"['{ENV}']")
    yield Bad(NESTED, "a map in it", [{"id": ENV[:8]}], f"[{{'id': '{ENV[:8]}'}}]", f"{{'id': '{ENV[:8]}'}}")
    yield Bad(TYPE, "a flag in it", [True], "[True]", "True")
    yield Bad(TYPE, "a number in it", [7.0], "[7.0]", "7.0")
    yield Bad(NOT_FINITE, "NaN in it", [math.nan], "[nan]", "nan")
    yield Bad(UNSURE, "a list of an unknown in it", [[UNKNOWN]], "[[<Unknown>]]", "[<Unknown>]")
    yield Bad(UNSURE, "a name beside an unknown", [UNKNOWN, "staging"], "['staging']", "'staging'")
    yield Bad(WORD, "the first of two", [ENV, "a", "b"], f"['{ENV}', 'a', 'b']", "'a'")
    yield Bad(LONG, "one too many", many, _cut(str(many)))
    yield Bad(LONG, "ten thousand names", ["a"] * 10_000, _cut(str(["a"] * 10_000)))
    yield Bad(SECRETS, "a token in it", [f"qov_{SECRET}"], HIDDEN, HIDDEN)
    yield Bad(SECRETS, "a token behind a UUID", [ENV, f"qov_{SECRET}"], HIDDEN, HIDDEN)


def _of_kind(kind: str, rows: Sequence[Bad]) -> list[Bad]:
    return [row._replace(quoted=kind) for row in rows]


NO_UUID = f"must be a UUID such as {ENV}"
NO_UUIDS = "must be a list of at most 500 UUIDs"
NO_FLAG = "must be true or false"
NO_DEPLOYMENT = 'must be the id of a deployment, or "" for none'
NO_TRIGGERS = "must be a list or a map of plain values (for a file, use its hash)"
TOO_LARGE = "must not hold numbers of 2^53 or more, which Pulumi cannot store exactly (give them as strings)"
NO_SECONDS = "must be a number of seconds above 0 and at most 604800 (7 days)"
NO_PAUSE = "must be a number of seconds from 0 to 604800 (7 days)"
NO_TOLERANCE = 'must be "succeed" or "fail"'
NOT_ONE = "or project_id must be given, but not both"


class Input(NamedTuple):
    """A kind of input.

    Attributes:
        names: The inputs of this kind.
        allowed: What a message says of it.
        bad: What it must not be.
    """

    names: frozenset[str]
    allowed: str
    bad: list[Bad]


INPUTS = {
    "UUID": Input(
        frozenset({"environment_id", "project_id"}), NO_UUID, [*UUIDS, *FLAGS, *NUMBERS, *LISTS, *MAPS, *ASSETS]
    ),
    "UUIDs": Input(
        frozenset({"environment_ids"}), NO_UUIDS, [*_environments(), *UUIDS, *FLAGS, *NUMBERS, *MAPS, *ASSETS]
    ),
    "flag": Input(
        frozenset({"force_cancel", "include_queued", "wait_until_canceled"}),
        NO_FLAG,
        [*TEXTS, *NUMBERS, *LISTS, *MAPS, *ASSETS],
    ),
    "deployment": Input(
        frozenset({"deployment_id"}), NO_DEPLOYMENT, [*DEPLOYMENTS, *FLAGS, *NUMBERS, *LISTS, *MAPS, *ASSETS]
    ),
    "triggers": Input(
        frozenset({"triggers"}),
        NO_TRIGGERS,
        [
            *_of_kind("a string", TEXTS),
            *_of_kind("a boolean", FLAGS),
            *_of_kind("a number", NUMBERS),
            *(row._replace(quoted=f"a {row.quoted[1:-1]}") for row in ASSETS),
            *(row._replace(name=f"list of {row.name}", value=[row.value], quoted="a list") for row in ASSETS),
            *(row._replace(name=f"map of {row.name}", value={"a": row.value}, quoted="a dict") for row in ASSETS),
        ],
    ),
    "pause": Input(
        frozenset({"wait_for_start"}),
        NO_PAUSE,
        [*(bad for bad in SECONDS if bad.value != 0), *TEXTS, *FLAGS, *LISTS, *MAPS, *ASSETS],
    ),
    "seconds": Input(frozenset({"timeout"}), NO_SECONDS, [*SECONDS, *TEXTS, *FLAGS, *LISTS, *MAPS, *ASSETS]),
    "tolerance": Input(
        frozenset({"on_idle", "on_completed"}),
        NO_TOLERANCE,
        [*TOLERANCES, *FLAGS, *NUMBERS, *LISTS, *MAPS, *ASSETS],
    ),
}


def answer(allowed: str, row: Bad) -> str:
    """Return what is said of a value."""
    return f"{allowed}{f'; not a UUID: {row.item}' if row.item else ''}; got {row.quoted}"


API = "https://api.qovery.com"

URLS = [
    *_plain(EMPTY, ("blank", " "), ("line ends alone", "\r\n")),
    *_plain(TYPE, ("false", False), ("true", True), ("zero", 0.0), ("number", 443.0), ("empty list", [])),
    *_plain(TYPE, ("empty map", {}), ("list", [API]), ("map", {"url": API})),
    *_plain(FORM, ("no scheme", "api.qovery.com"), ("slashes without a scheme", "//api.qovery.com"), ("path", "/v1")),
    *_plain(FORM, ("scheme alone", "https:"), ("no slashes", "https:api.qovery.com"), ("one slash", "http:/localhost")),
    *_plain(FORM, ("three slashes", "https:///api.qovery.com"), ("two URLs", f"{API},{API}")),
    *_plain(FORM, ("space in the path", f"{API}/a b"), ("space before the path", f"{API} /a"), ("angles", f"<{API}>")),
    *_plain(FORM, ("query", f"{API}?x=1"), ("empty query", f"{API}/?"), ("fragment", f"{API}#x")),
    *_plain(FORM, ("empty fragment", f"{API}/#"), ("braces", f"{API}/{{id}}"), ("percent alone", f"{API}/%")),
    *_plain(FORM, ("half a percent code", f"{API}/%2"), ("no percent code", f"{API}/%zz"), ("bar", f"{API}/a|b")),
    *_plain(FORM, ("quote in the path", f'{API}/"'), ("caret", f"{API}/^"), ("backquote", f"{API}/`")),
    *_plain(FORM, ("backslash", f"{API}\\evil"), ("backslashes for slashes", "https:\\\\api.qovery.com")),
    *_plain(FORM, ("no URL at all", "javascript:alert(1)"), ("file", "file:///etc/passwd"), ("data", "data:,x")),
    *_plain(CONTROL, ("tab in the path", f"{API}/a\tb"), ("null character", f"{API}/\x00"), ("delete", f"{API}/\x7f")),
    *_plain(CONTROL, ("header behind a line end", f"{API}/\r\nX-Evil: 1"), ("line end in the host", "https://a\n.b")),
    *_plain(UNSAFE, ("plain http", "http://api.qovery.com"), ("another scheme", "ftp://api.qovery.com")),
    *_plain(UNSAFE, ("another scheme on loopback", "ftp://localhost"), ("socket", "http+unix://localhost")),
    *_plain(UNSAFE, ("a scheme with a letter more", "httpss://localhost"), ("WebSocket", "wss://api.qovery.com")),
    *_plain(UNSAFE, ("below loopback", "http://126.255.255.255"), ("above loopback", "http://128.0.0.1")),
    *_plain(UNSAFE, ("private network", "http://10.0.0.1"), ("any address", "http://0.0.0.0")),
    *_plain(UNSAFE, ("beside loopback", "http://[::2]"), ("any IPv6 address", "http://[::]")),
    *_plain(UNSAFE, ("a name like loopback", "http://127.0.0.1.evil.example")),
    *_plain(
        UNSAFE, ("a name like localhost", "http://localhost.evil.example"), ("a name in local", "http://x.localhost")
    ),
    *_rows(
        UNSAFE,
        ("user", "https://user@api.qovery.com", "'https://***@api.qovery.com'"),
        ("empty user", "https://@api.qovery.com", "'https://***@api.qovery.com'"),
        ("localhost as user", "http://localhost@evil.example", "'http://***@evil.example'"),
        ("user on loopback", "http://evil.example@localhost", "'http://***@localhost'"),
        ("backslash before the at sign", "https://evil.example\\@api.qovery.com", "'https://***@api.qovery.com'"),
        ("user and port on loopback", f"http://user:{SECRET}@localhost:80", "'http://***@localhost:80'"),
        ("at sign in a password", f"https://user:{SECRET}@2@api.qovery.com", "'https://***@api.qovery.com'"),
    ),
    *_plain(HOST, ("no host", "https://"), ("path without host", "https:///status"), ("port alone", "https://:443")),
    *_plain(HOST, ("space in the host", "https://api qovery.com"), ("underscore", "https://api_qovery.com")),
    *_plain(HOST, ("dot before", "https://.qovery.com"), ("dot after", "https://api.qovery.com.")),
    *_plain(
        HOST, ("two dots", "https://api..qovery.com"), ("dot alone", "https://."), ("star", "https://*.qovery.com")
    ),
    *_plain(HOST, ("hyphen before", "https://-api.qovery.com"), ("hyphen after", "https://api-.qovery.com")),
    *_plain(HOST, ("percent code", "https://api%2eqovery.com"), ("comma", "https://api,qovery.com")),
    *_plain(
        HOST, ("semicolon", "https://api;qovery.com"), ("plus", "https://a+b.example"), ("tilde", "https://~a.example")
    ),
    *_plain(
        HOST, ("exclamation mark", "https://a!b.example"), ("dollar", "https://$HOST"), ("braces", "https://{host}")
    ),
    *_plain(HOST, ("open bracket", "https://[::1"), ("closed bracket", "https://::1]"), ("no bracket", "https://::1")),
    *_plain(HOST, ("no address in brackets", "https://[zz]"), ("nothing in brackets", "https://[]")),
    *_plain(HOST, ("IPv4 in brackets", "https://[127.0.0.1]"), ("name in brackets", "https://[localhost]")),
    *_plain(HOST, ("zone of an address", "https://[fe80::1%25eth0]"), ("future address", "https://[v1.a]")),
    *_plain(HOST, ("brackets in brackets", "https://[[::1]]"), ("letters after a bracket", "https://[::1]x")),
    *_plain(HOST, ("short address", "http://127.1"), ("address as a number", "https://2130706433")),
    *_plain(HOST, ("hexadecimal address", "https://0x7f000001"), ("hexadecimal part", "https://127.0.0.0x1")),
    *_plain(HOST, ("octal address", "https://0177.0.0.1"), ("address of three", "https://127.0.1")),
    *_plain(HOST, ("address of five", "https://1.2.3.4.5"), ("part above 255", "https://256.0.0.1")),
    *_plain(HOST, ("number at the end", "https://api.1"), ("nine parts in IPv6", "https://[1:2:3:4:5:6:7:8:9]")),
    *_plain(PORT, ("port zero", f"{API}:0"), ("port too high", f"{API}:65536"), ("port of six", f"{API}:100000")),
    *_plain(
        PORT, ("negative port", f"{API}:-1"), ("port with a sign", f"{API}:+443"), ("port as a word", f"{API}:https")
    ),
    *_plain(PORT, ("empty port", f"{API}:"), ("empty port and path", f"{API}:/"), ("two ports", f"{API}:443:443")),
    *_plain(PORT, ("fraction as port", f"{API}:4.43"), ("zeros before", f"{API}:00443"), ("space", f"{API}: 443")),
    *_plain(PORT, ("hexadecimal port", f"{API}:0x1bb"), ("port of an address", "https://[::1]:65536")),
    *_rows(
        LOOK_ALIKE,
        ("Arabic digits as port", f"{API}:\u0664\u0664\u0663", rf"'{API}:\u0664\u0664\u0663'"),
        ("wide digits as port", f"{API}:\uff14\uff14\uff13", rf"'{API}:\uff14\uff14\uff13'"),
        ("international name", "https://b\xfccher.example", r"'https://b\xfccher.example'"),
        ("Cyrillic o", "https://api.q\u043every.com", r"'https://api.q\u043every.com'"),
        ("wide letter", "https://\uff41pi.qovery.com", r"'https://\uff41pi.qovery.com'"),
        ("Kelvin sign", "https://to\u212aen.example", r"'https://to\u212aen.example'"),
        ("long s", "http\u017f://api.qovery.com", r"'http\u017f://api.qovery.com'"),
        ("wide dot", "https://api\uff0eqovery.com", r"'https://api\uff0eqovery.com'"),
        ("Chinese dot", "https://api\u3002qovery.com", r"'https://api\u3002qovery.com'"),
        ("letter that holds a slash", f"{API}\u2100evil.example", rf"'{API}\u2100evil.example'"),
        ("wide slash", f"{API}\uff0fevil.example", rf"'{API}\uff0fevil.example'"),
        ("wide colon", "https\uff1a//api.qovery.com", r"'https\uff1a//api.qovery.com'"),
        ("circled letter", "https://\u24d0pi.qovery.com", r"'https://\u24d0pi.qovery.com'"),
        ("emoji", "https://\U0001f680.example", r"'https://\U0001f680.example'"),
    ),
    *_rows(
        INVISIBLE,
        ("zero-width joiner in the host", "https://api\u200d.qovery.com", r"'https://api\u200d.qovery.com'"),
        ("soft hyphen in the host", "https://a\xadpi.qovery.com", r"'https://a\xadpi.qovery.com'"),
        ("byte order mark before", f"\ufeff{API}", rf"'\ufeff{API}'"),
        ("no-break space in the path", f"{API}/a\xa0b", rf"'{API}/a\xa0b'"),
        ("host from right to left", "https://\u202emoc.yrevoq", r"'https://\u202emoc.yrevoq'"),
    ),
    *_rows(
        LONG,
        ("part of a name too long", f"https://{'a' * 64}.example", _cut(f"'https://{'a' * 64}.example'")),
        ("name too long", f"https://{'a.' * 126}aa", _cut(f"'https://{'a.' * 126}aa'")),
        ("path too long", f"{API}/{'a' * 2000}", _cut(f"'{API}/{'a' * 2000}'")),
        ("million slashes", f"{API}{'/' * 1_000_000}", _cut(f"'{API}{'/' * 1_000_000}'")),
        ("million dots", f"https://{'.' * 1_000_000}", _cut(f"'https://{'.' * 1_000_000}'")),
    ),
    *TOKENS,
]

NO_WORD = "it must be one word of at most 8192 printable ASCII characters"
JSON = "it is JSON or a configuration object; give only the token, as a string"
QUOTED = "it has quotes around it; remove them"
NAMED = "it has the form NAME=value; give only the value"
PLACEHOLDER = "it is a placeholder that was never filled in, such as ${NAME}"


def _pasted(mistake: str, *rows: tuple[str, Any]) -> list[Bad]:
    """Return rows of tokens that were pasted with something around them."""
    return [Bad(SECRETS, name, value, mistake) for name, value in rows]


API_TOKENS = [
    *_rows(
        TYPE,
        *((name, value, NO_WORD) for name, value in [("number", 1234.0), ("true", True), ("false", False)]),
        *((name, value, NO_WORD) for name, value in [("empty list", []), ("list", [SECRET])]),
        ("map", {"token": SECRET}, JSON),
        ("empty map", {}, JSON),
    ),
    *_pasted(
        QUOTED,
        ("double quotes", f'"qov_{SECRET}"'),
        ("single quotes", f"'qov_{SECRET}'"),
        ("backquotes", f"`qov_{SECRET}`"),
        ("curly quotes", f"\u201cqov_{SECRET}\u201d"),
        ("quote before", f'"qov_{SECRET}'),
        ("quote after", f"qov_{SECRET}'"),
        ("quotes behind the scheme", f'Bearer "qov_{SECRET}"'),
    ),
    *_pasted(
        JSON,
        ("JSON", f'{{"token": "qov_{SECRET}"}}'),
        ("JSON on lines", f'{{\n  "token": "qov_{SECRET}"\n}}'),
        ("JSON list", f'["qov_{SECRET}"]'),
        ("encrypted configuration", f'{{"secure": "v1:{SECRET}"}}'),
    ),
    *_pasted(
        NAMED,
        ("assignment", f"QOVERY_API_TOKEN=qov_{SECRET}"),
        ("export", f"export QOVERY_API_TOKEN=qov_{SECRET}"),
        ("configuration key", f"qovery:apiToken=qov_{SECRET}"),
        ("YAML", f"qovery:apiToken: qov_{SECRET}"),
        ("lines of a file", f"A={SECRET}\nB={SECRET}"),
    ),
    *_pasted(
        PLACEHOLDER,
        ("variable of a shell", "$QOVERY_API_TOKEN"),
        ("variable in braces", "${QOVERY_API_TOKEN}"),
        ("command of a shell", f"$(cat {SECRET})"),
        ("variable of Windows", "%QOVERY_API_TOKEN%"),
        ("secret of a pipeline", "${{ secrets.QOVERY_API_TOKEN }}"),
        ("template", "{{ token }}"),
        ("variable behind the scheme", "Bearer ${QOVERY_API_TOKEN}"),
        ("angle brackets", "<your token>"),
    ),
    *_rows(FORM, ("space inside", f"qov_{SECRET} x", NO_WORD), ("scheme alone", "Bearer x y", NO_WORD)),
    *(
        Bad(kind, name, value, NO_WORD)
        for kind, name, value in [
            (CONTROL, "header behind a line end", f"{SECRET}\r\nX-Evil: 1"),
            (CONTROL, "null character", f"{SECRET}\x00x"),
            (CONTROL, "tab inside", f"{SECRET}\tx"),
            (CONTROL, "delete", f"{SECRET}\x7f"),
            (CONTROL, "escape", f"\x1b{SECRET}"),
            (LOOK_ALIKE, "accent", f"{SECRET}\xe9"),
            (LOOK_ALIKE, "Cyrillic o", f"q\u043ev_{SECRET}"),
            (LOOK_ALIKE, "wide", f"\uff51{SECRET}"),
            (INVISIBLE, "zero-width joiner", f"qov\u200d_{SECRET}"),
            (INVISIBLE, "byte order mark", f"\ufeff{SECRET}"),
            (INVISIBLE, "no-break space inside", f"{SECRET}\xa0x"),
            (INVISIBLE, "soft hyphen", f"{SECRET}\xadx"),
            (LONG, "too long", f"qov_{SECRET}{'x' * 8182}"),
            (LONG, "a million", f"qov_{SECRET}{'x' * 1_000_000}"),
        ]
    ),
]

SCHEMES = [
    *_plain(EMPTY, ("empty", ""), ("blank", " ")),
    *_plain(TYPE, ("number", 1.0), ("true", True), ("false", False), ("empty list", []), ("list", ["Bearer"])),
    *_plain(WORD, ("another", "Basic"), ("both", "Bearer Token"), ("plural", "Tokens"), ("with a colon", "Bearer:")),
    *_plain(CONTROL, ("null character", "Token\x00"), ("line end inside", "To\nken")),
    Bad(LOOK_ALIKE, "Kelvin sign", "To\u212aen", r"'To\u212aen'"),
    Bad(LOOK_ALIKE, "Cyrillic e", "B\u0435arer", r"'B\u0435arer'"),
    Bad(INVISIBLE, "zero-width joiner", "To\u200dken", r"'To\u200dken'"),
    Bad(LONG, "text of a million", "x" * 1_000_000, _cut(f"'{'x' * 1_000_000}'")),
    *TOKENS,
]

PREVIEW_FLAGS = [
    *_plain(EMPTY, ("empty", ""), ("blank", " ")),
    *_plain(TYPE, ("one", 1.0), ("zero", 0.0), ("empty list", []), ("list", [True]), ("map", {"x": True})),
    *_plain(WORD, ("yes", "yes"), ("off", "off"), ("zero in words", "0"), ("None", "None"), ("both", "true false")),
    *_plain(CONTROL, ("null character", "true\x00"), ("line end inside", "tr\nue")),
    Bad(LOOK_ALIKE, "wide word", "\uff54\uff52\uff55\uff45", r"'\uff54\uff52\uff55\uff45'"),
    Bad(LOOK_ALIKE, "long s", "fal\u017fe", r"'fal\u017fe'"),
    Bad(INVISIBLE, "zero-width joiner", "tr\u200due", r"'tr\u200due'"),
    *TOKENS,
]

NO_URL = (
    "{} must be an https URL (http only for a loopback address) without user, query or fragment; the host is an IP "
    "address, or a name of plain letters, digits, hyphens and dots; a port is at most 65535; got {}"
)
NO_TOKEN = "the token from {} cannot be used: {}"
NO_SCHEME = "{} must be Bearer or Token; got {}"
NO_PREVIEW_FLAG = "{} must be true or false; got {}"

SETTINGS = {
    "qovery:apiUrl": (NO_URL, URLS),
    "qovery:apiToken": (NO_TOKEN, API_TOKENS),
    "qovery:authScheme": (NO_SCHEME, SCHEMES),
    "qovery:previewStatus": (NO_PREVIEW_FLAG, PREVIEW_FLAGS),
}
"""For each setting what is said of a bad value, and the bad values."""

SOURCES = {"qovery:apiToken": "the stack's qovery:apiToken"}
"""How a message names a setting, where it has another name there."""

VARIABLES = {
    "QOVERY_API_URL": "qovery:apiUrl",
    "QOVERY_API_TOKEN": "qovery:apiToken",
    "QOVERY_CLI_ACCESS_TOKEN": "qovery:apiToken",
    "Q_CLI_ACCESS_TOKEN": "qovery:apiToken",
}
"""The setting that an environment variable stands for."""

GOOD_URLS = [
    ("https", "https://api.example", "https://api.example"),
    ("spaces around", " https://api.example\n", "https://api.example"),
    ("slashes at the end", "https://api.example///", "https://api.example"),
    ("capital at the end", "https://api.example/X/", "https://api.example/X"),
    ("path", "https://api.example/qovery/v1/", "https://api.example/qovery/v1"),
    ("path of every letter", "https://a.example/-._~!$&'()*+,;=:@%2F", "https://a.example/-._~!$&'()*+,;=:@%2F"),
    ("at sign in the path", "https://api.example/@home", "https://api.example/@home"),
    ("upper case and port", "HTTPS://API.example:8443", "HTTPS://API.example:8443"),
    ("lowest port", "https://api.example:1", "https://api.example:1"),
    ("highest port", "https://api.example:65535", "https://api.example:65535"),
    ("name without a dot", "https://gateway", "https://gateway"),
    ("digits and hyphens", "https://4-a--b.9gag.3com", "https://4-a--b.9gag.3com"),
    ("longest part", f"https://{'a' * 63}.example", f"https://{'a' * 63}.example"),
    ("longest name", f"https://{'a.' * 126}a", f"https://{'a.' * 126}a"),
    ("longest URL", f"https://a.example/{'a' * 1982}", f"https://a.example/{'a' * 1982}"),
    ("address", "https://192.0.2.1", "https://192.0.2.1"),
    ("IPv6 address", "https://[2001:db8::1]:443", "https://[2001:db8::1]:443"),
    ("IPv4 in IPv6", "https://[::ffff:192.0.2.1]", "https://[::ffff:192.0.2.1]"),
    ("encoded international name", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ("localhost", "http://localhost:8080", "http://localhost:8080"),
    ("localhost in any case", "HTTP://LocalHost", "HTTP://LocalHost"),
    ("loopback", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("the whole loopback network", "http://127.255.255.254", "http://127.255.255.254"),
    ("IPv6 loopback", "http://[::1]:8080/", "http://[::1]:8080"),
    ("long IPv6 loopback", "http://[0:0:0:0:0:0:0:1]", "http://[0:0:0:0:0:0:0:1]"),
]
"""URLs that are taken: what is given, and what becomes of it."""

GOOD = {
    "DeploymentCancellation": [
        ("UUID in upper case", {"environment_id": ENV.upper()}),
        ("UUID of zeros", {"environment_id": "00000000-0000-0000-0000-000000000000"}),
        ("UUID of no version", {"environment_id": "ffffffff-ffff-ffff-ffff-ffffffffffff"}),
        ("everything unknown", dict.fromkeys(("environment_id", "deployment_id", "force_cancel", "timeout"), UNKNOWN)),
        ("nothing but nulls", {"environment_id": ENV, "triggers": None, "timeout": None, "force_cancel": None}),
        ("properties that are no inputs", {"environment_id": ENV, "outcome": 7.0, "\u73af": None}),
        ("no target", {"environment_id": ENV, "deployment_id": ""}),
        (
            "deployment of every plain letter",
            {"environment_id": ENV, "deployment_id": "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"},
        ),
        ("longest deployment", {"environment_id": ENV, "deployment_id": "x" * 200}),
        ("smallest timeout", {"environment_id": ENV, "timeout": 5e-324}),
        ("longest timeout", {"environment_id": ENV, "timeout": 604_800.0}),
        ("empty list of triggers", {"environment_id": ENV, "triggers": []}),
        ("empty map of triggers", {"environment_id": ENV, "triggers": {}}),
        (
            "triggers of all kinds",
            {"environment_id": ENV, "triggers": [None, True, -0.0, 2.0**53 - 1, "", [], {}, UNKNOWN]},
        ),
        ("unknown deep in the triggers", {"environment_id": ENV, "triggers": {"a": [{"b": UNKNOWN}]}}),
        ("triggers deep in each other", {"environment_id": ENV, "triggers": _deep(40)}),
        ("triggers in strange letters", {"environment_id": ENV, "triggers": ["\x00\u200d\u202e\U0001f680", "a\nb"]}),
        ("many triggers", {"environment_id": ENV, "triggers": ["x" * 100] * 10_000}),
        ("a secret as trigger", {"environment_id": ENV, "triggers": [f"qov_{SECRET}"]}),
    ],
    "RunningDeployment": [
        ("UUID in upper case", {"environment_id": ENV.upper()}),
        ("unknown environment", {"environment_id": UNKNOWN, "triggers": UNKNOWN}),
        ("triggers of all kinds", {"environment_id": ENV, "triggers": {"a": None, "b": [UNKNOWN], "": {}}}),
    ],
    "BulkDeploymentCancellation": [
        ("project in upper case", {"project_id": ENV.upper()}),
        ("no environments", {"environment_ids": []}),
        ("unknown project", {"project_id": UNKNOWN}),
        ("unknown list", {"environment_ids": UNKNOWN}),
        ("unknown items", {"environment_ids": [UNKNOWN, ENV, UNKNOWN]}),
        ("nothing but unknown items", {"environment_ids": [UNKNOWN] * 501}),
        ("most environments", {"environment_ids": [f"{number:08x}{ENV[8:]}" for number in range(500)]}),
        ("one environment in 501 spellings", {"environment_ids": [ENV, ENV.upper()] * 250 + [ENV]}),
        ("null beside a project", {"environment_ids": None, "project_id": ENV}),
    ],
}
"""Inputs that are unusual and allowed, for each resource."""
