"""What runs in a process with the same settings shares polls where it can, and none waits for another one's end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Event, Timer
from typing import Any

import pytest

from qovery_provider._cancellation.model import CancellationRequest, Knowledge
from qovery_provider._cancellation.progress import progress_line
from qovery_provider._clock import Signal, SystemClock
from qovery_provider._driver.session import Session, Sessions
from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.rate_limit import RateBudget
from qovery_provider._qovery.redaction import Token
from qovery_provider._qovery.settings import Settings
from qovery_provider.errors import AuthenticationError, CancellationStoppedError, ServerError, TransportError
from qovery_provider.simulator import Delay, Environment, Plan, QoverySimulator, Respond
from tests.support.calls import settings_for
from tests.support.recorder import error_body
from tests.support.time import FakeClock, wait_until

SLOW = Plan(phases=(("BUILDING", 6000.0),), cancel_delay=120.0)
ELSEWHERE = "7e41cf65-9de7-4b8a-9b44-000000000000"
INSTANT = 0.002


class SharedClock(FakeClock):
    """A time that moves on when the driver has nothing to do; what happens meanwhile is heard first."""

    def wait(self, futures: Collection[Future[Any]], timeout: float) -> None:
        if any(future.running() for future in futures) or not wait(futures, timeout=INSTANT).done:
            super().wait(futures, timeout)


@pytest.fixture
def clock() -> SharedClock:
    """The time of all: of the simulator as well."""
    return SharedClock()


@pytest.fixture
def sessions(clock: SharedClock) -> Sessions:
    """The sessions of a process."""
    return Sessions(clock, lambda: 0.5)


@pytest.fixture
def session(qovery: QoverySimulator, sessions: Sessions) -> Session:
    """What operations with the same settings share."""
    return sessions.of(settings_for(qovery))


@pytest.fixture
def qovery(clock: SharedClock) -> Iterator[QoverySimulator]:
    """A simulator with an empty world."""
    with QoverySimulator(clock=clock.wall) as simulator:
        yield simulator


class Operation:
    """One resource's cancellation, in a thread of its own, as the SDK's host runs it.

    Args:
        session: What it shares with the others.
        environment_id: Its environment.
        then: What happens once its cancel is accepted, while it waits for the end.

    Attributes:
        stop: The signal that ends it early.
    """

    def __init__(self, session: Session, environment_id: str, then: Callable[[], object] = lambda: None) -> None:
        self._then = [then]
        self.stop = Signal()
        pool = ThreadPoolExecutor(1)
        self.cancellation = session.begin(CancellationRequest(environment_id))
        self.end = pool.submit(session.follow, self.cancellation, self._on_change, self.stop)
        pool.shutdown(wait=False)

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


def _joined_by(session: Session, *environments: Environment) -> list[Operation]:
    """Start an operation; when it waits, others come, and have come before anything else goes on."""
    first, *others = environments
    operations: list[Operation] = []

    def others_come() -> None:
        operations.extend(Operation(session, other.id) for other in others)
        wait_until(lambda: len(session._joining) == len(others))  # noqa: SLF001 - the only trace of them yet

    operations.append(Operation(session, first.id, others_come))
    wait_until(lambda: len(operations) == len(environments))
    return operations


def _reads(qovery: QoverySimulator) -> Counter[str]:
    return Counter(request.path for request in qovery.requests if request.method == "GET")


def test_a_single_one_reads_its_environment(qovery: QoverySimulator, session: Session) -> None:
    """No project is read where there is nothing to share; the queue behind it is read once."""
    alone = _busy(qovery)

    assert Operation(session, alone.id).outcome == "canceled"
    reads = _reads(qovery)
    assert reads.keys() == {f"/environment/{alone.id}/status", f"/environment/{alone.id}/deploymentQueue"}
    assert reads[f"/environment/{alone.id}/deploymentQueue"] == 1


def test_a_long_wait_shows_what_is_queued(qovery: QoverySimulator, session: Session) -> None:
    """The progress line shows the queued requests, as soon as they have been read."""
    alone = _busy(qovery)
    alone.enqueue(replace(SLOW, triggered_by="alice"))
    alone.enqueue(SLOW)
    lines: list[str] = []

    def on_change(known: Knowledge) -> None:
        lines.append(progress_line(known))
        if known.now > known.started + 5.0:  # the end must not come before the answer
            wait_until(lambda: _reads(qovery)[f"/environment/{alone.id}/deploymentQueue"] == 1)

    cancellation = session.begin(CancellationRequest(alone.id))
    session.follow(cancellation, on_change)

    assert cancellation.result().outcome == "canceled"
    assert "2 queued behind the deployment (by alice and others)" in " ".join(lines)


@pytest.mark.parametrize("status", [403, 503])
def test_a_queue_that_cannot_be_read_does_no_harm(qovery: QoverySimulator, session: Session, status: int) -> None:
    """It is read once and never again: the cancellation goes on as if it had not been."""
    alone = _busy(qovery)
    path = f"/environment/{alone.id}/deploymentQueue"
    qovery.inject(Respond(path=path, status=status, body=error_body(status), times=None))

    assert Operation(session, alone.id).outcome == "canceled"
    assert _reads(qovery)[path] == 1


def test_a_queue_that_is_read_slowly_delays_nothing(qovery: QoverySimulator, session: Session) -> None:
    """The polls go on, and its answer is waited for before the connections are closed."""
    alone = _busy(qovery)
    path = f"/environment/{alone.id}/deploymentQueue"
    qovery.inject(Delay(path=path, before=0.05))

    assert Operation(session, alone.id).outcome == "canceled"
    wait_until(lambda: [request.status for request in qovery.requests if request.path == path] == [200])


def test_those_of_one_project_share_their_polls(qovery: QoverySimulator, session: Session) -> None:
    """One call shows all of them: once there is a second one, the first is no longer read separately."""
    first, second, third = (_busy(qovery) for _ in range(3))

    operations = _joined_by(session, first, second, third)

    assert [operation.outcome for operation in operations] == ["canceled"] * 3
    reads = _reads(qovery)
    assert sum(reads[f"/environment/{one.id}"] for one in (second, third)) == 1
    assert [reads[f"/environment/{one.id}/status"] for one in (second, third)] == [0, 0]
    assert reads[f"/environment/{first.id}/status"] <= 2
    assert len(qovery.posts()) == 3
    assert reads.total() <= 30


def test_each_project_is_read_separately(qovery: QoverySimulator, session: Session) -> None:
    """Those of another project come to their end as well."""
    here, there = _busy(qovery), _busy(qovery, ELSEWHERE)

    operations = _joined_by(session, here, there)

    assert [operation.outcome for operation in operations] == ["canceled"] * 2
    reads = _reads(qovery)
    assert reads[f"/project/{ELSEWHERE}/environment/status"] >= 2
    assert reads[f"/environment/{here.id}/status"] >= 2


@pytest.mark.parametrize("path", ["/environment/{}", "/project/*"], ids=["no project is told", "no project is shown"])
def test_one_whose_project_cannot_be_read_is_read_alone(qovery: QoverySimulator, session: Session, path: str) -> None:
    """A token may see an environment and nothing around it."""
    first, second = _busy(qovery), _busy(qovery)
    qovery.inject(Respond(path=path.format(second.id), status=403, body=error_body(403), times=None))

    operations = _joined_by(session, first, second)

    assert [operation.outcome for operation in operations] == ["canceled"] * 2
    assert _reads(qovery)[f"/environment/{second.id}/status"] >= 2


def test_one_that_comes_late_joins_its_project(qovery: QoverySimulator, session: Session) -> None:
    """By then it is known where it belongs: nothing is asked about it."""
    first, second, late = (_busy(qovery) for _ in range(3))
    operations: list[Operation] = []

    def last_one_comes() -> None:
        operations.append(Operation(session, late.id))
        wait_until(lambda: len(session._joining) == 1)  # noqa: SLF001 - as above

    def second_one_comes() -> None:
        operations.append(Operation(session, second.id, last_one_comes))
        wait_until(lambda: len(session._joining) == 1)  # noqa: SLF001 - as above

    operations.append(Operation(session, first.id, second_one_comes))
    wait_until(lambda: len(operations) == 3)

    assert [operation.outcome for operation in operations] == ["canceled"] * 3
    assert tuple(_reads(qovery)[f"/environment/{late.id}{path}"] for path in ("", "/status")) == (0, 0)


def test_a_bug_is_raised_in_every_operation_that_waits(qovery: QoverySimulator, session: Session) -> None:
    """None waits for ever for a driver that has died, and the next one gets a new driver."""
    first, second = _busy(qovery), _busy(qovery)
    operations: list[Operation] = []

    def second_one_comes() -> None:
        operations.append(Operation(session, second.id))
        wait_until(lambda: len(session._joining) == 1)  # noqa: SLF001 - as above
        raise ZeroDivisionError

    operations.append(Operation(session, first.id, second_one_comes))
    wait_until(lambda: len(operations) == 2)

    for operation in operations:
        with pytest.raises(ZeroDivisionError):
            operation.end.result(timeout=10)
    assert Operation(session, first.id).outcome == "canceled"


def test_a_stop_ends_its_own_cancellation_alone(qovery: QoverySimulator, session: Session) -> None:
    """The others go on; accepted cancels can be resumed."""
    first, second = _busy(qovery), _busy(qovery)

    one, other = operations = _joined_by(session, first, second)
    one.stop.set_result(None)

    assert other.outcome == "canceled"
    with pytest.raises(CancellationStoppedError):
        assert one.outcome
    for operation in operations:
        operation.end.result(timeout=10)
    assert [operation.cancellation.known.is_resumable for operation in operations] == [True, True]
    assert len(qovery.posts()) == 2


def test_a_stop_wakes_the_driver_at_once(qovery: QoverySimulator) -> None:
    """On the machine's own clock, in a pause between polls that would last for half an hour."""
    environment = _busy(qovery)
    environment.cancel()
    qovery.service.limiter.limit = 1  # what is left of it is spread over the hour
    operation = Operation(Sessions().of(settings_for(qovery)), environment.id)
    timer = Timer(0.03, operation.stop.set_result, [None])
    wait_until(lambda: qovery.requests)

    timer.start()

    with pytest.raises(CancellationStoppedError):
        assert operation.outcome
    timer.join()


