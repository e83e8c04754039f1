"""What a user may declare: defaults, values that a program alone can give, and the effect of a change of each input.

The bad values that Pulumi hands on are in `tests/unit/hosts/test_bad_input.py`.
"""

from collections import OrderedDict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import hypothesis
import pytest
from hypothesis import strategies as st

from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._lifecycle.bulk_deployment_cancellation import BulkDeploymentCancellationLifecycle
from qovery_provider._lifecycle.deployment_cancellation import DeploymentCancellationLifecycle
from qovery_provider._lifecycle.inputs import cancellation_request, checked_uuid
from qovery_provider._lifecycle.lifecycle import Lifecycle
from qovery_provider._lifecycle.running_deployment import RunningDeploymentLifecycle
from qovery_provider._lifecycle.stored_state import PINNED
from qovery_provider.errors import ConfigurationError
from tests.support.bad_values import (
    ENV,
    NO_DEPLOYMENT,
    NO_FLAG,
    NO_PAUSE,
    NO_SECONDS,
    NO_TOLERANCE,
    NO_TRIGGERS,
    NO_UUID,
    NO_UUIDS,
    NOT_ONE,
    TOO_LARGE,
)

CANCELLATION, BULK = DeploymentCancellationLifecycle(), BulkDeploymentCancellationLifecycle()
RECORD = RunningDeploymentLifecycle()
problems = CANCELLATION.schema.problems
with_defaults = CANCELLATION.schema.with_defaults

