"""An environment: at most one running deployment, a queue behind it, and everything that ever ran.

This is the one place where deployments start and cancels are accepted or rejected. Nothing runs in the background: each
public step first catches up with the clock. It knows no HTTP and no thread.
"""

from dataclasses import dataclass
from math import inf
from uuid import NAMESPACE_OID, uuid5

from qovery_provider.simulator._world.deployments import Deployment
from qovery_provider.simulator._world.plans import READY, Plan
from qovery_provider.simulator._world.turns import Turn, in_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """How one environment behaves where the real API is seen to behave in several ways.

    Attributes:
        conflict_when_canceling: A cancel of a deployment that is already canceling answers 409; otherwise 202 again.
        start_delay: Seconds from a request until its deployment can start, and be seen.
        gap: Seconds between the end of a deployment and the start of the next queued one.
        merge_queued: A queued request of the same user and action takes the place of the earlier one.
        omitted_fields: Optional fields of the status that are left out.
        null_fields: Optional fields of the status that are null.
    """

    conflict_when_canceling: bool = False
    start_delay: float = 0.0
    gap: float = 0.0
    merge_queued: bool = False
    omitted_fields: frozenset[str] = frozenset()
    null_fields: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class QueuedRequest:
    """A deployment request that waited, with what became of it.

    Attributes:
        id: The deployment request's id.
        plan: What it will do once it runs.
        queued_at: When it was asked for.
        deployment: The deployment it became.
        canceled_by: The number of the request that canceled it while it waited; 0 when that had no number.
    """

    id: str
    plan: Plan
    queued_at: float
    deployment: Deployment | None = None
    canceled_by: int | None = None

    @property
    def state(self) -> str:
        """QUEUED, STARTED or CANCELED."""
        if self.canceled_by is not None:
            return "CANCELED"
        return "QUEUED" if self.deployment is None else "STARTED"


