"""Separate resources of one process: they share looks where they can, and none waits for another one's end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Thread

import pytest

from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.messages import progress
from qovery_provider._cancellation.model import CancellationRequest, Knowledge
from qovery_provider._driver.polls import SharedWatch, follow
from qovery_provider.simulator import Environment, Plan, QoverySimulator, Respond
from tests.support.calls import settings_for
from tests.support.clock import FakeClock
from tests.support.waiting import wait_until

SLOW = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=120.0)
ELSEWHERE = "7e41cf65-9de7-4b8a-9b44-000000000000"
INSTANT = 0.002


class SharedClock(FakeClock):
    """A time that moves on when the driver has nothing to do; whoever comes meanwhile is heard first."""

    def sleep(self, seconds: float, wake: Future[None] | None = None) -> None:
        if not wake or not wait([wake], timeout=INSTANT).done:
            super().sleep(seconds, wake)


@pytest.fixture
def clock() -> SharedClock:
    """The time of all: of the simulator as well."""
    return SharedClock()


@pytest.fixture
def watch(qovery: QoverySimulator, clock: SharedClock) -> SharedWatch:
    """What operations with the same settings share."""
    return SharedWatch(settings_for(qovery), clock)


@pytest.fixture
def qovery(clock: SharedClock) -> Iterator[QoverySimulator]:
    """A simulator with an empty world."""
    with QoverySimulator(clock=clock.wall) as simulator:
        yield simulator


class Operation:
    """One resource's cancellation, in a thread of its own, as the SDK's host runs it.

    Args:
        watch: What it shares with the others.
        environment_id: Its environment.
        then: What happens once its cancel is accepted, while it waits for the end.
    """

    def __init__(
        self, watch: SharedWatch, clock: SharedClock, environment_id: str, then: Callable[[], object] = lambda: None
    ) -> None:
        self.cancellation = Cancellation(CancellationRequest(environment_id), clock.monotonic(), lambda: 0.5)
        self._watch, self._then = watch, [then]
        self._pool = ThreadPoolExecutor(1)
        self.end = self._pool.submit(watch.follow, self.cancellation, self._on_change)
        self._pool.shutdown(wait=False)

    def _on_change(self, known: Knowledge) -> None:
        if known.deployment_state == "CANCELING" and self._then:
            self._then.pop()()

    @property
    def outcome(self) -> str:
        """How it ended."""
        self.end.result(timeout=10)
        return self.cancellation.result().outcome


def _busy(qovery: QoverySimulator, project_id: str | None = None) -> Environment:
    environment = qovery.world.add_environment(project_id=project_id)
    environment.deploy(SLOW)
    return environment


def _joined_by(watch: SharedWatch, clock: SharedClock, *environments: Environment) -> list[Operation]:
    """Start an operation; when it waits, others come, and have come before anything else goes on."""
    first, *others = environments
    operations: list[Operation] = []

    def others_come() -> None:
        operations.extend(Operation(watch, clock, other.id) for other in others)
        wait_until(lambda: len(watch._newcomers) == len(others))  # noqa: SLF001 - the only trace of them yet

    operations.append(Operation(watch, clock, first.id, others_come))
    wait_until(lambda: len(operations) == len(environments))
    return operations


def _looks(qovery: QoverySimulator) -> Counter[str]:
    return Counter(request.path for request in qovery.requests if request.method == "GET")


def test_a_single_one_looks_at_its_environment(qovery: QoverySimulator, clock: SharedClock, watch: SharedWatch) -> None:
    """Nobody asks for a project where there is nothing to share; who is queued behind it is asked once."""
    alone = _busy(qovery)

    assert Operation(watch, clock, alone.id).outcome == "canceled"
    looks = _looks(qovery)
    assert looks.keys() == {f"/environment/{alone.id}/status", f"/environment/{alone.id}/deploymentQueue"}
    assert looks[f"/environment/{alone.id}/deploymentQueue"] == 1


def test_who_waits_long_sees_who_is_queued(qovery: QoverySimulator, clock: SharedClock, watch: SharedWatch) -> None:
    """The line of the progress names who comes next, as soon as that has been read."""
    alone = _busy(qovery)
    alone.enqueue(replace(SLOW, triggered_by="alice"))
    alone.enqueue(SLOW)
    cancellation = Cancellation(CancellationRequest(alone.id), clock.monotonic(), lambda: 0.5)
    lines: list[str] = []

    def on_change(known: Knowledge) -> None:
        lines.append(progress(known))
        if known.now > known.started + 5.0:  # the end must not come before the answer
            wait_until(lambda: _looks(qovery)[f"/environment/{alone.id}/deploymentQueue"] == 1)

    watch.follow(cancellation, on_change)

    assert cancellation.result().outcome == "canceled"
    assert "2 queued behind it (next by alice)" in " ".join(lines)


@pytest.mark.parametrize("status", [403, 503])
def test_a_queue_that_cannot_be_read_harms_nobody(
    qovery: QoverySimulator, clock: SharedClock, watch: SharedWatch, status: int
) -> None:
    """It is asked once and never again: the cancellation goes on as if it had not been asked."""
    alone = _busy(qovery)
    path = f"/environment/{alone.id}/deploymentQueue"
    qovery.inject(Respond(path=path, status=status, times=None))

    assert Operation(watch, clock, alone.id).outcome == "canceled"
    assert _looks(qovery)[path] == 1


def test_those_of_one_project_share_their_looks(
    qovery: QoverySimulator, clock: SharedClock, watch: SharedWatch
) -> None:
    """One call shows all of them: from the moment on when the second one has come, the first is not looked at alone."""
    first, second, third = (_busy(qovery) for _ in range(3))

    operations = _joined_by(watch, clock, first, second, third)

    assert [operation.outcome for operation in operations] == ["canceled"] * 3
    looks = _looks(qovery)
    assert sum(looks[f"/environment/{one.id}"] for one in (second, third)) == 1
    assert [looks[f"/environment/{one.id}/status"] for one in (second, third)] == [0, 0]
    assert looks[f"/environment/{first.id}/status"] <= 2
    assert len(qovery.posts()) == 3
    assert looks.total() <= 30


def test_each_project_is_looked_at_by_itself(qovery: QoverySimulator, clock: SharedClock, watch: SharedWatch) -> None:
    """Those of another project come to their end as well."""
    here, there = _busy(qovery), _busy(qovery, ELSEWHERE)

    operations = _joined_by(watch, clock, here, there)

    assert [operation.outcome for operation in operations] == ["canceled"] * 2
    looks = _looks(qovery)
    assert looks[f"/project/{ELSEWHERE}/environment/status"] >= 2
    assert looks[f"/environment/{here.id}/status"] >= 2


@pytest.mark.parametrize("path", ["/environment/{}", "/project/*"], ids=["no project is told", "no project is shown"])
def test_whose_project_cannot_be_read_is_looked_at_alone(
    qovery: QoverySimulator, clock: SharedClock, watch: SharedWatch, path: str
) -> None:
    """A token may see an environment and nothing around it."""
    first, second = _busy(qovery), _busy(qovery)
    qovery.inject(Respond(path=path.format(second.id), status=403, times=None))

    operations = _joined_by(watch, clock, first, second)

    assert [operation.outcome for operation in operations] == ["canceled"] * 2
    assert _looks(qovery)[f"/environment/{second.id}/status"] >= 2


def test_one_that_comes_late_joins_its_project(qovery: QoverySimulator, clock: SharedClock, watch: SharedWatch) -> None:
    """By then it is known where it belongs: nothing is asked about it."""
    first, second, late = (_busy(qovery) for _ in range(3))
    operations: list[Operation] = []

    def last_one_comes() -> None:
        operations.append(Operation(watch, clock, late.id))
        wait_until(lambda: len(watch._newcomers) == 1)  # noqa: SLF001 - as above

    def second_one_comes() -> None:
        operations.append(Operation(watch, clock, second.id, last_one_comes))
        wait_until(lambda: len(watch._newcomers) == 1)  # noqa: SLF001 - as above

    operations.append(Operation(watch, clock, first.id, second_one_comes))
    wait_until(lambda: len(operations) == 3)

    assert [operation.outcome for operation in operations] == ["canceled"] * 3
    assert tuple(_looks(qovery)[f"/environment/{late.id}{path}"] for path in ("", "/status")) == (0, 0)


def test_a_bug_is_raised_in_every_operation_that_waits(
    qovery: QoverySimulator, clock: SharedClock, watch: SharedWatch
) -> None:
    """None waits for ever for a driver that has died, and the next one gets a new driver."""
    first, second = _busy(qovery), _busy(qovery)
    operations: list[Operation] = []

    def second_one_comes() -> None:
        operations.append(Operation(watch, clock, second.id))
        wait_until(lambda: len(watch._newcomers) == 1)  # noqa: SLF001 - as above
        raise ZeroDivisionError

    operations.append(Operation(watch, clock, first.id, second_one_comes))
    wait_until(lambda: len(operations) == 2)

    for operation in operations:
        with pytest.raises(ZeroDivisionError):
            operation.end.result(timeout=10)
    assert Operation(watch, clock, first.id).outcome == "canceled"


def test_the_next_one_after_the_last_begins_anew(
    qovery: QoverySimulator, clock: SharedClock, watch: SharedWatch
) -> None:
    """A process serves one update after another: nothing is left of the last one."""
    first, second = _busy(qovery), _busy(qovery)

    assert [Operation(watch, clock, one.id).outcome for one in (first, second)] == ["canceled"] * 2
    paths = [f"/environment/{one.id}/{what}" for one in (first, second) for what in ("status", "deploymentQueue")]
    assert _looks(qovery).keys() == set(paths)


def test_only_the_same_settings_are_shared(qovery: QoverySimulator, clock: SharedClock) -> None:
    """Another token is another user: neither sees with the other's eyes."""
    environments = [_busy(qovery), _busy(qovery)]
    cancellations = [Cancellation(CancellationRequest(one.id), clock.monotonic(), lambda: 0.5) for one in environments]
    mine, wrong = settings_for(qovery), settings_for(qovery, "qov_wrong")

    threads = [
        Thread(target=follow, args=(settings, cancellation, lambda _: None, clock))
        for settings, cancellation in zip((mine, wrong), cancellations, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert cancellations[0].result().outcome == "canceled"
    assert environments[1].deployments[0].cancels == []
