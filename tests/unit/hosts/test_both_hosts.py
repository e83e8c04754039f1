"""One life for every host: the same calls over gRPC give the same states on either host.

The states are compared in the names of the inside; `_translated` brings the plugin's there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from qovery_provider import providers
from qovery_provider._driver.session import Sessions
from qovery_provider._hosts.dynamic import DynamicProvider
from qovery_provider.simulator import Environment, Fault, LoseAnswer, Plan, QoverySimulator, Reset, Respond
from tests.support.environments import busy
from tests.support.plugin_host import PluginHost, camel, plugin_host
from tests.support.providers import configuration
from tests.support.recorder import error_body
from tests.support.sdk import NEEDS_DRIFT
from tests.support.sdk_host import Refused, SdkHost, sdk_host
from tests.support.time import FakeClock

CANCELLATION, RECORD, BULK = "DeploymentCancellation", "RunningDeployment", "BulkDeploymentCancellation"
SOON = Plan(phases=(("BUILDING", 600.0),), cancel_delay=0.0)
NEVER = Plan(phases=(("BUILDING", 600.0),), cancel_delay=None)

Properties = Mapping[str, Any]
Outputs = dict[str, Any]


class Host(Protocol):
    """A host, in the names of the inside."""

    def create(self, kind: str, written: Properties) -> Outputs | Refused: ...

    def update(self, kind: str, id_: str, stored: Properties, written: Properties) -> Outputs | Refused: ...

    def read(self, kind: str, id_: str, stored: Properties) -> Outputs | Refused: ...

    def diff(self, kind: str, stored: Properties, written: Properties) -> tuple[str, list[str]]:
        """Return whether something differs, and which inputs replace."""
        ...


class Dynamic:
    """The SDK's host of dynamic providers."""

    def __init__(self, hosts: Mapping[str, SdkHost]) -> None:
        self._hosts = hosts

    def create(self, kind: str, written: Properties) -> Outputs | Refused:
        return self._hosts[kind].create("", written)

    def update(self, kind: str, id_: str, stored: Properties, written: Properties) -> Outputs | Refused:
        return self._hosts[kind].update("", id_, stored, written)

    def read(self, kind: str, id_: str, stored: Properties) -> Outputs | Refused:
        return self._hosts[kind].read("", id_, stored)

    def diff(self, kind: str, stored: Properties, written: Properties) -> tuple[str, list[str]]:
        answer = self._hosts[kind].diff("id", stored, written)
        assert isinstance(answer, dict)
        return answer.get("changes", ""), answer.get("replaces", [])


class Plugin:
    """The provider plugin."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host

    def create(self, kind: str, written: Properties) -> Outputs | Refused:
        return _inside(self._host.create(kind, _translated(written, camel)))

    def update(self, kind: str, id_: str, stored: Properties, written: Properties) -> Outputs | Refused:
        olds, news = _translated(stored, camel), _translated(written, camel)
        return _inside(self._host.update(kind, olds, news, id_=id_))

    def read(self, kind: str, id_: str, stored: Properties) -> Outputs | Refused:
        answer = self._host.read(kind, id_, _translated(stored, camel))
        return _inside(answer if isinstance(answer, Refused) else answer[0])

    def diff(self, kind: str, stored: Properties, written: Properties) -> tuple[str, list[str]]:
        answer = self._host.diff(kind, _translated(stored, camel), _translated(written, camel))
        return answer["changes"], [_snake(name) for name in answer.get("replaces", [])]


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)


def _translated(properties: Properties, spell: Callable[[str], str]) -> Outputs:
    translated = {spell(name): value for name, value in properties.items()}
    if "results" in translated:
        translated["results"] = {
            key: {spell(name): value for name, value in result.items()} for key, result in translated["results"].items()
        }
    return translated


def _inside(answer: Outputs | Refused) -> Outputs | Refused:
    if isinstance(answer, dict):
        return _translated(answer, _snake)
    if answer.kept is None:
        return answer
    id_, reasons, outputs, inputs = answer.kept
    return Refused(answer.message, (id_, reasons, _translated(outputs, _snake), inputs))


@pytest.fixture
def clock() -> FakeClock:
    """The time of the hosts and of the simulator."""
    return FakeClock()


@pytest.fixture
def qovery_simulator(clock: FakeClock) -> Iterator[QoverySimulator]:
    """A simulator for which time passes when a host waits."""
    with QoverySimulator(clock=clock.wall) as simulator:
        yield simulator


@pytest.fixture(params=["dynamic", "plugin"])
def host(
    request: pytest.FixtureRequest,
    qovery_simulator: QoverySimulator,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Host]:
    """Each host, with the simulator's settings."""
    config, sessions = configuration(qovery_simulator), Sessions(clock)
    monkeypatch.setattr(DynamicProvider, "sessions", sessions)
    with ExitStack() as stack:
        if request.param == "plugin":
            own = {key.removeprefix("qovery:"): value for key, value in config.items()}
            yield Plugin(stack.enter_context(plugin_host(own, sessions)))
        else:
            served = {kind: getattr(providers, f"{kind}Provider")() for kind in (CANCELLATION, RECORD, BULK)}
            yield Dynamic({kind: stack.enter_context(sdk_host(each, config)) for kind, each in served.items()})


