"""What importing the package does, and what it does not need."""

import subprocess
import sys

import pytest
import requests

from qovery_provider import simulator
from qovery_provider.simulator import QoverySimulator


def test_the_fixture_gives_a_running_simulator(qovery_simulator: QoverySimulator) -> None:
    """A test that asks for `qovery_simulator` can use it at once."""
    environment = qovery_simulator.world.add_environment()
    headers = {"Authorization": f"Token {qovery_simulator.token}"}

    response = requests.get(f"{qovery_simulator.url}/environment/{environment.id}/status", headers=headers, timeout=5)

    assert response.json()["state"] == "READY"


def test_the_plugin_imports_no_server() -> None:
    """Pytest loads the plugin in every run, so it leaves the HTTP server alone."""
    script = "import sys, qovery_provider.simulator.pytest_plugin; sys.exit('aiohttp' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("name", simulator.__all__)
def test_everything_promised_is_there(name: str) -> None:
    """Each name in `__all__` can be had from the package."""
    assert getattr(simulator, name).__name__ if name not in {"Fault", "ErrorStyle"} else getattr(simulator, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The lazy package fails like any other."""
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = simulator.Nothing


def forget(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Make a module impossible to import, and the server not imported yet."""
    monkeypatch.delitem(sys.modules, "qovery_provider.simulator._http.server")
    monkeypatch.setitem(sys.modules, module, None)


def test_a_missing_server_library_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without aiohttp one sentence says what to install."""
    forget(monkeypatch, "aiohttp")

    with pytest.raises(ImportError, match=r"^The simulator's server needs aiohttp: pip install .*\[simulator\]'$"):
        _ = simulator.QoverySimulator


def test_any_other_missing_module_is_no_excuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence about aiohttp never hides another cause."""
    forget(monkeypatch, "qovery_provider.simulator._http.exchange")

    with pytest.raises(ModuleNotFoundError, match=r"_http\.exchange"):
        _ = simulator.QoverySimulator