def test_the_next_one_after_the_last_begins_anew(qovery: QoverySimulator, session: Session) -> None:
    """A process serves one update after another: nothing is left of the last one."""
    first, second = _busy(qovery), _busy(qovery)

    assert [Operation(session, one.id).outcome for one in (first, second)] == ["canceled"] * 2
    paths = [f"/environment/{one.id}/{what}" for one in (first, second) for what in ("status", "deploymentQueue")]
    assert _reads(qovery).keys() == set(paths)


def test_equal_settings_have_one_session(qovery: QoverySimulator, sessions: Sessions, session: Session) -> None:
    """Another token is another user: neither sees with the other's eyes."""
    assert sessions.of(settings_for(qovery)) is session
    assert sessions.of(settings_for(qovery, "qov_other")) is not session


def test_nothing_is_shared_with_other_settings(qovery: QoverySimulator, sessions: Sessions, session: Session) -> None:
    """A refused token ends its own cancellations alone."""
    mine, others = _busy(qovery), _busy(qovery)

    good = Operation(session, mine.id)
    refused = Operation(sessions.of(settings_for(qovery, "qov_wrong")), others.id)

    assert good.outcome == "canceled"
    with pytest.raises(AuthenticationError):
        assert refused.outcome
    assert others.deployments[0].cancels == []


