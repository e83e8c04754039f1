"""An update that is broken off at a random moment, and the next one, judged by what really happened in the world."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

from qovery_provider.simulator import Deployment, Environment, Plan, QoverySimulator
from tests.support.processes import kill_all, plugin_of
from tests.support.stack import Stack
from tests.support.time import JumpingClock, wait_until

Form = Literal["plain", "pinned"]
World = Literal["stays", "moves on"]

PROGRAM = """
import os
from qovery_provider import DeploymentCancellation, RunningDeployment

name, environment_id = os.environ["NAME"], os.environ["ENVIRONMENT_ID"]
pin = None
if os.environ["FORM"] == "pinned":
    pin = RunningDeployment(f"{name}-target", environment_id=environment_id).deployment_id
DeploymentCancellation(name, environment_id=environment_id, deployment_id=pin, on_completed="succeed")
"""

SHORT = Plan(phases=(("BUILDING", 100.0),), cancel_delay=0.8)
LONG = Plan(phases=(("BUILDING", 100_000.0),), cancel_delay=0.8)

WINDOW = 2.0
"""Seconds from the first request of an update until it has stored its result, about."""

SECONDS_TO_START = 1.0
"""Seconds until an update makes its first request, about."""

QUIET = 0.3
"""Seconds without a request after which an update has ended or waits for the end of its target."""

FIRST_HOST = "localhost"
"""The simulator's host name in the first update, so that its requests can be told from those of the second."""

UP = ("up", "--yes", "--skip-preview")


def _kill_pulumi(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)


def _kill_plugin(process: subprocess.Popen[str]) -> None:
    plugin = plugin_of(process.pid)
    with suppress(ProcessLookupError):
        os.kill(plugin or process.pid, signal.SIGKILL)


def _kill_everything(process: subprocess.Popen[str]) -> None:
    kill_all(process.pid)


def _interrupt(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGINT)


def _interrupt_twice(process: subprocess.Popen[str]) -> None:
    _interrupt(process)
    time.sleep(0.2)
    _interrupt(process)


KINDS: dict[str, Callable[[subprocess.Popen[str]], None]] = {
    "kill of pulumi": _kill_pulumi,
    "kill of pulumi, the plugin lives on": _kill_pulumi,
    "kill of the plugin": _kill_plugin,
    "kill of everything": _kill_everything,
    "interrupt": _interrupt,
    "two interrupts": _interrupt_twice,
}
"""How an update is broken off."""


@dataclass
class Figures:
    """The results of many crashes."""

    crashes: int = 0
    before_the_cancel: int = 0
    while_waiting: int = 0
    after_the_end: int = 0
    most_effective_cancels: int = 0
    others_touched: int = 0
    others_touched_as_declared: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)


@dataclass
class Crash:
    """One crash and the update after it.

    Attributes:
        kind: How the update is broken off.
        form: Whether the target is pinned in the state.
        world: Whether the deployments go on between the crash and the next update.
    """

    kind: str
    form: Form
    world: World
    number: int

    def play(self, stack: Stack, qovery: QoverySimulator, clock: JumpingClock, random: Random) -> Truth:
        """Break an update off at a random moment, let the world stay or move on, and run the update again."""
        environment = qovery.world.add_environment()
        environment.deploy(SHORT)
        environment.enqueue(SHORT)
        environment.enqueue(LONG)
        settings = {"NAME": f"stop-{self.number}", "ENVIRONMENT_ID": environment.id, "FORM": self.form}
        if self.kind.endswith("lives on"):
            settings["PATH"] = os.pathsep.join(
                [str(_plugin_that_outlives_the_engine(stack.folder)), stack.environment["PATH"]]
            )
        broken = self._break_off(stack, qovery, random, settings)
        try:
            # Requests in flight arrive first: a cancel that takes minutes to arrive is not the case here.
            wait_until(lambda: _is_quiet(qovery, clock))
            if self.world == "stays":
                clock.stand_still()
            else:
                clock.jump(300)
            before = stack.latest()
            target = environment.deployments[0]
            was_over, had_sent = target.end_state is not None, bool(target.cancels)
            if stack.is_locked():
                stack.unlock()
            self._run_again(stack, qovery, clock, settings)
        finally:
            clock.go_on()
            kill_all(broken)
        return Truth(self, environment, before, stack.latest(), was_over=was_over, had_sent=had_sent)

    def _break_off(self, stack: Stack, qovery: QoverySimulator, random: Random, settings: dict[str, str]) -> int:
        """Start an update, break it off, and return its session id; some of its processes may live on."""
        known = len(qovery.requests)
        is_early = random.random() < 0.1
        pause = random.random() * (SECONDS_TO_START if is_early else WINDOW)
        process = stack.start(*UP, **settings, QOVERY_API_URL=qovery.url.replace("127.0.0.1", FIRST_HOST))
        if not is_early:
            wait_until(lambda: len(qovery.requests) > known or process.poll() is not None)
        time.sleep(pause)
        KINDS[self.kind](process)
        if self.kind.endswith("lives on"):
            process.wait(30)  # its output would stay open as long as the plugin lives
            if process.stdout:
                process.stdout.close()
        else:
            process.communicate(timeout=60)
        return process.pid

    def _run_again(self, stack: Stack, qovery: QoverySimulator, clock: JumpingClock, settings: dict[str, str]) -> None:
        """Run the update to its end; it has to succeed. Time that stood still goes on at its first status read."""
        known = len(qovery.requests)

        def has_read_the_status() -> bool:
            new = qovery.requests[known:]
            of_this_update = [request for request in new if not request.headers["Host"].startswith(FIRST_HOST)]
            return bool(of_this_update) and of_this_update[0].status is not None

        process = stack.start(*UP, **settings)
        try:
            wait_until(lambda: has_read_the_status() or process.poll() is not None)
            clock.go_on()
            output, _ = process.communicate(timeout=60)
        finally:
            kill_all(process.pid)
        assert process.returncode == 0, f"{self}\n{output}"


