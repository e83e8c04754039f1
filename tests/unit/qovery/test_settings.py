"""Where the API is and with what token: precedence and validation."""

import base64
import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from qovery_provider._qovery import settings
from qovery_provider._qovery.settings import CONFIG_KEYS, Settings, problems, resolve, shows_preview_status
from qovery_provider.errors import ConfigurationError
from tests.support.bad_values import GOOD_URLS, NO_TOKEN, NO_URL, NO_WORD, SETTINGS, SOURCES, VARIABLES, Bad

TOKEN = "qov_1234"
CONFIG: dict[str, object] = {"qovery:apiToken": TOKEN}
SECOND = {"QOVERY_CLI_ACCESS_TOKEN": "second"}
THIRD = {"Q_CLI_ACCESS_TOKEN": "third"}


def jwt(header: str | bytes) -> str:
    """Return a JWT with that header; its parts are base64 for URLs, without padding."""
    content = header if isinstance(header, bytes) else header.encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=") + ".e30.c2ln"


JWT = jwt('{"alg":"x"}')


def scheme_of(token: str) -> str:
    return resolve({"qovery:apiToken": token}, {}).auth_scheme


def url_of(value: object) -> str:
    return resolve({**CONFIG, "qovery:apiUrl": value}, {}).api_url


@pytest.mark.parametrize(
    ("config", "environ", "token", "source"),
    [
        pytest.param(CONFIG, {"QOVERY_API_TOKEN": "first"}, TOKEN, "the stack's qovery:apiToken", id="stack first"),
        pytest.param({}, {**THIRD, **SECOND, "QOVERY_API_TOKEN": "first"}, "first", "QOVERY_API_TOKEN", id="terraform"),
        pytest.param({}, {**THIRD, **SECOND}, "second", "QOVERY_CLI_ACCESS_TOKEN", id="CLI"),
        pytest.param({}, THIRD, "third", "Q_CLI_ACCESS_TOKEN", id="old CLI"),
        pytest.param({"qovery:apiToken": None}, SECOND, "second", "QOVERY_CLI_ACCESS_TOKEN", id="null is passed over"),
        pytest.param({"qovery:apiToken": ""}, SECOND, "second", "QOVERY_CLI_ACCESS_TOKEN", id="empty is passed over"),
        pytest.param({"qovery:apiToken": " \n"}, THIRD, "third", "Q_CLI_ACCESS_TOKEN", id="blank is passed over"),
        pytest.param({}, {"QOVERY_API_TOKEN": "\t", **THIRD}, "third", "Q_CLI_ACCESS_TOKEN", id="blank variable"),
        pytest.param({"qovery:apiToken": f" {TOKEN}\r\n"}, {}, TOKEN, "the stack's qovery:apiToken", id="trimmed"),
        pytest.param({}, {"Q_CLI_ACCESS_TOKEN": "!~"}, "!~", "Q_CLI_ACCESS_TOKEN", id="first and last of ASCII"),
    ],
)
def test_the_first_token_that_is_given_is_taken(
    config: dict[str, object], environ: dict[str, str], token: str, source: str
) -> None:
    """The stack's own comes first, then the names that Qovery's tools use; blank ones are passed over."""
    found = resolve(config, environ).token

    assert (token, source) == (found.reveal(), found.source)


def test_a_missing_token_says_where_to_put_one() -> None:
    """The text names the secret, the command and every variable."""
    with pytest.raises(ConfigurationError) as raised:
        resolve({"qovery:apiToken": ""}, {"QOVERY_API_TOKEN": " "})

    assert str(raised.value) == (
        "no Qovery API token: set the stack secret qovery:apiToken (`pulumi config set --secret qovery:apiToken`) "
        "or one of the environment variables QOVERY_API_TOKEN, QOVERY_CLI_ACCESS_TOKEN, Q_CLI_ACCESS_TOKEN"
    )


@pytest.mark.parametrize(
    ("key", "row"),
    [
        pytest.param(key, row, id=f"{key}: {row.kind}: {row.name}")
        for key, (_, rows) in SETTINGS.items()
        for row in rows
    ],
)
def test_a_bad_value_is_refused(key: str, row: Bad) -> None:
    """The text names the source, what is allowed and what was given, but no token; the environment is no way out."""
    text = SETTINGS[key][0].format(SOURCES.get(key, key), row.quoted)

    assert problems({key: row.value}, {"QOVERY_API_TOKEN": "good", "QOVERY_API_URL": "https://a.example"}) == {
        key: text
    }


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_bad_variable_is_refused(variable: str) -> None:
    """The text names it; bytes that are no UTF-8 are in a variable what nothing else has."""
    key = VARIABLES[variable]
    text = SETTINGS[key][0].format(variable, NO_WORD if key == "qovery:apiToken" else r"'a\udcff'")

    assert problems({}, {variable: "a\udcff"}) == {key: text}


