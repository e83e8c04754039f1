"""The engine as a plugin sees it: found by the plugin's arguments, and missed when it has gone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from threading import Event

import grpc
import pytest

from qovery_provider._hosts.engine import Engine
from tests.support.wire import DeadPorts

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/qovery:DeploymentCancellation::stop"


@pytest.fixture
def server() -> Iterator[tuple[grpc.Server, str]]:
    """A gRPC server on loopback, and its address."""
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield server, f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.mark.parametrize(
    "arguments",
    [["/sdk/pulumi/dynamic/__main__.py"], ["/lib/pytest/__main__.py", "127.0.0.1:1"], []],
    ids=["no address", "another program", "nothing"],
)
def test_without_an_engine_nothing_is_shown_and_nothing_goes(arguments: list[str]) -> None:
    """In a program, in a test or in a REPL there is no engine to tell."""
    engine = Engine.of_plugin(arguments)

    engine.row(URN).status("BUILDING")
    engine.row(URN).info("canceled")

    assert not engine.gone.done()


def test_a_plugin_knows_its_engine(server: tuple[grpc.Server, str]) -> None:
    """The address is the plugin's one argument."""
    engine = Engine.of_plugin(["/sdk/pulumi/dynamic/__main__.py", server[1]])

    assert engine.address == server[1]


def test_an_engine_that_has_gone_is_noticed(server: tuple[grpc.Server, str]) -> None:
    """While it can be reached it is there; when its port is closed, the signal is set, and the process ends."""
    left = Event()
    engine = Engine(server[1], leave=left.set)
    assert not wait_for([engine.gone], timeout=0.05).done

    server[0].stop(None).wait()

    assert wait_for([engine.gone], timeout=10).done
    assert not left.is_set()
    assert left.wait(10)


def test_no_proxy_stands_between_a_plugin_and_its_engine(
    server: tuple[grpc.Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would be asked by gRPC for a way to this machine's own ports; the engine would seem to have gone."""
    monkeypatch.delenv("no_proxy", raising=False)
    dead = DeadPorts()
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{dead.refusing}")

    engine = Engine(server[1], leave=lambda: None)

    assert not wait_for([engine.gone], timeout=0.05).done
    dead.close()


def test_an_engine_that_is_back_at_once_has_not_gone(server: tuple[grpc.Server, str]) -> None:
    """A lost connection alone says nothing: the engine may have closed an idle one."""
    engine = Engine(server[1], leave=lambda: None)
    engine.gone  # noqa: B018 - it begins to watch

    engine._on_connectivity(grpc.ChannelConnectivity.IDLE, engine.gone)  # noqa: SLF001 - as gRPC calls it

    assert not wait_for([engine.gone], timeout=0.05).done