DEFAULTS: dict[str, Any] = {
    "environment_id": None,
    "deployment_id": None,
    "force_cancel": False,
    "include_queued": False,
    "triggers": None,
    "wait_for_start": 0,
    "wait_until_canceled": True,
    "timeout": 1800,
    "on_idle": "succeed",
    "on_completed": "fail",
}
BULK_DEFAULTS: dict[str, Any] = {
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
OTHER_ENV = "4d01c3cc-0d44-4b50-8888-8dd25736052a"
FLAGS = ["force_cancel", "include_queued", "wait_until_canceled"]
TOLERANCES = ["on_idle", "on_completed"]


class Word(str, Enum):
    """Words as a typed program gives them."""

    ENVIRONMENT = ENV
    FAIL = "fail"


def problems_of(**changes: object) -> dict[str, str]:
    """Return the problems of inputs that are good but for these."""
    return problems({**DEFAULTS, "environment_id": ENV, **changes})


def bulk_problems_of(**changes: object) -> dict[str, str]:
    """Return the problems of a bulk cancellation that is good but for these."""
    return BULK.schema.problems({**BULK_DEFAULTS, "environment_ids": [ENV], **changes})


def changed(stored: dict[str, Any], inputs: dict[str, Any], lifecycle: Lifecycle = CANCELLATION) -> list[str]:
    """Return the inputs that a diff names."""
    diff = lifecycle.diff(stored, inputs)
    return [*diff.replaces, *diff.updates]


def outputs(**changes: object) -> dict[str, Any]:
    """Return what the resource stored, with these changes."""
    return {**DEFAULTS, "environment_id": ENV, "outcome": "canceled", PINNED: False, **changes}


def test_everything_has_its_documented_default() -> None:
    """The defaults, in this order."""
    assert list(with_defaults({}).items()) == list(DEFAULTS.items())


def test_a_bulk_cancellation_has_its_documented_defaults() -> None:
    """The same options, and another way to say which environments."""
    assert list(BULK.schema.with_defaults({}).items()) == list(BULK_DEFAULTS.items())


def test_a_recorded_status_has_two_inputs() -> None:
    """The environment, and when to read it again."""
    filled = RECORD.schema.with_defaults

    assert filled({}) == {"environment_id": None, "triggers": None}
    assert filled({"environment_id": ENV, "triggers": [1], "timeout": 1}) == {"environment_id": ENV, "triggers": [1]}


def test_null_means_the_default() -> None:
    """Pulumi hands an input that was not given as null."""
    assert with_defaults(dict.fromkeys(DEFAULTS)) == DEFAULTS


def test_what_is_given_stays() -> None:
    """Also values that are false or empty, which is not the same as missing."""
    given = {
        "environment_id": "",
        "force_cancel": True,
        "deployment_id": "",
        "include_queued": True,
        "triggers": [],
        "wait_for_start": 3,
        "wait_until_canceled": False,
        "timeout": 0,
        "on_idle": "",
        "on_completed": "succeed",
    }

    assert with_defaults(given) == given


def test_other_properties_are_left_out() -> None:
    """Outputs and the SDK's own property are no inputs."""
    assert with_defaults({"__provider": "gASV", "outcome": "canceled"}) == DEFAULTS


@pytest.mark.parametrize(
    ("value", "environment_id"),
    [
        pytest.param(ENV.upper(), ENV, id="upper case"),
        pytest.param(ENV, ENV, id="lower case"),
        pytest.param("STAGING", "STAGING", id="no UUID"),
        pytest.param(7, 7, id="no text"),
    ],
)
def test_a_uuid_is_spelled_in_lower_case(value: object, environment_id: object) -> None:
    """Two spellings are one environment: no replacement because of it."""
    assert with_defaults({"environment_id": value})["environment_id"] == environment_id


@pytest.mark.parametrize(
    ("value", "environment_ids"),
    [
        pytest.param([OTHER_ENV.upper(), ENV], [ENV, OTHER_ENV], id="sorted in lower case"),
        pytest.param([ENV, OTHER_ENV, ENV.upper()], [ENV, OTHER_ENV], id="each once"),
        pytest.param([], [], id="empty"),
        pytest.param([OTHER_ENV, 7, ENV], [OTHER_ENV, 7, ENV], id="not only texts"),
        pytest.param([OTHER_ENV, "B", "A", ENV], [OTHER_ENV, "B", "A", ENV], id="not only UUIDs"),
        pytest.param(ENV.upper(), ENV.upper(), id="no list"),
    ],
)
def test_a_list_of_environments_is_a_set(value: object, environment_ids: object) -> None:
    """Order, spelling and repetition mean nothing, so they are no change."""
    filled = BULK.schema.with_defaults({"environment_ids": value})

    assert filled["environment_ids"] == environment_ids


@pytest.mark.parametrize(
    ("value", "project_id"), [(ENV.upper(), ENV), (7, 7), ("X", "X")], ids=["upper case", "no text", "no UUID"]
)
def test_a_project_is_spelled_in_lower_case(value: object, project_id: object) -> None:
    """As for an environment."""
    assert BULK.schema.with_defaults({"project_id": value})["project_id"] == project_id


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("environment_id", ENV, id="UUID"),
        pytest.param("environment_id", ENV.upper(), id="UUID in upper case"),
        pytest.param("environment_id", "00000000-0000-0000-0000-000000000000", id="UUID of zeros"),
        *(pytest.param(name, value, id=f"{name} {value}") for name in FLAGS for value in (True, False)),
        pytest.param("deployment_id", None, id="no deployment"),
        pytest.param("deployment_id", "", id="empty deployment"),
        pytest.param("deployment_id", f"{ENV}-12", id="deployment"),
        pytest.param("deployment_id", "!~", id="deployment of any plain letters"),
        pytest.param("deployment_id", "x" * 200, id="longest deployment"),
        pytest.param("triggers", None, id="no triggers"),
        pytest.param("triggers", [], id="empty list"),
        pytest.param("triggers", [1, None, {"a": "b"}], id="list"),
        pytest.param("triggers", {}, id="empty map"),
        pytest.param("triggers", {"sha": "1a2b"}, id="map"),
        pytest.param("triggers", [2**53 - 1, -(2**53) + 1], id="largest exact numbers"),
        pytest.param("timeout", 1, id="whole seconds"),
        pytest.param("wait_for_start", 0, id="no pause"),
        pytest.param("wait_for_start", 604_800, id="a pause of seven days"),
        pytest.param("timeout", 0.001, id="fraction"),
        pytest.param("timeout", 5e-324, id="smallest number"),
        pytest.param("timeout", 604_800, id="seven days"),
        pytest.param("timeout", 604_800.0, id="seven days as a double"),
        *(pytest.param(name, value, id=f"{name} {value}") for name in TOLERANCES for value in ("succeed", "fail")),
    ],
)
def test_good_values_pass(name: str, value: object) -> None:
    """Values at the limits are allowed."""
    assert problems_of(**{name: value}) == {}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        pytest.param("environment_id", None, f"{NO_UUID}; got nothing", id="missing environment"),
        pytest.param("environment_id", 7, f"{NO_UUID}; got 7", id="whole number as environment"),
        pytest.param("environment_id", 10**5000, f"{NO_UUID}; got a value too large to show", id="huge number"),
        pytest.param("environment_id", "\ud800", f"{NO_UUID}; got '\\ud800'", id="lone surrogate"),
        pytest.param("force_cancel", 1, f"{NO_FLAG}; got 1", id="one as flag"),
        pytest.param("force_cancel", 0, f"{NO_FLAG}; got 0", id="zero as flag"),
        pytest.param("deployment_id", 12, f"{NO_DEPLOYMENT}; got 12", id="whole number as deployment"),
        pytest.param("triggers", 1, f"{NO_TRIGGERS}; got a number", id="whole number as triggers"),
        pytest.param("triggers", {1: 2}, f"{NO_TRIGGERS}; got a dict", id="number as key"),
        pytest.param("triggers", {"\ud800": 2}, f"{NO_TRIGGERS}; got a dict", id="lone surrogate as key"),
        pytest.param("triggers", ["\ud800"], f"{NO_TRIGGERS}; got a list", id="lone surrogate in a list"),
        pytest.param("triggers", [10**400], f"{NO_TRIGGERS}; got a list", id="number beyond all doubles"),
        pytest.param("triggers", [2**53], f"{TOO_LARGE}; got a list", id="first number that is not exact"),
        pytest.param("triggers", {"a": [-(2.0**53)]}, f"{TOO_LARGE}; got a dict", id="as Pulumi carries it"),
        pytest.param("wait_for_start", 604_801, f"{NO_PAUSE}; got 604801", id="a second too long for a pause"),
        pytest.param("wait_for_start", -0.1, f"{NO_PAUSE}; got -0.1", id="a pause below zero"),
        pytest.param("timeout", 604_801, f"{NO_SECONDS}; got 604801", id="a second too long"),
        pytest.param("timeout", 10**400, f"{NO_SECONDS}; got 1{'0' * 59}... (401 characters)", id="too large a number"),
        pytest.param("on_idle", 1, f"{NO_TOLERANCE}; got 1", id="whole number as tolerance"),
    ],
)
def test_values_that_json_cannot_carry_are_refused_as_well(name: str, value: object, text: str) -> None:
    """A function is called without any JSON in between."""
    assert problems_of(**{name: value}) == {name: text}


