"""How a cancellation ends: which outcome it has, and whether the options make that outcome a failure."""

from __future__ import annotations

from collections.abc import Collection

from qovery_provider import errors
from qovery_provider._cancellation import actions, messages
from qovery_provider._cancellation.model import CancellationResult, Knowledge, Outcome, Sent
from qovery_provider._qovery.states import Phase

IDLE: frozenset[Outcome] = frozenset({"nothing_to_cancel", "superseded"})
"""`on_idle` decides about these."""

ENDED_OTHERWISE: frozenset[Outcome] = frozenset({"completed", "environment_gone", "unknown"})
"""`on_completed` decides about these."""


def target_ended(known: Knowledge, phase: Phase) -> actions.End:
    """Return the end of a cancellation whose target has ended in this phase."""
    if phase is Phase.CANCELED:
        return done(known, "canceled")
    if known.sent is not Sent.NOT_SENT:
        return done(known, "completed")
    if known.request.deployment_id:
        return done(known, "superseded")
    # It ended before a cancel was accepted. If another deployment runs by now, or queued requests were canceled,
    # "nothing to cancel" would not be true.
    return done(known, "completed" if known.is_followed or known.canceled_request_ids else "nothing_to_cancel")


def done(known: Knowledge, outcome: Outcome) -> actions.End:
    """Return the end with this outcome: a failure if the request does not accept it."""
    if outcome in IDLE and known.request.on_idle == "fail":
        return failed(known, errors.NothingToCancelError, messages.failure(known, outcome))
    if outcome in ENDED_OTHERWISE and known.request.on_completed == "fail":
        if outcome != "environment_gone" and known.sent is Sent.NOT_SENT:
            known.sent = Sent.TOO_LATE
        return failed(known, errors.NotCanceledError, messages.failure(known, outcome))
    ids, sentence = tuple(known.canceled_request_ids), messages.outcome(known, outcome)
    return actions.Done(CancellationResult(outcome, known.deployment_id, known.deployment_state, ids, sentence))


def timed_out(known: Knowledge) -> actions.Fail:
    """Return the failure at the deadline."""
    return failed(known, errors.CancellationTimeoutError, messages.timed_out(known))


def interrupted(known: Knowledge, error: errors.CallError) -> actions.Fail:
    """Return the failure by a call's error; it says how far the cancellation got, if anything was sent or adopted."""
    if known.sent is Sent.NOT_SENT and not known.canceled_request_ids:
        return actions.Fail(error)
    failure = failed(known, errors.CancellationInterruptedError, messages.interrupted(known, error))
    failure.error.__cause__ = error
    return failure


def stopped(known: Knowledge, unconfirmed_requests: Collection[str]) -> actions.Fail:
    """Return the failure of a cancellation that is stopped early; the next update can resume what was sent."""
    nothing_was_sent = known.sent is Sent.NOT_SENT and not (
        known.send_error or known.canceled_request_ids or unconfirmed_requests
    )
    return failed(known, errors.CancellationStoppedError, messages.stopped(known, nothing_was_sent=nothing_was_sent))


def failed(known: Knowledge, kind: type[errors.CancellationError], message: str) -> actions.Fail:
    """Return the failure by an error of the cancellation itself."""
    return actions.Fail(kind(message, known.request.environment_id, known.deployment_id, known.deployment_state))
