"""The driver with many cancellations: one poll serves all, and each gets only its own events."""

from __future__ import annotations

from functools import partial

import pytest

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._cancellation.schedule import CONFIRM_AFTER, FIRST_POLL
from qovery_provider._clock import Signal
from qovery_provider._driver.calls import CALL_LIMIT, CallRunner
from qovery_provider._driver.driver import Driver
from qovery_provider._driver.polls import PollGroup
from qovery_provider._qovery.models import UnreadableStatus
from qovery_provider.errors import (
    CancellationTimeoutError,
    NotFoundError,
    QoveryError,
    RateLimitError,
    ServerError,
    TransportError,
)
from tests.support.cancellations import poll_times
from tests.support.script import Script, status
from tests.support.time import Trip, VirtualTime

BROKEN = ServerError("reading", 503)


def full() -> float:
    return 1.0


def new_cancellation(name: str, **options: object) -> Cancellation:
    return Cancellation(CancellationRequest(name, **options), 0.0, full)  # type: ignore[arg-type]


def error_of(cancellation: Cancellation) -> QoveryError:
    with pytest.raises(QoveryError) as caught:
        cancellation.result()
    return caught.value


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime(0.0)


def run(script: Script, time: VirtualTime, *groups: PollGroup) -> None:
    Driver(script, CallRunner(time, time, full), lambda _: None).run(groups)


def test_one_poll_serves_all(time: VirtualTime) -> None:
    """Each poll is one call for any number of environments; each gets its own status."""
    polls = [[status(name, state) for name in "abc"] for state in ("BUILDING", "CANCELING", "CANCELED")]
    cancels = {f"cancel {name}": [status(name, "CANCELING")] for name in "abc"}
    script = Script(time, {"poll": polls, **cancels})
    many = [new_cancellation(name) for name in "abc"]

    run(script, time, PollGroup(many, script.read_statuses))

    assert script.times("poll") == [0.0, *poll_times(2)]
    assert [cancellation.result().outcome for cancellation in many] == ["canceled"] * 3
    assert [cancellation.result().deployment_id for cancellation in many] == ["a-d1", "b-d1", "c-d1"]


def test_groups_poll_for_themselves(time: VirtualTime) -> None:
    """Environments of two projects need two calls."""
    script = Script(time, {"poll": [[status("a", "DEPLOYED"), status("b", "DEPLOYED")]]})
    first, second = new_cancellation("a"), new_cancellation("b")

    run(script, time, PollGroup([first], script.read_statuses), PollGroup([second], script.read_statuses))

    assert script.times("poll") == [0.0, 0.0]
    assert [cancellation.result().outcome for cancellation in (first, second)] == ["nothing_to_cancel"] * 2


def test_the_earliest_need_decides(time: VirtualTime) -> None:
    """A planned poll is brought forward for a cancellation that has just begun to wait, and serves the others too."""
    waiting, new = new_cancellation("a"), new_cancellation("b")
    for at in (0.0, *poll_times(8)):
        waiting.observe(events.StatusRead(status("a", "CANCELING")), at)
    assert isinstance(waiting.action, actions.ReadStatus)
    time.now = now = waiting.known.now
    assert waiting.action.at > now + FIRST_POLL
    polls = [[status("a", "CANCELING"), status("b", "BUILDING")], [status("a", "CANCELED"), status("b", "CANCELED")]]
    script = Script(time, {"poll": polls, "cancel b": [status("b", "CANCELING")]})

    run(script, time, PollGroup([waiting, new], script.read_statuses))

    assert script.times("poll") == [now, now + FIRST_POLL]
    assert [cancellation.result().outcome for cancellation in (waiting, new)] == ["canceled"] * 2


@pytest.mark.parametrize("name", ["b", "B", None], ids=["named", "named in capitals", "nameless"])
def test_an_entry_that_is_no_status_concerns_its_environment_alone(time: VirtualTime, name: str | None) -> None:
    """An entry without a name may belong to an environment that is missing in the list: that one is not gone."""
    script = Script(time, {"statuses p": [[UnreadableStatus(name, "state is missing"), status("a", "DEPLOYED")]]})
    here, odd = new_cancellation("a"), new_cancellation("b")

    run(script, time, PollGroup.of_project(script, "p", [here, odd]))

    error = error_of(odd)
    assert here.result().outcome == "nothing_to_cancel"
    assert isinstance(error, TransportError)
    assert error.operation == f"reading the status of environment {name or 'b'}"
    assert error.problem == "the response does not have the format of Qovery's API (state is missing)"


