"""What a preview shows on the rows of resources: only where it is true, and never in the way."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from threading import Barrier
from uuid import UUID

import pulumi
import pytest

from qovery_provider import BulkDeploymentCancellation, DeploymentCancellation, RunningDeployment
from qovery_provider._lifecycle.running_deployment import RunningDeploymentLifecycle
from qovery_provider._program.runtime import show_preview
from qovery_provider._qovery import settings
from qovery_provider.simulator import Environment, Plan, QoverySimulator, Respond
from tests.support.mocks import ENVIRONMENT_ID, Recorder, mocked, value_of
from tests.support.providers import configuration
from tests.support.recorder import error_body
from tests.support.sdk import NEEDS_GET

STARTER = "someone@example.com"
Declare = Callable[[Environment], pulumi.CustomResource]


@pytest.fixture
def program(qovery_simulator: QoverySimulator) -> Iterator[Recorder]:
    """The preview of a program of resources that do not exist yet; its stack is configured for the simulator."""
    with mocked(preview=True, as_engine=True, config=configuration(qovery_simulator)) as recorder:
        recorder.id = ""
        yield recorder


@pytest.fixture
def environment(qovery_simulator: QoverySimulator) -> Environment:
    """An environment that has just begun to run a deployment."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(Plan(phases=(("BUILDING", 600.0),)))
    return environment


def _shown(program: Recorder, resource: pulumi.CustomResource) -> list[str]:
    """Run the program to its end and return what stands on the resource's row."""
    urn = value_of(resource.urn)
    return [line.message for line in program.lines if line.urn == urn]


def _running(environment: Environment) -> str:
    """Return what a line says of the deployment that is running; it began a moment ago."""
    name = f"{environment.id[:4]}…{environment.deployments[0].id[-6:]}"
    return rf"deployment {name} \(BUILDING, started \d s ago by {STARTER}\)"


RESOURCES = pytest.mark.parametrize(
    "declare",
    [
        lambda environment: DeploymentCancellation("stop", environment_id=environment.id),
        lambda environment: RunningDeployment("target", environment_id=environment.id),
        lambda environment: BulkDeploymentCancellation("freeze", project_id=environment.project_id),
    ],
    ids=["DeploymentCancellation", "RunningDeployment", "BulkDeploymentCancellation"],
)


class TestLines:
    def test_of_a_cancellation(self, program: Recorder, environment: Environment) -> None:
        """It names what would be canceled; the line stays, for the question whether to go on comes after it."""
        shown = _shown(program, DeploymentCancellation("stop", environment_id=environment.id, force_cancel=True))

        risk = "; force kills running steps; a Terraform state can stay locked"
        assert re.fullmatch(
            f"would cancel {_running(environment)}{risk}; without deployment_id, it cancels what is running by then",
            shown[0],
        )
        assert [line.ephemeral for line in program.lines] == [False]

    def test_of_a_pinned_cancellation(self, program: Recorder, environment: Environment) -> None:
        """Only what is not pinned is called so."""
        pinned = environment.deployments[0].id

        shown = _shown(program, DeploymentCancellation("stop", environment_id=environment.id, deployment_id=pinned))

        assert re.fullmatch(f"would cancel {_running(environment)}", shown[0])

    def test_of_a_record(self, program: Recorder, environment: Environment) -> None:
        """It names what would be recorded."""
        shown = _shown(program, RunningDeployment("target", environment_id=environment.id))

        assert re.fullmatch(f"would record {_running(environment)}", shown[0])

    def test_of_a_record_of_nothing(self, program: Recorder, qovery_simulator: QoverySimulator) -> None:
        """A preview also says that no deployment is running."""
        idle = qovery_simulator.world.add_environment()

        shown = _shown(program, RunningDeployment("target", environment_id=idle.id))

        assert shown == ["would record that no deployment is running (READY)"]

    def test_of_a_whole_project(
        self, program: Recorder, environment: Environment, qovery_simulator: QoverySimulator
    ) -> None:
        """One call shows all environments."""
        qovery_simulator.world.add_environment()

        shown = _shown(program, BulkDeploymentCancellation("freeze", project_id=environment.project_id))

        assert len(shown) == 1
        assert shown[0].startswith("would cancel in 1 of 2 environments: ")
        assert len(qovery_simulator.requests) == 1

    def test_of_a_list(self, program: Recorder, environment: Environment, qovery_simulator: QoverySimulator) -> None:
        """Those that belong to the same project and are not in the list do not count."""
        idle = qovery_simulator.world.add_environment()
        qovery_simulator.world.add_environment()

        shown = _shown(
            program, BulkDeploymentCancellation("freeze", environment_ids=[environment.id, idle.id, ENVIRONMENT_ID])
        )

        assert len(shown) == 1
        assert shown[0].startswith("would cancel in 1 of 3 environments: ")
        assert "; the status of 1 environment could not be read: reading the status of environment " in shown[0]

    def test_of_a_tuple_of_uuids(self, program: Recorder, environment: Environment) -> None:
        """The preview understands what the update understands."""
        ids = (UUID(environment.id.upper()),)

        (shown,) = _shown(program, BulkDeploymentCancellation("freeze", environment_ids=ids))

        assert shown.startswith("would cancel in 1 of 1 environment: ")

    def test_of_an_empty_list(self, program: Recorder, qovery_simulator: QoverySimulator) -> None:
        """Nothing is asked for, and nothing is asked."""
        assert _shown(program, BulkDeploymentCancellation("freeze", environment_ids=[])) == [
            "nothing to do: environment_ids is empty"
        ]
        assert qovery_simulator.requests == ()

    @RESOURCES
    def test_no_preview_ever_sends(
        self, program: Recorder, environment: Environment, qovery_simulator: QoverySimulator, declare: Declare
    ) -> None:
        """It only reads."""
        assert len(_shown(program, declare(environment))) == 1
        assert qovery_simulator.posts() == ()
        assert environment.deployments[0].cancels == []


