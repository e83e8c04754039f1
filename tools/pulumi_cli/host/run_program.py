# ruff: noqa: E402 - the imports take time, and an interrupt may come meanwhile
"""Runs one Pulumi program for the language host, which writes the request to the standard input.

The program finds the same as under the official host: fresh modules and the main thread.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

import asyncio
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import RunRequest

FAILED = 1
MESSAGE_SHOWN = 32
"""The exit code of a program whose error has been shown already."""
INTERRUPTED = 130


def main() -> None:
    request = RunRequest.FromString(sys.stdin.buffer.read())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sys.exit(run(request))
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)  # at once: threads may be waiting for answers that the engine no longer gives


def run(request: RunRequest) -> int:
    """Runs the program and returns its exit code."""
    program = Path(request.info.program_directory, request.info.entry_point)
    if program.is_dir():
        program /= "__main__.py"
    _configure(request, program)
    if not program.is_file():
        pulumi.log.error(f"unable to find main python program `{program.name}` in `{program.parent}`")
        return MESSAGE_SHOWN

    # When a resource fails, the futures that depend on it are never awaited. asyncio would log that for each of them,
    # hundreds of lines above the error itself; the official host silences it as well.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max(request.parallel, 1) * 4))
    work = loop.create_task(run_in_stack(lambda: _run_main(program)))
    loop.run_until_complete(asyncio.wait([work]))
    loop.run_until_complete(loop.shutdown_default_executor())
    return _report(work.exception(), program)


def _configure(request: RunRequest, program: Path) -> None:
    reset_options(
        project=request.project,
        stack=request.stack,
        root_directory=request.info.root_directory,
        parallel=request.parallel,
        engine_address=sys.argv[-1],
        monitor_address=request.monitor_address,
        preview=request.dryRun,
        organization=request.organization,
    )
    set_all_config(dict(request.config), list(request.configSecretKeys))
    os.chdir(request.pwd)
    sys.argv = [request.info.entry_point, *request.args]
    sys.path[0] = str(program.parent)


def _run_main(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def _report(error: BaseException | None, program: Path) -> int:
    """Shows an error with a traceback that begins in the program, and returns the exit code."""
    if error is None:
        return 0
    if isinstance(error, pulumi.RunError):
        pulumi.log.error(str(error))
        return FAILED
    frame = error.__traceback__
    while frame and frame.tb_frame.f_code.co_filename != str(program):
        frame = frame.tb_next
    lines = traceback.format_exception(type(error), error, frame or error.__traceback__)
    pulumi.log.error("Program failed with an unhandled exception:\n" + "".join(lines))
    return MESSAGE_SHOWN


if __name__ == "__main__":
    main()