def test_a_bad_setting_is_refused_when_it_is_needed() -> None:
    """The problems that check reports are raised where there is no check; a bad token comes first."""
    with pytest.raises(ConfigurationError) as raised:
        resolve({"qovery:apiToken": "two words", "qovery:apiUrl": "no URL"}, {"QOVERY_API_TOKEN": "good"})

    assert str(raised.value) == NO_TOKEN.format("the stack's qovery:apiToken", NO_WORD)


@pytest.mark.parametrize("length", [1, 8192], ids=["shortest", "longest"])
def test_a_token_of_any_length_that_fits_a_header_is_taken(length: int) -> None:
    """Whether there is such a token is for Qovery to say."""
    assert resolve({"qovery:apiToken": "x" * length}, {}).token.reveal() == "x" * length


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(jwt('{"alg":"HS256"}'), id="usual"),
        pytest.param(jwt('{"typ":"JWT","alg":null}').removesuffix("e30.c2ln") + ".", id="any algorithm, empty parts"),
        pytest.param(jwt('{"alg":"a~~~b???c"}'), id="letters of base64 for URLs"),
    ],
)
def test_a_persons_jwt_is_a_bearer(token: str) -> None:
    """Three parts, the first of which is an object with `alg`: a person's login."""
    assert scheme_of(token) == "Bearer"


def test_a_jwt_of_any_length_is_a_bearer() -> None:
    """The padding that a JWT leaves out is put back, for any length."""
    assert [scheme_of(jwt('{"alg":"' + "x" * length + '"}')) for length in range(20)] == ["Bearer"] * 20


@pytest.mark.parametrize(
    ("pasted", "token", "scheme"),
    [
        pytest.param("Bearer qov_1234", "qov_1234", "Token", id="API token behind Bearer"),
        pytest.param("token  sk-qov-1234", "sk-qov-1234", "Token", id="policy token behind Token"),
        pytest.param(f"Token {JWT}", JWT, "Bearer", id="JWT behind Token"),
        pytest.param("BEARER opaque", "opaque", "Bearer", id="opaque token behind Bearer"),
        pytest.param("Authorization: Bearer opaque", "opaque", "Bearer", id="whole header"),
        pytest.param("Bearer", "Bearer", "Token", id="nothing behind it"),
        pytest.param("a=", "a=", "Token", id="padding"),
        pytest.param("YWJj==", "YWJj==", "Token", id="more padding"),
    ],
)
def test_the_scheme_of_a_pasted_header_is_understood(pasted: str, token: str, scheme: str) -> None:
    """It is no part of the token; under which one that is sent, its form says first."""
    found = resolve({"qovery:apiToken": pasted}, {})

    assert (found.token.reveal(), found.auth_scheme) == (token, scheme)


@pytest.mark.parametrize(
    ("token", "scheme", "wrong"),
    [
        pytest.param("qov_1234", "Bearer", "Bearer", id="API token as Bearer"),
        pytest.param(JWT, "Token", "Token", id="JWT as Token"),
        pytest.param("qov_1234", "Token", "", id="API token as Token"),
        pytest.param("qov_1234", None, "", id="nothing forced"),
        pytest.param("opaque", "Bearer", "", id="form that says nothing"),
        pytest.param("Token opaque", "Bearer", "", id="word that says nothing"),
    ],
)
def test_a_forced_scheme_that_does_not_fit_is_noted(token: str, scheme: str | None, wrong: str) -> None:
    """It is sent all the same; the error of a 401 then names it."""
    found = resolve({"qovery:apiToken": token, "qovery:authScheme": scheme}, {})

    assert found.token.wrong_scheme == wrong


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("qov_1234", id="API token"),
        pytest.param("sk-qov-1234", id="policy token"),
        pytest.param("deadbeef", id="a word that is base64"),
        pytest.param("deadbeef.deadbeef.deadbeef", id="three parts, no JSON"),
        pytest.param("a.b.c", id="three parts, no base64"),
        pytest.param("..", id="three empty parts"),
        pytest.param(jwt('{"typ":"JWT"}'), id="no alg"),
        pytest.param(jwt('["alg"]'), id="a list"),
        pytest.param(jwt('"alg"'), id="a string"),
        pytest.param(jwt("1"), id="a number"),
        pytest.param(jwt("[" * 6000), id="very deep"),
        pytest.param(jwt(b'{"alg\xff":1}'), id="no UTF-8"),
        pytest.param(jwt('{"alg":"HS256"}').removesuffix(".c2ln"), id="two parts"),
        pytest.param(jwt('{"alg":"HS256"}') + ".x", id="four parts"),
        pytest.param(jwt('{"alg":"HS256"}').removesuffix(".e30.c2ln"), id="one part"),
    ],
)
def test_any_other_token_is_a_token(token: str) -> None:
    """A token that only looks like a JWT is sent as an API token."""
    assert scheme_of(token) == "Token"


