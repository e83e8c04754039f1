"""How deployments run, queue and are canceled on a virtual clock."""

from dataclasses import replace
from math import inf
from types import SimpleNamespace

import pytest

from qovery_provider.simulator import Behavior, Deployment, Environment, Plan, World

DEPLOY = Plan(phases=(("BUILDING", 10.0), ("DEPLOYING", 20.0)), cancel_delay=2.0)


def test_phases_follow_one_another_until_the_end(environment: Environment, clock: SimpleNamespace) -> None:
    """A deployment shows each phase for its duration, then its outcome."""
    environment.deploy(DEPLOY)

    seen = []
    for clock.now in (1000.0, 1009.9, 1010.0, 1029.9, 1030.0, 9999.0):
        seen.append(environment.state)

    assert seen == ["BUILDING", "BUILDING", "DEPLOYING", "DEPLOYING", "DEPLOYED", "DEPLOYED"]


@pytest.mark.parametrize(
    ("action", "running", "ended"),
    [
        ("DEPLOY", "BUILDING", "DEPLOYED"),
        ("RESTART", "RESTARTING", "RESTARTED"),
        ("STOP", "STOPPING", "STOPPED"),
        ("DELETE", "DELETING", "DELETED"),
    ],
)
def test_each_action_has_its_states(
    environment: Environment, clock: SimpleNamespace, action: str, running: str, ended: str
) -> None:
    """A plan made of an action and a number of seconds goes through that action's states."""
    deployment = environment.deploy(Plan.of(action, seconds=5))

    assert deployment.state == running

    clock.now += 5

    assert deployment.state == ended


def test_an_environment_that_never_deployed_is_ready(environment: Environment) -> None:
    """Without a deployment both states are READY, and nothing runs."""
    assert environment.states == ("READY", "READY")
    assert environment.latest is None
    assert environment.running is None


def test_the_environment_may_end_in_another_state_than_its_deployment(
    environment: Environment, clock: SimpleNamespace
) -> None:
    """Services that are not rolled back leave the environment deployed after a cancel."""
    environment.deploy(replace(DEPLOY, environment_state="DEPLOYED"))
    environment.cancel()

    assert environment.states == ("CANCELING", "CANCELING")

    clock.now += 2

    assert environment.states == ("DEPLOYED", "CANCELED")


def test_states_can_be_made_up(environment: Environment) -> None:
    """A test may show any state, known to Qovery or not."""
    environment.deploy(replace(DEPLOY, phases=(("PONDERING", 5.0),)))

    assert environment.state == "PONDERING"

    environment.shown_state, environment.shown_last_deployment_state = "UNAVAILABLE", "MUSING"

    assert environment.state == "UNAVAILABLE"
    assert environment.last_deployment_state == "MUSING"


def test_a_second_deployment_has_to_queue(environment: Environment) -> None:
    """Only one deployment runs at a time."""
    environment.deploy()

    with pytest.raises(ValueError, match="env is busy: enqueue"):
        environment.deploy()


def test_a_cancel_takes_effect_at_the_safe_point(environment: Environment, clock: SimpleNamespace) -> None:
    """Accepted is not canceled: the deployment is canceling until its safe point."""
    deployment = environment.deploy(DEPLOY)
    clock.now = 1004.0
    environment.cancel(number=7)

    assert deployment.state == "CANCELING"
    assert deployment.canceled_by is None

    clock.now = 1006.0

    assert deployment.state == "CANCELED"
    assert deployment.ended_at == 1006.0
    assert deployment.canceled_by == 7


def test_a_deployment_without_a_safe_point_ignores_the_cancel(environment: Environment, clock: SimpleNamespace) -> None:
    """A cancel without effect is accepted, and the deployment finishes on its own."""
    deployment = environment.deploy(replace(DEPLOY, cancel_delay=None))

    assert environment.cancel() is deployment

    clock.now += 30

    assert deployment.end_state == "DEPLOYED"
    assert deployment.canceled_by is None


def test_a_deployment_that_ends_at_its_safe_point_finished_on_its_own(
    environment: Environment, clock: SimpleNamespace
) -> None:
    """A task that has already ended ignores the cancel, also when both come at the same moment."""
    deployment = environment.deploy(DEPLOY)
    clock.now = 1028.0
    environment.cancel()
    clock.now = 1030.0

    assert deployment.end_state == "DEPLOYED"


