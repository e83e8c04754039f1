"""The texts about a cancellation that a user reads: outcomes and failures. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping

from qovery_provider._cancellation.model import Knowledge, Outcome, Sent
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._qovery.states import Phase, phase_of
from qovery_provider.errors import TransportError

MAX_SHORT_LENGTH = 16

NOTHING_TARGETED = "nothing to cancel: deployment_id is empty"

FROM_THE_BEGINNING = "the next `pulumi up` starts again by reading the status."


def outcome(known: Knowledge, name: Outcome) -> str:
    """Describe an outcome."""
    sentence = {
        "canceled": _canceled(known),
        "requested": f"{_requested(known)}; not waiting for it to finish",
        "nothing_to_cancel": _nothing_to_cancel(known),
        "superseded": f"{_target(known)} is not running{_not_running_because(known)}; {_sent_nothing(known)}",
        "completed": f"{_target(known)} finished on its own{_ended_as(known)}{_despite(known)}",
        "unknown": f"{_target(known)} has ended, but Qovery does not say how{_searched(known)}; {_cancel_of(known)}",
        "environment_gone": f"the environment vanished {_vanished(known)}",
    }[name]
    return f"{sentence}{_unconfirmed_requests(known)}{_unforced(known) if name == 'requested' else ''}"


def failure(known: Knowledge, name: Outcome) -> str:
    """Say in one line that an outcome is a failure, and which option would accept it."""
    option = "on_idle" if name in {"nothing_to_cancel", "superseded"} else "on_completed"
    again = {
        "completed": f"; {_after_end(known, 'reports the same')}",
        "unknown": f"; {_after_end(known, 'checks again')}",
        "environment_gone": ", or remove the resource from the program",
    }.get(name, "")
    return f'{_environment(known)}: {outcome(known, name)}. Set {option}="succeed" to accept this{again}.'


def _after_end(known: Knowledge, again: str) -> str:
    if known.is_resumable:
        return f"the next `pulumi up` {again}. To cancel whatever is running by then, change triggers"
    return FROM_THE_BEGINNING.removesuffix(".")


def timed_out(known: Knowledge) -> str:
    """Say what is known when the time is up, and how the last status read or the cancel failed, if they did."""
    within, state = duration(known.request.timeout), known.deployment_state or "unknown"
    read = f" The last read failed: {known.read_error}" if known.read_error else ""
    if known.deployment_id is None and known.status is not None and known.status.phase.is_over:
        idle = f"no deployment was running ({known.status.last_deployment_state})"
        return f"{_environment(known)}: {idle}, and the timeout of {within} has passed.{read} {summary(known)}"
    unknown = ", unknown to this provider" if phase_of(state) is Phase.UNKNOWN and known.deployment_state else ""
    is_open = known.sent in {Sent.NOT_SENT, Sent.UNCONFIRMED}
    cancel = f" The last attempt to cancel failed: {known.send_error}" if known.send_error and is_open else ""
    return (
        f"{_environment(known)}: {_target(known)} was not seen to finish within {within} (last state {state}{unknown})"
        f"{_unforced(known)}.{cancel}{read} {summary(known)}"
    )


def interrupted(known: Knowledge, error: Exception) -> str:
    """Say how a call failed for good, and how far the cancellation got."""
    return f"{error} {summary(known)}"


def stopped(known: Knowledge, *, nothing_was_sent: bool) -> str:
    """Say what is known when the update is stopped; `nothing_was_sent` counts queued cancels as well."""
    stop = f"{_environment(known)}: the update was stopped"
    if nothing_was_sent:
        return f"{stop} before anything was sent; {FROM_THE_BEGINNING}"
    if known.sent is Sent.NOT_SENT:
        return f"{stop} before a cancel was accepted. {summary(known)}"
    waiting = f"{stop} while waiting for {_target(known)} (last state {known.deployment_state or 'unknown'})"
    return f"{waiting}. {summary(known)}"


def wrong_deployment(known: Knowledge, answer: EnvironmentStatus) -> str:
    """Say that the answer to the cancel names another deployment."""
    return (
        f"{_environment(known)}: the cancel targeted deployment {known.deployment_id}, but Qovery's response names "
        f"{answer.last_deployment_id}, which may have been canceled instead. "
        "Check both in the Qovery console; a deployment that was canceled by mistake can be deployed again. "
        f"The next `pulumi up` sends nothing and only reports how deployment {known.deployment_id} ended."
    )


def unavailable(status: EnvironmentStatus) -> TransportError:
    """Return the error of a status that Qovery could not compute."""
    return TransportError(
        endpoints.environment_status(status.id).operation,
        f"Qovery could not compute the status ({status.last_deployment_state})",
        "Try again later, or check the environment in the Qovery console.",
        may_have_executed=False,
    )


def unidentified(known: Knowledge) -> str:
    """Say that it is not certain that the deployment which runs is the one that ran before the queue was emptied."""
    return (
        f"{_environment(known)}: Qovery did not name the deployment that was running before the queue was emptied, so "
        f"the one that is running now may be a different one. {summary(known)}"
    )


def unknown_end(known: Knowledge) -> str:
    """Say that the history does not say how the target ended."""
    return (
        f"{_environment(known)}: the running deployment has no id and may be deployment {known.deployment_id}: "
        f"Qovery's history does not say how that one ended{_searched(known)}. {summary(known)}"
    )


def over_budget(cancels: int, needed: int, left: int, seconds: float) -> str:
    """Say that a bulk cancellation needs more requests than the rate limit has left."""
    return (
        f"Canceling in {environments(cancels)} needs about {needed} requests; the token has {left} left until its "
        f"limit resets in {duration(seconds)}. Nothing was sent. Run `pulumi up` after the reset, or use another token."
    )


def summary(known: Knowledge) -> str:
    """Say what has been sent, and what the next run would do."""
    requests = _canceled_requests(known)
    before = f"{requests}. " if requests else ""
    if known.sent is not Sent.NOT_SENT and not known.is_resumable:
        lost = "without a deployment id nothing can be resumed"
        next_run = "the next `pulumi up` cancels the deployment that is running by then"
        return f"{before}{_CANCEL[known.sent]}, but {lost}; {next_run}."
    pin = known.request.deployment_id
    target = f"deployment {pin} if it is still running" if pin else "the deployment that is running by then"
    next_run = _next_run(known.sent, target, is_forced=known.request.force_cancel)
    return f"{before}{_CANCEL[known.sent]}; the next `pulumi up` {next_run}."


def missing(environment_id: str) -> str:
    """Say that a refresh did not find the environment of a cancellation that is recorded."""
    return (
        f"environment {environment_id} was not found in two reads: it does not exist, or this token cannot access it. "
        "The resource stays in the state, and nothing is canceled again."
    )


def recorded(deployment_id: str, status: EnvironmentStatus) -> str:
    """Say which deployment was found running, "" for none."""
    return (
        f"deployment {deployment_id} is {status.last_deployment_state}" if deployment_id else "no deployment is running"
    )


def counts(by_outcome: Mapping[str, float]) -> str:
    """Say how many environments had each outcome."""
    return f"environments: {', '.join(f'{count} {outcome}' for outcome, count in by_outcome.items()) or 'none'}"


def unfinished(deployment_id: str, sent: Sent, *, is_forced: bool) -> str:
    """Say which cancellation failed on the way, and what the next run would do about it."""
    next_run = _next_run(sent, f"deployment {deployment_id}", is_forced=is_forced)
    return f"unfinished cancellation of deployment {deployment_id}. {_CANCEL[sent]}; `pulumi up` {next_run}."


def unfinished_in(count: int) -> str:
    """Say in how many environments a cancellation failed on the way, and what the next run would do about it."""
    next_run = "acts only there: it resumes what was sent, and starts the rest again"
    return f"unfinished cancellation in {environments(count)}. `pulumi up` {next_run}."


def nameless(status: EnvironmentStatus) -> str:
    """Say that the running deployment cannot be recorded."""
    return (
        f"environment {status.id}: a deployment is {status.last_deployment_state}, but Qovery does not give its id, so "
        "it cannot be recorded"
    )


def _canceled_requests(known: Knowledge) -> str:
    queued = len(known.canceled_request_ids)
    return f"{queued} queued request{'s were' if queued > 1 else ' was'} canceled" if queued else ""


def _unconfirmed_requests(known: Knowledge) -> str:
    queued = known.unconfirmed_requests
    plural = "s" * (queued > 1)
    return f"; the cancel{plural} of {queued} queued request{plural} may have been received" if queued else ""


def _requested(known: Knowledge) -> str:
    if known.sent is not Sent.ADOPTED:
        return f"Qovery accepted the cancel of {_target(known)}"
    return f"{_target(known)} was being canceled already"


def _unforced(known: Knowledge) -> str:
    """Say why force may be missing from a cancellation that was adopted."""
    if not (known.request.force_cancel and known.send_error and known.sent is Sent.ADOPTED):
        return ""
    return f". Force may not have been added: {str(known.send_error).removesuffix('.')}"


def _vanished(known: Knowledge) -> str:
    return (
        "before a cancel was accepted"
        if known.sent in {Sent.NOT_SENT, Sent.TOO_LATE}
        else f"while {_target(known)} was being canceled"
    )


_CANCEL = {
    Sent.NOT_SENT: "No running deployment was canceled",
    Sent.TOO_LATE: "No cancel was accepted",
    Sent.UNCONFIRMED: "The cancel may have been received",
    Sent.ACCEPTED: "The cancel was accepted",
    Sent.ADOPTED: "A cancellation was already in progress",
}


def _next_run(sent: Sent, target: str, *, is_forced: bool) -> str:
    return {
        Sent.NOT_SENT: f"reads the status, and cancels {target}",
        Sent.TOO_LATE: "sends nothing and only reports how the target ended",
        Sent.UNCONFIRMED: "sends it again only if the status shows no effect",
        Sent.ACCEPTED: "resumes without sending it again",
        Sent.ADOPTED: "adds force to it" if is_forced else "continues to wait for it",
    }[sent]


def short(deployment_id: str | None) -> str:
    """Shorten an id for the row of a terminal; its end is kept, since many begin with the id of the environment."""
    if deployment_id is None:
        return "without an id"
    return deployment_id if len(deployment_id) <= MAX_SHORT_LENGTH else f"{deployment_id[:4]}…{deployment_id[-6:]}"


def duration(seconds: float) -> str:
    """Return a duration in the usual units: 12 s, 3 min, 2 h 5 min."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min {rest} s" if minutes and rest else f"{minutes} min" if minutes else f"{rest} s"


