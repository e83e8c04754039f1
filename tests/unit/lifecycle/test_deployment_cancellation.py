"""The provider's methods, called as Pulumi calls them: plain property bags in and out, real HTTP behind."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime.rpc import UNKNOWN

from qovery_provider import errors
from qovery_provider._cancellation import messages
from qovery_provider._hosts.dynamic import NO_DRIFT, DynamicProvider
from qovery_provider._lifecycle.stored_state import DRIFT
from qovery_provider.providers import (
    BulkDeploymentCancellationProvider,
    DeploymentCancellationProvider,
    RunningDeploymentProvider,
)
from qovery_provider.simulator import Delay, Environment, Plan, QoverySimulator, Respond
from tests.support.operations import lent
from tests.support.recorder import error_body
from tests.support.sdk import NEEDS_DRIFT
from tests.support.time import FakeClock

SOON = Plan(phases=(("BUILDING", 60.0),), cancel_delay=0.0)
ENVIRONMENT_ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"


def _configured(config: dict[str, object]) -> DeploymentCancellationProvider:
    provider = DeploymentCancellationProvider()
    provider.configure(ConfigureRequest(Config(config, "project")))
    return provider


@pytest.fixture
def provider(qovery_simulator: QoverySimulator) -> DeploymentCancellationProvider:
    """A provider whose stack is configured for the simulator."""
    return _configured({"qovery:apiToken": qovery_simulator.token, "qovery:apiUrl": qovery_simulator.url})


@pytest.fixture
def environment(qovery_simulator: QoverySimulator) -> Environment:
    """An environment that runs a deployment which can be canceled at once."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(SOON)
    return environment


class TestCheck:
    def test_fills_in_the_defaults(self) -> None:
        """A user who gives only the environment gets every default into the state."""
        result = DeploymentCancellationProvider().check({}, {"environment_id": ENVIRONMENT_ID, "__provider": "x"})

        assert result.failures == []
        assert result.inputs == {
            "environment_id": ENVIRONMENT_ID,
            "force_cancel": False,
            "deployment_id": None,
            "include_queued": False,
            "triggers": None,
            "wait_for_start": 0,
            "wait_until_canceled": True,
            "timeout": 1800,
            "on_idle": "succeed",
            "on_completed": "fail",
        }

    def test_reports_all_bad_inputs_at_once(self) -> None:
        """Each bad input and each bad setting is named, with its value and the allowed values."""
        provider = _configured({"qovery:apiUrl": "http://example.com"})

        result = provider.check({}, {"environment_id": "staging", "timeout": -1, "on_idle": "ignore"})

        reasons = [failure.reason for failure in result.failures]
        assert [reason.split()[0] for reason in reasons] == ["environment_id", "timeout", "on_idle", "qovery:apiUrl"]
        assert reasons[0] == f"environment_id must be a UUID such as {ENVIRONMENT_ID}; got 'staging'"

    def test_no_failure_lets_the_engine_print_a_value(self) -> None:
        """The engine prints the whole value of a property that a failure names, even of a secret."""
        provider = _configured({"qovery:apiUrl": "https://user:secret@example.com"})

        result = provider.check({}, {"environment_id": "qov_secret"})

        assert [failure.property for failure in result.failures] == ["", ""]

    def test_lets_values_pass_that_are_not_known_yet(self) -> None:
        """In a preview, outputs of other resources have no value: they are judged when they have one."""
        unknown = dict.fromkeys(("environment_id", "deployment_id", "force_cancel", "timeout", "triggers"), UNKNOWN)

        result = DeploymentCancellationProvider().check({}, unknown)

        assert result.failures == []
        assert result.inputs["environment_id"] == UNKNOWN

    def test_carries_on_what_a_refresh_has_marked(self) -> None:
        """The mark of a refresh that saw drift stays in the inputs, so that the next update is clean."""
        result = DeploymentCancellationProvider().check({DRIFT: "1"}, {"environment_id": ENVIRONMENT_ID})

        assert result.inputs[DRIFT] == "1"


