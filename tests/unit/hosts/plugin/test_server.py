"""The plugin as the engine calls it: what each answer says, and how what fails is told."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.rpc import UNKNOWN

from qovery_provider import __version__
from qovery_provider._driver.session import Sessions
from qovery_provider._hosts.engine import Engine
from qovery_provider.simulator import Environment, Plan, QoverySimulator, Respond
from tests.support.plugin_host import ID, PluginHost, bag, plugin_host
from tests.support.providers import no_client
from tests.support.recorder import error_body
from tests.support.sdk_host import Refused

CANCELLATION, RECORD, BULK = "DeploymentCancellation", "RunningDeployment", "BulkDeploymentCancellation"
SOON = Plan(phases=(("BUILDING", 60.0),), cancel_delay=0.0)
NEVER = Plan(phases=(("BUILDING", 60.0),), cancel_delay=None)
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


@pytest.fixture
def host(qovery_simulator: QoverySimulator) -> Iterator[PluginHost]:
    """A plugin whose stack is configured for the simulator; the token comes as a secret, as the engine sends it."""
    token = {SIGNATURE: SECRET, "value": qovery_simulator.token}
    with plugin_host({"apiToken": token, "apiUrl": qovery_simulator.url, "version": __version__}) as host:
        yield host


@pytest.fixture
def offline() -> Iterator[PluginHost]:
    """A plugin that must make no request."""
    with plugin_host({}, Sessions(connect=no_client)) as host:
        yield host


@pytest.fixture
def environment(qovery_simulator: QoverySimulator) -> Environment:
    """An environment that runs a deployment which can be canceled at once."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(SOON)
    return environment


def _outputs(answer: dict[str, Any] | Refused) -> dict[str, Any]:
    assert isinstance(answer, dict), answer
    return answer


def _refused(answer: object) -> Refused:
    assert isinstance(answer, Refused)
    return answer


# The plugin as a whole.


def test_it_asks_for_plain_values(offline: PluginHost) -> None:
    """Neither secrets nor outputs: the engine knows secrets by name."""
    answer = offline.stub.Handshake(proto.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))

    assert answer == proto.ProviderHandshakeResponse()
    assert offline.stub.GetPluginInfo(Empty()).version == __version__


@pytest.mark.parametrize(
    ("settings", "problems"),
    [
        ({}, []),
        ({"apiToken": UNKNOWN, "apiUrl": UNKNOWN, "version": "0.1.0"}, []),
        ({"previewStatus": "no"}, ["qovery-cancellation:previewStatus must be true or false; got 'no'"]),
    ],
    ids=["none", "not known yet", "wrong"],
)
def test_settings_are_checked(offline: PluginHost, settings: dict[str, Any], problems: list[str]) -> None:
    """They come back unchanged, and problems use the names of the stack's configuration."""
    answer = offline.stub.CheckConfig(proto.CheckRequest(news=bag(settings)))

    assert [(failure.property, failure.reason) for failure in answer.failures] == [("", text) for text in problems]
    assert answer.inputs == bag(settings)


@pytest.mark.parametrize(
    ("before", "expected"), [("https://a.example", "DIFF_SOME"), ("https://b.example", "DIFF_NONE")]
)
def test_a_change_of_settings_replaces_nothing(offline: PluginHost, before: str, expected: str) -> None:
    """A replaced provider would replace its resources, and they would cancel again."""
    news = bag({"apiUrl": "https://b.example"})

    answer = offline.stub.DiffConfig(proto.DiffRequest(old_inputs=bag({"apiUrl": before}), news=news))

    assert (proto.DiffResponse.DiffChanges.Name(answer.changes), list(answer.replaces)) == (expected, [])


# Inputs.


def test_what_was_written_is_stored_without_defaults(offline: PluginHost) -> None:
    """Otherwise `customTimeouts` could not be told from the default; what a refresh has marked is carried on."""
    written = {"environmentId": ID.upper(), "triggers": {"a_b": [None]}, "timeout": 60}

    assert offline.check(CANCELLATION, written, {"__drift": "1"}) == ({**written, "__drift": "1"}, [])


def test_an_input_that_does_not_exist_is_told(offline: PluginHost) -> None:
    """A program without an SDK would otherwise lose it in silence."""
    _, problems = offline.check(RECORD, {"environmentId": ID, "trigers": [1], "environment_id": ID})

    assert problems == [
        "environment_id is not an input of RunningDeployment; its inputs are environmentId, triggers",
        "trigers is not an input of RunningDeployment; its inputs are environmentId, triggers",
    ]


