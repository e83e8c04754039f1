"""One schedule of the bulk resource: its real code, in several projects, and again for what is left.

Only the client, the time, the threads and chance are the test's. The machines are judged one by one; what holds for all
of them together is checked here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Sent
from qovery_provider._driver.bulk import BulkCancellation, Target, tally
from qovery_provider._driver.calls import CallRunner, StoppedError
from qovery_provider._driver.session import Session
from qovery_provider._lifecycle.bulk_deployment_cancellation import _target
from qovery_provider._lifecycle.stored_state import Unfinished
from qovery_provider._qovery.settings import Settings
from qovery_provider.errors import CallError, RateBudgetError
from qovery_provider.simulator import Environment
from tests.model.conditions import environment
from tests.model.server import TOKEN, Bug, Crash
from tests.model.story import Recorded, Story
from tests.model.tape import Tape

PROJECTS = ("one", "one", "two", "three")

MAX_RUNS = 4
"""The number of times `up` is run, unless nothing is left earlier."""

Act = Callable[[BulkCancellation], Sequence[Cancellation]]


class BulkStory(Story):
    """A schedule in which one resource cancels in many environments.

    Attributes:
        project_id: The project in which it cancels; None for a list of environments.
        targets: That list.
    """

    def __init__(self, people: Tape, places: Sequence[Tape], nature: Tape) -> None:
        super().__init__(people, places, nature)
        self.requests = [replace(self.requests[0], deployment_id=None)]
        self.project_id = PROJECTS[0] if people.happens(6) else None
        self.targets = [place.id for place in self.places if not people.happens(2)]
        if self.server.dies_at:
            self.server.dies_at = (1 + people.number() % 32, people.happens(8))
        if self.server.breaks_at:
            self.server.breaks_at = (1 + people.number() % 32, people.happens(8))

    def _ask_twice(self) -> None:
        """Do nothing: a list names an environment once."""

    def _place(self, tape: Tape) -> Environment:
        return environment(tape, self.world, self.time, tape.pick(PROJECTS))

    @property
    def groups(self) -> int:
        """How many polls show everything."""
        return len({place.project_id for place in self.places})

    def play(self, judge: Callable[[Recorded], None]) -> None:
        """Run until nothing is left, as an update does that is run again."""
        targets = [Target(environment_id) for environment_id in self.targets]
        project_id = self.project_id
        act: Act = (lambda bulk: bulk.cancel_project(project_id)) if project_id else (lambda bulk: bulk.cancel(targets))
        while self._up(act, judge) and len(self.runs) < MAX_RUNS:
            self._pass("RESUMED")
            if not self.runs[-1]:
                continue  # it was stopped before it knew the environments
            left = _left(self.runs[-1])
            if not left:
                break
            self.project_id, self.targets = None, [target.environment_id for target in left]
            act = _acting_on(left)

    def _up(self, act: Act, judge: Callable[[Recorded], None]) -> bool:
        """Run once, and again after a crash; return whether it began at all."""
        try:
            return self._act(act, judge)
        except Crash:
            self._pass("CRASH")
            return self._act(act, judge)

    def _act(self, act: Act, judge: Callable[[Recorded], None]) -> bool:
        try:
            ended = self._ended(act, judge)
        except Bug:
            self.check_kept()
            return True
        except StoppedError as error:
            self.refusals.append(type(error).__name__)
            assert self.time.now == self.stopped_at, "reads on after the stop"
            return True
        except (CallError, RateBudgetError) as error:
            self.refusals.append(type(error).__name__)
            self.server.say(f"does not begin: {error}")
            assert not [post for post in self.server.posts if post.sender in self.runs[-1]], "ends after it has sent"
            return False
        assert self.runs[-1] == ended, "tells of others"
        begins_late = [cancellation for cancellation in ended if cancellation.known.started > self.stopped_at]
        assert not begins_late or not self.runs[-1][0].is_stopped, "begins after the stop"
        assert all(isinstance(cancellation.action, actions.Done | actions.Fail) for cancellation in ended), (
            "leaves before the end"
        )
        told = [cancellation.request.environment_id for cancellation in ended]
        if self.project_id:
            there = [place.id for place in self.places if place.project_id == self.project_id]
            left = {place.id for place in self.places if place.id in there and place.gone_as is None}
            assert len(set(told)) == len(told), "acts twice in one environment"
            assert left <= set(told) <= set(there), "does not act in the project and nowhere else"
        else:
            assert self.targets == told, "does not act in its targets and nowhere else"
        return True

    def _ended(self, act: Act, judge: Callable[[Recorded], None]) -> list[Cancellation]:
        self.runs.append([])
        session = _RecordingSession(self, self._people.pick((0.99, 0.0, 0.5)), judge)
        return list(act(BulkCancellation(session, self.requests[0], self._tell, stop=session.stop)))

    def _tell(self, cancellations: Sequence[Cancellation]) -> None:
        self.server.say(tally(cancellations))


class _RecordingSession(Session):
    """The real session, whose cancellations are recorded and judged."""

    def __init__(self, story: BulkStory, chance: float, judge: Callable[[Recorded], None]) -> None:
        concurrent = story.server.weather.concurrent
        runner = CallRunner(story.time, story.time, lambda: chance, concurrent=concurrent)
        super().__init__(Settings(TOKEN, "Token"), runner, lambda *_, **__: story.server)
        self._story, self._judge = story, judge
        self.stop = story.stop_for("")

    def begin(
        self, request: CancellationRequest, sent: Sent = Sent.NOT_SENT, started: float | None = None
    ) -> Cancellation:
        place = self._story.world.environments[request.environment_id]
        recorded = Recorded(
            request,
            self.clock.monotonic() if started is None else started,
            self.runner.random,
            sent,
            place,
            self.stop,
            self._judge,
        )
        self._story.runs[-1].append(recorded)
        return recorded


def _left(run: Sequence[Recorded]) -> list[Target]:
    """Return what the next run learns from the state, as the provider keeps it."""
    failed = [
        (cancellation.request.environment_id, cancellation.known)
        for cancellation in run
        if not isinstance(cancellation.action, actions.Done)
    ]
    kept = {key: Unfinished.of(known).to_stored() for key, known in failed}
    return [_target(key, Unfinished.from_stored(stored)) for key, stored in kept.items()]


def _acting_on(targets: Sequence[Target]) -> Act:
    return lambda bulk: bulk.cancel(targets)