class TestCreate:
    def test_cancels_and_reports(self, provider: DeploymentCancellationProvider, environment: Environment) -> None:
        """The outputs hold the inputs, the outcome and every status field."""
        running = environment.deployments[0]

        result = provider.create({"environment_id": environment.id, "triggers": ["sha"]})

        assert result.id == environment.id
        assert result.outs is not None
        assert tuple(
            result.outs[name] for name in ("outcome", "deployment_id", "deployment_state", "canceled_request_ids")
        ) == ("canceled", running.id, "CANCELED", [])
        assert tuple(
            result.outs[name] for name in ("state", "last_deployment_state", "last_deployment_id", "origin")
        ) == ("CANCELED", "CANCELED", running.id, "API")
        assert tuple(result.outs[name] for name in ("triggers", "timeout", "__pinned")) == (["sha"], 1800, False)
        assert running.effective_cancels == 1

    def test_cancels_the_queue_first(
        self, provider: DeploymentCancellationProvider, environment: Environment, qovery_simulator: QoverySimulator
    ) -> None:
        """With `include_queued`, nothing that waited is left to start when the running deployment ends."""
        queued = [environment.enqueue(SOON).id for _ in range(2)]

        result = provider.create({"environment_id": environment.id, "include_queued": True})

        assert result.outs is not None
        assert tuple(result.outs[name] for name in ("outcome", "canceled_request_ids")) == ("canceled", queued)
        assert [deployment.state for deployment in environment.deployments] == ["CANCELED"]
        assert "/environment/" in qovery_simulator.posts()[-1].path

    def test_an_empty_pin_comes_back_as_it_was_given(
        self, provider: DeploymentCancellationProvider, environment: Environment, qovery_simulator: QoverySimulator
    ) -> None:
        """An empty deployment_id means that there is no target: nothing is sent, and the input stays."""
        result = provider.create({"environment_id": environment.id, "deployment_id": ""})

        assert result.outs is not None
        assert tuple(result.outs[name] for name in ("outcome", "deployment_id", "__pinned")) == (
            "nothing_to_cancel",
            "",
            True,
        )
        assert qovery_simulator.posts() == ()

    def test_an_expected_failure_is_one_line(
        self, provider: DeploymentCancellationProvider, qovery_simulator: QoverySimulator
    ) -> None:
        """The SDK's report of the exception has no traceback, and names the environment and the next step."""
        with pytest.raises(errors.NotFoundError):
            provider.create({"environment_id": ENVIRONMENT_ID})

        text = _as_the_sdk_reports(lambda: provider.create({"environment_id": ENVIRONMENT_ID}))
        assert len(text.strip().splitlines()) == 1
        assert f"reading the status of environment {ENVIRONMENT_ID}: Qovery answered 404" in text
        assert qovery_simulator.token not in text

    def test_a_bug_keeps_its_traceback(self, provider: DeploymentCancellationProvider) -> None:
        """Only expected errors are shortened: for all others the traceback helps."""
        text = _as_the_sdk_reports(lambda: provider.create({"environment_id": ENVIRONMENT_ID, "timeout": "soon"}))

        assert text.startswith("Traceback")
        assert not hasattr(sys, "tracebacklimit")

    def test_without_a_token_nothing_is_sent(self, qovery_simulator: QoverySimulator) -> None:
        """The error says where a token may be put."""
        provider = _configured({"qovery:apiUrl": qovery_simulator.url})

        with pytest.raises(errors.ConfigurationError, match="no Qovery API token: set the stack secret"):
            provider.create({"environment_id": ENVIRONMENT_ID})

        assert qovery_simulator.requests == ()


