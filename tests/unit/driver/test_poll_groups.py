"""Many cancellations: they share polls, and neither failures nor silence nor deadlines."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from qovery_provider._cancellation import actions
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._clock import Signal
from qovery_provider._driver.calls import LAST_CALL_LIMIT, CallRunner
from qovery_provider._driver.discovery import MAX_DENIALS
from qovery_provider._driver.driver import Driver
from qovery_provider._driver.poll_groups import PollGroups
from qovery_provider.errors import AuthenticationError, NotFoundError, QoveryError, ServerError
from tests.support.script import Script, status
from tests.support.time import Trip, VirtualTime

DENIED = AuthenticationError("reading", 401, token_source="a test")
SILENT = Trip(back=1000.0)


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime(0.0)


def new_cancellation(name: str, time: VirtualTime, **options: object) -> Cancellation:
    return Cancellation(CancellationRequest(name, **options), time.now, lambda: 1.0)  # type: ignore[arg-type]


def projects(time: VirtualTime, **environments: str) -> Script:
    """Return a client of projects, each with the environments of the names in its text, which run a deployment."""
    answers: dict[str, Sequence[object]] = {}
    for project, names in environments.items():
        answers[f"statuses {project}"] = [[status(name, "BUILDING") for name in names]]
        for name in names:
            answers[f"project of {name}"] = [project]
            answers[f"status {name}"] = [status(name, "BUILDING")]
            answers[f"cancel {name}"] = [status(name, "CANCELED")]
    return Script(time, answers)


class Drive:
    """Cancellations that are driven to their end.

    Attributes:
        ends: When each came to its end, by environment.
        wake: Wakes the driver, as a session does when a cancellation joins.
    """

    def __init__(self, script: Script, time: VirtualTime) -> None:
        self.ends: dict[str, float] = {}
        self.wake = Signal()
        self._time, self.groups = time, PollGroups(script)
        self._driver = Driver(script, CallRunner(time, time, lambda: 1.0), self._note)

    def _note(self, cancellation: Cancellation) -> None:
        if isinstance(cancellation.action, actions.Done | actions.Fail):
            self.ends[cancellation.request.environment_id] = self._time.now

    def run(self) -> None:
        """Return when each has come to its end."""
        while self._driver.advance(self.groups.groups, [] if self.wake.done() else [self.wake]):
            pass


def driven(script: Script, time: VirtualTime, *cancellations: Cancellation) -> dict[str, float]:
    """Drive cancellations that come at once; return when each came to its end."""
    drive = Drive(script, time)
    drive.groups.add(*cancellations)
    drive.run()
    return drive.ends


def test_one_scout_is_enough_for_a_project(time: VirtualTime) -> None:
    """Two requests show all environments of one project."""
    script = projects(time, p="abcdefgh")
    many = [new_cancellation(name, time) for name in "abcdefgh"]

    driven(script, time, *many)

    assert [name for _, name in script.calls if "cancel" not in name] == ["project of a", "statuses p"]
    assert {each.result().outcome for each in many} == {"canceled"}


def test_projects_are_read_in_rounds_side_by_side(time: VirtualTime) -> None:
    """Forty projects with answers of a second: the first cancel leaves after two, the last before a quarter minute."""
    names = [f"e{number}" for number in range(40)]
    script = Script(time, {})
    for name in names:
        script.answers |= projects_of_one(name)
    time.let_travel(rest=Trip(0.5, 0.5))
    many = [new_cancellation(name, time) for name in names]

    driven(script, time, *many)

    starts = [at for at, name in script.calls if name.startswith("cancel")]
    assert min(starts) <= 3.0
    assert max(starts) <= 15.0
    assert len([name for _, name in script.calls if not name.startswith("cancel")]) <= 2 * len(names)


def projects_of_one(name: str) -> dict[str, list[object]]:
    """Return the answers of an environment that is the only one of its project."""
    return {
        f"project of {name}": [f"p-{name}"],
        f"statuses p-{name}": [[status(name, "BUILDING")]],
        f"status {name}": [status(name, "BUILDING")],
        f"cancel {name}": [status(name, "CANCELED")],
    }


def test_a_silent_scout_holds_no_other(time: VirtualTime) -> None:
    """The next round begins without it, and its own environment is read separately."""
    script = Script(time, {**projects_of_one("a"), **projects_of_one("b"), **projects_of_one("c")})
    time.let_travel(SILENT)

    ends = driven(script, time, *[new_cancellation(name, time) for name in "abc"])

    assert ends == {"a": 2.0, "b": 2.0, "c": 2.0}


@pytest.mark.parametrize("call", ["project of a", "statuses p"])
@pytest.mark.parametrize("error", [DENIED, ServerError("reading", 503), NotFoundError("reading", 404)])
def test_an_environment_without_a_readable_project_is_read_separately(
    time: VirtualTime, call: str, error: Exception
) -> None:
    """A token may see an environment and nothing around it."""
    script = projects(time, p="a", q="b")
    script.answers[call] = [error]

    ends = driven(script, time, *[new_cancellation(name, time) for name in "ab"])

    assert ends == {"a": 0.0, "b": 0.0}
    assert len(script.times("status a")) == 1


def test_a_token_that_may_read_no_project_costs_few_scouts(time: VirtualTime) -> None:
    """After some rejections, the others are read separately at once."""
    names = [f"e{number}" for number in range(60)]
    script = Script(time, {})
    for name in names:
        script.answers |= {**projects_of_one(name), f"project of {name}": [DENIED]}
    many = [new_cancellation(name, time) for name in names]

    driven(script, time, *many)

    assert {each.result().outcome for each in many} == {"canceled"}
    scouts = [name for _, name in script.calls if name.startswith("project of")]
    assert MAX_DENIALS <= len(scouts) < 2 * MAX_DENIALS


def test_an_unlisted_environment_is_read_separately_from_then_on(time: VirtualTime) -> None:
    """A role may hide an environment from the list of its project: that it is missing there says nothing."""
    script = projects(time, p="ab")
    script.answers["cancel b"] = [status("b", "CANCELING")]
    script.answers["cancel a"] = [status("a", "CANCELING")]
    script.answers["statuses p"] += [[status("a", "CANCELING")], [status("a", "CANCELED")]]
    script.answers["status b"] = [status("b", "CANCELING"), status("b", "CANCELED")]
    a, b = (new_cancellation(name, time) for name in "ab")

    driven(script, time, a, b)

    assert [each.result().outcome for each in (a, b)] == ["canceled"] * 2
    assert len(script.times("status b")) == 2
    assert len(script.times("statuses p")) == 3


def test_a_failing_list_delays_no_newcomer(time: VirtualTime) -> None:
    """One that comes while others wait after a failure reads at once."""
    script = projects(time, p="ab")
    script.answers["statuses p"] = [
        script.answers["statuses p"][0],
        ServerError("reading", 503, retry_after=30.0),
        [status(name, "CANCELED") for name in "abc"],
    ]
    script.answers |= {"cancel a": [status("a", "CANCELING")], "cancel b": [status("b", "CANCELING")]}
    script.answers["project of c"] = ["p"]
    drive = Drive(script, time)
    drive.groups.add(*[new_cancellation(name, time) for name in "ab"])
    drive.groups.know("p", ["c"])

    def come() -> None:
        drive.groups.add(new_cancellation("c", time))
        drive.wake.set_result(None)

    time.plan(1.0, come)
    drive.run()

    assert drive.ends["c"] == 1.0


def test_an_early_deadline_is_kept_although_a_shared_call_hangs(time: VirtualTime) -> None:
    """It ends by its own time, and the call goes on for the other one, which gets its answer."""
    script = projects(time, p="ab")
    script.answers |= {f"cancel {name}": [status(name, "CANCELING")] for name in "ab"}
    script.answers["statuses p"] += [[status(name, "CANCELED") for name in "ab"]]
    time.let_travel(Trip(), Trip(), Trip(), Trip(back=20.0))
    hurried, patient = new_cancellation("a", time, timeout=5.0), new_cancellation("b", time)

    ends = driven(script, time, hurried, patient)

    with pytest.raises(QoveryError):
        hurried.result()
    assert ends["a"] <= 5.0 + LAST_CALL_LIMIT
    assert patient.result().outcome == "canceled"
    assert 20.0 < ends["b"] < 21.0


def test_a_newcomer_does_not_wait_for_a_call_that_hangs(time: VirtualTime) -> None:
    """After two seconds another call is made for it."""
    script = projects(time, p="abc")
    script.answers |= {f"cancel {name}": [status(name, "CANCELING")] for name in "ab"}
    time.let_travel(Trip(), Trip(), Trip(), SILENT)
    drive = Drive(script, time)
    drive.groups.add(*[new_cancellation(name, time, timeout=30.0) for name in "ab"])
    for _ in range(2):
        drive._driver.advance(drive.groups.groups)  # noqa: SLF001 - up to the poll that hangs
    drive.groups.add(late := new_cancellation("c", time))
    drive.run()

    assert late.result().outcome == "canceled"
    assert drive.ends["c"] <= 3.0
