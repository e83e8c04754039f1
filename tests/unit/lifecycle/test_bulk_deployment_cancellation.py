"""`BulkDeploymentCancellation` as Pulumi calls it: a project or a list, side by side, and resuming."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from qovery_provider import errors
from qovery_provider._lifecycle.stored_state import UNFINISHED
from qovery_provider.providers import BulkDeploymentCancellationProvider
from qovery_provider.simulator import Behavior, Environment, Plan, QoverySimulator, Respond
from tests.support.mocks import ENVIRONMENT_ID
from tests.support.providers import configuration, configured, offline, picked
from tests.support.recorder import error_body
from tests.support.sdk_host import Refused, sdk_host
from tests.support.time import FakeClock

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/qovery:BulkDeploymentCancellation::freeze"
MISSING = "00000000-0000-4000-8000-000000000000"
BUILDING = (("BUILDING", 600.0),)
LONG = Plan(phases=BUILDING, cancel_delay=10.0)

RESULT = {
    "outcome",
    "deployment_id",
    "deployment_state",
    "canceled_request_ids",
    "last_deployment_state",
    "error",
}

DEFAULTS = {
    "environment_ids": None,
    "project_id": None,
    "force_cancel": False,
    "include_queued": False,
    "triggers": None,
    "wait_for_start": 0,
    "wait_until_canceled": True,
    "timeout": 1800,
    "on_idle": "succeed",
    "on_completed": "fail",
}


@pytest.fixture
def provider(qovery: QoverySimulator) -> BulkDeploymentCancellationProvider:
    """A provider whose stack is configured for the simulator."""
    return configured(BulkDeploymentCancellationProvider, qovery)


@pytest.fixture
def project(qovery: QoverySimulator) -> str:
    """A project without environments."""
    return qovery.world.add_project()


def _environments(qovery: QoverySimulator, project_id: str, *plans: Plan | None) -> Sequence[Environment]:
    """Add an environment to a project for each plan, with a deployment that runs and one that is queued behind it."""
    environments = []
    for plan in plans:
        environment = qovery.world.add_environment(project_id=project_id)
        environments.append(environment)
        if plan is not None:
            environment.deploy(plan)
            environment.enqueue(LONG)
    return environments


def _calls(qovery: QoverySimulator) -> Counter[tuple[str, str]]:
    return Counter((request.method, request.path) for request in qovery.requests)


class TestDiff:
    def test_what_is_left_is_a_reason_for_an_update(self) -> None:
        """In place: nothing that was canceled is canceled again."""
        olds: dict[str, Any] = {**DEFAULTS, "project_id": ENVIRONMENT_ID, UNFINISHED: {}}

        result = BulkDeploymentCancellationProvider().diff("id", olds, {"project_id": ENVIRONMENT_ID})

        assert result.changes is True
        assert result.replaces == []


class TestCreate:
    def test_cancels_a_whole_project(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """Each running deployment gets one cancel; queued requests and idle environments are left alone."""
        first, second, idle = _environments(qovery, project, LONG, LONG, None)

        result = provider.create({"project_id": project})

        assert result.id == project
        assert (result.outs or {})["counts"] == {"canceled": 2, "nothing_to_cancel": 1}
        assert (result.outs or {})["results"].keys() == {first.id, second.id, idle.id}
        assert [
            (deployment.state, len(deployment.cancels)) for one in (first, second) for deployment in one.deployments
        ] == [("CANCELED", 1), ("BUILDING", 0)] * 2
        assert len(qovery.posts()) == 2

    def test_tells_of_each_environment_what_happened(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """The target and its end, beside the environment's present status."""
        busy, idle = _environments(qovery, project, LONG, None)

        outs = provider.create({"project_id": project}).outs or {}

        assert outs["results"] == {
            busy.id: {
                "outcome": "canceled",
                "deployment_id": busy.deployments[0].id,
                "deployment_state": "CANCELED",
                "canceled_request_ids": [],
                "last_deployment_state": "BUILDING",
                "error": None,
            },
            idle.id: {
                "outcome": "nothing_to_cancel",
                "deployment_id": None,
                "deployment_state": None,
                "canceled_request_ids": [],
                "last_deployment_state": "READY",
                "error": None,
            },
        }
        assert {name: outs[name] for name in DEFAULTS} == {**DEFAULTS, "project_id": project}

    def test_reads_the_whole_project_with_one_call(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """Twenty environments cost twenty cancels and a few polls, which do not grow with their number."""
        _environments(qovery, project, *[LONG] * 20)

        provider.create({"project_id": project})

        polls = _calls(qovery)["GET", f"/project/{project}/environment/status"]
        assert len(qovery.posts()) == 20
        assert polls <= 12
        assert len(qovery.requests) <= 20 + polls + 20  # a history each, as the next deployment starts at once

    def test_cancels_a_list_in_several_projects(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """A scout finds the project of an environment, and shows which others belong to it."""
        here = _environments(qovery, project, LONG, LONG)
        there = _environments(qovery, "7e41cf65-9de7-4b8a-9b44-000000000000", LONG, LONG)
        targets = [here[0], here[1], there[0]]

        result = provider.create({"environment_ids": [one.id for one in targets]})

        assert result.id.startswith("environments-")
        assert (result.outs or {})["counts"] == {"canceled": 3}
        assert (result.outs or {})["results"].keys() == {one.id for one in targets}
        assert there[1].deployments[0].cancels == []
        assert sum(count for (_, path), count in _calls(qovery).items() if path.count("/") == 2) <= 3

    def test_the_id_is_that_of_the_list(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """It is short, the same for the same environments, and another one for others."""
        first, second = (one.id for one in _environments(qovery, project, None, None))

        ids = [provider.create({"environment_ids": ids}).id for ids in ([first, second], [second, first], [first])]

        assert len(ids[0]) == 29
        assert ids[1] == ids[0]
        assert ids[2] != ids[0]

    def test_a_project_without_environments_has_nothing_to_cancel(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """That is a result, not an error."""
        result = provider.create({"project_id": project})

        assert picked(result.outs, "results", "counts") == ({}, {})
        assert list(_calls(qovery)) == [("GET", f"/project/{project}/environment/status")]

    def test_an_unknown_project_is_an_error(self, provider: BulkDeploymentCancellationProvider) -> None:
        """A user must not believe that an empty project was canceled."""
        with pytest.raises(errors.NotFoundError, match=f"of project {MISSING}: Qovery answered 404"):
            provider.create({"project_id": MISSING})

    def test_passes_its_options_on(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """Force and not waiting have the same meaning as for a single environment."""
        (busy,) = _environments(qovery, project, LONG)

        outs = provider.create({"project_id": project, "force_cancel": True, "wait_until_canceled": False}).outs or {}

        assert outs["counts"] == {"requested": 1}
        assert [cancel.force_cancel for cancel in busy.deployments[0].cancels] == [True]

    def test_cancels_the_queued_requests_as_well(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """Queue first, then the running deployment: so nothing starts in between."""
        (busy,) = _environments(qovery, project, LONG)
        (queued,) = busy.queue

        outs = provider.create({"project_id": project, "include_queued": True}).outs or {}

        assert outs["results"][busy.id]["canceled_request_ids"] == [queued.id]
        assert [deployment.state for deployment in busy.deployments] == ["CANCELED"]


def test_an_empty_list_is_nothing_to_do() -> None:
    """Nothing is asked for, so nothing is called, and nothing fails."""
    provider = offline(BulkDeploymentCancellationProvider)

    outs = provider.create({"environment_ids": [], "on_idle": "fail"}).outs

    assert picked(outs, "environment_ids", "results", "counts") == ([], {}, {})


class TestFailures:
    def test_brings_all_others_to_their_end_first(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """One summary names each environment that failed, and none that did not."""
        refused, canceled = _environments(qovery, project, LONG, LONG)
        qovery.inject(_forbidden(refused))

        with pytest.raises(errors.BulkCancellationError) as caught:
            provider.create({"environment_ids": [refused.id, canceled.id, MISSING]})

        text = str(caught.value)
        assert caught.value.errors.keys() == {refused.id, MISSING}
        assert text.startswith("2 of 3 environments failed; the next `pulumi up` acts only on these:\n- ")
        assert f"canceling the deployment of environment {refused.id}: Qovery answered 403" in text
        assert f"reading the status of environment {MISSING}: Qovery answered 404" in text
        assert canceled.id not in text
        assert len(text.splitlines()) == 3
        assert [deployment.state for deployment in canceled.deployments] == ["CANCELED", "BUILDING"]

    @pytest.mark.parametrize("status", [401, 403, 404])
    @pytest.mark.parametrize("what", ["environment", "project"])
    def test_an_environment_without_a_readable_project_is_read_separately(
        self,
        provider: BulkDeploymentCancellationProvider,
        qovery: QoverySimulator,
        project: str,
        what: str,
        status: int,
    ) -> None:
        """A token may be denied a project, and may cancel in its environments all the same."""
        (hidden,) = _environments(qovery, "7e41cf65-9de7-4b8a-9b44-000000000000", LONG)
        (other,) = _environments(qovery, project, LONG)
        path = f"/environment/{hidden.id}" if what == "environment" else f"/project/{hidden.project_id}/*"
        qovery.inject(Respond(path=path, status=status, body=error_body(status), times=None))

        result = provider.create({"environment_ids": [other.id, hidden.id]})

        assert (result.outs or {})["counts"] == {"canceled": 2}

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_one_that_cannot_be_read_stops_no_other(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str, status: int
    ) -> None:
        """The others are canceled, before it and behind it; its own error is reported."""
        (refused,) = _environments(qovery, "7e41cf65-9de7-4b8a-9b44-000000000000", LONG)
        others = [
            one for home in (None, project) for one in _environments(qovery, home or qovery.world.add_project(), LONG)
        ]
        for path in (f"/environment/{refused.id}/status", f"/environment/{refused.id}"):
            qovery.inject(Respond(path=path, status=status, body=error_body(status), times=None))

        with pytest.raises(errors.BulkCancellationError) as caught:
            provider.create({"environment_ids": [others[0].id, refused.id, others[1].id]})

        assert caught.value.errors.keys() == {refused.id}
        assert f"reading the status of environment {refused.id}: Qovery answered {status}" in str(caught.value)
        assert [one.deployments[0].state for one in others] == ["CANCELED", "CANCELED"]
        assert refused.deployments[0].cancels == []

    def test_one_that_cannot_be_read_itself_may_be_shown_by_its_project(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """Its status in the project's list is enough."""
        first, second = _environments(qovery, project, LONG, LONG)
        qovery.inject(Respond(path=f"/environment/{first.id}", status=403, body=error_body(403), times=None))

        result = provider.create({"environment_ids": [first.id, second.id]})

        assert (result.outs or {})["counts"] == {"canceled": 2}

    def test_a_token_that_may_read_nothing_is_not_tried_for_ever(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """When each environment of a long list was refused, it is the token: told once, and not tried again."""
        environments = _environments(qovery, project, *[LONG] * 12)
        qovery.inject(Respond(status=403, body=error_body(403), times=None))

        with pytest.raises(errors.PermissionDeniedError):
            provider.create({"environment_ids": [environment.id for environment in environments]})

        assert 20 <= len(qovery.requests) <= 24  # the environment's project, and its own status

    def test_dead_environments_stop_no_other(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """A list may begin with many environments that no longer exist."""
        (alive,) = _environments(qovery, project, LONG)
        dead = [f"00000000-0000-4000-8000-0000000000{number}" for number in range(10, 34)]

        with pytest.raises(errors.BulkCancellationError) as failed:
            provider.create({"environment_ids": [*dead, alive.id]})

        assert sorted(failed.value.errors) == dead
        assert alive.deployments[0].end_state == "CANCELED"

    def test_a_project_that_cannot_be_read_sends_nothing(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """Without a status there is no target; the error is the call's."""
        _environments(qovery, project, LONG)
        qovery.inject(Respond(path="/project/*", status=403, body=error_body(403), times=None))

        with pytest.raises(errors.PermissionDeniedError):
            provider.create({"project_id": project})

        assert qovery.posts() == ()

    def test_what_does_not_fit_the_rate_limit_is_not_begun(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """The arithmetic is in the error, and nothing was sent."""
        _environments(qovery, project, *[LONG] * 20)
        qovery.service.limiter.limit = 31

        with pytest.raises(errors.RateBudgetError) as caught:
            provider.create({"project_id": project})

        assert str(caught.value) == (
            "Canceling in 20 environments needs about 32 requests; the token has 30 left until its limit resets in "
            "1 h. Nothing was sent. Run `pulumi up` after the reset, or use another token."
        )
        assert qovery.posts() == ()

    def test_an_idle_project_fits_every_rate_limit(
        self, provider: BulkDeploymentCancellationProvider, qovery: QoverySimulator, project: str
    ) -> None:
        """Where nothing is to be sent, nothing can be broken off."""
        _environments(qovery, project, None)
        qovery.service.limiter.limit = 2

        assert (provider.create({"project_id": project}).outs or {})["counts"] == {"nothing_to_cancel": 1}


class TestUpdate:
    def test_stores_the_waiting_options_without_a_call(self) -> None:
        """All that was known before stays, and no credentials are needed."""
        olds: dict[str, Any] = {
            **DEFAULTS,
            "project_id": ENVIRONMENT_ID,
            "results": {"a": dict.fromkeys(RESULT)},
            "counts": {"canceled": 1},
        }

        outs = BulkDeploymentCancellationProvider().update("id", olds, {"project_id": ENVIRONMENT_ID, "timeout": 5})

        assert outs.outs == {**olds, "timeout": 5}

    def test_what_is_left_is_told(self) -> None:
        """The row of an unfinished one says what the next update does, unless the engine may replace it."""
        lifecycle, declared = BulkDeploymentCancellationProvider.lifecycle, {"project_id": ENVIRONMENT_ID}
        olds = {**DEFAULTS, **declared, UNFINISHED: dict.fromkeys(["a", "b"])}

        same, changed = lifecycle.diff(olds, declared), lifecycle.diff(olds, {**declared, "timeout": 5})

        assert same.note == (
            "unfinished cancellation in 2 environments. `pulumi up` acts only there: it resumes what was sent, "
            "and starts the rest again."
        )
        assert changed == ([], ["timeout", UNFINISHED], "")

    def test_acts_only_on_what_is_left(self, qovery: QoverySimulator, project: str, clock: FakeClock) -> None:
        """Canceled environments are not touched again, the rejected one is canceled, and all are reported."""
        refused, canceled = _environments(qovery, project, LONG, LONG)
        qovery.inject(_forbidden(refused))
        declared = {"project_id": project, "triggers": ["1"]}

        with sdk_host(BulkDeploymentCancellationProvider(), configuration(qovery)) as host:
            failed = host.create(URN, declared)
            assert isinstance(failed, Refused)
            assert failed.kept is not None
            id_, reasons, kept, inputs = failed.kept
            clock.sleep(60)
            outs = host.update(URN, id_, kept, declared)

        assert id_ == project
        assert reasons[0].startswith(
            "1 of 2 environments failed; the next `pulumi up` acts only on these:\n- canceling the deployment"
        )
        assert declared.items() <= inputs.items()
        assert kept["counts"] == {"canceled": 1, "failed": 1}
        assert kept[UNFINISHED] == {refused.id: {"sent": "not_sent", "deployment_id": None}}
        assert isinstance(outs, dict)
        assert outs["counts"] == {"canceled": 2}
        assert [outs["results"][one.id]["deployment_id"] for one in (refused, canceled)] == [
            refused.deployments[0].id,
            canceled.deployments[0].id,
        ]
        assert canceled.deployments[1].cancels == []
        assert UNFINISHED not in outs

    def test_results_keep_their_fields(self, qovery: QoverySimulator, project: str) -> None:
        """The SDK's host drops what is None on the way in; a program that reads `error` must find it all the same."""
        refused, _ = _environments(qovery, project, LONG, None)
        qovery.inject(_forbidden(refused))
        declared = {"project_id": project}

        with sdk_host(BulkDeploymentCancellationProvider(), configuration(qovery)) as host:
            failed = host.create(URN, declared)
            assert isinstance(failed, Refused)
            assert failed.kept is not None
            resumed = host.update(URN, project, failed.kept[2], declared)
            assert isinstance(resumed, dict)
            changed = host.update(URN, project, resumed, {**declared, "timeout": 60})

        assert isinstance(changed, dict)
        assert [result.keys() for outs in (resumed, changed) for result in outs["results"].values()] == [RESULT] * 4

    def test_resumes_exactly_the_target(self, qovery: QoverySimulator, project: str, clock: FakeClock) -> None:
        """After a timeout the queue moves on; the update reports the targets' ends and touches no other deployment."""
        first, second = _environments(qovery, project, LONG, LONG)
        declared = {"environment_ids": [first.id, second.id], "timeout": 3}

        with sdk_host(BulkDeploymentCancellationProvider(), configuration(qovery)) as host:
            failed = host.create(URN, declared)
            assert isinstance(failed, Refused)
            assert failed.kept is not None
            clock.sleep(60)
            outs = host.update(URN, failed.kept[0], failed.kept[2], declared)

        assert (failed.kept[2][UNFINISHED]) == {
            one.id: {"sent": "accepted", "deployment_id": one.deployments[0].id} for one in (first, second)
        }
        assert isinstance(outs, dict)
        assert outs["counts"] == {"canceled": 2}
        assert [one.deployments[1].cancels for one in (first, second)] == [[], []]
        assert len(qovery.posts()) == 2

    def test_failing_again_keeps_what_is_left(self, qovery: QoverySimulator, project: str) -> None:
        """A second failure counts all environments, and forgets none of the results."""
        refused, canceled = _environments(qovery, project, LONG, LONG)
        qovery.inject(_forbidden(refused, times=2))
        declared = {"project_id": project}

        with sdk_host(BulkDeploymentCancellationProvider(), configuration(qovery)) as host:
            once = host.create(URN, declared)
            assert isinstance(once, Refused)
            assert once.kept is not None
            twice = host.update(URN, project, once.kept[2], declared)

        assert isinstance(twice, Refused)
        assert twice.kept is not None
        assert "1 of 2 environments failed" in twice.message
        assert twice.kept[2]["counts"] == {"canceled": 1, "failed": 1}
        assert twice.kept[2]["results"].keys() == {refused.id, canceled.id}
        assert len(qovery.posts()) == 3

    def test_one_that_has_vanished_since_is_told(self, qovery: QoverySimulator, project: str, clock: FakeClock) -> None:
        """No project lists it any more; a second read confirms that, and the others come to their end."""
        gone, other = _environments(qovery, project, LONG, LONG)
        declared = {"environment_ids": [gone.id, other.id], "timeout": 3, "on_completed": "succeed"}

        with sdk_host(BulkDeploymentCancellationProvider(), configuration(qovery)) as host:
            failed = host.create(URN, declared)
            assert isinstance(failed, Refused)
            assert failed.kept is not None
            clock.sleep(60)
            gone.remove()
            outs = host.update(URN, failed.kept[0], failed.kept[2], declared)

        assert isinstance(outs, dict)
        assert outs["counts"] == {"canceled": 1, "environment_gone": 1}
        assert len(qovery.posts()) == 2

    @pytest.mark.parametrize("is_shown", [True, False])
    def test_one_without_an_id_is_resumed_by_its_history(
        self, qovery: QoverySimulator, project: str, *, is_shown: bool
    ) -> None:
        """The history names the deployment that is being canceled; where it does not, the search starts again."""
        unknown = {"sent": "not_sent", "deployment_id": None}
        environment = qovery.world.add_environment(
            project_id=project, behavior=Behavior(null_fields=frozenset({"last_deployment_id"}))
        )
        plan = LONG if is_shown else replace(LONG, canceling_visible_after=None)
        target = environment.deploy(plan)

        with sdk_host(BulkDeploymentCancellationProvider(), configuration(qovery)) as host:
            failed = host.create(URN, {"project_id": project, "timeout": 1})

        assert isinstance(failed, Refused)
        assert failed.kept is not None
        left = {"sent": "accepted", "deployment_id": target.id} if is_shown else unknown
        assert failed.kept[2][UNFINISHED] == {environment.id: left}

    def test_queued_requests_of_both_runs_are_told(self, qovery: QoverySimulator, project: str) -> None:
        """The queued requests that the first run canceled are still reported after the second."""
        (refused,) = _environments(qovery, project, LONG)
        queued = [request.id for request in refused.queue]
        qovery.inject(_forbidden(refused))
        declared = {"project_id": project, "include_queued": True}

        with sdk_host(BulkDeploymentCancellationProvider(), configuration(qovery)) as host:
            failed = host.create(URN, declared)
            assert isinstance(failed, Refused)
            assert failed.kept is not None
            late = refused.enqueue().id
            outs = host.update(URN, project, failed.kept[2], declared)

        assert isinstance(outs, dict)
        assert outs["results"][refused.id]["canceled_request_ids"] == [*queued, late]


def test_a_refresh_changes_nothing() -> None:
    """The record does not change, and needs no credentials."""
    record: dict[str, Any] = {**DEFAULTS, "results": {}, "counts": {}}

    result = BulkDeploymentCancellationProvider().read("id", record)

    assert ("id", record, None) == (result.id, result.outs, getattr(result, "inputs", None))


def _forbidden(environment: Environment, times: int = 1) -> Respond:
    """Refuse the cancels of one environment."""
    path = f"/environment/{environment.id}/cancelDeployment"
    return Respond(method="POST", path=path, status=403, body=error_body(403), times=times)
