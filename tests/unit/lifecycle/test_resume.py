"""A cancellation that failed on its way, and the updates after it: that deployment is brought to its end, no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from qovery_provider import errors
from qovery_provider._lifecycle.stored_state import UNFINISHED
from qovery_provider.providers import DeploymentCancellationProvider
from qovery_provider.simulator import Deployment, Environment, Plan, QoverySimulator, Respond
from tests.support.providers import configuration, configured, picked
from tests.support.recorder import error_body
from tests.support.sdk import NEEDS_DRIFT
from tests.support.sdk_host import Refused, sdk_host
from tests.support.time import FakeClock

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/qovery:DeploymentCancellation::stop"
BUILDING = (("BUILDING", 600.0),)
TOLD = ("outcome", "deployment_id", "deployment_state")


@pytest.fixture
def provider(qovery: QoverySimulator) -> DeploymentCancellationProvider:
    """A provider whose stack is configured for the simulator."""
    return configured(DeploymentCancellationProvider, qovery)


@pytest.fixture
def environment(qovery: QoverySimulator) -> Environment:
    """An environment that runs a deployment, another one queued behind it; a cancel takes ten seconds."""
    environment = qovery.world.add_environment()
    environment.deploy(Plan(phases=BUILDING, cancel_delay=10.0))
    environment.enqueue(Plan(phases=BUILDING))
    return environment


def _unfinished(target: Deployment, sent: str, **others: object) -> dict[str, Any]:
    """Return what the state holds after a failure; the target is in progress."""
    return {
        "environment_id": target.environment_id,
        UNFINISHED: {"sent": sent, "deployment_id": target.id},
        "__pinned": False,
        "deployment_id": target.id,
        "deployment_state": "CANCELING",
        "canceled_request_ids": ["r-1"],
        "state": "CANCELING",
    } | others


def _declared(target: Deployment, **others: object) -> dict[str, Any]:
    """Return the program's inputs."""
    return {"environment_id": target.environment_id} | others


