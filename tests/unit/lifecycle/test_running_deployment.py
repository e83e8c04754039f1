"""`RunningDeployment` as Pulumi calls it: one status read, recorded and not repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from qovery_provider import errors
from qovery_provider._clock import Signal
from qovery_provider._driver.calls import StoppedError
from qovery_provider._lifecycle.deployment_cancellation import DeploymentCancellationLifecycle
from qovery_provider._lifecycle.lifecycle import Operation, State
from qovery_provider._lifecycle.running_deployment import RunningDeploymentLifecycle
from qovery_provider.providers import RunningDeploymentProvider
from qovery_provider.simulator import Behavior, Environment, Plan, QoverySimulator, Respond
from tests.support.mocks import ENVIRONMENT_ID
from tests.support.operations import lent
from tests.support.providers import configured, picked
from tests.support.time import FakeClock

LONG = Plan(phases=(("BUILDING", 600.0),))
RECORD = {"environment_id": ENVIRONMENT_ID, "triggers": ["1"], "deployment_id": "found-1", "state": "BUILDING"}


@pytest.fixture
def provider(qovery: QoverySimulator) -> RunningDeploymentProvider:
    """A provider whose stack is configured for the simulator."""
    return configured(RunningDeploymentProvider, qovery)


@pytest.fixture
def environment(qovery: QoverySimulator) -> Environment:
    """An environment in which nothing has ever run."""
    return qovery.world.add_environment()


class TestCreate:
    def test_records_what_runs(
        self, provider: RunningDeploymentProvider, environment: Environment, qovery: QoverySimulator
    ) -> None:
        """One status read and no more; the record holds the inputs, the deployment and every status field."""
        running = environment.deploy(LONG)

        result = provider.create({"environment_id": environment.id, "triggers": ["1"]})

        assert result.id == environment.id
        assert picked(result.outs, "environment_id", "triggers", "deployment_id") == (environment.id, ["1"], running.id)
        assert picked(
            result.outs, "state", "last_deployment_state", "last_deployment_id", "origin", "triggered_by"
        ) == ("BUILDING", "BUILDING", running.id, "API", "someone@example.com")
        assert [(one.method, one.path) for one in qovery.requests] == [("GET", f"/environment/{environment.id}/status")]

    @pytest.mark.parametrize("has_run", [False, True], ids=["never deployed", "deployed"])
    def test_records_that_nothing_runs(
        self, provider: RunningDeploymentProvider, environment: Environment, *, has_run: bool
    ) -> None:
        """A `DeploymentCancellation` understands the empty text as: cancel nothing."""
        if has_run:
            environment.deploy(Plan(phases=(("BUILDING", 0.0),)))

        result = provider.create({"environment_id": environment.id})

        assert picked(result.outs, "deployment_id", "last_deployment_state") == ("", "DEPLOYED" if has_run else "READY")

    def test_a_status_that_was_not_computed_cannot_be_recorded(
        self, provider: RunningDeploymentProvider, environment: Environment
    ) -> None:
        """It says neither that something runs nor that nothing does."""
        environment.shown_last_deployment_state = "UNAVAILABLE"

        with pytest.raises(errors.TransportError, match=r"Qovery could not compute the status \(UNAVAILABLE\)"):
            provider.create({"environment_id": environment.id})

    def test_a_deployment_without_an_id_cannot_be_recorded(
        self, provider: RunningDeploymentProvider, environment: Environment
    ) -> None:
        """Without an id, a pin would be a guess: nothing is recorded, and the error says why."""
        environment.behavior = Behavior(omitted_fields=frozenset({"last_deployment_id"}))
        environment.deploy(LONG)

        with pytest.raises(errors.UnexpectedStateError) as caught:
            provider.create({"environment_id": environment.id})

        assert (
            str(caught.value)
            == f"environment {environment.id}: a deployment is BUILDING, but Qovery does not give its id, so it "
            "cannot be recorded"
        )
        assert (environment.id, None, "BUILDING") == (
            caught.value.environment_id,
            caught.value.deployment_id,
            caught.value.deployment_state,
        )

    def test_an_unknown_environment_is_an_error(self, provider: RunningDeploymentProvider) -> None:
        """Nothing is recorded of an environment that does not exist."""
        with pytest.raises(errors.NotFoundError, match=f"reading the status of environment {ENVIRONMENT_ID}"):
            provider.create({"environment_id": ENVIRONMENT_ID})


def test_a_refresh_changes_nothing() -> None:
    """The record does not change, and needs no credentials."""
    result = RunningDeploymentProvider().read(ENVIRONMENT_ID, RECORD)

    assert (result.id, result.outs, getattr(result, "inputs", None)) == (ENVIRONMENT_ID, RECORD, None)


RECORDING, REFRESHING = RunningDeploymentLifecycle(), DeploymentCancellationLifecycle()


READS = pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda operation, id_: RECORDING.create(operation, {"environment_id": id_}), id="record"),
        pytest.param(lambda operation, id_: REFRESHING.read(operation, id_, {"state": "READY"}), id="refresh"),
    ],
)
"""The operations that only read a status."""


@READS
def test_a_stop_ends_the_attempts_to_read(
    qovery: QoverySimulator, environment: Environment, act: Callable[[Operation, str], State]
) -> None:
    """After ^C, no operation waits until Qovery answers again."""
    qovery.inject(Respond(status=503, times=None))
    clock, stop = FakeClock(), Signal()
    stop.set_result(None)
    operation = replace(lent(qovery, clock)[0], stop=stop)

    with pytest.raises(StoppedError, match="the update was stopped before a response came"):
        act(operation, environment.id)

    assert clock.sleeps == []


@READS
def test_the_host_s_own_limit_counts(
    qovery: QoverySimulator, environment: Environment, act: Callable[[Operation, str], State]
) -> None:
    """With `customTimeouts`, a read that fails is not tried for longer than they allow."""
    qovery.inject(Respond(status=503, headers={"Retry-After": "20"}, times=None))
    operation = lent(qovery, clock := FakeClock(), timeout=10.0)[0]

    with pytest.raises(errors.CallError):
        act(operation, environment.id)

    assert clock.sleeps == []
