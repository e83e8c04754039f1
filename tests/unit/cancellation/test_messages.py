"""The exact texts that a user reads: outcomes, failures, progress, and how far a cancellation got."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qovery_provider._cancellation import messages
from qovery_provider._cancellation.model import CancellationRequest, Knowledge, Outcome, Sent
from qovery_provider._cancellation.progress import progress_line
from qovery_provider._qovery.models import EnvironmentStatus, QueuedRequest
from qovery_provider.errors import ConflictError, ServerError, TransportError

LOST = TransportError("reading", "no answer within 30 s", "Try again.", may_have_executed=False)

STATUS = EnvironmentStatus("3c90", "DEPLOYED", "STOPPED", last_deployment_id="d13")
RUNNING = EnvironmentStatus("3c90", "BUILDING", "BUILDING", last_deployment_id="d13")


def knowledge(**facts: Any) -> Knowledge:  # noqa: ANN401 - any of its fields
    """Return the knowledge 90 s into a wait of 30 min for deployment d12, with these changes."""
    defaults: dict[str, Any] = {"started": 1000.0, "now": 1090.0, "deployment_id": "d12"}
    request = CancellationRequest("3c90", **facts.pop("request", {}))
    return Knowledge(request, **{**defaults, **facts})


@pytest.mark.parametrize(
    ("outcome", "facts", "sentence"),
    [
        pytest.param("canceled", {}, "deployment d12 is canceled", id="canceled"),
        pytest.param(
            "canceled",
            {"canceled_request_ids": ["r1"]},
            "deployment d12 and 1 queued request are canceled",
            id="canceled with a queued request",
        ),
        pytest.param(
            "canceled",
            {"canceled_request_ids": ["r1", "r2"]},
            "deployment d12 and 2 queued requests are canceled",
            id="canceled with two queued ones",
        ),
        pytest.param(
            "canceled",
            {"deployment_id": None, "canceled_request_ids": ["r1"]},
            "1 queued request is canceled",
            id="a queued request alone",
        ),
        pytest.param(
            "canceled",
            {"deployment_id": None, "canceled_request_ids": ["r1", "r2"]},
            "2 queued requests are canceled",
            id="two queued ones alone",
        ),
        pytest.param(
            "requested",
            {"sent": Sent.ACCEPTED},
            "Qovery accepted the cancel of deployment d12; not waiting for it to finish",
            id="requested",
        ),
        pytest.param(
            "nothing_to_cancel",
            {"deployment_id": None, "status": STATUS},
            "nothing to cancel: no deployment is running (STOPPED)",
            id="nothing to cancel",
        ),
        pytest.param(
            "nothing_to_cancel",
            {"deployment_id": None},
            "nothing to cancel: no deployment is running",
            id="nothing to cancel, without a status read",
        ),
        pytest.param(
            "nothing_to_cancel",
            {"deployment_id": "", "request": {"deployment_id": ""}, "status": STATUS},
            "nothing to cancel: deployment_id is empty",
            id="no target",
        ),
        pytest.param(
            "nothing_to_cancel",
            {"deployment_id": "d13", "status": RUNNING, "deployment_state": "DEPLOYED"},
            "nothing to cancel: no deployment is running (DEPLOYED)",
            id="nothing to cancel, as the history tells and not the status",
        ),
        pytest.param(
            "superseded",
            {"status": STATUS, "searched": 20},
            "deployment d12 is not running and is not among the newest 20 deployments; nothing was sent",
            id="superseded",
        ),
        pytest.param(
            "superseded",
            {"deployment_state": "DEPLOYED"},
            "deployment d12 is not running (DEPLOYED); nothing was sent",
            id="superseded with a known end",
        ),
        pytest.param(
            "superseded",
            {"canceled_request_ids": ["r1"], "searched": 20},
            "deployment d12 is not running and is not among the newest 20 deployments; "
            "only 1 queued request was canceled",
            id="superseded after a queued request",
        ),
        pytest.param(
            "superseded",
            {"canceled_request_ids": ["r1", "r2"], "deployment_state": "DEPLOYED"},
            "deployment d12 is not running (DEPLOYED); only 2 queued requests were canceled",
            id="superseded after two queued ones",
        ),
        pytest.param(
            "completed",
            {"deployment_state": "DEPLOYED", "sent": Sent.NOT_SENT},
            "deployment d12 finished on its own (DEPLOYED) before a cancel was accepted",
            id="completed before anything was accepted",
        ),
        pytest.param(
            "completed",
            {"deployment_state": "DEPLOYED", "status": STATUS},
            "deployment d12 finished on its own (DEPLOYED) before a cancel was accepted",
            id="completed, with nothing after it",
        ),
        pytest.param(
            "completed",
            {"deployment_state": "DEPLOYED", "status": RUNNING},
            "deployment d12 finished on its own (DEPLOYED) before a cancel was accepted, and another one is running",
            id="completed, with another deployment after it",
        ),
        pytest.param(
            "completed",
            {"deployment_state": "BUILD_ERROR", "sent": Sent.UNCONFIRMED},
            "deployment d12 finished on its own (BUILD_ERROR), though a cancel may have been received",
            id="completed, perhaps asked to",
        ),
        pytest.param(
            "completed",
            {"deployment_state": "DEPLOYED", "sent": Sent.ACCEPTED},
            "deployment d12 finished on its own (DEPLOYED), although the cancel was accepted",
            id="completed in spite of the cancel",
        ),
        pytest.param(
            "completed",
            {"sent": Sent.ADOPTED},
            "deployment d12 finished on its own, although a cancellation was in progress",
            id="completed in spite of another's cancel",
        ),
        pytest.param(
            "environment_gone",
            {},
            "the environment vanished before a cancel was accepted",
            id="environment gone before the cancel",
        ),
        pytest.param(
            "environment_gone",
            {"sent": Sent.ACCEPTED},
            "the environment vanished while deployment d12 was being canceled",
            id="environment gone",
        ),
        pytest.param(
            "requested",
            {"sent": Sent.ADOPTED},
            "deployment d12 was being canceled already; not waiting for it to finish",
            id="already being canceled",
        ),
        pytest.param(
            "requested",
            {"sent": Sent.ADOPTED, "send_error": ServerError("canceling", 503), "request": {"force_cancel": True}},
            "deployment d12 was being canceled already; not waiting for it to finish. Force may not have been added: "
            "canceling: Qovery answered 503: Qovery had an internal error. Try again later",
            id="already being canceled, and perhaps not forced",
        ),
        pytest.param(
            "requested",
            {"sent": Sent.ADOPTED, "send_error": ConflictError("canceling", 409)},
            "deployment d12 was being canceled already; not waiting for it to finish",
            id="already being canceled, and no force asked for",
        ),
        pytest.param(
            "completed",
            {
                "sent": Sent.ACCEPTED,
                "is_hit_unknown": True,
                "followed_by_canceled": ("d13", "CANCELED"),
            },
            "deployment d12 finished on its own, although the cancel was accepted; deployment d13 is CANCELED, and may "
            "have been canceled instead",
            id="another one may have been hit",
        ),
        pytest.param(
            "completed",
            {"sent": Sent.ACCEPTED, "followed_by_canceled": ("d13", "CANCELED")},
            "deployment d12 finished on its own, although the cancel was accepted",
            id="the answer named the target",
        ),
        pytest.param(
            "nothing_to_cancel",
            {"deployment_id": None, "unconfirmed_requests": 2},
            "nothing to cancel: no deployment is running; the cancels of 2 queued requests may have been received",
            id="queued cancels in doubt",
        ),
    ],
)
def test_every_outcome_has_its_sentence(outcome: Outcome, facts: dict[str, Any], sentence: str) -> None:
    """One line says what happened."""
    assert messages.outcome(knowledge(**facts), outcome) == sentence


def test_a_target_that_is_known_is_asked_for_again() -> None:
    """A target that is kept in the state decides what the next run does."""
    sentence = messages.failure(knowledge(sent=Sent.TOO_LATE, deployment_state="DEPLOYED"), "completed")

    assert sentence.endswith(
        "the next `pulumi up` reports the same. To cancel whatever is running by then, change triggers."
    )


@pytest.mark.parametrize(
    ("outcome", "remedy"),
    [
        ("nothing_to_cancel", 'Set on_idle="succeed" to accept this.'),
        ("superseded", 'Set on_idle="succeed" to accept this.'),
        (
            "completed",
            'Set on_completed="succeed" to accept this; the next `pulumi up` starts again by reading the status.',
        ),
        (
            "environment_gone",
            'Set on_completed="succeed" to accept this, or remove the resource from the program.',
        ),
    ],
)
def test_a_failure_names_the_option_that_would_accept_it(outcome: Outcome, remedy: str) -> None:
    """The sentence of the outcome stands between the environment and the remedy."""
    known = knowledge(deployment_state="DEPLOYED")
    sentence = messages.outcome(known, outcome)

    assert messages.failure(known, outcome) == f"environment 3c90: {sentence}. {remedy}"


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        pytest.param({}, "reading the current status", id="before the first status read"),
        pytest.param({"status": STATUS}, "current status: STOPPED", id="after a status read without a target"),
        pytest.param(
            {"status": STATUS, "sent": Sent.ACCEPTED}, "current status: STOPPED", id="resumed, before its state"
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "BUILDING"},
            "BUILDING after 1 min 30 s: sending the cancel, timeout in 28 min, deployment d12",
            id="found",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "BUILDING", "sent": Sent.UNCONFIRMED},
            "BUILDING after 1 min 30 s: checking whether the cancel was received, timeout in 28 min, deployment d12",
            id="unconfirmed",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "CANCELING", "sent": Sent.ACCEPTED},
            "CANCELING after 1 min 30 s: cancel accepted, timeout in 28 min, deployment d12",
            id="accepted",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "CANCELING", "sent": Sent.ADOPTED, "now": 2801.0},
            "CANCELING after 30 min 1 s: adopted a cancellation in progress, timeout in 0 s, deployment d12",
            id="adopted, late",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "CANCELING", "sent": Sent.ACCEPTED, "now": 2621.0},
            "CANCELING after 27 min 1 s: cancel accepted, timeout in 3 min, deployment d12",
            id="nearly three minutes left",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "CANCELING", "sent": Sent.ACCEPTED, "now": 2679.5},
            "CANCELING after 28 min: cancel accepted, timeout in 2 min, deployment d12",
            id="a bit over two minutes left",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "CANCELING", "sent": Sent.ACCEPTED, "now": 2681.0},
            "CANCELING after 28 min 1 s: cancel accepted, timeout in 1 min 59 s, deployment d12",
            id="nearly two minutes left",
        ),
        pytest.param(
            {
                "status": STATUS,
                "deployment_state": "CANCELING",
                "sent": Sent.ACCEPTED,
                "queued": [QueuedRequest("r1", "alice"), QueuedRequest("r2")],
            },
            "CANCELING after 1 min 30 s: cancel accepted, 2 queued behind the deployment (by alice), timeout in "
            "28 min, deployment d12",
            id="requests are queued",
        ),
        pytest.param(
            {
                "status": STATUS,
                "deployment_state": "CANCELING",
                "sent": Sent.ACCEPTED,
                "queued": [QueuedRequest("r1"), QueuedRequest("r2")],
            },
            "CANCELING after 1 min 30 s: cancel accepted, 2 queued behind the deployment, timeout in 28 min, "
            "deployment d12",
            id="queued without a user",
        ),
        pytest.param(
            {
                "status": STATUS,
                "deployment_state": "CANCELING",
                "sent": Sent.ACCEPTED,
                "queued": [QueuedRequest("r1", "bob"), QueuedRequest("r2", "alice")],
            },
            "CANCELING after 1 min 30 s: cancel accepted, 2 queued behind the deployment (by alice and others), "
            "timeout in 28 min, deployment d12",
            id="queued by two users",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "BUILDING", "sent": Sent.UNCONFIRMED, "deployment_id": None},
            "BUILDING after 1 min 30 s: checking whether the cancel was received, timeout in 28 min, "
            "deployment without an id",
            id="without an id",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "BUILDING", "send_error": ConflictError("canceling", 409)},
            "BUILDING after 1 min 30 s: Qovery rejected the cancel (409), trying again, timeout in 28 min, "
            "deployment d12",
            id="refused",
        ),
        pytest.param(
            {
                "status": STATUS,
                "deployment_state": "BUILDING",
                "send_error": TransportError("canceling", "refused", "Check it.", may_have_executed=False),
            },
            "BUILDING after 1 min 30 s: the cancel was not sent, trying again, timeout in 28 min, deployment d12",
            id="no connection",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "BUILDING", "sent": Sent.TOO_LATE},
            "BUILDING after 1 min 30 s: finished before a cancel was accepted, sending nothing, timeout in 28 min, "
            "deployment d12",
            id="shown again although it was over",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "CANCELING", "sent": Sent.ACCEPTED, "unknown_since": 1080.0},
            "the status does not show the target after 1 min 30 s: searching the history for deployment d12, timeout "
            "in 28 min",
            id="another deployment runs",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "CANCELING", "sent": Sent.ACCEPTED, "read_error": LOST},
            "CANCELING after 1 min 30 s: the last read failed, trying again, timeout in 28 min",
            id="an outage",
        ),
        pytest.param(
            {"status": STATUS, "deployment_state": "BUILDING", "deployment_id": "3c90c3cc-0d44-4b50-8888-12"},
            "BUILDING after 1 min 30 s: sending the cancel, timeout in 28 min, deployment 3c90…888-12",
            id="with a long id",
        ),
    ],
)
def test_progress_says_how_far_it_is(facts: dict[str, Any], line: str) -> None:
    """It names the state, what was sent, how long it has taken and how long it may still take."""
    assert progress_line(knowledge(**facts)) == line


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        pytest.param(
            {},
            "No running deployment was canceled; the next `pulumi up` reads the status, and cancels the "
            "deployment that is running by then.",
            id="nothing was accepted",
        ),
        pytest.param(
            {"sent": Sent.TOO_LATE},
            "No cancel was accepted; the next `pulumi up` sends nothing and only reports how the target ended.",
            id="too late",
        ),
        pytest.param(
            {"sent": Sent.UNCONFIRMED},
            "The cancel may have been received; the next `pulumi up` sends it again only if the status "
            "shows no effect.",
            id="unconfirmed",
        ),
        pytest.param(
            {"sent": Sent.ACCEPTED},
            "The cancel was accepted; the next `pulumi up` resumes without sending it again.",
            id="accepted",
        ),
        pytest.param(
            {"sent": Sent.ADOPTED},
            "A cancellation was already in progress; the next `pulumi up` continues to wait for it.",
            id="adopted",
        ),
        pytest.param(
            {"canceled_request_ids": ["r1"]},
            "1 queued request was canceled. No running deployment was canceled; "
            "the next `pulumi up` reads the status, and cancels the deployment that is running by then.",
            id="a queued request",
        ),
        pytest.param(
            {"canceled_request_ids": ["r1", "r2"], "sent": Sent.ACCEPTED},
            "2 queued requests were canceled. The cancel was accepted; "
            "the next `pulumi up` resumes without sending it again.",
            id="two queued requests",
        ),
    ],
)
def test_what_was_sent_and_what_another_run_would_do(facts: dict[str, Any], sentence: str) -> None:
    """Every error in the middle of a cancellation ends with this."""
    assert messages.summary(knowledge(**facts)) == sentence


@pytest.mark.parametrize(
    ("facts", "beginning"),
    [
        pytest.param(
            {"deployment_state": "CANCELING"},
            "deployment d12 was not seen to finish within 30 min (last state CANCELING)",
            id="state known",
        ),
        pytest.param(
            {"request": {"timeout": 45.0}},
            "deployment d12 was not seen to finish within 45 s (last state unknown)",
            id="state unknown",
        ),
        pytest.param(
            {"deployment_id": None},
            "the running deployment was not seen to finish within 30 min (last state unknown)",
            id="nothing known",
        ),
    ],
)
def test_a_timeout_says_what_is_known(facts: dict[str, Any], beginning: str) -> None:
    """It names the target, the time, the last state, and what the next run would do."""
    end = (
        "No running deployment was canceled; the next `pulumi up` reads the status, and cancels the deployment "
        "that is running by then."
    )
    expected = f"environment 3c90: {beginning}. {end}"

    assert messages.timed_out(knowledge(**facts)) == expected


def test_a_timeout_says_which_call_failed_last() -> None:
    """The target may have ended unnoticed: the message says that the status could not be read."""
    sentence = messages.timed_out(knowledge(sent=Sent.ACCEPTED, read_error=LOST))

    assert sentence.endswith(
        "The last read failed: reading: no answer within 30 s. Try again. "
        "The cancel was accepted; the next `pulumi up` resumes without sending it again."
    )


def test_an_interruption_says_how_far_it_got() -> None:
    """The call's own error comes first."""
    expected = "It broke. The cancel was accepted; the next `pulumi up` resumes without sending it again."

    assert messages.interrupted(knowledge(sent=Sent.ACCEPTED), ValueError("It broke.")) == expected


