"""One deployment from its start to its end, as a function of time, with a record of the requests that canceled it.

Nothing here ticks: every state follows from the plan, the start, the cancels and `now`, so a deployment behaves the
same on a wall clock and on a virtual one. It does not know the queue behind it.
"""

from dataclasses import dataclass, field
from math import inf

from qovery_provider.simulator._world.plans import CANCELED, CANCELING, Plan
from qovery_provider.simulator._world.turns import Clock


@dataclass(frozen=True, slots=True)
class Cancel:
    """A cancel that the API accepted for a deployment.

    Attributes:
        number: The number of the request that asked for it; 0 when the request had no number.
        at: When it was accepted.
        force_cancel: The flag it carried, which overwrote the one before.
        effective: Whether it changed anything: it was the first one, or it changed the flag.
    """

    number: int
    at: float
    force_cancel: bool
    effective: bool


@dataclass(slots=True, eq=False)
class Deployment:
    """One execution in an environment.

    Attributes:
        id: The execution id, an opaque text to clients.
        environment_id: Where it runs.
        request_id: The deployment request it came from.
        plan: What it does.
        started_at: When it started.
        now: The clock it runs by.
        cancels: The accepted cancels, in order.
        ends_at: When it will end, or has ended; known in advance, and moved only by a cancel.
    """

    id: str
    environment_id: str
    request_id: str
    plan: Plan
    started_at: float
    now: Clock
    cancels: list[Cancel] = field(default_factory=list)
    ends_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends_at = self.natural_end

    @property
    def natural_end(self) -> float:
        """When it would end, or would have ended, without a cancel."""
        return self.started_at + self.plan.duration

    @property
    def safe_point(self) -> float:
        """When the accepted cancels take effect; infinite when they never do."""
        if not self.cancels:
            return inf
        # The delay counts from the first cancel, for that one started the canceling; but a later call that raises the
        # force flag cannot reach back behind its own moment.
        last = self.cancels[-1]
        delay = self.plan.delay(force=last.force_cancel)
        return inf if delay is None else max(last.at, self.cancels[0].at + delay)

    @property
    def is_running(self) -> bool:
        return self.now() < self.ends_at

    @property
    def ended_at(self) -> float | None:
        """When it ended; `None` while it runs."""
        return None if self.is_running else self.ends_at

    @property
    def end_state(self) -> str | None:
        """The outcome; `None` while it runs. A deployment that ends at its safe point has finished on its own."""
        if self.is_running:
            return None
        return CANCELED if self.cancels and self.safe_point < self.natural_end else self.plan.end_state

    @property
    def state(self) -> str:
        """What the API shows of it now."""
        if (end_state := self.end_state) is not None:
            return end_state
        return CANCELING if self._shows_canceling else self.plan.phase_at(self.now() - self.started_at)

    @property
    def environment_state(self) -> str:
        """What the environment's `state` is while this is its latest deployment."""
        after_end = self.plan.environment_state
        return self.state if self.is_running or after_end is None else after_end

    @property
    def canceled_by(self) -> int | None:
        """The number of the request that canceled it; `None` unless it ended CANCELED."""
        return self.cancels[0].number if self.cancels and self.end_state == CANCELED else None

    @property
    def effective_cancels(self) -> int:
        """How many cancels changed anything; more than one means that a cancel was repeated with another flag."""
        return sum(cancel.effective for cancel in self.cancels)

    def cancel(self, *, force: bool, number: int) -> None:
        """Accept a cancel: it overwrites the force flag, and the first one starts the canceling."""
        # POST /environment/{id}/cancelDeployment overwrites the flag: a later `false` takes the force away again.
        effective = not self.cancels or self.cancels[-1].force_cancel != force
        self.cancels.append(Cancel(number, self.now(), force, effective))
        self.ends_at = min(self.natural_end, self.safe_point)

    @property
    def _shows_canceling(self) -> bool:
        # Also true of a cancel that will have no effect: CANCELING may be followed by DEPLOYED.
        after = self.plan.canceling_visible_after
        return bool(self.cancels) and after is not None and self.now() >= self.cancels[0].at + after
