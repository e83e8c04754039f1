"""The functions as a program uses them: one call, a typed result, and errors that end a program with one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import get_ident, main_thread

import pulumi
import pytest

from qovery_provider import (
    EnvironmentStatus,
    QoveryError,
    get_environment_status,
    get_environment_status_output,
    get_project_environment_statuses,
    get_project_environment_statuses_output,
)
from qovery_provider._program.runtime import in_thread, plain_errors
from qovery_provider.errors import AuthenticationError, ConfigurationError, NotFoundError
from qovery_provider.simulator import Environment, Plan, QoverySimulator
from tests.support.mocks import ENVIRONMENT_ID, Recorder, mocked, value_of
from tests.support.providers import configuration

Function = Callable[[str], object]

FUNCTIONS = pytest.mark.parametrize(
    ("function", "name"),
    [(get_environment_status, "environment_id"), (get_project_environment_statuses, "project_id")],
    ids=["environment", "project"],
)


@pytest.fixture
def program(qovery_simulator: QoverySimulator) -> Iterator[Recorder]:
    """A program whose stack is configured for the simulator."""
    with mocked(config=configuration(qovery_simulator)) as recorder:
        yield recorder


@pytest.fixture
def environment(qovery_simulator: QoverySimulator) -> Environment:
    """An environment that runs a deployment."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(Plan(phases=(("BUILDING", 600.0),)))
    return environment


@pytest.mark.usefixtures("program")
class TestWithAStack:
    def test_reads_the_status_of_an_environment(
        self, environment: Environment, qovery_simulator: QoverySimulator
    ) -> None:
        """One call, and fields instead of a dictionary."""
        status = get_environment_status(environment.id.upper())

        assert isinstance(status, EnvironmentStatus)
        assert (environment.id, "BUILDING", True) == (status.id, status.last_deployment_state, status.is_in_progress)
        assert [request.path for request in qovery_simulator.requests] == [f"/environment/{environment.id}/status"]

    def test_reads_the_environments_of_a_project(
        self, environment: Environment, qovery_simulator: QoverySimulator
    ) -> None:
        """One call, for any number of them."""
        idle = qovery_simulator.world.add_environment()

        statuses = get_project_environment_statuses(environment.project_id.upper())

        assert [(one.id, one.is_in_progress) for one in statuses] == [(environment.id, True), (idle.id, False)]
        assert [request.path for request in qovery_simulator.requests] == [
            f"/project/{environment.project_id}/environment/status"
        ]

    def test_reads_what_another_resource_names(self, environment: Environment) -> None:
        """The id may be an output; the result is one as well."""
        by_id = get_environment_status_output(pulumi.Output.from_input(environment.id))
        by_project = get_project_environment_statuses_output(pulumi.Output.from_input(environment.project_id))

        assert value_of(by_id).id == environment.id
        assert [status.id for status in value_of(by_project)] == [environment.id]

    def test_reads_what_is_known_already(self, environment: Environment) -> None:
        """A plain id makes an output, too."""
        assert value_of(get_environment_status_output(environment.id)).id == environment.id
        assert value_of(get_project_environment_statuses_output(environment.project_id))[0].id == environment.id

    def test_a_read_of_what_another_resource_names_blocks_nothing(self) -> None:
        """It waits in a thread of its own: the program goes on, and other reads are made side by side."""
        assert value_of(in_thread("argument", lambda given: (given, get_ident() != main_thread().ident))) == (
            "argument",
            True,
        )

    @FUNCTIONS
    def test_an_error_is_of_both_families(self, function: Function, name: str) -> None:
        """A program can catch it as QoveryError; uncaught, Pulumi shows a RunError without a traceback."""
        with pytest.raises(NotFoundError) as caught:
            function(ENVIRONMENT_ID)

        assert isinstance(caught.value, QoveryError)
        assert isinstance(caught.value, pulumi.RunError)
        assert caught.value.status == 404
        assert (
            f"{type(caught.value).__module__}.{type(caught.value).__name__}" == "qovery_provider.errors.NotFoundError"
        )
        assert name.removesuffix("_id") in str(caught.value)

    @FUNCTIONS
    @pytest.mark.parametrize("given", ["staging", "", f"{ENVIRONMENT_ID}/../x", None, 7], ids=repr)
    def test_a_bad_id_is_never_sent(
        self, function: Function, name: str, given: str, qovery_simulator: QoverySimulator
    ) -> None:
        """An id goes into a path: what is no UUID is refused here, by the name of the argument."""
        with pytest.raises(ConfigurationError, match=f"^{name} must be a UUID such as .*; got ") as caught:
            function(given)

        assert isinstance(caught.value, pulumi.RunError)
        assert qovery_simulator.requests == ()

    def test_a_bug_is_no_error_of_ours(self) -> None:
        """Only expected errors lose their traceback."""
        with pytest.raises(ZeroDivisionError) as caught, plain_errors():
            _ = 1 / 0

        assert not isinstance(caught.value, pulumi.RunError)


class TestSettings:
    def test_the_environment_serves_where_the_stack_says_nothing(
        self,
        recorder: Recorder,
        qovery_simulator: QoverySimulator,
        environment: Environment,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """As everywhere in this package."""
        monkeypatch.setenv("QOVERY_API_URL", qovery_simulator.url)
        monkeypatch.setenv("QOVERY_CLI_ACCESS_TOKEN", qovery_simulator.token)

        assert get_environment_status(environment.id).id == environment.id
        assert recorder.resources == []

    def test_a_wrong_token_is_named_by_its_source(self, qovery_simulator: QoverySimulator) -> None:
        """Not by its value."""
        config = {**configuration(qovery_simulator), "qovery:apiToken": "qov_wrong"}

        with (
            mocked(config=config),
            pytest.raises(AuthenticationError, match="the token from the stack's qovery:apiToken is invalid") as caught,
        ):
            get_environment_status(ENVIRONMENT_ID)

        assert "qov_wrong" not in str(caught.value)

    @pytest.mark.usefixtures("recorder")
    def test_without_a_token_the_error_says_where_to_put_one(self) -> None:
        """Also this one ends a program with one line."""
        with pytest.raises(ConfigurationError, match="no Qovery API token") as caught:
            get_environment_status(ENVIRONMENT_ID)

        assert isinstance(caught.value, pulumi.RunError)
