# ruff: noqa: ARG002, N802 - the methods are called as the engine's protocol calls them
"""The language host: the service by which Pulumi's engine installs and runs Python programs.

It replaces the official one where only the engine could be built. It runs with the Python of the project it serves and
needs only the SDK of that project. It must know neither this checkout nor Qovery: copied into a cache, it serves every
project.

The engine starts it twice in each `pulumi up`, and lets only the second one run the program. So it loads the protocol
alone; `run_program.py` beside it, a process of its own, loads the SDK.
"""

import importlib.util
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType

import grpc
from google.protobuf.empty_pb2 import Empty

ENGINE = sys.argv[-1]
MESSAGE_SHOWN = 32
"""The exit code by which `run_program.py` says that the error of a program has been shown already."""


def load_without_initializing(*packages: str) -> None:
    """Lets modules of the packages be imported without what each `__init__` imports, which would double the time."""
    for name in packages:
        spec = importlib.util.find_spec(name)
        package = ModuleType(name)
        package.__path__ = list(spec.submodule_search_locations or []) if spec else []
        sys.modules[name] = package


load_without_initializing("pulumi", "pulumi.runtime", "pulumi.runtime.proto")

from pulumi.runtime.proto import language_pb2 as proto  # noqa: E402
from pulumi.runtime.proto import plugin_pb2  # noqa: E402
from pulumi.runtime.proto.language_pb2_grpc import (  # noqa: E402
    LanguageRuntimeServicer,
    add_LanguageRuntimeServicer_to_server,
)


class LanguageHost(LanguageRuntimeServicer):
    """The service of the engine's protocol; the engine does without the methods that are missing here."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[bytes] | None = None

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo()

    def About(self, request: proto.AboutRequest, context: grpc.ServicerContext) -> proto.AboutResponse:
        return proto.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def GetRequiredPackages(
        self, request: proto.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> proto.GetRequiredPackagesResponse:
        """None: the engine fetches a provider when a resource needs it. A missing virtual environment is found here."""
        venv = _virtualenv(request.info)
        if venv and Path(sys.prefix).resolve() != venv.resolve():
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"Pulumi.yaml names the virtual environment {venv}, which does not exist: run `pulumi install`",
            )
        return proto.GetRequiredPackagesResponse()

    def Run(self, request: proto.RunRequest, context: grpc.ServicerContext) -> proto.RunResponse:
        self._program = start_program()
        self._program.communicate(request.SerializeToString())
        code = self._program.returncode
        if code in {0, MESSAGE_SHOWN}:
            return proto.RunResponse(bail=code == MESSAGE_SHOWN)
        return proto.RunResponse(error=f"program exited with non-zero exit code: {code}")

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        if self._program:
            self._program.send_signal(signal.SIGINT)
        return Empty()

    def InstallDependencies(
        self, request: proto.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[proto.InstallDependenciesResponse]:
        for command in _installation(request.info):
            yield proto.InstallDependenciesResponse(stdout=f"$ {' '.join(command)}\n".encode())
            where = request.info.program_directory
            with subprocess.Popen(command, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
                yield from (proto.InstallDependenciesResponse(stdout=line) for line in process.stdout or ())
            if process.returncode:
                context.abort(grpc.StatusCode.UNKNOWN, f"`{' '.join(command)}` failed with code {process.returncode}")

    def RunPlugin(
        self, request: proto.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[proto.RunPluginResponse]:
        """Runs a plugin whose folder is a Python program, until it ends or the engine cancels the call."""
        command = [_python(request.info), "-u", request.info.program_directory, *request.args]
        variables = dict(entry.split("=", 1) for entry in request.env)
        lines: SimpleQueue[proto.RunPluginResponse | None] = SimpleQueue()
        with subprocess.Popen(
            command,
            cwd=request.pwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            context.add_callback(lambda: process.send_signal(signal.SIGINT))
            for name, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
                threading.Thread(target=_read, args=[name, stream, lines], daemon=True).start()
            for _ in range(2):
                yield from iter(lines.get, None)
        yield proto.RunPluginResponse(exitcode=process.returncode)


def _read(name: str, stream: Iterable[bytes], lines: SimpleQueue[proto.RunPluginResponse | None]) -> None:
    for line in stream:
        lines.put(proto.RunPluginResponse(**{name: line}))  # type: ignore[arg-type]  # stdout or stderr
    lines.put(None)


def _virtualenv(info: proto.ProgramInfo) -> Path | None:
    named = dict(info.options).get("virtualenv")
    return Path(info.root_directory, str(named)) if named else None


def _python(info: proto.ProgramInfo) -> str:
    venv = _virtualenv(info)
    return str(venv / "bin/python") if venv else sys.executable


def _installation(info: proto.ProgramInfo) -> Iterator[list[str]]:
    """The commands that the official host runs."""
    venv, python = _virtualenv(info), _python(info)
    if venv and not Path(python).exists():
        yield [sys.executable, "-m", "venv", str(venv)]
    yield [python, "-m", "pip", "install", "--upgrade", "pip", "setuptools", "wheel"]
    if Path(info.program_directory, "requirements.txt").exists():
        yield [python, "-m", "pip", "install", "-r", "requirements.txt"]


def start_program() -> subprocess.Popen[bytes]:
    """Starts the process of a program, with interrupts blocked until it has set how it ends on one."""
    command = [sys.executable, "-u", str(Path(__file__).with_name("run_program.py")), ENGINE]
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server = grpc.server(ThreadPoolExecutor())
    add_LanguageRuntimeServicer_to_server(LanguageHost(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