def test_an_id_for_a_path_is_checked_in_the_same_way() -> None:
    """Functions take ids as well: in lower case they go into the path, and the text names the argument."""
    with pytest.raises(ConfigurationError) as raised:
        checked_uuid("project_id", f"{ENV}\n")

    assert str(raised.value) == f"project_id {NO_UUID}; got '{ENV}\\n'"
    assert checked_uuid("project_id", ENV.upper()) == ENV
    assert checked_uuid("project_id", UUID(ENV)) == ENV


def test_values_that_are_not_known_yet_pass() -> None:
    """Only these: a wrong value beside them is reported."""
    later = object()
    inputs = {**dict.fromkeys(DEFAULTS, later), "timeout": 0}

    assert problems(inputs, lambda value: value is later) == {"timeout": f"{NO_SECONDS}; got 0"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"project_id": ENV}, {"environment_ids": NOT_ONE}, id="both"),
        pytest.param({"environment_ids": None}, {"environment_ids": NOT_ONE}, id="neither"),
        pytest.param(
            {"environment_ids": [1], "project_id": ENV},
            {"environment_ids": f"{NO_UUIDS}; not a UUID: 1; got [1]"},
            id="both, one bad",
        ),
        pytest.param(
            {"environment_ids": None, "project_id": "x"}, {"project_id": f"{NO_UUID}; got 'x'"}, id="bad project"
        ),
        pytest.param(
            {"environment_ids": None, "project_id": ""}, {"project_id": f"{NO_UUID}; got ''"}, id="empty project"
        ),
        pytest.param({"timeout": 0}, {"timeout": f"{NO_SECONDS}; got 0"}, id="an option"),
    ],
)
def test_a_bulk_cancellation_has_exactly_one_way_to_name_environments(
    changes: dict[str, object], problem: dict[str, str]
) -> None:
    """A list or a project; a value that is wrong in itself is reported as such."""
    assert bulk_problems_of(**changes) == problem


