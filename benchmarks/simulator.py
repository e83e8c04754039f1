"""The simulator in a process of its own: its CPU and memory are in no cost, and afterwards it reports its record."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from statistics import median

from qovery_provider.simulator import Deployment, Environment, LoggedRequest, Plan, QoverySimulator

LATENCY, CANCEL_SECONDS = 0.05, 2.0
"""Seconds before each answer, and from a cancel until the deployment is CANCELED."""


@dataclass(frozen=True)
class Seen:
    """The simulator's record so far.

    Attributes:
        requests: How many requests came.
        connections: Over how many connections.
        canceled: How many environments' deployments were canceled, each by one request.
        detection_delay: Seconds from CANCELED until an answer said so, the median of the environments.
    """

    requests: int
    connections: int
    canceled: int
    detection_delay: float | None


@dataclass(frozen=True)
class Qovery:
    """A running simulator, seen from another process."""

    pipe: Connection
    url: str
    token: str
    environment_ids: Sequence[str]

    def seen(self) -> Seen:
        """Return its record so far."""
        self.pipe.send("seen")
        seen: Seen = self.pipe.recv()
        return seen


@contextmanager
def simulator(environments: int, cancel_seconds: float = CANCEL_SECONDS) -> Iterator[Qovery]:
    """Run a simulator of one project, with a deployment in progress in each environment and nothing queued."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, environments, cancel_seconds), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Qovery(ours, *ours.recv())
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, environments: int, cancel_seconds: float) -> None:
    """Answer until the other end is closed."""
    plan = Plan(phases=(("BUILDING", 3600.0),), cancel_delay=cancel_seconds)
    with QoverySimulator(latency=LATENCY) as qovery:
        for _ in range(environments):
            qovery.world.add_environment().deploy(plan)
        pipe.send((qovery.url, qovery.token, list(qovery.world.environments)))
        while True:
            try:
                pipe.recv()
            except EOFError:
                return
            pipe.send(_seen(qovery))


def _seen(qovery: QoverySimulator) -> Seen:
    environments, requests = list(qovery.world.environments.values()), qovery.requests
    found = [_detection_delay(environment, requests) for environment in environments]
    delays = [delay for delay in found if delay is not None]
    canceled = sum(_is_canceled_once(environment.deployments[0]) for environment in environments)
    return Seen(len(requests), qovery.connections, canceled, median(delays) if delays else None)


def _is_canceled_once(deployment: Deployment) -> bool:
    return deployment.state == "CANCELED" and len(deployment.cancels) == 1


def _detection_delay(environment: Environment, requests: Sequence[LoggedRequest]) -> float | None:
    """Return the seconds from the end to the first answer that shows it; an answer is made after the latency."""
    ended_at = environment.deployments[0].ended_at
    if ended_at is None:
        return None
    paths = f"/environment/{environment.id}/status", f"/project/{environment.project_id}/environment/status"
    delays = [request.at + LATENCY - ended_at for request in requests if request.path in paths]
    return min((delay for delay in delays if delay >= 0), default=None)