def test_canceling_may_show_late_or_never(world: World, clock: SimpleNamespace) -> None:
    """The old state can stay visible for a while after the cancel, or until the end."""
    late = world.add_environment().deploy(replace(DEPLOY, canceling_visible_after=1.0))
    never = world.add_environment().deploy(replace(DEPLOY, canceling_visible_after=None))
    for environment in world.environments.values():
        environment.cancel()

    assert (late.state, never.state) == ("BUILDING", "BUILDING")

    clock.now += 1

    assert (late.state, never.state) == ("CANCELING", "BUILDING")

    clock.now += 1

    assert (late.state, never.state) == ("CANCELED", "CANCELED")


@pytest.mark.parametrize(
    ("calls", "ends_at"),
    [
        pytest.param([(0.0, True)], 1001.0, id="force"),
        pytest.param([(0.0, False), (3.0, True)], 1003.0, id="force later"),
        pytest.param([(0.0, True), (0.5, False)], 1010.0, id="force lowered"),
        pytest.param([(0.0, True), (0.5, True)], 1001.0, id="force repeated"),
    ],
)
def test_each_cancel_overwrites_the_force_flag(
    environment: Environment, clock: SimpleNamespace, calls: list[tuple[float, bool]], ends_at: float
) -> None:
    """The last call decides how soon the deployment ends."""
    deployment = environment.deploy(replace(DEPLOY, cancel_delay=10.0, force_cancel_delay=1.0))
    for after, force in calls:
        clock.now = 1000.0 + after
        environment.cancel(force=force)

    assert deployment.ends_at == ends_at


def test_only_a_cancel_that_changes_something_is_effective(environment: Environment) -> None:
    """The record keeps every accepted cancel and counts those that changed something."""
    deployment = environment.deploy(DEPLOY)
    for number, force in enumerate((False, False, True), start=1):
        environment.cancel(force=force, number=number)

    assert [cancel.number for cancel in deployment.cancels] == [1, 2, 3]
    assert deployment.effective_cancels == 2


def test_a_cancel_is_refused_when_nothing_runs(environment: Environment, clock: SimpleNamespace) -> None:
    """An ended deployment cannot be canceled."""
    assert environment.cancel() is None

    deployment = environment.deploy(DEPLOY)
    clock.now += 30

    assert environment.cancel() is None
    assert deployment.cancels == []


def test_a_second_cancel_may_be_refused(environment: Environment) -> None:
    """An environment may answer a conflict to a cancel of a deployment that is already canceling."""
    environment.behavior = Behavior(conflict_when_canceling=True)
    deployment = environment.deploy(DEPLOY)

    assert environment.cancel() is deployment
    assert environment.cancel() is None
    assert len(deployment.cancels) == 1


def test_the_next_request_starts_when_the_deployment_ends(environment: Environment, clock: SimpleNamespace) -> None:
    """After a cancel the queue goes on at once, and no status read ever shows CANCELED."""
    first = environment.deploy(DEPLOY)
    request = environment.enqueue(DEPLOY)

    assert request.state == "QUEUED"

    environment.cancel()
    clock.now += 5

    running = environment.running
    assert request.deployment is running
    assert request.state == "STARTED"
    assert environment.states == ("BUILDING", "BUILDING")
    assert [deployment.id for deployment in environment.deployments] == ["env-1", "env-2"]
    assert [deployment.started_at for deployment in environment.deployments] == [1000.0, 1002.0]
    assert first.end_state == "CANCELED"


def test_a_request_may_take_a_while_to_start(environment: Environment, clock: SimpleNamespace) -> None:
    """Until then it waits in the queue, and nothing runs."""
    environment.behavior = Behavior(start_delay=3.0)
    request = environment.enqueue(DEPLOY)
    clock.now += 2.9

    assert (environment.running, environment.queue) == (None, (request,))

    clock.now += 0.1

    assert environment.running is request.deployment is not None


def test_a_gap_may_lie_between_two_deployments(environment: Environment, clock: SimpleNamespace) -> None:
    """In the gap nothing runs and the outcome of the last deployment shows."""
    environment.behavior = Behavior(gap=3.0)
    environment.deploy(DEPLOY)
    request = environment.enqueue(DEPLOY)
    clock.now = 1032.0

    assert environment.running is None
    assert environment.state == "DEPLOYED"
    assert environment.queue == (request,)
    with pytest.raises(ValueError, match="busy"):
        environment.deploy()

    clock.now = 1033.0

    running = environment.running
    assert request.deployment is running


