"""A token in foreign texts: in every spelling, anywhere in a response, and a text that only looks like a token."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import process_time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qovery_provider._qovery.models import EnvironmentStatus, UnreadableStatus
from qovery_provider._qovery.redaction import Token, _spellings, without_tokens

SECRET = "S3cret+t0ken/of=the~test&<more>"
"""It has no shape that is known, and letters that every encoding writes in another way."""


@pytest.fixture(autouse=True)
def no_cache() -> Iterator[None]:
    """Make the spellings anew in every test: each one then notices when something is wrong with them."""
    _spellings.cache_clear()
    yield
    _spellings.cache_clear()


def everything(pattern: str) -> Callable[[str], str]:
    """Return what writes every letter in this way."""
    return lambda text: "".join(pattern.format(ord(letter)) for letter in text)


def in_base64(encode: Callable[[bytes], bytes], shift: int) -> Callable[[str], str]:
    """Return what writes a text in base64, behind some other bytes."""
    return lambda text: encode(b"Token "[:shift] + text.encode()).decode()


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded in part": quote,
    "percent-encoded in small letters": lambda text: quote(text, safe="").lower(),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent-encoded whole": everything("%{:02X}"),
    "as of a form": quote_plus,
    "escaped for HTML": html.escape,
    "HTML in numbers": everything("&#{};"),
    "HTML in hexadecimal numbers": everything("&#x{:x};"),
    "escaped for JSON": lambda text: json.dumps(text)[1:-1],
    "escaped slashes": lambda text: text.replace("/", r"\/"),
    "JSON in numbers": everything("\\u{:04x}"),
    "Python in numbers": everything("\\x{:02x}"),
    "JSON in HTML": lambda text: html.escape(everything("\\u{:04x}")(text)),
    "hexadecimal digits": lambda text: text.encode().hex(),
    "hexadecimal digits in capitals": lambda text: text.encode().hex().upper(),
    **{f"base64 behind {shift} bytes": in_base64(base64.b64encode, shift) for shift in range(4)},
    **{f"base64url behind {shift} bytes": in_base64(base64.urlsafe_b64encode, shift) for shift in range(4)},
    "base64 without padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64 of the header": lambda text: base64.b64encode(f"Authorization: Token {text}".encode()).decode(),
    "base64 in a URL": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("quotes", ["", '"', "'"], ids=["bare", "in double quotes", "in single quotes"])
@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_no_spelling_of_the_token_is_shown(spell: Callable[[str], str], quotes: str) -> None:
    """Around it, words stay where they can; a token in quotes is hidden without them as well."""
    token = Token(quotes + SECRET + quotes, "QOVERY_API_TOKEN")

    for secret in (SECRET, quotes + SECRET + quotes):
        shown = token.hidden_in(f"bad token: {spell(secret)}")
        assert "***" in shown
        assert [piece for piece in _pieces(spell(secret)[len(spell("")) :]) if piece in shown] == []


def _pieces(text: str) -> list[str]:
    """Return all that is eight letters long."""
    return [text[at : at + 8] for at in range(len(text) - 7)]


@pytest.mark.parametrize("text", ["", "another text", "qov_", "S3cret", "100 % & more \\ than < that;"])
def test_other_texts_stay(text: str) -> None:
    """Nothing else is hidden."""
    assert Token(SECRET, "QOVERY_API_TOKEN").hidden_in(text) == text


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("length", range(6, 13))
def test_a_short_token_is_hidden_in_base64_as_well(length: int, shift: int) -> None:
    """From six letters on, at each of the three positions that a token can have."""
    secret = "S3cretT0ken!"[:length]
    encoded = in_base64(base64.b64encode, shift)(secret)

    assert Token(secret, "QOVERY_API_TOKEN").hidden_in(f"got {encoded}") == "got ***"


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        pytest.param(
            "a cookie named x=", "YSBjb29raWUgbmFt***bmQgYSBjb29raWUgYWZ0ZXIgaXQ=", id="behind two bytes of a group"
        ),
        pytest.param(
            "a cookie named xy=", "YSBjb29raWUgbmFt***IGEgY29va2llIGFmdGVyIGl0", id="at the beginning of a group"
        ),
        pytest.param(
            "a cookie named xyz=",
            "YSBjb29raWUgbmFtZWQg***ZCBhIGNvb2tpZSBhZnRlciBpdA==",
            id="behind one byte of a group",
        ),
    ],
)
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode], ids=["base64", "base64url"])
def test_base64_is_cut_close_to_the_token(encode: Callable[[bytes], bytes], before: str, shown: str) -> None:
    """What stands further away stays readable, wherever the token begins in a group of three bytes."""
    text = encode(f"{before}{SECRET}; and a cookie after it".encode()).decode()

    assert Token(SECRET, "QOVERY_API_TOKEN").hidden_in(text) == shown


def test_a_text_in_base64_that_only_ends_like_the_token_stays() -> None:
    """It is another value."""
    other = base64.b64encode(b"His" + SECRET[3:].encode()).decode()

    assert Token(SECRET, "QOVERY_API_TOKEN").hidden_in(other) == other


@pytest.mark.parametrize("token", ["x", "xy"])
def test_a_token_that_is_too_short_for_base64_hides_only_itself(token: str) -> None:
    """A text without it stays readable."""
    assert Token(token, "QOVERY_API_TOKEN").hidden_in(f"{token} is no token") == "*** is no token"


def test_only_quotes_around_a_token_are_taken_off() -> None:
    """Letters at its ends belong to it, so that a shorter word stays."""
    assert Token("X1234X", "QOVERY_API_TOKEN").hidden_in("1234 and 'X1234X'") == "1234 and '***'"


@given(token=st.text("!\"%&'+/<=>?@\\^_~aA0", min_size=1, max_size=30), text=st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_token_is_hidden_in_any_text(token: str, text: str) -> None:
    """Short ones and such of punctuation alone too; the text does not grow without end."""
    hidden = Token(token, "QOVERY_API_TOKEN").hidden_in(text + token + text)

    assert token not in hidden.replace("***", "")
    assert len(hidden) <= 2 * len(text) + 3 * (2 * len(text) + len(token) + 1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("token qov_1234 is wrong", "token *** is wrong", id="API token"),
        pytest.param("token SK-QOV-1234, please", "token *** please", id="policy token"),
        pytest.param("Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln!", "Bearer ***!", id="JWT"),
        pytest.param("key 0123456789abcdef0123456789ABCDEF01 no", "key *** no", id="hexadecimal digits"),
        pytest.param("key dGhpcyBpcyBhIHRva2VuIGluIGJhc2U2NA== no", "key *** no", id="base64"),
        pytest.param("token qov_secret is wrong", "token *** is wrong", id="API token without digits"),
        pytest.param("Bearer eyJhbGciOiJub.eyJzdWIi.c!", "Bearer ***!", id="JWT without digits"),
        pytest.param("ghp_x1Y2z3X4y5Z6x7Y8z9X0y1Z2x3Y4z5X6y7Z8", "***", id="another vendor's"),
        pytest.param(
            "3c90c3cc-0d44-4b50-8888-8dd25736052a-12 ok", "3c90c3cc-0d44-4b50-8888-8dd25736052a-12 ok", id="id"
        ),
        pytest.param(
            "the environment my-shop-production-2024-eu", "the environment my-shop-production-2024-eu", id="name"
        ),
        pytest.param("org.springframework.web.MethodArgument", "org.springframework.web.MethodArgument", id="class"),
        pytest.param("MethodArgumentNotValidException", "MethodArgumentNotValidException", id="long word"),
        pytest.param("at 1764064800000000000000", "at 1764064800000000000000", id="long number"),
        pytest.param("2026-11-25T10:00:00.000000Z recovery", "2026-11-25T10:00:00.000000Z recovery", id="date"),
    ],
)
def test_what_looks_like_a_token_is_not_shown(text: str, shown: str) -> None:
    """A server may quote a token that is not ours; ids and names stay."""
    assert without_tokens(text) == shown


@pytest.mark.parametrize("text", ["a" * 60_000, "eyJ-" * 15_000, "&amp;" * 12_000, "%25" * 20_000, "\\u0025" * 10_000])
def test_hiding_takes_no_time(text: str) -> None:
    """It grows no faster than the text, also where each letter might begin a token."""
    started = process_time()

    Token("e30." * 2000, "QOVERY_API_TOKEN").hidden_in(text)

    assert process_time() - started < 3


def test_an_answer_is_shown_without_the_token() -> None:
    """It is cut out of every text in an answer, in lists as well, and all that is no text stays as it is."""
    token = Token(SECRET, "QOVERY_API_TOKEN")
    status = EnvironmentStatus(f"e {SECRET}", "BUILDING", "BUILDING", total_deployment_duration_in_seconds=5)
    hidden = replace(status, id="e ***")

    assert token.hidden_from([status, UnreadableStatus(None, f"got {SECRET}")]) == [
        hidden,
        UnreadableStatus(None, "got ***"),
    ]
    assert token.hidden_from(f"{SECRET}!") == "***!"
    assert token.hidden_from(EnvironmentStatus) is EnvironmentStatus