@hypothesis.given(
    st.fixed_dictionaries(
        dict.fromkeys(DEFAULTS, st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([]))
    )
)
@hypothesis.settings(max_examples=50, deadline=None)
def test_any_values_have_problems_of_one_line_or_none(inputs: dict[str, Any]) -> None:
    """Checking never fails, for any value."""
    told = problems(with_defaults(inputs))

    assert told.keys() <= DEFAULTS.keys()
    assert all(text.isprintable() for text in told.values())


@pytest.mark.parametrize(
    ("stored", "deployment_id"),
    [
        pytest.param({PINNED: True, "deployment_id": "3c90-12"}, "3c90-12", id="given"),
        pytest.param({PINNED: True, "deployment_id": ""}, "", id="given as empty"),
        pytest.param({PINNED: False, "deployment_id": "3c90-12"}, None, id="found"),
        pytest.param({"deployment_id": "3c90-12"}, None, id="not said"),
        pytest.param({PINNED: True}, None, id="not stored"),
    ],
)
def test_a_deployment_that_was_found_is_no_input(stored: dict[str, object], deployment_id: str | None) -> None:
    """The same output holds the id that was given or the one that was found."""
    assert CANCELLATION.declared(stored) == {**DEFAULTS, "deployment_id": deployment_id}


def test_stored_inputs_are_read_back() -> None:
    """The declared inputs come back from the outputs, without the observed values."""
    stored = outputs(environment_id=ENV.upper(), force_cancel=True, timeout=60.0, state="DEPLOYED")

    assert CANCELLATION.declared(stored) == {**DEFAULTS, "environment_id": ENV, "force_cancel": True, "timeout": 60.0}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("environment_id", "4d01c3cc-0d44-4b50-8888-8dd25736052a", id="environment"),
        pytest.param("force_cancel", True, id="force"),
        pytest.param("deployment_id", "3c90-12", id="deployment"),
        pytest.param("deployment_id", "", id="empty deployment"),
        pytest.param("include_queued", True, id="queue"),
        pytest.param("triggers", ["1a2b"], id="triggers"),
        pytest.param("wait_for_start", 3, id="start"),
        pytest.param("wait_until_canceled", False, id="waiting"),
        pytest.param("timeout", 60, id="timeout"),
        pytest.param("on_idle", "fail", id="tolerance of idleness"),
        pytest.param("on_completed", "succeed", id="tolerance of completion"),
    ],
)
def test_a_change_is_found(name: str, value: object) -> None:
    """Only the input that changed is named."""
    inputs = {"environment_id": ENV, name: value}

    assert changed(outputs(), inputs) == [name]


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param({"environment_id": ENV}, id="same"),
        pytest.param({"environment_id": ENV.upper()}, id="another spelling"),
        pytest.param({"environment_id": ENV, "timeout": 1800.0, "deployment_id": None}, id="defaults given"),
        pytest.param({"environment_id": ENV, "__provider": "new"}, id="another provider"),
    ],
)
@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(outputs(deployment_id="3c90-12"), id="all stored"),
        pytest.param({"environment_id": ENV.upper(), "deployment_id": "3c90-12"}, id="an old version's"),
    ],
)
def test_what_means_the_same_is_no_change(stored: dict[str, Any], inputs: dict[str, Any]) -> None:
    """Old property sets stay readable: a missing input counts as its default."""
    assert changed(stored, inputs) == []


