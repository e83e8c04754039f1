"""How a user's value is quoted: one short line, and never a token; and a token that shows itself nowhere."""

import copy
import json
import logging
import pickle
from collections.abc import Callable

import hypothesis
import pytest
from hypothesis import strategies as st

from qovery_provider._qovery.redaction import Token, TokenKind, kind_of, redact

TOKEN = "qov_1234"
HIDDEN = "a value that looks like a token (not shown)"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda items: st.lists(items, max_size=5) | st.dictionaries(st.text(), items, max_size=5),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        pytest.param(None, "nothing", id="none"),
        pytest.param("", "''", id="empty"),
        pytest.param("staging", "'staging'", id="word"),
        pytest.param(" x ", "' x '", id="spaces"),
        pytest.param("two\nlines\x1b[31m\x00", r"'two\nlines\x1b[31m\x00'", id="control characters"),
        pytest.param("b\xfccher \u202e\u2028", r"'b\xfccher \u202e\u2028'", id="unicode"),
        pytest.param("\ud800", r"'\ud800'", id="lone surrogate"),
        pytest.param(True, "True", id="bool"),
        pytest.param(0, "0", id="zero"),
        pytest.param(float("nan"), "nan", id="nan"),
        pytest.param([], "[]", id="list"),
        pytest.param({"a": [1, "b"]}, "{'a': [1, 'b']}", id="map"),
        pytest.param("x" * 58, f"'{'x' * 58}'", id="as long as may be"),
        pytest.param("x" * 59, f"'{'x' * 59}... (61 characters)", id="one too long"),
        pytest.param("x" * 10_000, f"'{'x' * 59}... (10002 characters)", id="far too long"),
        pytest.param("https://user:hunter2@api.qovery.com/", "'https://***@api.qovery.com/'", id="password in a URL"),
        pytest.param("https://hunter2@api.qovery.com/a@b", "'https://***@api.qovery.com/a@b'", id="user in a URL"),
        pytest.param("//:@x ftp://a:b@y", "'//***@x ftp://***@y'", id="two URLs"),
        pytest.param("zoe@example.com", "'zoe@example.com'", id="mail address"),
        pytest.param("https://api.qovery.com", "'https://api.qovery.com'", id="the word qovery"),
        pytest.param("recovery", "'recovery'", id="a word with qov's sound"),
        pytest.param("eyJ", "'eyJ'", id="the beginning of a JWT alone"),
        pytest.param(object(), "<object>", id="object"),
        pytest.param(10**5000, "a value too large to show", id="huge number"),
    ],
)
def test_a_value_is_quoted(value: object, quoted: str) -> None:
    """A user recognises the value; control characters and look-alikes show as escapes."""
    assert redact(value) == quoted


@pytest.mark.parametrize(
    ("value", "kind"),
    [("qov_1234", "a string"), (True, "a boolean"), (1, "a number"), (0.5, "a number"), ([1], "a list")],
)
def test_a_secret_value_is_named_by_its_kind(value: object, kind: str) -> None:
    """The kind says enough to find the mistake."""
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("qov_1234", id="API token"),
        pytest.param("QOV_1234", id="upper case"),
        pytest.param("sk-qov-1234", id="policy token"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", id="JWT"),
        pytest.param("eyJ.", id="hardly a JWT"),
        pytest.param("eyJ-_a.b.c", id="JWT with dashes"),
        pytest.param("Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln", id="header"),
        pytest.param({"token": ["qov_1234"]}, id="inside a map"),
        pytest.param("x" * 500 + "qov_1234", id="far behind"),
        pytest.param(b"qov_1234", id="bytes"),
    ],
)
def test_a_token_is_hidden(value: object) -> None:
    """A token that was put in the wrong place does not get into logs."""
    assert redact(value) == HIDDEN


def test_a_password_that_holds_the_separator_is_hidden_whole() -> None:
    """The last at sign before the path ends the password, as `urlsplit` reads it."""
    assert redact("https://user:hunter@2@api.qovery.com/") == "'https://***@api.qovery.com/'"


@hypothesis.given(JSON)
@hypothesis.settings(max_examples=50, deadline=None)
def test_any_value_is_one_short_printable_line(value: object) -> None:
    """The message around it stays readable."""
    quoted = redact(value)

    assert quoted.isprintable()
    assert quoted.isascii()
    assert len(quoted) <= 100