class TestUpdate:
    def test_follows_an_accepted_cancel_without_sending_again(
        self, provider: DeploymentCancellationProvider, environment: Environment, qovery: QoverySimulator
    ) -> None:
        """The recorded deployment is waited for, not the one queued behind it."""
        target = environment.deployments[0]
        environment.cancel()

        outs = provider.update(environment.id, _unfinished(target, "accepted"), _declared(target)).outs

        assert picked(outs, *TOLD) == ("canceled", target.id, "CANCELED")
        assert qovery.posts() == ()
        assert target.effective_cancels == 1

    def test_reports_the_end_of_a_target_that_finished_on_its_own(
        self, provider: DeploymentCancellationProvider, qovery: QoverySimulator, clock: FakeClock
    ) -> None:
        """An accepted cancel that came too late is no success."""
        environment = qovery.world.add_environment()
        target = environment.deploy(Plan(phases=(("DEPLOYING", 60.0),), cancel_delay=None))
        environment.cancel()
        clock.sleep(61)

        olds, news = _unfinished(target, "accepted"), _declared(target, on_completed="succeed")
        outs = provider.update(environment.id, olds, news).outs

        assert picked(outs, *TOLD) == ("completed", target.id, "DEPLOYED")
        with pytest.raises(errors.NotCanceledError, match="finished on its own"):
            provider.update(environment.id, olds, _declared(target))
        assert qovery.posts() == ()

    def test_tells_the_end_of_a_target_that_another_one_followed(
        self,
        provider: DeploymentCancellationProvider,
        environment: Environment,
        qovery: QoverySimulator,
        clock: FakeClock,
    ) -> None:
        """The history says that it was canceled; the deployment that runs by now is reported and never touched."""
        environment.cancel()
        clock.sleep(11)
        target, following = environment.deployments

        outs = provider.update(environment.id, _unfinished(target, "accepted"), _declared(target)).outs

        assert picked(outs, *TOLD) == ("canceled", target.id, "CANCELED")
        assert picked(outs, "state", "last_deployment_id") == ("BUILDING", following.id)
        assert following.cancels == []
        assert qovery.posts() == ()

    @pytest.mark.parametrize("sent", ["unconfirmed", "adopted"])
    def test_joins_what_is_canceling(
        self, provider: DeploymentCancellationProvider, environment: Environment, qovery: QoverySimulator, sent: str
    ) -> None:
        """A cancel whose response was lost shows in the state, and another caller's is as good as ours."""
        target = environment.deployments[0]
        environment.cancel()

        outs = provider.update(environment.id, _unfinished(target, sent), _declared(target)).outs

        assert picked(outs, *TOLD) == ("canceled", target.id, "CANCELED")
        assert qovery.posts() == ()

    def test_sends_what_was_not_received(
        self, provider: DeploymentCancellationProvider, environment: Environment, qovery: QoverySimulator
    ) -> None:
        """The target runs on as if nothing had been sent: so it is sent, once."""
        target = environment.deployments[0]

        outs = provider.update(environment.id, _unfinished(target, "unconfirmed"), _declared(target)).outs

        assert picked(outs, *TOLD) == ("canceled", target.id, "CANCELED")
        assert len(qovery.posts()) == 1
        assert target.effective_cancels == 1

    def test_never_sends_to_the_next_one_what_was_not_received(
        self,
        provider: DeploymentCancellationProvider,
        qovery: QoverySimulator,
        clock: FakeClock,
    ) -> None:
        """The cancel was lost, the target finished on its own, and the next deployment is not a target."""
        environment = qovery.world.add_environment()
        target = environment.deploy(Plan(phases=(("BUILDING", 5.0),)))
        environment.enqueue(Plan(phases=BUILDING))
        clock.sleep(6)

        with pytest.raises(errors.NotCanceledError, match="though a cancel may have been received"):
            provider.update(environment.id, _unfinished(target, "unconfirmed"), _declared(target))

        assert qovery.posts() == ()

    def test_keeps_what_the_first_run_found_out(
        self, provider: DeploymentCancellationProvider, environment: Environment
    ) -> None:
        """The outputs are as if the first run had ended well: the mark is gone, the id was found and not given."""
        target = environment.deployments[0]
        environment.cancel()

        outs = provider.update(environment.id, _unfinished(target, "accepted"), _declared(target, timeout=60)).outs

        assert picked(outs, "__pinned", "canceled_request_ids", "timeout") == (False, ["r-1"], 60)
        assert UNFINISHED not in (outs or {})
        assert provider.diff(environment.id, outs or {}, _declared(target, timeout=60)).changes is False

    def test_an_environment_that_has_vanished_is_told(
        self, provider: DeploymentCancellationProvider, environment: Environment
    ) -> None:
        """Two reads are believed, as while waiting; the last observed status stays."""
        target = environment.deployments[0]
        environment.remove()

        with pytest.raises(errors.NotCanceledError, match="the environment vanished while deployment"):
            provider.update(environment.id, _unfinished(target, "accepted"), _declared(target))
        outs = provider.update(
            environment.id, _unfinished(target, "accepted"), _declared(target, on_completed="succeed")
        ).outs

        said = picked(outs, "outcome", "deployment_id", "deployment_state", "state")
        assert said == ("environment_gone", target.id, "CANCELING", "CANCELING")


class TestTooLate:
    def test_what_runs_next_is_never_canceled(self, qovery: QoverySimulator) -> None:
        """The target ended before a cancel was accepted: the next updates say so, and leave its successor alone."""
        environment = qovery.world.add_environment()
        target = environment.deploy(Plan(phases=(("BUILDING", 3.0),)))
        environment.enqueue(Plan(phases=BUILDING))
        declared = _declared(target)
        path = f"/environment/{environment.id}/cancelDeployment"
        qovery.inject(Respond(method="POST", path=path, status=409, body=error_body(409)))

        with sdk_host(DeploymentCancellationProvider(), configuration(qovery)) as host:
            failed = host.create(URN, declared)
            assert isinstance(failed, Refused)
            assert failed.kept is not None
            again = host.update(URN, failed.kept[0], failed.kept[2], declared)
            accepted = host.update(URN, failed.kept[0], failed.kept[2], {**declared, "on_completed": "succeed"})

        text = "finished on its own (DEPLOYED) before a cancel was accepted, and another one is running."
        assert isinstance(again, Refused)
        assert [text in one.message for one in (failed, again)] == [True, True]
        assert failed.kept[2][UNFINISHED]["sent"] == "too_late"
        assert isinstance(accepted, dict)
        assert picked(accepted, *TOLD) == ("completed", target.id, "DEPLOYED")
        assert [one.cancels for one in environment.deployments[1:]] == [[]]
        assert len(qovery.posts()) == 1


class TestDiff:
    def test_a_changed_trigger_begins_anew(
        self, provider: DeploymentCancellationProvider, environment: Environment
    ) -> None:
        """A change of the triggers cancels again, as without the failure."""
        target = environment.deployments[0]

        diff = provider.diff(environment.id, _unfinished(target, "accepted"), _declared(target, triggers=["2"]))

        assert diff.replaces == ["triggers"]


