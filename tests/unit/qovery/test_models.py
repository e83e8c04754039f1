"""What the API says becomes data, or is refused: nothing in between."""

import contextlib
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qovery_provider._qovery.models import (
    NAMELESS_RECORD,
    STATUS_FIELDS,
    DeploymentRecord,
    EnvironmentStatus,
    MalformedAnswerError,
    QueuedRequest,
    UnreadableStatus,
    history_of,
    project_id_of,
    queue_of,
    request_state_of,
    statuses_of,
)
from qovery_provider._qovery.states import STATES, Phase, phase_of

MINIMAL: dict[str, Any] = {"id": "3c90", "state": "DEPLOYING", "last_deployment_state": "BUILDING"}

NOTES = ["last_deployment_date", "origin", "triggered_by", "deployment_status"]
OPTIONAL = [*NOTES, "last_deployment_id", "total_deployment_duration_in_seconds"]

NO_WORDS = [
    pytest.param(False, id="false"),
    pytest.param([], id="empty list"),
    pytest.param("x" * 201, id="too long"),
    pytest.param("two\nlines", id="line end"),
    pytest.param("\x1b[31m", id="control character"),
    pytest.param("\u202eGNIDLIUB", id="direction mark"),
    pytest.param("\ud800", id="lone surrogate"),
    pytest.param(7, id="number"),
    pytest.param(True, id="bool"),
    pytest.param(["BUILDING"], id="list"),
    pytest.param({"id": "3c90"}, id="map"),
]

NOTHING = [
    pytest.param(None, id="null"),
    pytest.param("", id="empty"),
]

FIELDS = [*MINIMAL, *OPTIONAL, "identifier", "execution_id", "status", "action_status", "results", "project"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([*STATES])
JSON = st.recursive(
    SCALARS,
    lambda items: st.lists(items, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), items, max_size=10),
    max_leaves=20,
)
STATUSES = st.fixed_dictionaries({}, optional=dict.fromkeys([*MINIMAL, *OPTIONAL], SCALARS))
RECORDS = st.fixed_dictionaries(
    {"identifier": st.fixed_dictionaries({"execution_id": SCALARS}) | JSON, "status": SCALARS},
    optional={"action_status": SCALARS},
)


def status(**changes: object) -> EnvironmentStatus:
    return EnvironmentStatus.from_json({**MINIMAL, **changes})


def record(**changes: object) -> DeploymentRecord:
    return DeploymentRecord.from_json({"identifier": {"execution_id": "3c90-12"}, "status": "BUILDING", **changes})


def test_ids_are_read_in_small_letters() -> None:
    """UUIDs have two spellings, and one means the same as the other; nothing else in an id is understood."""
    small, capital = "3c90c3cc-0d44-4b50-8888-8dd25736052a", "3C90C3CC-0D44-4B50-8888-8DD25736052A"
    entry = {"identifier": {"execution_id": f"{capital}-X1"}, "status": "BUILDING"}

    read = status(id=capital, last_deployment_id=f"{capital}-X1")

    assert (read.id, read.last_deployment_id) == (small, f"{small}-X1")
    assert DeploymentRecord.from_json(entry).id == f"{small}-X1"
    assert statuses_of({"results": [{"id": capital}]}) == [
        UnreadableStatus(small, "state is missing or not plain text")
    ]


def test_a_whole_status_is_read() -> None:
    """Every field of the API's description arrives under its own name; further ones are left alone."""
    body = {
        **MINIMAL,
        "last_deployment_date": "2026-11-24T22:45:00Z",
        "last_deployment_id": "3c90-12",
        "total_deployment_duration_in_seconds": 61,
        "origin": "CLI",
        "triggered_by": "Zoë <zoe@example.com>",
        "deployment_status": "OUT_OF_DATE",
    }

    assert EnvironmentStatus.from_json({**body, "something_new": {"a": 1}}) == EnvironmentStatus(**body)