class TestSilence:
    def test_of_an_explicit_provider(self, program: Recorder, environment: Environment) -> None:
        """The stack's token may be another organization's: the program cannot read the provider's."""
        other = pulumi.ProviderResource("pulumi-python", "other", {"qovery:apiToken": "qov_other"})
        options = pulumi.ResourceOptions(provider=other)
        resources = [
            DeploymentCancellation("stop", options, environment_id=environment.id),
            RunningDeployment("target", options, environment_id=environment.id),
            BulkDeploymentCancellation("freeze", options, project_id=environment.project_id),
        ]

        assert [_shown(program, resource) for resource in resources] == [[], [], []]

    @RESOURCES
    def test_of_an_update(
        self,
        environment: Environment,
        qovery_simulator: QoverySimulator,
        declare: Declare,
    ) -> None:
        """An update does it and says so itself."""
        with mocked(as_engine=True, config=configuration(qovery_simulator)) as program:
            program.id = ""

            assert _shown(program, declare(environment)) == []
        assert qovery_simulator.requests == ()

    @RESOURCES
    def test_in_unit_tests_of_a_program(
        self, environment: Environment, qovery_simulator: QoverySimulator, declare: Declare
    ) -> None:
        """Users' own tests run with Pulumi's mocks, also as previews: they must not reach for the network."""
        with mocked(preview=True, config=configuration(qovery_simulator)) as program:
            program.id = ""

            assert _shown(program, declare(environment)) == []
        assert qovery_simulator.requests == ()

    @RESOURCES
    def test_where_it_is_switched_off(
        self, program: Recorder, environment: Environment, qovery_simulator: QoverySimulator, declare: Declare
    ) -> None:
        """Some stacks are previewed where Qovery cannot be reached."""
        pulumi.runtime.set_config("qovery:previewStatus", "false")

        assert _shown(program, declare(environment)) == []
        assert qovery_simulator.requests == ()

    @RESOURCES
    def test_of_a_resource_that_exists(
        self, program: Recorder, environment: Environment, qovery_simulator: QoverySimulator, declare: Declare
    ) -> None:
        """It has an id and is not replaced: an update would do nothing."""
        program.id = environment.id

        assert _shown(program, declare(environment)) == []
        assert qovery_simulator.requests == ()

    @NEEDS_GET
    def test_of_a_get(self, program: Recorder, environment: Environment, qovery_simulator: QoverySimulator) -> None:
        """A resource that is only read cancels nothing, so it has no preview."""
        assert _shown(program, DeploymentCancellation.get("watched", environment.id)) == []
        assert qovery_simulator.requests == ()

    @pytest.mark.parametrize(
        "declare",
        [
            lambda unknown: DeploymentCancellation("stop", environment_id=unknown),
            lambda unknown: DeploymentCancellation("stop", environment_id=ENVIRONMENT_ID, deployment_id=unknown),
            lambda unknown: RunningDeployment("target", environment_id=unknown),
            lambda unknown: BulkDeploymentCancellation("freeze", environment_ids=[ENVIRONMENT_ID, unknown]),
        ],
        ids=["environment", "pin", "record", "element of a list"],
    )
    def test_of_inputs_that_are_not_known_yet(
        self,
        program: Recorder,
        qovery_simulator: QoverySimulator,
        declare: Callable[[pulumi.Output[str]], pulumi.CustomResource],
    ) -> None:
        """A value that another resource of the same preview will provide cannot be read."""
        later = DeploymentCancellation("other", environment_id=ENVIRONMENT_ID).id
        qovery_simulator.service.token = "qov_another"  # the other one's read fails

        assert _shown(program, declare(later)) == []

    @pytest.mark.parametrize(
        "declare",
        [
            lambda: DeploymentCancellation("stop", environment_id="staging"),
            lambda: DeploymentCancellation(
                "stop",
                pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="soon")),
                environment_id=ENVIRONMENT_ID,
            ),
            lambda: RunningDeployment("target", environment_id="staging"),
            lambda: BulkDeploymentCancellation("freeze"),
            lambda: BulkDeploymentCancellation("freeze", environment_ids=["staging"]),
        ],
        ids=["DeploymentCancellation", "custom timeout", "RunningDeployment", "neither list nor project", "bad list"],
    )
    def test_of_bad_inputs(
        self, program: Recorder, qovery_simulator: QoverySimulator, declare: Callable[[], pulumi.CustomResource]
    ) -> None:
        """`check` reports what is wrong with them."""
        assert _shown(program, declare()) == []
        assert qovery_simulator.requests == ()

    @RESOURCES
    def test_of_bad_settings(
        self, program: Recorder, environment: Environment, qovery_simulator: QoverySimulator, declare: Declare
    ) -> None:
        """They are not an error here either."""
        pulumi.runtime.set_config("qovery:apiUrl", "http://example.com")

        assert _shown(program, declare(environment)) == []
        assert qovery_simulator.requests == ()