@pytest.mark.parametrize(
    ("stored_inputs", "written", "kinds"),
    [
        ({}, {"timeout": 60}, {"timeout": "ADD"}),
        ({"timeout": 30}, {"timeout": 60}, {"timeout": "UPDATE"}),
        ({"timeout": 60}, {}, {"timeout": "DELETE"}),
        ({}, {"triggers": ["a"]}, {"triggers": "ADD_REPLACE"}),
        ({"triggers": ["a"]}, {"triggers": ["b"]}, {"triggers": "UPDATE_REPLACE"}),
        ({"triggers": ["a"]}, {}, {"triggers": "DELETE_REPLACE"}),
        ({}, {"forceCancel": False, "timeout": 1800}, {}),
    ],
    ids=repr,
)
def test_each_changed_input_says_what_it_does(
    offline: PluginHost, stored_inputs: dict[str, Any], written: dict[str, Any], kinds: dict[str, str]
) -> None:
    """A default that is written out is no change."""
    stored = {"environmentId": ID, "timeout": 1800, **stored_inputs, "__pinned": False}
    before, after = ({"environmentId": ID, **inputs} for inputs in (stored_inputs, written))

    diff = offline.diff(CANCELLATION, stored, after, before)

    # ADD is the protocol's zero, which is not written out.
    assert {name: each.get("kind", "ADD") for name, each in diff.get("detailedDiff", {}).items()} == kinds
    assert diff["changes"] == ("DIFF_SOME" if kinds else "DIFF_NONE")
    assert diff.get("replaces", []) == [name for name, kind in kinds.items() if kind.endswith("REPLACE")]


class Shown(Engine):
    """An engine that keeps the lines that stay, with the names of their rows."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = list[str]()

    def row(self, urn: str) -> Any:  # noqa: ANN401 - stands in for a row
        name = urn.rpartition("::")[2]
        return SimpleNamespace(info=lambda line: self.lines.append(f"{name}: {line}"), status=lambda _: None)


def test_an_unfinished_cancellation_is_explained_on_its_row() -> None:
    """The update that would resume it has no changed input to show."""
    kept, engine = {"sent": "accepted", "deployment_id": "d-1"}, Shown()
    with plugin_host({}, engine=engine) as host:
        diff = host.diff(CANCELLATION, {"environmentId": ID, "__unfinished": kept}, {"environmentId": ID})

    (line,) = engine.lines
    assert line.startswith("stop: ")
    assert "d-1" in line
    assert (diff["changes"], "hasDetailedDiff" in diff) == ("DIFF_SOME", False)


# Previews.


def test_a_preview_of_a_create_stores_what_is_known(
    host: PluginHost, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """Inputs and defaults are known, and nothing that only the cancel would tell; it is not sent."""
    outputs = _outputs(host.create(CANCELLATION, {"environmentId": environment.id}, preview=True))

    known = {name: value for name, value in outputs.items() if value != UNKNOWN}
    assert known == {
        "environmentId": environment.id,
        "forceCancel": False,
        "includeQueued": False,
        "waitForStart": 0,
        "waitUntilCanceled": True,
        "timeout": 1800,
        "onIdle": "succeed",
        "onCompleted": "fail",
    }
    assert qovery_simulator.posts() == ()
    assert len(qovery_simulator.requests) == 1


@pytest.mark.parametrize(
    ("config", "written"),
    [({}, {"environmentId": ID, "triggers": [{"a": UNKNOWN}]}), ({"previewStatus": False}, {"environmentId": ID})],
    ids=["an input is not known", "switched off"],
)
def test_a_preview_that_cannot_or_may_not_read_the_status(config: dict[str, Any], written: dict[str, Any]) -> None:
    """Nothing is asked."""
    with plugin_host(config, Sessions(connect=no_client)) as host:
        assert _outputs(host.create(CANCELLATION, written, preview=True))["environmentId"] == ID


def test_a_preview_says_that_it_could_not_read_the_status(
    qovery_simulator: QoverySimulator, environment: Environment
) -> None:
    """That is no error: the update itself may be able to."""
    qovery_simulator.inject(Respond(status=403, body=error_body(403, "no")))
    engine, config = Shown(), {"apiToken": "t", "apiUrl": qovery_simulator.url}
    with plugin_host(config, engine=engine) as host:
        outputs = _outputs(host.create(CANCELLATION, {"environmentId": environment.id}, preview=True))

    (line,) = engine.lines
    assert line.startswith("stop: no preview from ")
    assert outputs["environmentId"] == environment.id


def test_a_preview_without_a_token_is_no_error(offline: PluginHost) -> None:
    """Only an update needs one."""
    assert _outputs(offline.create(CANCELLATION, {"environmentId": ID}, preview=True))["environmentId"] == ID


def test_a_preview_of_a_stored_change_is_known(offline: PluginHost) -> None:
    """Such an update calls nothing."""
    stored = {"environmentId": ID, "outcome": "canceled", "timeout": 1800, "__pinned": False}

    outputs = _outputs(offline.update(CANCELLATION, stored, {"environmentId": ID, "timeout": 60}, preview=True))

    assert (outputs["outcome"], outputs["timeout"]) == ("canceled", 60)


def test_a_preview_of_a_resumption_is_not_known(offline: PluginHost) -> None:
    """How it ends, the update will tell."""
    stored = {"environmentId": ID, "state": "CANCELING", "__unfinished": {"sent": "accepted", "deployment_id": "d-1"}}

    outputs = _outputs(offline.update(CANCELLATION, stored, {"environmentId": ID}, preview=True))

    assert (outputs["outcome"], outputs["state"], outputs["environmentId"]) == (UNKNOWN, UNKNOWN, ID)


# What fails.


def test_an_expected_error_is_one_line_and_stores_nothing(offline: PluginHost) -> None:
    """The code says that nothing is to be stored, and not that the resource's state is unknown."""
    with pytest.raises(grpc.RpcError) as caught:
        offline.stub.Create(
            proto.CreateRequest(type=f"qovery-cancellation:index:{CANCELLATION}", properties=bag({"environmentId": ID}))
        )

    error: Any = caught.value
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error.details().startswith("no Qovery API token: set the stack secret qovery-cancellation:apiToken")
    assert "\n" not in error.details()