def test_a_minimal_status_is_read() -> None:
    """Three fields are required; what is absent is None."""
    assert status() == EnvironmentStatus("3c90", "DEPLOYING", "BUILDING")
    assert [getattr(status(), name) for name in OPTIONAL] == [None] * 6


@pytest.mark.parametrize("name", OPTIONAL)
def test_null_is_absent(name: str) -> None:
    """An optional field may be null."""
    assert status(**{name: None}) == status()


@pytest.mark.parametrize("name", MINIMAL)
@pytest.mark.parametrize("value", [*NO_WORDS, *NOTHING])
def test_a_required_field_is_a_plain_text(name: str, value: object) -> None:
    """A field that decides a cancellation is not guessed; the text names it."""
    with pytest.raises(MalformedAnswerError) as raised:
        status(**{name: value})

    assert str(raised.value) == f"{name} is missing or not plain text"


@pytest.mark.parametrize("name", MINIMAL)
def test_a_required_field_must_be_there(name: str) -> None:
    """A status without it is none."""
    with pytest.raises(MalformedAnswerError, match=f"^{name} is missing or not plain text$"):
        EnvironmentStatus.from_json({key: value for key, value in MINIMAL.items() if key != name})


@pytest.mark.parametrize("value", NO_WORDS)
def test_an_optional_id_is_a_plain_text(value: object) -> None:
    """Ids are compared, so a strange one is refused."""
    with pytest.raises(MalformedAnswerError, match=r"^last_deployment_id is missing or not plain text$"):
        status(last_deployment_id=value)


@pytest.mark.parametrize("value", NOTHING)
def test_an_empty_optional_id_is_absent(value: object) -> None:
    """An environment that was never deployed has no id to show, in one form or another."""
    assert status(last_deployment_id=value) == status()


@pytest.mark.parametrize("name", [*MINIMAL, "last_deployment_id"])
@pytest.mark.parametrize("value", ["x", "é", "x" * 200], ids=["one character", "accent", "longest"])
def test_a_word_is_kept_verbatim(name: str, value: str) -> None:
    """States that Qovery adds later, and ids of any form, come through."""
    assert getattr(status(**{name: value}), name) == value


@pytest.mark.parametrize("name", NOTES)
@pytest.mark.parametrize(
    ("value", "note"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("two\nlines\t\x1b[31m", "two lines  [31m", id="control characters"),
        pytest.param("a\ud800b", "a b", id="lone surrogate"),
        pytest.param("x" * 200, "x" * 200, id="longest"),
        pytest.param("x" * 201, "x" * 200, id="cut"),
        pytest.param("", None, id="empty"),
        pytest.param(7, None, id="number"),
        pytest.param(True, None, id="bool"),
        pytest.param(["a"], None, id="list"),
        pytest.param({"a": "b"}, None, id="map"),
    ],
)
def test_a_field_that_is_only_shown_stops_nothing(name: str, value: object, note: str | None) -> None:
    """It is made showable, or left out."""
    assert getattr(status(**{name: value}), name) == note


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param(0, 0, id="zero"),
        pytest.param(61, 61, id="a minute"),
        pytest.param(2**53, 2**53, id="the most"),
        pytest.param(2**53 + 1, None, id="more than a double can hold"),
        pytest.param(10**400, None, id="huge"),
        pytest.param(-1, None, id="negative"),
        pytest.param(1.5, None, id="fraction"),
        pytest.param(float("nan"), None, id="nan"),
        pytest.param(True, None, id="bool"),
        pytest.param("61", None, id="text"),
    ],
)
def test_a_duration_is_a_whole_number_of_seconds(value: object, seconds: int | None) -> None:
    """A value of another type is left out, since it is only shown."""
    shown = status(total_deployment_duration_in_seconds=value).total_deployment_duration_in_seconds

    assert shown == seconds
    assert type(shown) is type(seconds)