def test_more_may_come(time: VirtualTime) -> None:
    """A cancellation that joins a group while it is driven is polled with the others."""
    first, second = new_cancellation("a"), new_cancellation("b")
    polls = [[status(name, state) for name in "ab"] for state in ("CANCELING", "CANCELED")]
    script = Script(time, {"poll": polls})
    group = PollGroup([first], script.read_statuses)
    time.plan(0.1, lambda: group.cancellations.append(second))

    run(script, time, group)

    assert [cancellation.result().outcome for cancellation in (first, second)] == ["canceled", "nothing_to_cancel"]


def test_an_environment_that_vanishes_is_read_twice(time: VirtualTime) -> None:
    """While one is waited for, a 404 is believed when it comes again after five seconds."""
    script = Script(time, {"poll": [[status("a", "CANCELING")], NotFoundError("reading", 404)]})

    run(script, time, PollGroup([cancellation := new_cancellation("a", on_completed="succeed")], script.read_statuses))

    assert cancellation.result().outcome == "environment_gone"
    assert script.times("poll") == [0.0, 0.75, 0.75 + CONFIRM_AFTER]


def test_a_failure_is_told_to_those_whose_poll_was_due(time: VirtualTime) -> None:
    """Those whose own poll is due later do not get it: they poll when it is their time."""
    hurried, patient = new_cancellation("a", timeout=0.3), new_cancellation("b")
    polls = [[status(name, "CANCELING") for name in "ab"], BROKEN, [status("b", "CANCELED")]]
    script = Script(time, {"poll": polls})

    run(script, time, PollGroup([hurried, patient], script.read_statuses))

    assert script.times("poll") == [0.0, 0.3, 0.75]
    assert isinstance(error_of(hurried), CancellationTimeoutError)
    assert patient.result().outcome == "canceled"


def test_a_failure_is_told_to_all_whose_poll_was_due(time: VirtualTime) -> None:
    """Each of them decides for itself how to go on."""
    new, waiting = new_cancellation("a"), new_cancellation("b", timeout=2.0)
    waiting.observe(events.StatusRead(status("b", "CANCELING")), 0.0)
    waiting.observe(events.StatusRead(status("b", "CANCELING")), 0.0)
    script = Script(time, {"poll": [BROKEN]})

    run(script, time, PollGroup([new, waiting], script.read_statuses))

    assert error_of(new) is BROKEN
    assert isinstance(error_of(waiting), CancellationTimeoutError)


def test_a_deadline_ends_the_attempts_of_its_own_cancellation_alone(time: VirtualTime) -> None:
    """The others keep theirs: five attempts before anything was sent."""
    hurried, patient = new_cancellation("a", timeout=0.2), new_cancellation("b")
    script = Script(time, {"poll": [BROKEN, BROKEN, [status(name, "DEPLOYED") for name in "ab"]]})

    run(script, time, PollGroup([hurried, patient], script.read_statuses))

    assert error_of(hurried) is BROKEN
    assert patient.result().outcome == "nothing_to_cancel"


def test_a_newcomer_does_not_wait_for_the_pause_of_another(time: VirtualTime) -> None:
    """An outage puts off the reads of those that have seen it, not those of a cancellation that begins now."""
    limited = RateLimitError("reading", 429, retry_after=30.0)
    first, second = new_cancellation("a"), new_cancellation("b")
    script = Script(time, {"poll": [limited, [status(name, "DEPLOYED") for name in "ab"]]})
    group = PollGroup([first], script.read_statuses)

    def join() -> None:
        second.known.started = second.known.now = time.now
        group.cancellations.append(second)

    time.plan(1.0, join)
    wake = Signal()
    time.plan(1.0, lambda: wake.set_result(None))
    driver = Driver(script, CallRunner(time, time, full), lambda _: None)
    while driver.advance(lambda: [group], [] if wake.done() else [wake]):
        pass

    assert script.times("poll") == [0.0, 1.0]
    assert [each.result().outcome for each in (first, second)] == ["nothing_to_cancel"] * 2


def test_a_poll_from_before_the_cancel_is_not_told(time: VirtualTime) -> None:
    """A read on the wire while the cancel was accepted may show the time before it: it is dropped."""
    cancellation, other = new_cancellation("a"), new_cancellation("b")
    polls = [
        [status("a", "BUILDING"), status("b", "CANCELING")],
        [status("a", "DEPLOYED", "d0"), status("b", "CANCELED")],
        [status("a", "CANCELED"), status("b", "CANCELED")],
    ]
    script = Script(time, {"poll": polls, "cancel a": [status("a", "CANCELING")]})
    time.let_travel(Trip(), Trip(0.1, 0.8), Trip(0.1, 5.0))

    run(script, time, PollGroup([cancellation, other], script.read_statuses))

    assert script.times("poll") == [0.0, 0.85, 2.75]  # the third does not wait for the end of the second
    assert [each.result().outcome for each in (cancellation, other)] == ["canceled"] * 2