class Environment:
    """One environment of a world; `World.add_environment` makes it.

    Attributes:
        id: Its UUID.
        project_id: The project it belongs to.
        name: Its name.
        behavior: How it behaves; may be changed at any time.
        gone_as: The status code that answers for it once it is removed (404, 403 or 400); `None` while it exists.
        shown_state: A state to show instead of the true one.
        shown_last_deployment_state: The same for `last_deployment_state`.
    """

    def __init__(self, *, id: str, project_id: str, name: str, turn: Turn) -> None:  # noqa: A002 - the API's word
        self.id = id
        self.project_id = project_id
        self.name = name
        self.turn = turn
        self.behavior = Behavior()
        self.gone_as: int | None = None
        self.shown_state: str | None = None
        self.shown_last_deployment_state: str | None = None
        self._deployments: list[Deployment] = []
        self._requests: list[QueuedRequest] = []
        self._waiting: list[QueuedRequest] = []
        self._requested = 0

    @in_turn
    def deploy(self, plan: Plan | None = None) -> Deployment:
        """Start a deployment now.

        Raises:
            ValueError: One is running already; a second one has to queue.
        """
        self._catch_up()
        if self._running is not None or self._waiting:
            raise ValueError(f"environment {self.id} is busy: enqueue the deployment instead")
        return self._start(plan or Plan(), self._new_request_id(), self.turn.now())

    @in_turn
    def enqueue(self, plan: Plan | None = None) -> QueuedRequest:
        """Ask for a deployment as the API's users do: it starts when its turn comes, at once when nothing runs."""
        self._catch_up()
        plan = plan or Plan()
        request = self._mergeable(plan) if self.behavior.merge_queued else None
        if request is None:
            request = QueuedRequest(self._new_request_id(), plan, self.turn.now())
            self._requests.append(request)
            self._waiting.append(request)
        request.plan = plan
        # A request that finds the environment idle starts before it can be seen waiting.
        self._catch_up()
        return request

    @in_turn
    def cancel(self, *, force: bool = False, number: int = 0) -> Deployment | None:
        """Cancel the running deployment and return it; `None` when the API would answer 409."""
        # The API takes no deployment id: it hits the deployment that runs at this moment.
        running = self.running
        if running is None or (running.cancels and self.behavior.conflict_when_canceling):
            return None
        running.cancel(force=force, number=number)
        return running

    @in_turn
    def cancel_queued(self, request: QueuedRequest, *, number: int = 0) -> bool:
        """Take a request out of the queue; false when it no longer waits."""
        self._catch_up()
        if request not in self._waiting:
            return False
        self._waiting.remove(request)
        request.canceled_by = number
        return True

    def remove(self, *, gone_as: int = 404) -> None:
        """Make the environment vanish; from now on the API answers with this status code."""
        # What ran in it stays in the record: a test may still ask what happened.
        self.gone_as = gone_as

    @property
    @in_turn
    def deployments(self) -> tuple[Deployment, ...]:
        """Every deployment that ever started, oldest first."""
        self._catch_up()
        return tuple(self._deployments)

    @property
    @in_turn
    def running(self) -> Deployment | None:
        """The deployment that runs now."""
        self._catch_up()
        return self._running

    @property
    @in_turn
    def latest(self) -> Deployment | None:
        """The deployment that started last, running or not."""
        self._catch_up()
        return self._deployments[-1] if self._deployments else None

    @property
    @in_turn
    def queue(self) -> tuple[QueuedRequest, ...]:
        """The requests that wait, next first."""
        self._catch_up()
        return tuple(self._waiting)

    @property
    @in_turn
    def requests(self) -> tuple[QueuedRequest, ...]:
        """Every request that ever queued, also the started and the canceled ones."""
        self._catch_up()
        return tuple(self._requests)

    @property
    def state(self) -> str:
        """What the API shows as `state`."""
        return self.states[0]

    @property
    def last_deployment_state(self) -> str:
        """What the API shows as `last_deployment_state`."""
        return self.states[1]

    @property
    @in_turn
    def states(self) -> tuple[str, str]:
        """Both states, of one moment."""
        return self.states_after(self.latest)

    @in_turn
    def states_after(self, deployment: Deployment | None) -> tuple[str, str]:
        """Both states while this deployment is the latest one."""
        state, last = (READY, READY) if deployment is None else (deployment.environment_state, deployment.state)
        return self.shown_state or state, self.shown_last_deployment_state or last

    @property
    def _running(self) -> Deployment | None:
        latest = self._deployments[-1] if self._deployments else None
        return latest if latest is not None and latest.is_running else None

    def _catch_up(self) -> None:
        """Start every queued request whose turn came between the previous step and now."""
        while self._waiting and self._running is None:
            turn = max(self._waiting[0].queued_at + self.behavior.start_delay, self._free_since())
            if turn > self.turn.now():
                return
            request = self._waiting.pop(0)
            request.deployment = self._start(request.plan, request.id, turn)

    def _free_since(self) -> float:
        # Several turns may lie between two steps: each start follows the end before it, not the moment of the step.
        return self._deployments[-1].ends_at + self.behavior.gap if self._deployments else -inf

    def _start(self, plan: Plan, request_id: str, at: float) -> Deployment:
        # Clients must compare execution ids and never parse them; this form is only the usual one.
        number = len(self._deployments) + 1
        deployment = Deployment(f"{self.id}-{number}", self.id, request_id, plan, at, self.turn.now)
        self._deployments.append(deployment)
        return deployment

    def _mergeable(self, plan: Plan) -> QueuedRequest | None:
        # The real queue merges requests of the same user and action; which of the two ids survives is not documented.
        kind = (plan.triggered_by, plan.trigger_action)
        return next((r for r in self._waiting if (r.plan.triggered_by, r.plan.trigger_action) == kind), None)

    def _new_request_id(self) -> str:
        self._requested += 1
        return str(uuid5(NAMESPACE_OID, f"{self.id}/{self._requested}"))