@hypothesis.given(st.text(), st.sampled_from(["qov_", "sk-qov-", "QOV-"]), st.text())
@hypothesis.settings(max_examples=50, deadline=None)
def test_a_token_is_hidden_wherever_it_stands(before: str, token: str, after: str) -> None:
    """No text around a token makes it show; before an @ it is hidden as a password."""
    shown = redact(f"{before}{token}S3cret{after}")

    assert shown == HIDDEN or "***" in shown
    assert "S3cret" not in shown


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(repr, id="repr"),
        pytest.param(str, id="str"),
        pytest.param("{}".format, id="format"),
        pytest.param("{0!r} {0!s} {0!a}".format, id="conversions"),
        pytest.param(lambda value: f"{[value]} { ({'a': value}) }", id="containers"),
        pytest.param(lambda value: "%s %r" % (value, value), id="percent"),  # noqa: UP031 - loggers do it
        pytest.param(lambda value: logging.LogRecord("", 0, "", 0, "%s", (value,), None).getMessage(), id="log"),
        pytest.param(lambda value: str(ValueError(value)), id="exception"),
    ],
)
def test_a_token_shows_itself_nowhere(show: Callable[[object], str]) -> None:
    """However it is printed, there are three asterisks."""
    shown = show(Token(TOKEN, "QOVERY_API_TOKEN"))

    assert "***" in shown
    assert TOKEN not in shown


@pytest.mark.parametrize(
    "leak",
    [
        pytest.param(pickle.dumps, id="pickle"),
        pytest.param(copy.copy, id="copy"),
        pytest.param(copy.deepcopy, id="deep copy"),
        pytest.param(json.dumps, id="JSON"),
        pytest.param(vars, id="vars"),
        pytest.param("{:>20}".format, id="padded"),
    ],
)
def test_a_token_cannot_be_carried_away(leak: Callable[[object], object]) -> None:
    """Storing it fails, without its value in the text."""
    with pytest.raises(TypeError) as raised:
        leak(Token(TOKEN, "QOVERY_API_TOKEN"))

    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a qov_1/2+3? b", "a *** b", id="as it is"),
        pytest.param("?token=qov_1%2F2%2B3%3F&x", "?token=***&x", id="percent-encoded"),
        pytest.param("cookie cW92XzEvMisz Pw== cW92XzEvMiszPw==", "cookie *** Pw== ***", id="base64"),
        pytest.param("qov_1/2+3? cW92XzEvMiszPw== qov_1/2+3?", "*** *** ***", id="all of them"),
        pytest.param("qov_1", "qov_1", id="another text"),
    ],
)
def test_a_token_is_hidden_in_every_spelling(text: str, shown: str) -> None:
    """A server's text may repeat it as it came, as a part of a URL, or encoded."""
    assert Token("qov_1/2+3?", "QOVERY_API_TOKEN").hidden_in(text) == shown


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        pytest.param("qov_1234", TokenKind.API, id="API token"),
        pytest.param("QOV-1234", TokenKind.API, id="API token in capitals"),
        pytest.param("sk-qov-1234", TokenKind.POLICY, id="policy token"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", TokenKind.LOGIN, id="JWT"),
        pytest.param("opaque", TokenKind.OTHER, id="any other"),
    ],
)
def test_the_form_of_a_token_tells_its_kind(token: str, kind: TokenKind) -> None:
    """An error names the kind, so that a person sees at once which token was taken."""
    assert Token(token, "QOVERY_API_TOKEN").kind is kind


def test_no_scheme_is_wrong_unless_it_is_said() -> None:
    """The error of a 401 blames the configured scheme only where one was forced."""
    assert Token(TOKEN, "QOVERY_API_TOKEN").wrong_scheme == ""


def test_a_token_is_compared_by_its_value() -> None:
    """Where it was taken from does not count; a text is no token."""
    token = Token(TOKEN, "QOVERY_API_TOKEN")

    assert token == Token(TOKEN, "Q_CLI_ACCESS_TOKEN")
    assert token != Token("another", "QOVERY_API_TOKEN")
    assert token != TOKEN
    assert len({token, Token(TOKEN, "Q_CLI_ACCESS_TOKEN"), Token("another", "QOVERY_API_TOKEN")}) == 2