class TestFailedLooks:
    @RESOURCES
    def test_without_a_token(
        self,
        program: Recorder,
        environment: Environment,
        qovery_simulator: QoverySimulator,
        declare: Declare,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A preview needs none, and says that it could not read anything."""
        for name in settings.TOKEN_VARIABLES:
            monkeypatch.delenv(name, raising=False)
        pulumi.runtime.set_all_config({"qovery:apiUrl": qovery_simulator.url})

        (line,) = _shown(program, declare(environment))

        assert line.startswith("no preview: ")
        assert "token" in line
        assert qovery_simulator.requests == ()

    @RESOURCES
    def test_of_a_bundle_that_does_not_exist(
        self,
        program: Recorder,
        environment: Environment,
        qovery_simulator: QoverySimulator,
        declare: Declare,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It is said in words, not with the traceback of what the HTTP library raises."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/does/not/exist.pem")
        pulumi.runtime.set_config("qovery:apiUrl", qovery_simulator.url.replace("http:", "https:"))

        (line,) = _shown(program, declare(environment))

        assert re.match(r"no preview from https?://\S+: reading the ", line)
        assert "the file named by REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE does not exist" in line

    def test_of_one_environment_that_is_refused(
        self, program: Recorder, environment: Environment, qovery_simulator: QoverySimulator
    ) -> None:
        """The others of a list are shown, and that one is not taken for idle."""
        refused = qovery_simulator.world.add_environment(project_id=qovery_simulator.world.add_project())
        for path in (f"/environment/{refused.id}", f"/environment/{refused.id}/status"):
            qovery_simulator.inject(Respond(path=path, status=403, body=error_body(403), times=None))

        shown = _shown(program, BulkDeploymentCancellation("freeze", environment_ids=[refused.id, environment.id]))

        assert len(shown) == 1
        assert shown[0].startswith("would cancel in 1 of 2 environments: ")
        assert (
            f"; the status of 1 environment could not be read: reading the status of environment {refused.id}: "
            in shown[0]
        )

    def test_of_nothing_but_unknown_environments(self, program: Recorder, qovery_simulator: QoverySimulator) -> None:
        """It does not say that there is nothing to cancel, since the update would fail."""
        (line,) = _shown(program, BulkDeploymentCancellation("freeze", environment_ids=[ENVIRONMENT_ID]))

        assert line.startswith(
            f"no preview from {qovery_simulator.url}: "
            f"reading the status of environment {ENVIRONMENT_ID}: Qovery answered 404"
        )
        assert qovery_simulator.posts() == ()

    @RESOURCES
    def test_of_a_qovery_that_refuses(
        self, program: Recorder, environment: Environment, qovery_simulator: QoverySimulator, declare: Declare
    ) -> None:
        """A preview with a poor token is still a preview, and says what it could not see."""
        qovery_simulator.inject(Respond(status=403, body=error_body(403), times=None))

        (line,) = _shown(program, declare(environment))

        assert re.match(r"no preview from https?://\S+: reading the ", line)
        assert "Qovery answered 403" in line
        assert len(qovery_simulator.requests) == 1


class Meeting(RunningDeploymentLifecycle):
    """A lifecycle whose previews come to their end only side by side."""

    def __init__(self) -> None:
        self._barrier = Barrier(2)

    def preview(self, *_: object) -> str:
        """Wait for the other one."""
        self._barrier.wait(timeout=5)
        return "side by side"


def test_previews_run_side_by_side(program: Recorder, environment: Environment) -> None:
    """Also where the event loop has a single thread of its own: silent environments are not waited for in turns."""
    meeting = Meeting()
    resources = [RunningDeployment(name, environment_id=environment.id) for name in ("first", "second")]

    for resource in resources:
        show_preview(resource, {}, meeting)

    assert [_shown(program, resource).count("side by side") for resource in resources] == [1, 1]


def test_declaring_a_resource_needs_no_http_library() -> None:
    """A program that makes no call does not pay for importing what makes calls."""
    program = "import sys, qovery_provider; print('requests' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"