def test_another_deployment_in_the_answer_is_named() -> None:
    """Both ids, and that nothing more is done."""
    expected = (
        "environment 3c90: the cancel targeted deployment d12, but Qovery's response names d13, which may have been "
        "canceled instead. Check both in the Qovery console; a deployment that was canceled by mistake can be "
        "deployed again. "
        "The next `pulumi up` sends nothing and only reports how deployment d12 ended."
    )

    assert messages.wrong_deployment(knowledge(), STATUS) == expected


def test_an_unknown_end_is_said_to_be_unknown() -> None:
    """No guess is made about how it ended."""
    expected = (
        "environment 3c90: the running deployment has no id and may be deployment d12: Qovery's history does not say "
        "how that one ended. The cancel may have been received; the next `pulumi up` sends it again only if the status "
        "shows no effect."
    )

    assert messages.unknown_end(knowledge(sent=Sent.UNCONFIRMED)) == expected


def test_a_rate_limit_that_is_too_small_is_shown_with_its_arithmetic() -> None:
    """It says how much is needed, how much is left, and when there is more."""
    expected = (
        "Canceling in 20 environments needs about 100 requests; the token has 42 left until its limit resets in "
        "1 h 1 min. Nothing was sent. Run `pulumi up` after the reset, or use another token."
    )

    assert messages.over_budget(20, 100, 42, 3660.0) == expected


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5.0, "0 s"),
        (-0.0, "0 s"),
        (0.0, "0 s"),
        (0.4, "0 s"),
        (0.6, "1 s"),
        (1.0, "1 s"),
        (59.0, "59 s"),
        (59.4, "59 s"),
        (59.5, "1 min"),
        (60.0, "1 min"),
        (61.0, "1 min 1 s"),
        (119.0, "1 min 59 s"),
        (120.0, "2 min"),
        (3599.0, "59 min 59 s"),
        (3599.5, "1 h"),
        (3600.0, "1 h"),
        (3659.0, "1 h"),
        (3660.0, "1 h 1 min"),
        (7199.0, "1 h 59 min"),
        (7200.0, "2 h"),
        (7500.0, "2 h 5 min"),
        (604_800.0, "168 h"),
    ],
)
def test_a_duration_has_the_usual_units(seconds: float, words: str) -> None:
    """Seconds are left out of hours."""
    assert messages.duration(seconds) == words