@pytest.mark.parametrize("state", [*STATES, "SOMETHING_NEW"])
def test_the_phase_is_that_of_the_last_deployment(state: str) -> None:
    """The environment's own state does not decide; what is unknown counts as in progress."""
    seen = status(state="CANCELED", last_deployment_state=state)

    assert seen.phase is phase_of(state)
    assert (seen.phase in {Phase.RUNNING, Phase.CANCELING, Phase.UNKNOWN}) is seen.is_in_progress


def test_what_qovery_said_cannot_be_changed() -> None:
    """A status and an entry of the history stay as they came."""
    with pytest.raises(FrozenInstanceError):
        status().state = "DEPLOYED"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        record().state = "DEPLOYED"  # type: ignore[misc]


def test_the_reported_fields_are_those_of_the_api() -> None:
    """Resources report these as outputs, in this order."""
    assert STATUS_FIELDS == (
        "state",
        "last_deployment_state",
        "last_deployment_date",
        "last_deployment_id",
        "total_deployment_duration_in_seconds",
        "origin",
        "triggered_by",
        "deployment_status",
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, DeploymentRecord("3c90-12", "BUILDING"), id="without action status"),
        pytest.param({"action_status": None}, DeploymentRecord("3c90-12", "BUILDING", None), id="null"),
        pytest.param({"action_status": ""}, DeploymentRecord("3c90-12", "BUILDING", None), id="empty"),
        pytest.param({"action_status": "ONGOING"}, DeploymentRecord("3c90-12", "BUILDING", "ONGOING"), id="both"),
    ],
)
def test_an_entry_of_the_history_is_read(changes: dict[str, object], expected: DeploymentRecord) -> None:
    """Id, state, and the coarser word where there is one."""
    assert record(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param({"identifier": None}, "a JSON object is missing", id="no identifier"),
        pytest.param({"identifier": "3c90-12"}, "a JSON object is missing", id="a text as identifier"),
        pytest.param({"identifier": {}}, "execution_id is missing or not plain text", id="no id"),
        pytest.param({"identifier": {"execution_id": 12}}, "execution_id is missing or not plain text", id="a number"),
    ],
)
def test_an_entry_of_the_history_names_its_deployment(changes: dict[str, object], text: str) -> None:
    """Ids are compared, so nothing in them is guessed."""
    with pytest.raises(MalformedAnswerError) as raised:
        record(**changes)

    assert str(raised.value) == text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"status": None}, ("UNREADABLE", None, Phase.UNKNOWN), id="no state"),
        pytest.param({"status": ["BUILDING"]}, ("UNREADABLE", None, Phase.UNKNOWN), id="a list as state"),
        pytest.param({"action_status": 1}, ("BUILDING", None, Phase.RUNNING), id="a number as action status"),
        pytest.param(
            {"status": 7, "action_status": "CANCELED"}, ("UNREADABLE", "CANCELED", Phase.CANCELED), id="one of the two"
        ),
    ],
)
def test_a_state_that_cannot_be_read_tells_nothing(
    changes: dict[str, object], expected: tuple[str, str | None, Phase]
) -> None:
    """The other field, or a later read, may say how the deployment ended."""
    read = record(**changes)

    assert (read.state, read.action_status, read.phase) == expected


ACTIONS = ["QUEUED", "ONGOING", "CANCELING", "CANCELED", "SUCCESS", "ERROR", "NEVER", None, "SOMETHING_NEW"]
"""The columns of the table below."""