@pytest.mark.parametrize(
    ("value", "scheme"),
    [
        pytest.param("Bearer", "Bearer", id="bearer"),
        pytest.param(" bearer\n", "Bearer", id="spaces and lower case"),
        pytest.param("TOKEN", "Token", id="upper case"),
        pytest.param(None, "Token", id="not given"),
    ],
)
def test_a_given_scheme_wins(value: object, scheme: str) -> None:
    """The configuration may say it, in any spelling; otherwise the token tells."""
    assert resolve({**CONFIG, "qovery:authScheme": value}, {}).auth_scheme == scheme


def test_a_given_scheme_wins_over_a_jwt() -> None:
    """Also where the token would tell otherwise."""
    config = {"qovery:apiToken": jwt('{"alg":"HS256"}'), "qovery:authScheme": "token"}

    assert resolve(config, {}).auth_scheme == "Token"


@pytest.mark.parametrize(
    ("config", "environ", "url"),
    [
        pytest.param({}, {}, "https://api.qovery.com", id="default"),
        pytest.param({}, {"QOVERY_API_URL": "https://env.example"}, "https://env.example", id="environment"),
        pytest.param(
            {"qovery:apiUrl": "https://stack.example"},
            {"QOVERY_API_URL": "https://env.example"},
            "https://stack.example",
            id="stack first",
        ),
        pytest.param(
            {"qovery:apiUrl": ""}, {"QOVERY_API_URL": "https://env.example"}, "https://env.example", id="empty stack"
        ),
        pytest.param({"qovery:apiUrl": None}, {"QOVERY_API_URL": ""}, "https://api.qovery.com", id="all empty"),
    ],
)
def test_the_first_url_that_is_given_is_taken(config: dict[str, object], environ: dict[str, str], url: str) -> None:
    """Stack, then environment, then Qovery itself."""
    assert resolve({**CONFIG, **config}, environ).api_url == url


@pytest.mark.parametrize(("value", "url"), [pytest.param(*row, id=name) for name, *row in GOOD_URLS])
def test_a_safe_url_is_taken(value: str, url: str) -> None:
    """Everywhere https, http on this machine alone; no slash stays at the end."""
    assert url_of(value) == url


@pytest.mark.parametrize(
    ("config", "environ", "source", "quoted"),
    [
        pytest.param({"qovery:apiUrl": "http://a.example"}, {}, "qovery:apiUrl", "'http://a.example'", id="stack"),
        pytest.param({"qovery:apiUrl": 443}, {}, "qovery:apiUrl", "443", id="number"),
        pytest.param({}, {"QOVERY_API_URL": "http://b"}, "QOVERY_API_URL", "'http://b'", id="environment"),
        pytest.param({}, {"QOVERY_API_URL": " "}, "QOVERY_API_URL", "' '", id="blank"),
        pytest.param(
            {},
            {"QOVERY_API_URL": TOKEN},
            "QOVERY_API_URL",
            "a value that looks like a token (not shown)",
            id="the token",
        ),
    ],
)
def test_a_refused_url_says_where_it_stands(
    config: dict[str, object], environ: dict[str, str], source: str, quoted: str
) -> None:
    """The text names the source, what is allowed, and what was given."""
    with pytest.raises(ConfigurationError) as raised:
        resolve({**CONFIG, **config}, environ)

    assert str(raised.value) == NO_URL.format(source, quoted)


def test_a_password_in_a_url_is_not_repeated() -> None:
    """A person who put a credential into the URL does not find it in the logs as well."""
    with pytest.raises(ConfigurationError) as raised:
        url_of("https://user:hunter2@api.qovery.com")

    assert "hunter2" not in str(raised.value)


