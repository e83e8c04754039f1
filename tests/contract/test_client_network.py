"""The client among what surrounds it: redirects, cookies, ~/.netrc, proxies, certificates, servers that never end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qovery_provider.errors import IntermediaryError, TransportError
from tests.support.calls import CANCEL, STATUS
from tests.support.certificates import Certificate
from tests.support.recorder import STATUS_BODY, TOKEN, client_of, recorder
from tests.support.wire import LOOPBACK, Connection, Request, ScriptedServer, http


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["same host", "another host", "another host by TLS"])
def test_never_follows_a_redirect(status: int, method: str, place: str) -> None:
    """A redirect is an error wherever it leads, and no request goes to the other place: the token stays."""
    certificate: Certificate | None = "good" if place == "another host by TLS" else None
    with recorder(certificate=certificate) as other:
        location = "/elsewhere" if place == "same host" else f"{other.url}/environment/env/status"
        with (
            recorder(http(status, headers={"Location": location})) as server,
            client_of(server.url) as client,
            pytest.raises(IntermediaryError, match="never followed"),
        ):
            client.send(STATUS) if method == "GET" else client.send(CANCEL)

        assert [request.method for request in server.requests] == [method]
        assert other.server.connections == []


def test_keeps_no_cookies() -> None:
    """A cookie that a proxy in front sets is not sent back."""
    with (
        recorder(http(200, STATUS_BODY, {"Set-Cookie": "session=1; Path=/"})) as server,
        client_of(server.url) as client,
    ):
        client.send(STATUS)
        client.send(STATUS)

    assert [request.headers.get("Cookie") for request in server.requests] == [None, None]


@pytest.mark.parametrize("machine", [f"machine {LOOPBACK}", "default"])
def test_netrc_does_not_replace_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    """An entry of ~/.netrc that fits the host does not become the Authorization header."""
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"{machine} login user password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))

    with recorder() as server, client_of(server.url) as client:
        client.send(STATUS)

    assert [request.headers["Authorization"] for request in server.requests] == [f"Token {TOKEN}"]


def test_trusts_the_authorities_that_the_environment_names(monkeypatch: pytest.MonkeyPatch, bundle: str) -> None:
    """REQUESTS_CA_BUNDLE decides which certificates are trusted."""
    with recorder(certificate="good") as server:
        with client_of(server.url) as client, pytest.raises(TransportError, match="not trusted"):
            client.send(STATUS)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        with client_of(server.url) as client:
            client.send(STATUS)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "does not exist"),
        ("", "cannot be read, or holds no certificates"),
        ("no certificate", "cannot be read, or holds no certificates"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read, or holds no certificates"),
    ],
    ids=["missing", "empty", "garbage", "broken"],
)
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_that_cannot_be_used_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, content: str | None, problem: str
) -> None:
    """Nothing is sent, trying again would not help, and the text names the variables."""
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv(variable, str(bundle))

    with (
        recorder(certificate="good") as server,
        client_of(server.url) as client,
        pytest.raises(
            TransportError, match=f"the file named by REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE {problem}"
        ) as caught,
    ):
        client.send(CANCEL)

    assert (caught.value.may_have_executed, caught.value.retryable) == (False, False)
    assert server.requests == []


def test_a_key_log_that_cannot_be_written_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It fails before any connection is secure, and the text names the variable."""
    with recorder(certificate="good") as server, client_of(server.url) as client:
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "keys"))
        with pytest.raises(TransportError, match="the file named by SSLKEYLOGFILE cannot be written") as caught:
            client.send(CANCEL)

    assert (caught.value.may_have_executed, caught.value.retryable) == (False, False)
    assert server.requests == []


def test_the_token_never_goes_out_before_the_certificate_is_trusted(
    monkeypatch: pytest.MonkeyPatch, bundle: str
) -> None:
    """A server with the certificate of another host sees no request."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with (
        recorder(certificate="wrong host") as server,
        client_of(server.url) as client,
        pytest.raises(TransportError, match="not trusted"),
    ):
        client.send(CANCEL)

    assert server.requests == []


PROGRAM = """
import sys
from qovery_provider import errors
from qovery_provider._driver.session import Sessions
from qovery_provider._qovery.settings import resolve
settings = resolve({"qovery:apiUrl": sys.argv[1]}, {"QOVERY_API_TOKEN": "qov_secret"})
try:
    Sessions().of(settings).environment_status("env", limit=0.1)
except errors.TransportError as error:
    print(error)
"""


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_server_that_never_ends_does_not_hold_the_process(part: str) -> None:
    """A call that was given up ends with its process, though the server goes on sending a byte now and then."""
    text = b"HTTP/1.1 200 OK\r\nX-Slow: aaaa" if part == "headers" else b"HTTP/1.1 200 OK\r\n\r\n "

    def drip(connection: Connection, _: Request) -> bool:
        connection.drip(text)
        return False

    with ScriptedServer(drip) as server:
        program = [sys.executable, "-c", PROGRAM, f"http://{LOOPBACK}:{server.port}"]
        ended = subprocess.run(program, capture_output=True, text=True, timeout=8, check=True)

    assert "no complete response within" in ended.stdout