@pytest.mark.parametrize(
    ("deployment_id", "shown"),
    [
        pytest.param("d12", "d12", id="short"),
        pytest.param("0123456789abcdef", "0123456789abcdef", id="as long as may be"),
        pytest.param("0123456789abcdefg", "0123…bcdefg", id="one too long"),
        pytest.param("", "", id="empty"),
        pytest.param(None, "without an id", id="none"),
    ],
)
def test_an_id_is_shortened_in_the_middle(deployment_id: str | None, shown: str) -> None:
    """Ids often begin with the environment's id, so the end is kept."""
    assert messages.short(deployment_id) == shown


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=50, deadline=None)
def test_any_duration_can_be_said(seconds: float) -> None:
    """No duration makes it fail."""
    assert messages.duration(seconds).endswith((" s", " min", " h"))


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        ("canceled", "the running deployment is canceled"),
        ("requested", "Qovery accepted the cancel of the running deployment; not waiting for it to finish"),
        ("completed", "the running deployment finished on its own (READY), although the cancel was accepted"),
        ("environment_gone", "the environment vanished while the running deployment was being canceled"),
    ],
)
def test_a_target_without_an_id_is_the_running_deployment(outcome: Outcome, sentence: str) -> None:
    """Qovery may leave the id out."""
    known = knowledge(deployment_id=None, sent=Sent.ACCEPTED, deployment_state="READY", status=STATUS)

    assert messages.outcome(known, outcome) == sentence