class Asset:
    """Something without equality, such as Pulumi's assets."""

    def __init__(self, path: str) -> None:
        self.path = path


class Archive(Asset):
    """Another kind with the same content."""


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        pytest.param([Asset("a")], [Asset("a")], [], id="same content"),
        pytest.param([Asset("a")], [Asset("b")], ["triggers"], id="other content"),
        pytest.param([Asset("a")], [Archive("a")], ["triggers"], id="other kind"),
        pytest.param({"x": [Asset("a")]}, {"x": [Asset("a")]}, [], id="deep inside"),
        pytest.param({"x": {"y": Asset("a")}}, {"x": {"y": Asset("b")}}, ["triggers"], id="other content deep inside"),
        pytest.param({"x": 1}, {"y": 1}, ["triggers"], id="other key"),
        pytest.param([1, 2], [2, 1], ["triggers"], id="other order"),
        pytest.param([], {}, ["triggers"], id="list and map"),
        pytest.param([float("nan")], [float("nan")], [], id="not a number"),
        pytest.param([float("nan")], [float("inf")], ["triggers"], id="infinity"),
        pytest.param([True], [1.0], ["triggers"], id="flag and number"),
        pytest.param([0.0], [False], ["triggers"], id="number and flag"),
        pytest.param([True], [True], [], id="flag"),
        pytest.param([True], [False], ["triggers"], id="other flag"),
        pytest.param([1], [1.0], [], id="number as Pulumi stores it"),
    ],
)
def test_triggers_are_compared_by_content(before: object, after: object, names: list[str]) -> None:
    """Equal content is no change."""
    assert changed(outputs(triggers=before), {"environment_id": ENV, "triggers": after}) == names


def test_a_bulk_cancellation_has_changes_of_its_own() -> None:
    """The same rule, for its own inputs."""
    stored = {"environment_ids": [ENV, OTHER_ENV], "deployment_id": "3c90-12", PINNED: True}
    same = {"environment_ids": [OTHER_ENV.upper(), ENV, ENV]}
    other = {"environment_ids": [ENV], "timeout": 60}

    assert changed(stored, same, BULK) == []
    assert changed(stored, other, BULK) == ["environment_ids", "timeout"]
    assert BULK.declared(stored) == {**BULK_DEFAULTS, "environment_ids": [ENV, OTHER_ENV]}


def test_a_record_does_not_follow_the_deployment_that_runs_now() -> None:
    """What was observed is no input: an unchanged program keeps the record, another trigger makes a new one."""
    stored = {"environment_id": ENV, "triggers": [1], "deployment_id": "3c90-12", "state": "BUILDING"}

    assert changed(stored, {"environment_id": ENV, "triggers": [1]}, RECORD) == []
    assert changed(stored, {"environment_id": ENV, "triggers": [2]}, RECORD) == ["triggers"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param({"environment_id": UUID(ENV)}, {"environment_id": ENV}, id="UUID object"),
        pytest.param({"environment_id": Word.ENVIRONMENT}, {"environment_id": ENV}, id="enumeration"),
        pytest.param({"on_idle": Word.FAIL}, {"on_idle": "fail"}, id="enumeration of texts"),
        pytest.param({"timeout": timedelta(minutes=2)}, {"timeout": 120.0}, id="time"),
        pytest.param({"deployment_id": f"{ENV.upper()}-X"}, {"deployment_id": f"{ENV}-X"}, id="pin in capitals"),
        pytest.param({"triggers": (1, (2,))}, {"triggers": [1, [2]]}, id="tuples"),
        pytest.param({"triggers": range(2)}, {"triggers": [0, 1]}, id="range"),
        pytest.param(
            {"triggers": MappingProxyType({Word.FAIL: OrderedDict(a=UUID(ENV))})},
            {"triggers": {"fail": {"a": ENV}}},
            id="other mappings",
        ),
    ],
)
def test_what_is_typed_in_another_form_is_stored_in_one(typed: dict[str, object], stored: dict[str, object]) -> None:
    """The same for program, preview and provider: it is no change."""
    inputs = with_defaults({"environment_id": ENV, **typed})

    assert inputs == {**DEFAULTS, "environment_id": ENV, **stored}
    assert problems(inputs) == {}
    assert changed(outputs(**{PINNED: True, **stored}), {"environment_id": ENV, **typed}) == []