def environments(count: int) -> str:
    """Return a number of environments: 1 environment, 2 environments."""
    return f"{count} environment{'s' * (count != 1)}"


def _environment(known: Knowledge) -> str:
    return f"environment {known.request.environment_id}"


def _target(known: Knowledge) -> str:
    return f"deployment {known.deployment_id}" if known.deployment_id else "the running deployment"


def _ended_as(known: Knowledge, if_unknown: str = "") -> str:
    return f" ({known.deployment_state})" if known.deployment_state else if_unknown


def _searched(known: Knowledge) -> str:
    return f" (it is not among the newest {known.searched} deployments)" if known.searched else ""


def _not_running_because(known: Knowledge) -> str:
    return _ended_as(known, f" and is not among the newest {known.searched} deployments" if known.searched else "")


def _sent_nothing(known: Knowledge) -> str:
    if requests := _canceled_requests(known):
        return f"only {requests}"
    return "no cancel was accepted" if known.send_error else "nothing was sent"


def _despite(known: Knowledge) -> str:
    followed = ", and another one is running" if known.is_followed else ""
    return {
        Sent.NOT_SENT: f" before a cancel was accepted{followed}",
        Sent.TOO_LATE: f" before a cancel was accepted{followed}",
        Sent.UNCONFIRMED: f", though a cancel may have been received{_hit_instead(known)}",
        Sent.ACCEPTED: f", although the cancel was accepted{_hit_instead(known)}",
        Sent.ADOPTED: ", although a cancellation was in progress",
    }[known.sent]