@dataclass
class Truth:
    """The result of a crash and the update after it.

    Attributes:
        before: The resources in the state between the two updates, by name.
        after: The resources in the state at the end, by name.
        was_over: Whether the target had ended when the second update began.
        had_sent: Whether the first update had sent its cancel.
    """

    crash: Crash
    environment: Environment
    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]
    was_over: bool
    had_sent: bool

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs of the cancellation."""
        outputs: dict[str, Any] = self.after[f"stop-{self.crash.number}"]["outputs"]
        return outputs

    @property
    def touched(self) -> list[Deployment]:
        """The deployments that were sent a cancel."""
        return [deployment for deployment in self.environment.deployments if deployment.cancels]

    @property
    def target(self) -> str:
        """The target deployment: the recorded one, else the one that ran at the first update's status read."""
        record = self.after.get(f"stop-{self.crash.number}-target")
        return str(record["outputs"]["deployment_id"]) if record else self.environment.deployments[0].id

    @property
    def others(self) -> list[str]:
        """The deployments that were sent a cancel although they were not the target."""
        return [deployment.id for deployment in self.touched if deployment.id != self.target]

    @property
    def may_touch_another(self) -> bool:
        """Whether the program asks for it: a plain update with nothing in the state cancels what runs at that time."""
        is_known = f"stop-{self.crash.number}" in self.before
        return self.crash.form == "plain" and self.was_over and not is_known

    def check(self) -> None:
        """Compare what happened with what was promised."""
        assert all(deployment.effective_cancels <= 1 for deployment in self.touched), self
        assert not self.others or (self.may_touch_another and len(self.others) == 1), self
        if f"stop-{self.crash.number}-target" in self.before:
            assert self.target == self.environment.deployments[0].id, self
        outcome = self.outputs["outcome"]
        if outcome == "nothing_to_cancel":
            # A plugin without its engine had not read the status yet and did what a plain update does.
            assert self.may_touch_another, self
            assert self.environment.running is None, self
            return
        by_id = {deployment.id: deployment for deployment in self.environment.deployments}
        reported = by_id[self.outputs["deployment_id"]]
        assert (self.others[0] if self.others else self.target) == reported.id, self
        assert self.outputs["deployment_state"] == reported.end_state, self
        assert (reported.end_state == "CANCELED") == (outcome == "canceled"), self
        assert outcome in {"canceled", "completed", "superseded"}, self
        assert outcome != "superseded" or not reported.cancels, self

    def count(self, figures: Figures) -> None:
        """Add this crash to the figures."""
        figures.crashes += 1
        figures.before_the_cancel += not self.had_sent
        figures.while_waiting += self.had_sent and f"stop-{self.crash.number}" not in self.before
        figures.after_the_end += f"stop-{self.crash.number}" in self.before
        most = max((deployment.effective_cancels for deployment in self.touched), default=0)
        figures.most_effective_cancels = max(figures.most_effective_cancels, most)
        figures.others_touched_as_declared += len(self.others) if self.may_touch_another else 0
        figures.others_touched += 0 if self.may_touch_another else len(self.others)
        outcome = self.outputs["outcome"]
        figures.outcomes[outcome] = figures.outcomes.get(outcome, 0) + 1


def _is_quiet(qovery: QoverySimulator, clock: JumpingClock) -> bool:
    """Return whether every request is answered and none has come for a while."""
    requests = qovery.requests
    are_answered = all(request.status is not None for request in requests)
    return not requests or (requests[-1].at < clock() - QUIET and are_answered)


def _plugin_that_outlives_the_engine(folder: Path) -> Path:
    """Make a plugin that outlives the engine, as the one of the official CLI does."""
    plugin = folder / "official" / "pulumi-resource-pulumi-python"
    if not plugin.exists():
        plugin.parent.mkdir()
        plugin.write_text(f'#!/bin/sh\nexec {sys.executable} -u -m pulumi.dynamic "$@"\n')
        plugin.chmod(0o755)
    return plugin.parent