@pytest.mark.parametrize(
    ("state", "phases"),
    [
        ("BUILDING", "running running canceling canceled completed completed running running running"),
        ("CANCELING", "canceling canceling canceling canceled completed completed canceling canceling canceling"),
        ("CANCELED", "canceled canceled canceled canceled canceled canceled canceled canceled canceled"),
        ("DEPLOYED", "completed completed completed canceled completed completed completed completed completed"),
        ("STOP_ERROR", "completed completed completed canceled completed completed completed completed completed"),
        ("RECAP", "running running canceling canceled completed completed unknown unknown unknown"),
        ("SOMETHING_NEW", "running running canceling canceled completed completed unknown unknown unknown"),
    ],
)
def test_the_more_telling_of_two_words_decides(state: str, phases: str) -> None:
    """Either field may be the first to say that a deployment is over, and CANCELED outweighs any other end."""
    assert [DeploymentRecord("3c90-12", state, action).phase.value for action in ACTIONS] == phases.split()


ODD: list[object] = [None, [], "text", 7, {}, {"id": None}, {"identifier": {}}]
"""Entries that name nothing."""


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_entry_spoils_no_list(odd: object) -> None:
    """The API wraps every list; what is next to the odd entry is read."""
    assert statuses_of({"results": [odd, MINIMAL], "page": 1})[1] == status()


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_entry_of_the_history_counts_as_read(odd: object) -> None:
    """Whether a page was full is told by the number of its entries."""
    entry = {"identifier": {"execution_id": "3c90-12"}, "status": "BUILDING"}

    assert history_of({"results": [odd, entry, odd]}) == [NAMELESS_RECORD, record(), NAMELESS_RECORD]


@pytest.mark.parametrize(
    ("state", "action_status", "final"),
    [
        ("CANCELED", "SUCCESS", "CANCELED"),
        ("DEPLOYED", "CANCELED", "CANCELED"),
        ("BUILDING", "SUCCESS", "SUCCESS"),
        ("BUILD_ERROR", "ERROR", "BUILD_ERROR"),
        ("A_NEW_END", "SUCCESS", "A_NEW_END"),
        ("A_NEW_END", "CANCELED", "CANCELED"),
        ("UNREADABLE", "ERROR", "ERROR"),
        ("DEPLOYED", None, "DEPLOYED"),
    ],
)
def test_the_final_state_agrees_with_the_phase(state: str, action_status: str | None, final: str) -> None:
    """The field that says how the deployment ended is shown."""
    assert DeploymentRecord("3c90-12", state, action_status).final_state == final


@pytest.mark.parametrize(("given", "read"), [("r1", "r1"), (None, None), (7, None), ("", None)])
def test_the_request_of_a_deployment_is_read_if_it_can_be(given: object, read: str | None) -> None:
    """Nothing ends by an odd one: it only helps to identify a deployment."""
    assert EnvironmentStatus.from_json({**MINIMAL, "deployment_request_id": given}).deployment_request_id == read


def test_an_entry_that_is_no_status_says_of_which_environment() -> None:
    """Only that one is concerned; without an id, it may be any that is missing."""
    entries = [{**MINIMAL, "state": None}, {"id": "9d01"}, {"id": 7}, None]

    assert statuses_of({"results": entries}) == [
        UnreadableStatus("3c90", "state is missing or not plain text"),
        UnreadableStatus("9d01", "state is missing or not plain text"),
        UnreadableStatus(None, "id is missing or not plain text"),
        UnreadableStatus(None, "a JSON object is missing"),
    ]


def test_a_queue_is_read_whole() -> None:
    """It is of one environment: what cannot be named cannot be canceled."""
    entry = {"identifier": {"deployment_request_id": "5b1f"}}

    assert queue_of({"results": [entry]}) == [QueuedRequest("5b1f")]
    with pytest.raises(MalformedAnswerError):
        queue_of({"results": [entry, {}]})