@pytest.mark.parametrize("outcome", get_args(Outcome))
@pytest.mark.parametrize("sent", Sent)
def test_every_sentence_is_one_line(outcome: Outcome, sent: Sent) -> None:
    """A resource's row has one line."""
    known = knowledge(sent=sent, deployment_state="DEPLOYED", status=STATUS, canceled_request_ids=["r1"])
    sentences = [
        messages.outcome(known, outcome),
        messages.failure(known, outcome),
        progress_line(known),
        messages.timed_out(known),
        messages.unknown_end(known),
    ]

    assert all(sentence.isprintable() for sentence in sentences)


@pytest.mark.parametrize(
    ("send_error", "sent", "told"),
    [
        pytest.param(ConflictError("canceling", 409), Sent.NOT_SENT, True, id="rejected to the end"),
        pytest.param(ConflictError("canceling", 409), Sent.UNCONFIRMED, True, id="unconfirmed to the end"),
        pytest.param(ConflictError("canceling", 409), Sent.ACCEPTED, False, id="accepted in the end"),
        pytest.param(None, Sent.NOT_SENT, False, id="never refused"),
    ],
)
def test_a_timeout_says_why_the_cancel_failed(send_error: ConflictError | None, sent: Sent, *, told: bool) -> None:
    """If no cancel was accepted, the last error is the reason for the timeout."""
    sentence = messages.timed_out(knowledge(send_error=send_error, sent=sent))

    assert (" The last attempt to cancel failed: canceling: Qovery answered 409: " in sentence) is told


