"""Long cancels, on a clock that moves when something waits: how soon their end is seen, and with how many requests.

Calls take no time here, so that all that is measured is the schedule of the polls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._driver.calls import CallRunner
from qovery_provider._driver.driver import Driver
from qovery_provider._driver.poll_groups import PollGroups
from qovery_provider._driver.polls import PollGroup
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.rate_limit import RateBudget
from qovery_provider.simulator import Api, Plan, World

HOUR = 3600.0

Result = TypeVar("Result")


class VirtualTime(Executor):
    """A clock that moves at once when something waits, and an executor whose calls take no time."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now

    def wait(self, futures: Collection[Future[Any]], timeout: float) -> None:
        """Move on, unless a call was made: it has its answer already."""
        if not futures:
            self.now += timeout

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as in Executor
        """Run it now; nothing fails here that a benchmark could go on from."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class CountedCalls:
    """A client that makes its calls in the simulator's world.

    Attributes:
        requests: When each request was made.
    """

    def __init__(self, world: World, time: VirtualTime) -> None:
        self.budget = RateBudget()
        self.requests: list[float] = []
        self._api, self._time = Api(world), time

    def send(self, call: ApiCall[Result], before_sending: Callable[[], None] = lambda: None) -> Result:
        """Make a call; nothing is queued here and no history is read, so that there are four of them."""
        before_sending()
        self.requests.append(self._time.now)
        _, kind, identity, *rest = call.path.split("/")
        match kind, rest:
            case "project", _:
                answer = self._api.project_statuses(identity)
            case _, ["status"]:
                answer = self._api.status(identity)
            case _, ["cancelDeployment"]:
                answer = self._api.cancel(identity, force=False)
            case _:
                answer = self._api.environment(identity)
        return call.parse(json.dumps(answer.body).encode())

    def close(self) -> None:
        """Do nothing: there is no connection."""


class Scene:
    """Environments of one project, each with a deployment that takes so many seconds to cancel."""

    def __init__(self, cancel_seconds: float, environments: int = 1) -> None:
        self.time = VirtualTime()
        self.world = World(self.time.monotonic)
        self.client = CountedCalls(self.world, self.time)
        for _ in range(environments):
            self.world.add_environment().deploy(Plan(phases=(("BUILDING", 24 * HOUR),), cancel_delay=cancel_seconds))
        self._driver = Driver(self.client, CallRunner(self.time, self.time, lambda: 0.5), lambda _: None)

    def cancel_separately(self) -> None:
        """Cancel by as many resources, side by side in one process."""
        groups = PollGroups(self.client)
        for cancellation in self._cancellations():
            groups.add(cancellation)
        while self._driver.advance(groups.groups):
            pass

    def cancel_in_bulk(self) -> None:
        """Cancel by one resource."""
        cancellations = self._cancellations()
        project_id = self.client.send(endpoints.project_of(cancellations[0].request.environment_id))
        self._driver.run([PollGroup.of_project(self.client, project_id, cancellations)])

    def _cancellations(self) -> list[Cancellation]:
        requests = [CancellationRequest(id_, timeout=12 * HOUR) for id_ in self.world.environments]
        return [Cancellation(request, self.time.now, lambda: 0.5) for request in requests]


@dataclass(frozen=True)
class Detection:
    """How the end of a cancel was seen: how long after it, and with how many requests in all."""

    cancel_seconds: float
    delay: float
    requests: int


def detection(cancel_seconds: float) -> Detection:
    """Cancel one deployment."""
    scene = Scene(cancel_seconds)
    scene.cancel_separately()
    return Detection(cancel_seconds, scene.time.now - cancel_seconds, len(scene.client.requests))


def worst_delays() -> tuple[float, float]:
    """Return the longest delay of any cancel of up to an hour, in seconds and, from the second poll on, as a part.

    A cancel that ends right after a poll is seen by the next one: what counts is the pause between the two, as a part
    of all that has passed since the cancel.
    """
    scene = Scene(HOUR)
    scene.cancel_separately()
    polls = [at for at in scene.client.requests if at > 0]
    pauses = [(later - earlier, later) for earlier, later in pairwise(polls)]
    return max(pause for pause, _ in pauses), max(pause / later for pause, later in pauses)


def requests_of(cancel_seconds: float, environments: int, *, in_bulk: bool) -> int:
    """Return how many requests it takes to cancel in that many environments of one project."""
    scene = Scene(cancel_seconds, environments)
    if in_bulk:
        scene.cancel_in_bulk()
    else:
        scene.cancel_separately()
    return len(scene.client.requests)
