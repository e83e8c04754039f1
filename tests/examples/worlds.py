"""What runs in Qovery when the session of an example begins, and where its state is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Event, Thread

from qovery_provider.simulator import Environment, Plan, QoverySimulator
from tests.support.postgres import postgres

PROJECT = "5b1f6a2e-7c0d-4e83-9a64-2f8d1c3b7e90"
OTHER_PROJECT = "e27c9d10-3f58-4b6a-8d21-0a9b7c6e5f43"
STAGING = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
PREVIEW = "8e1d7a54-2b6f-4c39-b0a8-6f5e4d3c2b1a"
PRODUCTION = "c4f20b97-61de-4a0b-8f3e-9d7c5a1b2e34"

LONG = Plan(phases=(("BUILDING", 600.0),), cancel_delay=0.5)
STUBBORN = Plan(phases=(("DEPLOYING", 600.0),), cancel_delay=None, force_cancel_delay=0.5)

Prepare = Callable[["Surroundings"], None]


class Surroundings:
    """A simulator whose clock can be set, so that what has been running for long need not be waited for."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self.is_over = Event()
        self.qovery = QoverySimulator(clock=lambda: time.time() + self._ahead)

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass, for the simulator only: the program itself is still at minute zero."""
        self._ahead += minutes * 60

    def after_reads(self, number: int, happens: Callable[[], object]) -> None:
        """Let something happen once the status has been read that often."""

        def watch() -> None:
            while sum(request.path.endswith("/status") for request in self.qovery.requests) < number:
                if self.is_over.wait(0.01):
                    return
            happens()

        Thread(target=watch, daemon=True).start()

    def environment(self, environment_id: str, *plans: Plan, project_id: str = PROJECT) -> Environment:
        """Make an environment that runs the first plan, with the others in its queue."""
        environment = self.qovery.world.add_environment(id=environment_id, project_id=project_id)
        for plan in plans:
            environment.enqueue(plan)
        return environment


def _one_and(queued: int) -> Prepare:
    def prepare(around: Surroundings) -> None:
        """Something runs, and as many wait."""
        around.environment(STAGING, *[LONG] * (queued + 1))

    return prepare


def _stubborn(around: Surroundings) -> None:
    """The running deployment ignores a cancel without force."""
    around.environment(STAGING, STUBBORN, LONG)


def _overdue(around: Surroundings) -> None:
    """The running deployment began 50 minutes ago."""
    around.pass_minutes(-50)
    around.environment(STAGING, Plan(phases=(("DEPLOYING", 7200.0),), cancel_delay=0.5))
    around.pass_minutes(50)


def _just_requested(around: Surroundings) -> None:
    """Nothing runs yet: what was requested starts after the preview, and after the first status read of the update."""
    environment = around.environment(STAGING, Plan(phases=(("DEPLOYING", 0.0),)))
    around.after_reads(2, lambda: environment.enqueue(LONG))


def _project(around: Surroundings) -> None:
    """One environment deploys with a request in its queue, one is done, one is stopping."""
    around.environment(STAGING, LONG, LONG)
    around.environment(PREVIEW, Plan(phases=(("DEPLOYING", 0.0),)))
    around.environment(PRODUCTION, Plan(trigger_action="STOP", phases=(("STOPPING", 600.0),), cancel_delay=0.5))


def _product(around: Surroundings) -> None:
    """One of two environments deploys, with a request in its queue."""
    around.environment(STAGING, LONG, LONG)
    around.environment(PREVIEW, Plan(phases=(("DEPLOYING", 0.0),)))


def _two_projects(around: Surroundings) -> None:
    """In one of them one of two runs, with another one waiting; in the other one runs."""
    _product(around)
    around.environment(PRODUCTION, LONG, project_id=OTHER_PROJECT)


WORLDS: dict[str, Prepare] = {
    "01-minimal": _one_and(1),
    "02-rerun-per-commit": _one_and(2),
    "03-force": _stubborn,
    "04-pinned": _one_and(1),
    "05-before-next-step": _one_and(1),
    "06-watchdog": _overdue,
    "07-freeze-project": _project,
    "08-automation-api": _one_and(1),
    "09-component": _product,
    "10-team": _two_projects,
    "11-just-requested": _just_requested,
    "yaml": _one_and(1),
}

SHARED = {"10-team"}
"""Those whose state is in a database."""


@contextmanager
def simulated(prepare: Prepare) -> Iterator[QoverySimulator]:
    """Serve such a world."""
    around = Surroundings()
    prepare(around)
    try:
        with around.qovery as qovery:
            yield qovery
    finally:
        around.is_over.set()


def backend(name: str) -> AbstractContextManager[str | None]:
    """Serve the place where an example keeps its state: its address, or None for the usual file."""
    return postgres() if name in SHARED else nullcontext()
