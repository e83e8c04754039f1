"""`python -m qovery_provider.simulator`: a simulator as a process of its own, for demonstrations and whole-stack tests.

It prints one line of JSON that says where it is and what runs in it, and serves until it is told to stop; everything
else goes over HTTP. It knows the package's public names only.
"""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TextIO
from uuid import UUID

from qovery_provider.simulator import Environment, Plan, QoverySimulator


def main(arguments: Sequence[str] | None = None, *, output: TextIO | None = None, stdin: int = 0) -> int:
    """Serve until SIGINT or SIGTERM, or until the end of standard input with `--exit-with-stdin`.

    The latter is for a parent that may be killed: its end of the pipe closes with it, and no simulator outlives it.

    Args:
        arguments: The command line without its first word; by default the process's own.
        output: Where the line goes; by default standard output.
        stdin: The file descriptor of standard input.
    """
    options = _parser().parse_args(arguments)
    # Handlers come first: a caller may send its signal as soon as it has read the line.
    stopping = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: stopping.set())
    simulator = QoverySimulator(
        token=options.token, latency=options.latency, rate_limit=options.rate_limit, port=options.port
    )
    # The world is made before the line is printed, so that it names everything that exists.
    project_id = _populate(simulator, options)
    try:
        simulator.start()
    except OSError as error:
        sys.exit(f"The simulator cannot listen on port {options.port} of 127.0.0.1: {os.strerror(error.errno or 0)}.")
    try:
        print(json.dumps(_introduction(simulator, project_id)), file=output, flush=True)
        if options.exit_with_stdin:
            threading.Thread(target=_stop_at_end_of, args=(stdin, stopping), daemon=True).start()
        stopping.wait()
    finally:
        simulator.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m qovery_provider.simulator",
        description="A Qovery API on loopback, with deployments to cancel. Prints one line of JSON: url, token, "
        "project_id, environment_ids and the running deployment of each. Then serves until it is interrupted.",
        epilog="GET /_simulator/requests and GET /_simulator/world show what happened.",
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default: %(default)s)")
    add("--token", default="qov_simulator", help="token to accept, an API token or a JWT (default: %(default)s)")
    add("--project", metavar="UUID", type=UUID, help="id of the project; made up when not given")
    add("--environment", metavar="UUID", type=UUID, action="append", default=[], help=_ENVIRONMENT_HELP)
    add("--environments", metavar="N", type=int, default=1, help=_ENVIRONMENTS_HELP)
    add("--running", metavar="SECONDS", type=float, default=600.0, help=_RUNNING_HELP)
    add("--queued", metavar="N", type=int, default=0, help=_QUEUED_HELP)
    add("--cancel-delay", metavar="SECONDS", type=float, default=2.0, help=_CANCEL_DELAY_HELP)
    add("--latency", metavar="SECONDS", type=float, default=0.0, help="time before each answer (default: %(default)s)")
    add("--rate-limit", metavar="N", type=int, default=1000, help="requests per hour (default: %(default)s)")
    add("--exit-with-stdin", action="store_true", help="also stop at the end of standard input")
    return parser


_ENVIRONMENT_HELP = "id of an environment; give it again for each further one"
_ENVIRONMENTS_HELP = "number of environments; ids that are not given are made up (default: %(default)s)"
_RUNNING_HELP = "how long the deployment in each environment runs; 0: nothing runs (default: %(default)s)"
_QUEUED_HELP = "deployments queued behind the running one of each environment (default: %(default)s)"
_CANCEL_DELAY_HELP = "time from a cancel until it takes effect (default: %(default)s)"


def _populate(simulator: QoverySimulator, options: argparse.Namespace) -> str:
    project_id = simulator.world.add_project(id=str(options.project) if options.project else None)
    given = [str(id_) for id_ in dict.fromkeys(options.environment)]
    for environment_id in [*given, *[None] * (options.environments - len(given))]:
        environment = simulator.world.add_environment(id=environment_id, project_id=project_id)
        _deploy(environment, options)
    return project_id


def _deploy(environment: Environment, options: argparse.Namespace) -> None:
    if options.running > 0:
        environment.deploy(_plan(options))
        for _ in range(options.queued):
            environment.enqueue(_plan(options))


def _plan(options: argparse.Namespace) -> Plan:
    return replace(Plan.of("DEPLOY", seconds=options.running), cancel_delay=options.cancel_delay)


# Callers wait for this line and read it by name; fields may be added, never renamed.
def _introduction(simulator: QoverySimulator, project_id: str) -> dict[str, object]:
    environments = simulator.world.environments
    running = {id_: environment.running for id_, environment in environments.items()}
    return {
        "url": simulator.url,
        "token": simulator.token,
        "project_id": project_id,
        "environment_ids": list(environments),
        "running": {id_: deployment.id for id_, deployment in running.items() if deployment is not None},
    }


def _stop_at_end_of(stdin: int, stopping: threading.Event) -> None:
    # Not through sys.stdin's buffer: a thread that waits inside it would crash the interpreter on its way out.
    while os.read(stdin, 4096):
        pass
    stopping.set()


if __name__ == "__main__":
    sys.exit(main())