def test_a_bug_is_told_with_its_traceback() -> None:
    """The engine hides what a plugin prints."""
    with plugin_host({"apiToken": "t"}, Sessions(connect=no_client)) as host:
        answer = _refused(host.create(CANCELLATION, {"environmentId": ID}))

    assert "Traceback (most recent call last)" in answer.message
    assert "AssertionError: a request" in answer.message


def test_what_was_sent_is_kept(host: PluginHost, environment: Environment) -> None:
    """In the outside's names, with the one line; the update that resumes it sends nothing."""
    environment.deployments[0].plan = NEVER
    failed = _refused(host.create(CANCELLATION, {"environmentId": environment.id}, timeout=0.3))
    assert failed.kept is not None
    id_, reasons, stored, _ = failed.kept

    resumed = _refused(host.update(CANCELLATION, stored, {"environmentId": environment.id}, id_=id_, timeout=0.3))

    assert (id_, reasons) == (environment.id, [failed.message])
    assert "was not seen to finish within 0 s" in failed.message
    assert stored["__unfinished"]["sent"] == "accepted"
    assert (stored["deploymentId"], stored["timeout"]) == (environment.deployments[0].id, 1800)
    assert resumed.kept is not None
    assert len(environment.deployments[0].cancels) == 1


def test_a_cancel_of_the_engine_ends_waits(host: PluginHost, environment: Environment) -> None:
    """It may come more than once, and at a normal end as well: it is never an error."""
    environment.deployments[0].plan = NEVER
    for _ in range(2):
        host.stub.Cancel(Empty())

    answer = _refused(host.create(CANCELLATION, {"environmentId": environment.id}))

    assert "the update was stopped before anything was sent" in answer.message
    assert environment.deployments[0].cancels == []


# Reading.


def test_an_import_stores_the_id_alone(host: PluginHost, environment: Environment) -> None:
    """A program that declares the environment and nothing else has no change then."""
    answer = host.read(CANCELLATION, environment.id)
    assert not isinstance(answer, Refused)
    outputs, inputs = answer

    assert (outputs["outcome"], outputs["state"]) == ("not_requested", "BUILDING")
    assert inputs == {"environmentId": environment.id, "__drift": outputs["__drift"]}
    assert host.diff(CANCELLATION, outputs, {"environmentId": environment.id, "__drift": outputs["__drift"]}) == {
        "changes": "DIFF_NONE"
    }


def test_a_refresh_leaves_what_was_written(host: PluginHost, environment: Environment) -> None:
    """A changed status is marked in inputs and outputs, and the written inputs stay."""
    written = {"environmentId": environment.id, "timeout": 60}
    stored = {**written, "state": "READY", "outcome": "canceled", "__pinned": False}

    answer = host.read(CANCELLATION, environment.id, stored, written)
    assert not isinstance(answer, Refused)
    outputs, inputs = answer
    again = host.read(CANCELLATION, environment.id, outputs, inputs)

    assert (outputs["state"], outputs["outcome"]) == ("BUILDING", "canceled")
    assert inputs == {**written, "__drift": outputs["__drift"]}
    assert again == (outputs, inputs)


@pytest.mark.parametrize("kind", [RECORD, BULK])
def test_a_record_cannot_be_imported(offline: PluginHost, kind: str) -> None:
    """Only the stack that made it has it; a refresh leaves it as it is."""
    refused = _refused(offline.read(kind, ID))
    kept = offline.read(kind, ID, {"deploymentId": "d-1"}, {"environmentId": ID})

    assert refused.message.startswith(f"a {kind} cannot be imported or read by its id")
    assert kept == ({"deploymentId": "d-1"}, {"environmentId": ID})


def test_a_delete_asks_nothing(offline: PluginHost) -> None:
    """A cancellation cannot be taken back."""
    assert offline.stub.Delete(proto.DeleteRequest(id=ID)) == Empty()


# Functions.


def test_the_functions(host: PluginHost, environment: Environment) -> None:
    """One status, or the list of a project, in the names that the plugin's users write."""
    status = host.invoke("getEnvironmentStatus", {"environmentId": environment.id.upper()})
    statuses = host.invoke("getProjectEnvironmentStatuses", {"projectId": environment.project_id})

    assert _outputs(status)["lastDeploymentState"] == "BUILDING"
    assert statuses == {"statuses": [status]}


def test_a_function_with_a_wrong_id(host: PluginHost) -> None:
    """One line, in the names of the program."""
    answer = _refused(host.invoke("getProjectEnvironmentStatuses", {}))

    assert answer.message.startswith("projectId must be a UUID such as ")