class TestRead:
    def test_reports_what_is_observed_and_never_writes(
        self, provider: DeploymentCancellationProvider, environment: Environment, qovery_simulator: QoverySimulator
    ) -> None:
        """A refresh makes one status call and keeps the result of the cancellation."""
        stored = {"environment_id": environment.id, "outcome": "canceled", "state": "STOPPED"}

        result = provider.read(environment.id, stored)

        assert result.id == environment.id
        assert result.outs is not None
        assert tuple(result.outs[name] for name in ("outcome", "state", "last_deployment_state")) == (
            "canceled",
            "BUILDING",
            "BUILDING",
        )
        assert [request.method for request in qovery_simulator.requests] == ["GET"]

    def test_the_first_read_stores_the_id_in_small_letters(
        self, provider: DeploymentCancellationProvider, environment: Environment
    ) -> None:
        """As `create` does, for every spelling passed to `get`."""
        outs = provider.read(environment.id.upper(), {}).outs or {}

        assert outs["environment_id"] == environment.id

    def test_an_sdk_that_cannot_show_drift_says_that_there_is_some(
        self, provider: DeploymentCancellationProvider, environment: Environment
    ) -> None:
        """The status is stored all the same, and the next update has nothing to do."""
        inputs = provider.check({}, {"environment_id": environment.id}).inputs
        created = provider.create(inputs).outs or {}
        provider.stores_inputs = False  # type: ignore[misc]  # of this one alone
        lines: list[str] = []
        provider.engine = SimpleNamespace(  # type: ignore[assignment,misc]
            row=lambda _: SimpleNamespace(status=lines.append, info=lines.append), gone=None
        )

        quiet = provider.read(environment.id, created)
        environment.deploy(SOON)
        drifted = provider.read(environment.id, created)

        assert lines == [NO_DRIFT]
        assert (quiet.outs or {})["state"] != (drifted.outs or {})["state"]
        assert provider.diff("id", drifted.outs or {}, inputs).changes is False

    @NEEDS_DRIFT
    def test_a_refresh_shows_drift_once(
        self, provider: DeploymentCancellationProvider, environment: Environment
    ) -> None:
        """The engine diffs the outputs that were read against the old inputs: they differ when something changed."""
        inputs = provider.check({}, {"environment_id": environment.id}).inputs
        created = provider.create(inputs).outs or {}

        quiet = provider.read(environment.id, created)
        assert quiet.inputs is None
        assert provider.diff("id", quiet.outs or {}, inputs).changes is False

        environment.deploy(SOON)
        drifted = provider.read(environment.id, created)
        assert drifted.inputs is not None
        assert provider.diff("id", drifted.outs or {}, inputs).changes is True

        updated = provider.check(drifted.inputs, {"environment_id": environment.id}).inputs
        assert provider.diff("id", drifted.outs or {}, updated).changes is False

    def test_drift_before_a_replacement_leaves_no_trace(
        self, provider: DeploymentCancellationProvider, environment: Environment
    ) -> None:
        """The mark goes through create and update as well: otherwise each later update would show a change."""
        inputs = {"environment_id": environment.id, DRIFT: "1"}

        created = provider.create(inputs).outs or {}
        updated = provider.update("id", created, inputs).outs or {}

        assert provider.diff("id", created, inputs).changes is False
        assert provider.diff("id", updated, inputs).changes is False

    @pytest.mark.parametrize("stored", [{"state": "CANCELED"}, {"__pinned": True}], ids=["observed", "never observed"])
    def test_the_record_of_a_missing_environment_stays(
        self, qovery: QoverySimulator, clock: FakeClock, stored: dict[str, Any]
    ) -> None:
        """Forgetting would cancel again: a line reports the confirmed 404, and the state stays."""
        operation, lines = lent(qovery, clock)

        state = DeploymentCancellationProvider.lifecycle.read(operation, ENVIRONMENT_ID, stored)

        assert state == (ENVIRONMENT_ID, stored, None)
        assert lines == [messages.missing(ENVIRONMENT_ID)]
        assert [request.at - qovery.requests[0].at for request in qovery.requests] == [0.0, 5.0]

    @pytest.mark.parametrize(
        "answer",
        [
            Respond(status=400, body=error_body(400, "The environment does not exist")),
            Respond(status=404, body="<html>no such page</html>"),
            Respond(status=200, body="<html>log in</html>"),
        ],
        ids=["a 400 that says so", "a page of a gateway", "a login page"],
    )
    def test_no_single_answer_takes_the_record_away(
        self, qovery: QoverySimulator, clock: FakeClock, answer: Respond
    ) -> None:
        """The read is made again, and shows the true status."""
        busy = qovery.world.add_environment()
        qovery.inject(answer)
        operation, _ = lent(qovery, clock)

        state = DeploymentCancellationProvider.lifecycle.read(operation, busy.id, {"state": "CANCELED"})

        assert (state.id, state.outputs["state"]) == (busy.id, "READY")

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (Respond(status=503, times=None), errors.IntermediaryError),
            (Respond(status=500, body=error_body(500), times=None), errors.ServerError),
            (Respond(status=400, body=error_body(400, "the cluster does not exist"), times=None), errors.ApiError),
        ],
        ids=["a gateway's 503", "Qovery's 500", "another 400"],
    )
    def test_what_is_no_status_is_an_error(
        self, qovery: QoverySimulator, clock: FakeClock, answer: Respond, error: type[errors.QoveryError]
    ) -> None:
        """The engine then keeps the stored state."""
        qovery.inject(answer)
        operation, _ = lent(qovery, clock)

        with pytest.raises(error):
            DeploymentCancellationProvider.lifecycle.read(operation, ENVIRONMENT_ID, {"state": "CANCELED"})

    def test_a_wrong_id_is_an_error_the_first_time(self, provider: DeploymentCancellationProvider) -> None:
        """A `get` of nothing must not pass for an environment that is gone: its outputs would be missing."""
        with pytest.raises(errors.NotFoundError, match=f"environment {ENVIRONMENT_ID}: Qovery answered 404"):
            provider.read(ENVIRONMENT_ID, {"environment_id": ENVIRONMENT_ID})

    def test_an_expected_failure_is_one_line(self) -> None:
        """A refresh without a token fails like a create."""
        text = _as_the_sdk_reports(lambda: DeploymentCancellationProvider().read(ENVIRONMENT_ID, {}))

        assert len(text.strip().splitlines()) == 1