def test_a_failed_poll_from_before_the_cancel_is_not_told(time: VirtualTime) -> None:
    """Its failure does not concern a cancellation that has made another step meanwhile."""
    cancellation, other = new_cancellation("a"), new_cancellation("b", timeout=3.0)
    polls = [[status("a", "BUILDING"), status("b", "CANCELING")], NotFoundError("x", 404), [status("a", "CANCELED")]]
    script = Script(time, {"poll": polls, "cancel a": [status("a", "CANCELING")]})
    time.let_travel(Trip(), Trip(0.1, 0.8), Trip(0.1, 5.0))

    run(script, time, PollGroup([cancellation, other], script.read_statuses))

    assert cancellation.result().outcome == "canceled"


def test_one_that_hangs_delays_no_other(time: VirtualTime) -> None:
    """The others come to their end while a cancel hangs; it is given up after its limit, and its effect is read."""
    stuck, quick = new_cancellation("a"), new_cancellation("b")
    polls = [[status(name, "BUILDING") for name in "ab"], [status(name, "CANCELED") for name in "ab"]]
    script = Script(time, {"poll": polls, **{f"cancel {name}": [status(name, "CANCELED")] for name in "ab"}})
    time.let_travel(Trip(), Trip(0.0, 1000.0), Trip(0.0, 0.1))
    ends: dict[str, float] = {}

    def note(cancellation: Cancellation) -> None:
        if isinstance(cancellation.action, actions.Done | actions.Fail):
            ends[cancellation.request.environment_id] = time.now

    Driver(script, CallRunner(time, time, full), note).run([PollGroup([stuck, quick], script.read_statuses)])

    assert ends == {"b": 0.1, "a": CALL_LIMIT + 0.75}


def test_a_poll_that_hangs_is_made_again(time: VirtualTime) -> None:
    """After its limit it counts as failed, and a new attempt is made."""
    script = Script(time, {"poll": [[status("a", "CANCELED")]]})
    time.let_travel(Trip(0.0, 1000.0))

    run(script, time, PollGroup([cancellation := new_cancellation("a")], script.read_statuses))

    assert script.times("poll") == [0.0, CALL_LIMIT + 0.5]
    assert cancellation.result().outcome == "nothing_to_cancel"


@pytest.mark.parametrize("spread", [0.0, 0.3, 2.0, 7.0])
def test_twenty_environments_cost_at_most_a_hundred_requests(time: VirtualTime, spread: float) -> None:
    """They share their polls for ten minutes, also when their cancels are accepted within a few seconds."""
    names = [f"e{number}" for number in range(20)]
    time.let_travel(Trip(), *(Trip(0.0, spread * number / 20) for number in range(20)))
    cancels = {f"cancel {name}": [status(name, "CANCELING")] for name in names}
    script = Script(time, {**cancels, "poll": [[status(name, "BUILDING") for name in names]]})
    many = [new_cancellation(name, timeout=600.0) for name in names]

    run(script, time, PollGroup(many, script.read_statuses))

    assert len(script.calls) <= 100
    assert [type(error_of(cancellation)) for cancellation in many] == [CancellationTimeoutError] * 20


def test_statuses_are_those_of_the_own_environment(time: VirtualTime) -> None:
    """No cancellation gets the deployment of another."""
    many = [new_cancellation(name, deployment_id=f"{name}-d1") for name in "abcd"]
    states = dict(zip("abcd", ("CANCELED", "DEPLOYED", "CANCELING", "BUILDING"), strict=True))
    script = Script(time, {"poll": [[status(name, state) for name, state in states.items()]]})
    script.answers["cancel d"] = [partial(status, "d", "CANCELED")]
    time.plan(0.1, lambda: script.answers.update(poll=[[status("c", "DEPLOYED")]]))

    run(script, time, PollGroup(many, script.read_statuses))

    assert [many[n].result().outcome for n in (0, 1, 3)] == ["canceled", "superseded", "canceled"]
    assert "deployment c-d1 finished on its own (DEPLOYED), although a cancellation was in progress" in str(
        error_of(many[2])
    )