@pytest.mark.parametrize(("state", "told"), [("HIBERNATING", True), ("BUILDING", False), (None, False)])
def test_a_timeout_says_that_a_state_is_new(state: str | None, *, told: bool) -> None:
    """It is not known whether such a state is an end."""
    sentence = messages.timed_out(knowledge(deployment_state=state))

    assert ("(last state HIBERNATING, unknown to this provider)" in sentence) is told


def test_an_unfinished_cancellation_is_named() -> None:
    """A preview shows it, before the next update goes on with it."""
    assert messages.unfinished("d12", Sent.ACCEPTED, is_forced=False) == (
        "unfinished cancellation of deployment d12. The cancel was accepted; `pulumi up` resumes without "
        "sending it again."
    )
    assert messages.unfinished("d12", Sent.ADOPTED, is_forced=True).endswith("`pulumi up` adds force to it.")
    assert messages.unfinished("d12", Sent.ADOPTED, is_forced=False).endswith("`pulumi up` continues to wait for it.")


def test_the_time_may_be_up_while_nothing_is_running() -> None:
    """The failure does not claim that a running deployment did not finish."""
    known = knowledge(deployment_id=None, status=replace(RUNNING, last_deployment_state="DEPLOYED"))

    assert messages.timed_out(known).startswith(
        "environment 3c90: no deployment was running (DEPLOYED), and the timeout of 30 min has passed. No "
    )