def _hit_instead(known: Knowledge) -> str:
    """Name the deployment that may have been hit by a cancel whose answer named none."""
    if not known.is_hit_unknown or known.followed_by_canceled is None:
        return ""
    other, state = known.followed_by_canceled
    return f"; deployment {other} is {state}, and may have been canceled instead"


def _cancel_of(known: Knowledge) -> str:
    cancel = _CANCEL[Sent.TOO_LATE if known.sent is Sent.NOT_SENT else known.sent]
    return f"{cancel[0].lower()}{cancel[1:]}"


def _canceled(known: Knowledge) -> str:
    queued = len(known.canceled_request_ids)
    requests = f"{queued} queued request{'s' if queued > 1 else ''}" if queued else ""
    target = _target(known) if known.deployment_id or not queued else ""
    verb = "are" if queued > 1 or (queued and target) else "is"
    return f"{' and '.join(filter(None, [target, requests]))} {verb} canceled{'' if target else _started_since(known)}"


def _started_since(known: Knowledge) -> str:
    """Name the deployment that started while the queue was emptied, which is no target."""
    if known.status is None or not known.is_followed:
        return ""
    return f"; deployment {short(known.status.last_deployment_id)} has started since, and was left alone"


def _nothing_to_cancel(known: Knowledge) -> str:
    if known.request.deployment_id == "":
        return NOTHING_TARGETED
    status, end = known.status, known.deployment_state
    state = f" ({end or status.last_deployment_state})" if status else ""
    started = _started_since(known)
    return f"nothing to cancel: no deployment {f'was running{started}' if started else f'is running{state}'}"
