"""The plugin's process: it tells its port, answers, and ends when it is told to or when its engine has gone."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from qovery_provider import __version__
from qovery_provider._hosts.engine import Engine
from qovery_provider._hosts.plugin import server
from tests.support.time import wait_until


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """The signal handlers are restored in the end."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_it_answers_until_it_is_interrupted(capsys: pytest.CaptureFixture[str], number: signal.Signals) -> None:
    """The first line is the port; without an engine's address it answers as well."""
    codes, printed, versions = list[int](), list[str](), list[str]()

    def has_printed() -> bool:
        printed.append(capsys.readouterr().out)
        return printed[-1].endswith("\n")

    def ask_and_interrupt() -> None:
        wait_until(has_printed, seconds=5)
        with grpc.insecure_channel(f"127.0.0.1:{''.join(printed).strip()}") as channel:
            versions.append(ResourceProviderStub(channel).GetPluginInfo(Empty()).version)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=ask_and_interrupt)
    thread.start()
    server.main(["plugin"], codes.append)
    thread.join()

    assert (versions, codes) == ([__version__], [0])


def test_the_last_argument_is_the_address_of_the_engine(capsys: pytest.CaptureFixture[str]) -> None:
    """Options of logging come before it."""
    addresses = list[str]()

    def connect(address: str) -> Engine:
        addresses.append(address)
        os.kill(os.getpid(), signal.SIGINT)
        return Engine()

    server.main(["plugin", "-v=9", "127.0.0.1:1"], lambda _: None, connect)

    assert addresses == ["127.0.0.1:1"]
    assert capsys.readouterr().out.strip().isdigit()
