"""Many environments at once: the first reads, and a stop at any moment, which forgets and sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Sent
from qovery_provider._clock import Signal
from qovery_provider._driver.bulk import BulkCancellation, Target
from qovery_provider._driver.calls import LAST_CALL_LIMIT, CallRunner, StoppedError
from qovery_provider._driver.session import Session
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.failures import malformed
from qovery_provider._qovery.models import EnvironmentStatus, UnreadableStatus
from qovery_provider._qovery.redaction import Token
from qovery_provider._qovery.settings import Settings
from qovery_provider.errors import CallError, CancellationStoppedError, NotFoundError, ServerError, TransportError
from tests.support.script import Script, status
from tests.support.time import Trip, VirtualTime

SETTINGS = Settings(Token("qov_secret", "a test"), "Token")


@pytest.fixture
def time() -> VirtualTime:
    """A time in which every call takes a second."""
    time = VirtualTime(0.0)
    time.trip = lambda: Trip(0.5, 0.5)
    return time


@pytest.fixture
def script(time: VirtualTime) -> Script:
    """Two projects, with two environments in the first one."""
    answers: dict[str, Sequence[object]] = {
        "project of a": ["p"],
        "project of c": ["q"],
        "statuses p": [[status(name, "BUILDING") for name in "ab"]],
        "statuses q": [[status("c", "BUILDING")]],
        **{f"cancel {name}": [status(name, "CANCELING")] for name in "abc"},
    }
    return Script(time, answers)


def bulk_stopped(script: Script, time: VirtualTime, at: float) -> BulkCancellation:
    """Return a bulk cancellation that is stopped at a time."""
    stop = Signal()
    time.plan(at, lambda: stop.set_result(None))
    return bulk(script, time, stop)


def ends(cancellations: Sequence[Cancellation]) -> list[tuple[type[Exception], Sent]]:
    """Return how each ended, and how far it got."""
    result = []
    for cancellation in cancellations:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - it is returned
            cancellation.result()
        result.append((caught.type, cancellation.known.sent))
    return result


def targets(*names: str) -> list[Target]:
    return [Target(name) for name in names]


def bulk(script: Script, time: VirtualTime, stop: Signal | None = None, timeout: float = 1800.0) -> BulkCancellation:
    session = Session(SETTINGS, CallRunner(time, time, lambda: 0.5), lambda *_, **__: script)
    return BulkCancellation(session, CancellationRequest("", timeout=timeout), lambda _: None, stop=stop)


def read_statuses(script: Script, time: VirtualTime, *names: str) -> dict[str, EnvironmentStatus | CallError]:
    """Read the status of environments as a preview does."""
    session = Session(SETTINGS, CallRunner(time, time, lambda: 0.5), lambda *_, **__: script)
    return session.read_statuses(names, 20.0)


# The first reads.


def test_a_list_of_environments_is_read_by_their_projects(script: Script, time: VirtualTime) -> None:
    """The project of the first shows the second as well."""
    assert list(read_statuses(script, time, "a", "b", "c")) == ["a", "b", "c"]
    assert [name for _, name in script.calls] == ["project of a", "statuses p", "project of c", "statuses q"]


@pytest.mark.parametrize("name", ["b", None], ids=["named", "nameless"])
def test_an_entry_that_is_no_status_fails_for_its_environment(
    script: Script, time: VirtualTime, name: str | None
) -> None:
    """The others of the project are read, and canceled."""
    odd_entry = UnreadableStatus(name, "state is missing")
    running, canceled = ([status("a", state), odd_entry] for state in ("BUILDING", "CANCELED"))
    script.answers |= {"statuses p": [running, canceled], "project of b": ["p"]}
    script.answers["status b"] = [malformed(endpoints.environment_status("b"), "state is missing")]

    fine, odd = bulk(script, time).cancel(targets("a", "b"))

    assert fine.result().outcome == "canceled"
    with pytest.raises(TransportError, match=r"reading the status of environment b: .* the format of"):
        odd.result()


def test_each_environment_has_its_own_failure(script: Script, time: VirtualTime) -> None:
    """The others are read all the same."""
    failure = NotFoundError("reading environment x", 404)
    script.answers |= {"project of x": [failure], "status x": [failure]}

    assert read_statuses(script, time, "x", "a") == {"x": failure, "a": status("a", "BUILDING")}


def test_an_entry_of_a_project_that_is_no_status_fails_alone(script: Script, time: VirtualTime) -> None:
    """Also where the list is all that was asked for."""
    odd_entry = UnreadableStatus("b", "state is missing")
    script.answers["statuses p"] = [[status("a", state), odd_entry] for state in ("BUILDING", "CANCELED")]

    fine, odd = bulk(script, time).cancel_project("p")

    assert fine.result().outcome == "canceled"
    with pytest.raises(TransportError, match=r"reading the status of environment b: .* the format of"):
        odd.result()


# Stopped.


NOT_SENT, ACCEPTED = (CancellationStoppedError, Sent.NOT_SENT), (CancellationStoppedError, Sent.ACCEPTED)


@pytest.mark.parametrize(
    ("at", "calls"),
    [
        pytest.param(0.2, ["project of a", "statuses p"], id="while the first project is found"),
        pytest.param(1.2, ["project of a", "statuses p"], id="while its environments are read"),
        pytest.param(
            2.2, ["project of a", "statuses p", "project of c", "statuses q"], id="while another project is found"
        ),
        pytest.param(
            2.9,
            ["project of a", "statuses p", "project of c", "statuses q"],
            id="while that one's environments are read",
        ),
    ],
)
def test_the_first_reads_end_at_once(script: Script, time: VirtualTime, at: float, calls: list[str]) -> None:
    """Nothing is sent, and every environment is reported as stopped."""
    ended = bulk_stopped(script, time, at).cancel(targets("a", "b", "c"))

    assert ends(ended) == [NOT_SENT] * 3
    assert time.now == at
    time.pass_until(10.0)
    assert [name for _, name in script.calls] == calls


def test_a_project_that_is_not_read_yet_has_no_environments_to_tell_of(script: Script, time: VirtualTime) -> None:
    """The error says that nothing was sent, and what comes next."""
    with pytest.raises(StoppedError) as caught:
        bulk_stopped(script, time, 0.2).cancel_project("p")

    assert time.now == 0.2
    assert str(caught.value) == (
        "reading the status of the environments of project p: the update was stopped before a response came. "
        "Nothing was sent. Run it again."
    )


def test_cancels_on_the_wire_are_waited_for(script: Script, time: VirtualTime) -> None:
    """Their effects are known."""
    ended = bulk_stopped(script, time, 1.2).cancel_project("p")

    assert ends(ended) == [ACCEPTED] * 2
    assert time.now == 2.0
    assert [name for _, name in script.calls] == ["statuses p", "cancel a", "cancel b"]


def test_what_an_earlier_run_has_sent_is_not_forgotten(script: Script, time: VirtualTime) -> None:
    """An environment whose project was not read yet ends as far as it was."""
    ended = bulk_stopped(script, time, 0.2).cancel([Target("a", "a-d1", Sent.ACCEPTED)])

    assert ends(ended) == [ACCEPTED]
    assert ended[0].known.is_resumable


def test_what_was_read_before_the_stop_is_told_as_it_was(script: Script, time: VirtualTime) -> None:
    """An environment that does not exist was not stopped."""
    missing = NotFoundError("reading environment x", 404)
    script.answers |= {"project of x": [missing], "status x": [missing], "project of a": ["p"]}

    ended = bulk_stopped(script, time, 2.2).cancel(targets("x", "a"))

    assert ends(ended) == [(NotFoundError, Sent.NOT_SENT), NOT_SENT]


def test_an_environment_that_no_list_shows_is_read_separately(script: Script, time: VirtualTime) -> None:
    """A role may hide it there: only its own status is believed."""
    script.answers["project of x"] = ["p"]
    script.answers["statuses p"] = [[]]
    script.answers["status x"] = [status("x", "DEPLOYED")]

    ended = bulk(script, time).cancel(targets("x"))

    assert [each.result().outcome for each in ended] == ["nothing_to_cancel"]


def test_an_environment_that_its_project_does_not_list_is_read_separately(script: Script, time: VirtualTime) -> None:
    """Only its own status says whether it exists."""
    missing = NotFoundError("reading the status of environment x", 404)
    script.answers |= {"project of x": ["p"], "statuses p": [[]], "status x": [missing]}

    ended = bulk(script, time).cancel(targets("x"))

    assert ends(ended) == [(NotFoundError, Sent.NOT_SENT)]


# The time.


@pytest.mark.parametrize("answered", range(8))
@pytest.mark.parametrize("names", ["a", "ab", "abc"])
def test_a_silent_server_holds_no_update_past_its_timeout(
    script: Script, time: VirtualTime, answered: int, names: str
) -> None:
    """The time of all counts from the start; a call that is made at its end gets two seconds."""
    for name in names:
        script.answers[f"status {name}"] = [status(name, "BUILDING")]
    time.let_travel(*[Trip()] * answered, rest=Trip(back=1000.0))

    with suppress(CallError):
        bulk(script, time, timeout=5.0).cancel(targets(*names))

    assert time.now <= 5.0 + LAST_CALL_LIMIT


@pytest.mark.parametrize("answered", range(5))
def test_a_silent_server_holds_no_project_past_its_timeout(script: Script, time: VirtualTime, answered: int) -> None:
    """The list of the environments is bounded by the same time."""
    time.let_travel(*[Trip()] * answered, rest=Trip(back=1000.0))

    with suppress(CallError):
        bulk(script, time, timeout=5.0).cancel_project("p")

    assert time.now <= 5.0 + LAST_CALL_LIMIT


def test_a_silent_project_delays_no_other(script: Script, time: VirtualTime) -> None:
    """The others are canceled after a short patience; it joins them as soon as it has been read."""
    time.let_travel(Trip(), Trip(back=100.0))  # the scouts
    script.answers |= {f"cancel {name}": [status(name, "CANCELED")] for name in "abc"}
    script.answers["status c"] = [status("c", "BUILDING")]

    ended = bulk(script, time).cancel(targets("a", "b", "c"))

    assert [each.result().outcome for each in ended] == ["canceled"] * 3
    assert script.times("cancel a") == [1.5]
    assert script.times("cancel c") == [2.0]


def test_the_time_of_a_project_counts_from_before_its_list_is_read(script: Script, time: VirtualTime) -> None:
    """A slow list leaves less time for the rest."""
    time.let_travel(Trip(back=3.0))

    ended = bulk(script, time, timeout=5.0).cancel_project("p")

    assert [type(each.action) for each in ended] == [actions.Fail] * 2
    assert time.now == 5.0


# Previews.


def test_previews_share_one_read(script: Script, time: VirtualTime) -> None:
    """Forty resources of one project cost a few requests."""
    names = [f"e{number}" for number in range(40)]
    script.answers |= {f"project of {name}": ["p"] for name in names}
    script.answers["statuses p"] = [[status(name, "BUILDING") for name in names]]
    script.answers |= {f"status {name}": [status(name, "BUILDING")] for name in names}
    session = Session(SETTINGS, CallRunner(time, time, lambda: 0.5), lambda *_, **__: script)
    time.trip = lambda: Trip(0.2, 0.2)

    answers = session.read_statuses(names, 2.0)

    assert list(answers) == names
    assert len(script.calls) == 2


def test_a_preview_reads_again_after_a_failure(script: Script, time: VirtualTime) -> None:
    """While there is time."""
    time.trip = Trip
    script.answers["status a"] = [ServerError("reading", 503), status("a", "BUILDING")]

    assert read_statuses(script, time, "a") == {"a": status("a", "BUILDING")}
    assert script.times("status a") == [0.0, 0.25]