def test_the_clients_of_a_session_share_the_rate_budget(session: Session) -> None:
    """The limit is the token's."""
    first, second = session.open_client(), session.open_client(4)

    assert first.budget is second.budget
    first.close()
    second.close()


def test_a_status_is_read(qovery: QoverySimulator, session: Session) -> None:
    """The status of one environment, or of all in a project."""
    first, second = _busy(qovery), _busy(qovery)
    project_id = first.project_id

    assert session.environment_status(first.id).last_deployment_state == "BUILDING"
    assert [status.id for status in session.project_statuses(project_id)] == [first.id, second.id]


class SilentClient:
    """A client whose calls are answered at the end of the test."""

    def __init__(self) -> None:
        self.budget, self.end = RateBudget(), Event()

    def send(self, *_: object) -> Any:  # noqa: ANN401 - of any call
        self.end.wait(timeout=10)
        raise ServerError("reading", 503)

    def close(self) -> None:
        """Do nothing: there is no connection."""


def test_statuses_of_silent_environments_end_in_time(qovery: QoverySimulator) -> None:
    """On the machine's own clock: all together, however many projects they are in, and each says why."""
    ids = [f"e{number}" for number in range(80)]
    client = SilentClient()
    session = Sessions(connect=lambda *_, **__: client).of(settings_for(qovery))
    began = SystemClock().monotonic()

    answers = session.read_statuses(ids, 0.05)
    took = SystemClock().monotonic() - began
    client.end.set()

    assert took < 2.0
    assert list(answers) == ids
    problems = {answer.problem for answer in answers.values() if isinstance(answer, TransportError)}
    assert problems == {"no complete response within 0 s"}


def test_statuses_that_many_threads_read_share_their_calls(qovery: QoverySimulator, session: Session) -> None:
    """As the previews of many resources do; the first ones may each make a call of their own."""
    ids = [_busy(qovery).id for _ in range(40)]

    with ThreadPoolExecutor(len(ids)) as pool:
        answers = list(pool.map(lambda id_: session.read_statuses([id_], 2.0), ids))

    assert [[*answer] for answer in answers] == [[id_] for id_ in ids]
    assert len(qovery.requests) <= 20


def test_a_read_that_fails_is_made_again(qovery: QoverySimulator, session: Session, clock: SharedClock) -> None:
    """Within the time that it has."""
    environment = _busy(qovery)
    qovery.inject(Respond(status=503, times=2))

    assert session.environment_status(environment.id).last_deployment_state == "BUILDING"
    assert clock.sleeps == [0.25, 0.5]


def test_a_read_ends_in_time(qovery: QoverySimulator, session: Session, clock: SharedClock) -> None:
    """A preview holds nothing up: the last attempt is made when the time is up."""
    qovery.inject(Respond(status=503, body=error_body(503), times=None))

    with pytest.raises(ServerError):
        session.project_statuses("project", limit=0.1)

    assert len(qovery.requests) == 2
    assert clock.sleeps == [0.1]


def test_a_process_needs_no_more_than_its_settings() -> None:
    """The time, chance and the way to Qovery are the real ones unless a test brings its own."""
    session = Sessions().of(Settings(Token("qov_secret", "a test"), "Token"))
    client = session.open_client()

    assert isinstance(session.clock, SystemClock)
    assert isinstance(client, QoveryClient)
    client.close()
