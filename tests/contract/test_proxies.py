"""Proxies as the environment names them: which is used, and what is said of one that cannot be."""

from __future__ import annotations

import pytest

from qovery_provider.errors import TransportError
from tests.support.calls import CANCEL, STATUS
from tests.support.certificates import HOST
from tests.support.proxy import Proxy
from tests.support.recorder import STATUS_BODY, TOKEN, client_of, recorder
from tests.support.wire import LOOPBACK

LABEL = "a" * 70


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("host", [LOOPBACK, HOST])
def test_no_proxy_is_used_for_plain_http(monkeypatch: pytest.MonkeyPatch, variable: str, host: str) -> None:
    """Plain http is for this machine alone: a proxy would get the token in clear text."""
    with Proxy(STATUS_BODY) as proxy, recorder() as server, client_of(server.url.replace(LOOPBACK, host)) as client:
        monkeypatch.setenv(variable, proxy.url)
        assert client.send(STATUS).state == "DEPLOYED"

        assert proxy.requests == []
        assert [request.headers["Authorization"] for request in server.requests] == [f"Token {TOKEN}"]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_tunnels_https_through_the_proxy(monkeypatch: pytest.MonkeyPatch, bundle: str, variable: str) -> None:
    """The proxy sees a tunnel and no token; the server sees the request."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with Proxy() as proxy, recorder(certificate="good") as server, client_of(server.url) as client:
        monkeypatch.setenv(variable, proxy.url)
        assert client.send(STATUS).state == "DEPLOYED"

        (tunnel,) = proxy.requests
        assert ("CONNECT", f"{HOST}:{server.server.port}") == (tunnel.method, tunnel.target)
        assert TOKEN not in str(tunnel)
        assert [request.headers["Authorization"] for request in server.requests] == [f"Token {TOKEN}"]


@pytest.mark.parametrize("value", [HOST, "*", f".{HOST}", f"127.0.0.0/8,{HOST}"])
def test_no_proxy_goes_past_the_proxy(monkeypatch: pytest.MonkeyPatch, bundle: str, value: str) -> None:
    """NO_PROXY is honoured."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    monkeypatch.setenv("NO_PROXY", value)
    with Proxy() as proxy, recorder(certificate="good") as server, client_of(server.url) as client:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        client.send(STATUS)

        assert proxy.requests == []
        assert len(server.requests) == 1


MALFORMED = {
    "a long label": f"http://{LABEL}:3128",
    "a long label without a scheme": f"{LABEL}:3128",
    "an empty label": "http://proxy..internal:3128",
    "no host": "http://",
    "no host but a port": "http://:3128",
    "a port that is no number": "http://proxy:port",
    "a port that is too high": "http://proxy:99999",
    "an address that is cut off": "http://[::1:3128",
    "another scheme": "ftp://proxy:3128",
    "a scheme alone": "https:",
    "quotes around it": "'http://proxy:3128'",
    "a variable that was never filled in": "${PROXY}",
    "a password beyond Latin-1": "http://user:p%E2%82%ACss@proxy:3128",
    "a host beyond ASCII": "http://pr\u00f6xy\u2024.internal\uff0e:3128",
}


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_proxy_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """Nothing was sent, another attempt is not worth it, and no value is shown: it may hold a password."""
    monkeypatch.setenv(variable, value)
    with client_of(f"https://{HOST}:1") as client, pytest.raises(TransportError, match=variable) as caught:
        client.send(CANCEL)

    assert (caught.value.may_have_executed, caught.value.retryable) == (False, False)
    assert [part for part in (LABEL, "proxy:", "user", "ss@") if part in str(caught.value)] == []


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "SOCKS5"])
def test_socks_without_pysocks_is_told(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """The text names the variable and the missing package."""
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:secret@proxy:1080")
    with client_of(f"https://{HOST}:1") as client, pytest.raises(TransportError, match=r"ALL_PROXY.*PySocks") as caught:
        client.send(CANCEL)

    assert (caught.value.may_have_executed, caught.value.retryable) == (False, False)
    assert "secret" not in str(caught.value)


def test_a_name_that_cannot_be_resolved_is_told() -> None:
    """The text names the host."""
    with (
        client_of("https://qovery.invalid:1") as client,
        pytest.raises(TransportError, match=r"qovery\.invalid") as caught,
    ):
        client.send(CANCEL)

    assert (caught.value.may_have_executed, caught.value.retryable) == (False, True)


def test_a_proxy_s_name_that_cannot_be_resolved_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the proxy's name then, and the variable is named too."""
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.invalid:3128")
    with client_of("https://qovery.invalid:1") as client, pytest.raises(TransportError) as caught:
        client.send(CANCEL)

    assert (caught.value.may_have_executed, caught.value.retryable) == (False, True)
    assert [part in str(caught.value) for part in ("proxy.invalid", "HTTPS_PROXY", "secret")] == [True, True, False]


def test_a_proxy_that_is_not_there_is_a_network_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancel behind a proxy that refuses connections was certainly not executed."""
    with Proxy() as proxy:
        pass
    with recorder(certificate="good") as server, client_of(server.url) as client:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(TransportError, match="proxy") as caught:
            client.send(CANCEL)

    assert (caught.value.may_have_executed, caught.value.retryable) == (False, True)