@given(st.text())
@hypothesis_settings(max_examples=50, deadline=None)
def test_any_text_is_a_url_or_a_configuration_error(text: str) -> None:
    """No text crashes the settings, and what passes is https."""
    try:
        url = url_of(f"https://{text}")
    except ConfigurationError:
        return

    assert url.startswith("https:")
    assert url.isascii()


def test_all_problems_are_told_at_once() -> None:
    """A person mends the whole configuration in one go."""
    config = {
        "qovery:apiToken": "two words",
        "qovery:apiUrl": "http://a.example",
        "qovery:authScheme": "Basic",
        "qovery:previewStatus": "maybe",
    }

    assert problems(config, {}) == {
        "qovery:apiUrl": NO_URL.format("qovery:apiUrl", "'http://a.example'"),
        "qovery:apiToken": NO_TOKEN.format("the stack's qovery:apiToken", NO_WORD),
        "qovery:authScheme": "qovery:authScheme must be Bearer or Token; got 'Basic'",
        "qovery:previewStatus": "qovery:previewStatus must be true or false; got 'maybe'",
    }


def test_each_problem_stands_under_its_key() -> None:
    """The keys are those of the stack configuration, also for what the environment gave."""
    environ = {"QOVERY_API_URL": "http://a.example", "Q_CLI_ACCESS_TOKEN": "two words"}

    assert list(problems({}, environ)) == ["qovery:apiUrl", "qovery:apiToken"]
    assert problems({}, environ)["qovery:apiUrl"].startswith("QOVERY_API_URL must be")
    assert problems({}, environ)["qovery:apiToken"].startswith("the token from Q_CLI_ACCESS_TOKEN cannot")


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        pytest.param({}, {}, id="nothing given"),
        pytest.param({"qovery:previewStatus": "false", "qovery:authScheme": "token"}, {}, id="options"),
        pytest.param(CONFIG, {"QOVERY_API_URL": "http://localhost"}, id="token and URL"),
    ],
)
def test_good_settings_have_no_problems(config: dict[str, object], environ: dict[str, str]) -> None:
    """A missing token is not wrong yet: a preview needs none."""
    assert problems(config, environ) == {}


@pytest.mark.parametrize(
    ("config", "shows"),
    [
        pytest.param({}, True, id="default"),
        pytest.param({"qovery:previewStatus": "true"}, True, id="true"),
        pytest.param({"qovery:previewStatus": True}, True, id="bool"),
        pytest.param({"qovery:previewStatus": "maybe"}, True, id="garbage is told elsewhere"),
        pytest.param({"qovery:previewStatus": "false"}, False, id="false"),
        pytest.param({"qovery:previewStatus": " FALSE\n"}, False, id="spaces and upper case"),
        pytest.param({"qovery:previewStatus": False}, False, id="bool false"),
    ],
)
def test_the_status_read_of_a_preview_can_be_switched_off(config: dict[str, object], *, shows: bool) -> None:
    """It is on unless the configuration says false."""
    assert shows_preview_status(config) is shows


def test_the_keys_are_the_documented_ones() -> None:
    """Stacks hold these keys."""
    assert CONFIG_KEYS == ("qovery:apiToken", "qovery:apiUrl", "qovery:authScheme", "qovery:previewStatus")


def test_the_given_configuration_is_taken_by_key() -> None:
    """A false or an empty value counts as given; keys of other providers are ignored."""
    stack = {"qovery:apiToken": "", "qovery:previewStatus": False, "qovery:apiUrl": None, "aws:region": "eu-west-3"}

    assert settings.given(stack.get) == {"qovery:apiToken": "", "qovery:previewStatus": False}


@pytest.mark.parametrize("store", [pickle.dumps, copy.deepcopy, asdict], ids=["pickle", "deep copy", "asdict"])
def test_settings_cannot_be_stored(store: Callable[[Settings], object]) -> None:
    """A provider that kept its settings would put the token into the state; this stops it."""
    with pytest.raises(TypeError, match=r"^a token is never pickled$"):
        store(resolve(CONFIG, {}))


def test_the_same_configuration_makes_equal_settings() -> None:
    """Sessions are kept by their settings."""
    assert resolve(CONFIG, {}) == resolve(CONFIG, {})


def test_settings_show_all_but_the_token() -> None:
    """They can be logged."""
    assert repr(resolve(CONFIG, {})) == "Settings(token=***, auth_scheme='Token', api_url='https://api.qovery.com')"


def test_settings_cannot_be_changed() -> None:
    """One object serves every call of a process."""
    with pytest.raises(FrozenInstanceError):
        resolve(CONFIG, {}).api_url = "https://evil.example"  # type: ignore[misc]