def test_a_row_promises_nothing_that_the_engine_decides(environment: Environment) -> None:
    """With `replace_on_changes` a changed option may replace the resource, without the provider's knowledge."""
    target = environment.deployments[0]
    lifecycle = DeploymentCancellationProvider.lifecycle
    olds = _unfinished(target, "accepted", timeout=600)

    same = lifecycle.diff(olds, _declared(target, timeout=600))
    changed = lifecycle.diff(olds, _declared(target, timeout=60))

    assert same.note.startswith(f"unfinished cancellation of deployment {target.id}. ")
    assert changed == ([], ["timeout", UNFINISHED], "")


@NEEDS_DRIFT
def test_a_refresh_keeps_the_mark(provider: DeploymentCancellationProvider, environment: Environment) -> None:
    """A refresh in between must not make the next update forget the unfinished cancellation."""
    target = environment.deployments[0]

    read = provider.read(environment.id, _unfinished(target, "accepted"))

    assert "outcome" not in (read.outs or {})  # that is only known at its end
    assert picked(read.outs, UNFINISHED, "deployment_id", "state") == (
        {"sent": "accepted", "deployment_id": target.id},
        target.id,
        "BUILDING",
    )
    assert read.inputs is not None
    assert read.inputs["deployment_id"] is None


class TestInTheSdkHost:
    """From failure to success over the SDK's own servicer, as the engine drives it."""

    def test_a_failure_keeps_what_is_known(self, environment: Environment, qovery: QoverySimulator) -> None:
        """The error's details hold the state, its id and one reason; the operation fails all the same."""
        target = environment.deployments[0]
        inputs = {"environment_id": environment.id, "timeout": 3, "triggers": ["1"]}

        with sdk_host(DeploymentCancellationProvider(), configuration(qovery)) as host:
            refused = host.create(URN, inputs)

        assert isinstance(refused, Refused)
        assert refused.kept is not None
        id_, reasons, properties, kept_inputs = refused.kept
        assert id_ == environment.id
        assert reasons == [
            refused.message.removeprefix("Exception calling application: ")
            .removeprefix("qovery_provider.errors.CancellationTimeoutError: ")
            .strip()
        ]
        assert reasons[0].startswith(
            f"environment {environment.id}: deployment {target.id} was not seen to finish within 3 s (last"
        )
        assert _without_provider(kept_inputs) == inputs
        assert {
            **inputs,
            "__unfinished": {"sent": "accepted", "deployment_id": target.id},
            "__pinned": False,
            "deployment_id": target.id,
            "deployment_state": "CANCELING",
            "canceled_request_ids": [],
            "state": "CANCELING",
            "last_deployment_state": "CANCELING",
            "last_deployment_id": target.id,
        }.items() <= properties.items()

    def test_failing_twice_is_still_the_same_cancellation(
        self, environment: Environment, qovery: QoverySimulator
    ) -> None:
        """A second timeout keeps what the first one kept: none of it may look like a changed program."""
        declared = {"environment_id": environment.id, "timeout": 3}
        with sdk_host(DeploymentCancellationProvider(), configuration(qovery)) as host:
            once = {**_kept(host.create(URN, declared)), "canceled_request_ids": ["r-1"]}
            twice = _kept(host.update(URN, environment.id, once, declared))
            diff = host.diff(environment.id, twice, declared)

        assert picked(twice, "canceled_request_ids", "__pinned") == (["r-1"], False)
        assert diff == {"changes": "DIFF_SOME"}

    def test_failing_twice_stays_with_the_target(
        self, environment: Environment, qovery: QoverySimulator, clock: FakeClock
    ) -> None:
        """Two timeouts, then the queue moves on: the third run reports the target's end and touches no other."""
        declared = {"environment_id": environment.id, "timeout": 3}
        with sdk_host(DeploymentCancellationProvider(), configuration(qovery)) as host:
            once = _kept(host.create(URN, declared))
            twice = _kept(host.update(URN, environment.id, once, declared))
            clock.sleep(60)
            target, following = environment.deployments

            outs = host.update(URN, environment.id, twice, declared)
            diff = host.diff(environment.id, twice, declared)

        assert isinstance(outs, dict)
        assert picked(outs, *TOLD) == ("canceled", target.id, "CANCELED")
        assert diff == {"changes": "DIFF_SOME"}
        assert following.cancels == []


def _without_provider(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name != "__provider"}


def _kept(answer: dict[str, Any] | Refused) -> dict[str, Any]:
    assert isinstance(answer, Refused)
    assert answer.kept is not None
    return _without_provider(answer.kept[2])