def test_several_turns_pass_between_two_steps(environment: Environment, clock: SimpleNamespace) -> None:
    """The environment catches up with everything that happened meanwhile."""
    for _ in range(3):
        environment.enqueue(DEPLOY)
    clock.now = 1065.0

    assert [deployment.started_at for deployment in environment.deployments] == [1000.0, 1030.0, 1060.0]
    assert environment.queue == ()


def test_a_queued_request_can_be_canceled_until_it_starts(environment: Environment, clock: SimpleNamespace) -> None:
    """A request leaves the queue once, and a started one is no longer in it."""
    environment.deploy(DEPLOY)
    canceled, started = environment.enqueue(DEPLOY), environment.enqueue(DEPLOY)

    assert environment.cancel_queued(canceled, number=4)
    assert not environment.cancel_queued(canceled)

    clock.now += 30

    assert not environment.cancel_queued(started)
    assert (canceled.state, started.state) == ("CANCELED", "STARTED")
    assert (canceled.canceled_by, started.canceled_by) == (4, None)
    assert environment.requests == (canceled, started)


def test_requests_of_the_same_user_and_action_may_merge(environment: Environment) -> None:
    """The later of two like requests takes the place of the earlier one."""
    environment.behavior = Behavior(merge_queued=True)
    environment.deploy(DEPLOY)
    longer = Plan.of("DEPLOY", seconds=100)
    first, stop = environment.enqueue(DEPLOY), environment.enqueue(Plan.of("STOP", seconds=1))

    assert environment.enqueue(longer) is first
    assert first.plan == longer
    assert environment.queue == (first, stop)


def test_ids_are_the_same_in_every_run() -> None:
    """Two worlds made by the same steps have the same ids."""

    def ids() -> tuple[str, str, str]:
        environment = World(lambda: 0.0).add_environment()
        return environment.id, environment.project_id, environment.enqueue().id

    assert ids() == ids()
    assert len(set(ids())) == 3


def test_an_environment_exists_once(world: World, environment: Environment) -> None:
    """An id cannot be used twice."""
    with pytest.raises(ValueError, match="env exists already"):
        world.add_environment(id=environment.id)


def test_the_truth_names_what_canceled_what(world: World, environment: Environment, clock: SimpleNamespace) -> None:
    """The record of a world has each deployment's and each request's end, and the request that canceled it."""
    environment.deploy(DEPLOY)
    environment.enqueue(DEPLOY)
    canceled = environment.enqueue(DEPLOY)
    environment.cancel_queued(canceled, number=1)
    environment.cancel(force=True, number=2)
    clock.now += 3

    truth = world.truth()["environments"]
    assert isinstance(truth, dict)
    first, second = truth["env"]["deployments"]
    assert tuple(first[name] for name in ("id", "end_state", "ended_at", "canceled_by", "effective_cancels")) == (
        "env-1",
        "CANCELED",
        1002.0,
        2,
        1,
    )
    assert first["cancels"] == [{"number": 2, "at": 1000.0, "force_cancel": True, "effective": True}]
    assert tuple(second[n] for n in ("id", "state", "end_state", "canceled_by")) == ("env-2", "BUILDING", None, None)
    assert [
        (request["state"], request["deployment_id"], request["canceled_by"]) for request in truth["env"]["queue"]
    ] == [("STARTED", "env-2", None), ("CANCELED", None, 1)]


def test_both_states_are_of_one_moment(clock: SimpleNamespace) -> None:
    """Both states agree while a deployment runs, although the clock goes on between two readings."""

    def ticking() -> float:
        clock.now += 1
        return float(clock.now)

    environment = World(ticking).add_environment()
    environment.deploy(Plan(phases=tuple((f"PHASE_{n}", 1.0) for n in range(100))))

    for _ in range(10):
        state, last_deployment_state = environment.states
        assert last_deployment_state == state


def test_a_deployment_past_its_phases_shows_the_last_one(environment: Environment) -> None:
    """Rounding never leaves a deployment without a state."""
    deployment: Deployment = environment.deploy(DEPLOY)

    assert deployment.plan.phase_at(9999.0) == "DEPLOYING"


def test_a_deployment_without_a_cancel_has_no_safe_point(environment: Environment) -> None:
    """It is infinitely far away."""
    assert environment.deploy(DEPLOY).safe_point == inf