@pytest.mark.parametrize(
    ("read", "data", "text"),
    [
        pytest.param(statuses_of, [], "a JSON object is missing", id="a bare list"),
        pytest.param(history_of, {}, "results is not a list", id="no results"),
        pytest.param(queue_of, {"results": None}, "results is not a list", id="null as results"),
        pytest.param(statuses_of, {"results": {}}, "results is not a list", id="a map as results"),
        pytest.param(QueuedRequest.from_json, None, "a JSON object is missing", id="null as queued request"),
        pytest.param(QueuedRequest.from_json, {"id": "9d01"}, "a JSON object is missing", id="no identifier"),
        pytest.param(
            QueuedRequest.from_json,
            {"identifier": {}},
            "deployment_request_id is missing or not plain text",
            id="no request id",
        ),
        pytest.param(project_id_of, {"id": "3c90"}, "a JSON object is missing", id="no project"),
        pytest.param(project_id_of, {"project": {"id": ""}}, "id is missing or not plain text", id="empty project id"),
        pytest.param(request_state_of, ["CANCELED"], "a JSON object is missing", id="a list as deployment request"),
        pytest.param(
            request_state_of,
            {"status": "CANCELED"},
            "deployment_request_id is missing or not plain text",
            id="request without its id",
        ),
        pytest.param(
            request_state_of,
            {"deployment_request_id": "5b1f", "status": None},
            "status is missing or not plain text",
            id="request without its state",
        ),
        pytest.param(EnvironmentStatus.from_json, [MINIMAL], "a JSON object is missing", id="a list as status"),
        pytest.param(DeploymentRecord.from_json, "BUILDING", "a JSON object is missing", id="a text as record"),
    ],
)
def test_another_shape_is_refused(read: Callable[[object], object], data: object, text: str) -> None:
    """The text says what is missing."""
    with pytest.raises(MalformedAnswerError) as raised:
        read(data)

    assert str(raised.value) == text


def test_ids_are_read() -> None:
    """An environment's answer holds its project's id."""
    assert project_id_of({"id": "3c90", "project": {"id": "9d01"}}) == "9d01"


def test_the_state_of_a_deployment_request_is_read_with_its_id() -> None:
    """The id says whether the answer is about the right one."""
    answer = {"deployment_request_id": "5b1f", "status": "CANCELED", "id": "9d01", "state": "BUILDING"}

    assert request_state_of(answer) == ("5b1f", "CANCELED")


@pytest.mark.parametrize(
    ("audit", "who"),
    [
        pytest.param({"auditing_data": {"triggered_by": "alice", "origin": "CLI"}}, "alice", id="a person"),
        pytest.param({"auditing_data": {"triggered_by": 7}}, None, id="a number"),
        pytest.param({"auditing_data": ["alice"]}, None, id="a list"),
        pytest.param({}, None, id="unknown"),
    ],
)
def test_queued_requests_are_read(audit: dict[str, object], who: str | None) -> None:
    """An entry of the queue must hold its id; who requested it is only shown."""
    assert QueuedRequest.from_json({"identifier": {"deployment_request_id": "5b1f"}, **audit}) == QueuedRequest(
        "5b1f", who
    )


READERS = [
    EnvironmentStatus.from_json,
    DeploymentRecord.from_json,
    QueuedRequest.from_json,
    statuses_of,
    history_of,
    queue_of,
    project_id_of,
]


@pytest.mark.parametrize("read", READERS)
@given(data=JSON | STATUSES | RECORDS)
@settings(max_examples=50, deadline=None)
def test_any_json_is_read_or_refused(read: Callable[[object], object], data: object) -> None:
    """No answer of any server leads to another error than this one."""
    with contextlib.suppress(MalformedAnswerError):
        read(data)


@given(notes=st.fixed_dictionaries(dict.fromkeys(NOTES, SCALARS)))
@settings(max_examples=50, deadline=None)
def test_every_readable_text_can_be_shown(notes: dict[str, object]) -> None:
    """Control characters of a broken server do not reach a terminal or a state file."""
    seen = status(**notes)
    texts = [text for name in NOTES if (text := getattr(seen, name)) is not None]

    assert all(0 < len(text) <= 200 and text.isprintable() for text in texts)