def test_a_list_of_environments_may_be_a_tuple_of_uuids() -> None:
    """It is stored as any other."""
    ids = BULK.schema.with_defaults({"environment_ids": (UUID(OTHER_ENV), ENV)})["environment_ids"]

    assert ids == [ENV, OTHER_ENV]


@pytest.mark.parametrize(
    "value", [b"x", bytearray(b"x"), {1, 2}, Decimal(1), datetime(2026, 1, 1, tzinfo=timezone.utc)]
)
def test_what_has_no_plain_meaning_is_refused(value: object) -> None:
    """It is not guessed."""
    kind = type(value).__name__

    assert problems_of(triggers=with_defaults({"triggers": value})["triggers"]) == {
        "triggers": f"{NO_TRIGGERS}; got a {kind}"
    }
    assert problems_of(triggers=[value]) == {"triggers": f"{NO_TRIGGERS}; got a list"}


def test_a_given_deployment_that_is_given_no_longer_is_a_change() -> None:
    """Then the running deployment is the target."""
    stored = outputs(deployment_id="3c90-12", **{PINNED: True})

    assert changed(stored, {"environment_id": ENV}) == ["deployment_id"]


def test_changes_come_in_the_order_of_the_documentation() -> None:
    """The engine shows them as they come."""
    inputs = {"environment_id": ENV, "triggers": {}, "force_cancel": True, "timeout": 1, "deployment_id": "d"}

    diff = CANCELLATION.diff(outputs(), inputs)

    assert diff == (["deployment_id", "force_cancel", "triggers"], ["timeout"], "")


@pytest.mark.parametrize(
    ("lifecycle", "acting"),
    [
        (CANCELLATION, ["environment_id", "deployment_id", "force_cancel", "include_queued", "triggers"]),
        (BULK, ["environment_ids", "project_id", "force_cancel", "include_queued", "triggers"]),
        (RECORD, ["environment_id", "triggers"]),
    ],
)
def test_acting_inputs_replace_and_waiting_inputs_do_not(lifecycle: Lifecycle, acting: list[str]) -> None:
    """The promise of the documentation's table."""
    waiting = ("wait_for_start", "wait_until_canceled", "timeout", "on_idle", "on_completed")

    assert [name for name, row in lifecycle.schema.inputs.items() if row.replaces] == acting
    assert lifecycle.schema.stored == (() if lifecycle is RECORD else waiting)


def test_a_request_holds_every_input_but_the_triggers() -> None:
    """The request to the cancellation machine holds every input but the triggers."""
    inputs = {
        "environment_id": ENV,
        "force_cancel": True,
        "deployment_id": "3c90-12",
        "include_queued": True,
        "triggers": ["1a2b"],
        "wait_for_start": 3,
        "wait_until_canceled": False,
        "timeout": 60,
        "on_idle": "fail",
        "on_completed": "succeed",
    }
    operation = cancellation_request(inputs)

    assert operation == CancellationRequest(
        environment_id=ENV,
        deployment_id="3c90-12",
        force_cancel=True,
        include_queued=True,
        wait_for_start=3.0,
        wait_until_canceled=False,
        timeout=60.0,
        on_idle="fail",
        on_completed="succeed",
    )
    assert (type(operation.timeout), type(operation.wait_for_start)) == (float, float)


def test_a_bulk_cancellation_asks_for_each_environment() -> None:
    """Its request has the options; the environment is filled in for each."""
    expected = CancellationRequest("", None, force_cancel=True)

    assert cancellation_request(BULK.schema.with_defaults({"project_id": ENV, "force_cancel": True})) == expected


def test_default_inputs_make_a_default_request() -> None:
    """The two lists of defaults agree."""
    assert cancellation_request(with_defaults({"environment_id": ENV})) == CancellationRequest(ENV)