@pytest.fixture
def environment(qovery_simulator: QoverySimulator) -> Environment:
    """An environment that runs a deployment which can be canceled at once, and has another one queued."""
    return busy(qovery_simulator, SOON)


def _stored(answer: Outputs | Refused) -> Outputs:
    assert isinstance(answer, dict), answer
    return answer


def _kept(answer: Outputs | Refused) -> tuple[str, Outputs]:
    """Return what is kept of an operation that failed, as (id, outputs)."""
    assert isinstance(answer, Refused)
    assert answer.kept is not None, answer
    return answer.kept[0], answer.kept[2]


def test_a_cancellation(host: Host, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """All its outputs; its stored options change without a call; a trigger replaces it."""
    written = {"environment_id": environment.id, "triggers": {"commit_sha": "1"}}
    stored = _stored(host.create(CANCELLATION, written))
    calls = len(qovery_simulator.requests)
    later = {**written, "timeout": 60}

    changed = _stored(host.update(CANCELLATION, environment.id, stored, later))

    canceled, _ = environment.deployments
    expected = {
        "outcome": "canceled",
        "deployment_id": canceled.id,
        "deployment_state": "CANCELED",
        "state": "CANCELED",
        "last_deployment_id": canceled.id,
        "origin": "API",
        "timeout": 1800,
        "on_idle": "succeed",
        "triggers": {"commit_sha": "1"},
    }
    assert {name: stored[name] for name in expected} == expected
    assert changed == {**stored, "timeout": 60}
    assert len(qovery_simulator.requests) == calls
    assert host.diff(CANCELLATION, stored, written) == ("DIFF_NONE", [])
    assert host.diff(CANCELLATION, stored, later) == ("DIFF_SOME", [])
    assert host.diff(CANCELLATION, stored, {**later, "triggers": {}}) == ("DIFF_SOME", ["triggers"])


def test_a_cancellation_that_was_left_unfinished(host: Host, environment: Environment) -> None:
    """The cancel is recorded, and the update that resumes it sends nothing and touches nothing else."""
    environment.deployments[0].plan = NEVER
    id_, stored = _kept(host.create(CANCELLATION, {"environment_id": environment.id, "timeout": 0.3}))
    difference = host.diff(CANCELLATION, stored, {"environment_id": environment.id, "timeout": 0.3})
    environment.deployments[0].plan = SOON
    environment.cancel()

    resumed = _stored(host.update(CANCELLATION, id_, stored, {"environment_id": environment.id}))

    assert stored["__unfinished"] == {"sent": "accepted", "deployment_id": environment.deployments[0].id}
    assert difference == ("DIFF_SOME", [])
    assert (resumed["outcome"], resumed["deployment_id"]) == ("canceled", environment.deployments[0].id)
    assert "__unfinished" not in resumed
    assert environment.deployments[1].cancels == []


@NEEDS_DRIFT
def test_a_refresh(host: Host, environment: Environment) -> None:
    """A changed status is read and marked; a second refresh finds no difference."""
    stored = _stored(host.create(CANCELLATION, {"environment_id": environment.id}))
    environment.cancel()

    drifted = _stored(host.read(CANCELLATION, environment.id, stored))

    assert (drifted["state"], drifted["outcome"]) == ("CANCELED", "canceled")
    assert host.diff(CANCELLATION, drifted, {"environment_id": environment.id})[0] == "DIFF_SOME"
    assert host.read(CANCELLATION, environment.id, drifted) == drifted


def test_a_failure_before_anything_was_sent(host: Host, qovery_simulator: QoverySimulator) -> None:
    """Nothing is kept."""
    idle = qovery_simulator.world.add_environment()

    answer = host.create(CANCELLATION, {"environment_id": idle.id, "on_idle": "fail"})

    assert isinstance(answer, Refused)
    assert answer.kept is None
    assert "nothing to cancel" in answer.message


def test_a_target_that_is_recorded_first(host: Host, environment: Environment) -> None:
    """The record pins the cancellation, even if another deployment is running by then."""
    record = _stored(host.create(RECORD, {"environment_id": environment.id}))
    environment.cancel()

    pinned = {"environment_id": environment.id, "deployment_id": record["deployment_id"]}
    stored = _stored(host.create(CANCELLATION, pinned))

    assert record["deployment_id"] == environment.deployments[0].id
    assert (stored["outcome"], environment.deployments[1].cancels) == ("canceled", [])


def test_many_of_which_one_fails(host: Host, environment: Environment, qovery_simulator: QoverySimulator) -> None:
    """Each is reported; the next update acts only on what is left."""
    other = qovery_simulator.world.add_environment(project_id=environment.project_id)
    other.deploy(SOON)
    refusal = Respond(method="POST", path=f"*{other.id}*", status=403, body=error_body(403, "no"))
    qovery_simulator.inject(refusal)
    written = {"environment_ids": sorted([environment.id, other.id])}

    id_, stored = _kept(host.create(BULK, written))
    finished = _stored(host.update(BULK, id_, stored, written))

    outcomes = {environment.id: "canceled", other.id: "failed"}
    assert {key: result["outcome"] for key, result in stored["results"].items()} == outcomes
    assert {key: result["outcome"] for key, result in finished["results"].items()} == {
        **outcomes,
        other.id: "canceled",
    }
    assert finished["results"][other.id]["deployment_id"] == other.deployments[0].id
    assert finished["counts"] == {"canceled": 2}
    assert environment.deployments[1].cancels == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(LoseAnswer(method="POST"), id="the answer to the cancel is lost"),
        pytest.param(Reset(method="POST"), id="the cancel does not arrive"),
        pytest.param(Respond(method="POST", status=409, body=error_body(409, "busy"), executed=True), id="a conflict"),
        pytest.param(Reset(method="GET", path="*/status"), id="the first status read fails"),
        pytest.param(Respond(method="GET", path="*/status", skip=1, status=502), id="a poll meets a gateway"),
    ],
)
def test_faults(host: Host, environment: Environment, qovery_simulator: QoverySimulator, fault: Fault) -> None:
    """One cancel takes effect, on the target; the long form of this is the fault matrix."""
    qovery_simulator.inject(fault)

    stored = _stored(host.create(CANCELLATION, {"environment_id": environment.id}))

    target, following = environment.deployments
    assert (stored["outcome"], stored["deployment_id"]) == ("canceled", target.id)
    assert (target.effective_cancels, following.cancels) == (1, [])