class TestPreview:
    @pytest.mark.parametrize(
        ("provider", "inputs"),
        [
            (DeploymentCancellationProvider, {"environment_id": ENVIRONMENT_ID}),
            (RunningDeploymentProvider, {"environment_id": ENVIRONMENT_ID}),
            (BulkDeploymentCancellationProvider, {"project_id": ENVIRONMENT_ID}),
            (BulkDeploymentCancellationProvider, {"environment_ids": [ENVIRONMENT_ID]}),
        ],
    )
    def test_a_slow_qovery_holds_no_preview_up(
        self, provider: type[DynamicProvider], inputs: dict[str, Any], qovery_simulator: QoverySimulator
    ) -> None:
        """The host's limit ends the read, retries included."""
        qovery_simulator.inject(Delay(before=5.0, times=None))
        operation, _ = lent(qovery_simulator, timeout=0.02)

        with pytest.raises(errors.TransportError, match=r"no (complete )?response"):
            provider.lifecycle.preview(operation, inputs)


class TestUpdateAndDelete:
    def test_update_stores_the_waiting_options_without_a_call(self) -> None:
        """All that was known before stays, and no credentials are needed."""
        olds = {"environment_id": ENVIRONMENT_ID, "outcome": "canceled", "timeout": 1800, "deployment_id": "found-1"}

        result = DeploymentCancellationProvider().update("id", olds, {"environment_id": ENVIRONMENT_ID, "timeout": 60})

        assert result.outs is not None
        assert tuple(result.outs[name] for name in ("outcome", "timeout", "deployment_id")) == (
            "canceled",
            60,
            "found-1",
        )

    def test_delete_needs_nothing_and_touches_nothing(self) -> None:
        """Destroying a stack never reaches Qovery."""
        assert DeploymentCancellationProvider().delete("id", {}) is None  # type: ignore[func-returns-value]


def _as_the_sdk_reports(operation: Callable[[], object]) -> str:
    """Return what the SDK's dynamic provider host sends to the engine for an exception."""
    try:
        operation()
    except Exception:  # noqa: BLE001 - as the SDK does
        return traceback.format_exc()
    return json.dumps("nothing was raised")
