"""Describes for previews what an update would do now. The machine itself decides that, so the two cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.messages import NOTHING_TARGETED, duration, environments, nameless, short
from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._qovery.states import Phase
from qovery_provider.errors import CallError

MAX_NAMED = 5
"""Environments that are named: more do not fit the row of a terminal."""

IDLE_FAILS = 'would fail because on_idle is "fail": '
FORCE_RISK = "force kills running steps; a Terraform state can stay locked"


def describe(request: CancellationRequest, status: EnvironmentStatus, wall: float) -> str:
    """Describe what an update would do if it ran now.

    Args:
        request: What the user declared.
        status: The environment's status.
        wall: The present time in seconds since the epoch.
    """
    if status.phase is Phase.UNAVAILABLE:
        return _unavailable(status)
    is_untargeted = request.deployment_id == ""
    idle = NOTHING_TARGETED if is_untargeted else f"nothing to cancel right now ({status.last_deployment_state})"
    match _first_action(request, status):
        case actions.SendCancel():
            risk = f"; {FORCE_RISK}" if request.force_cancel else ""
            forced = "force the cancellation already in progress:" if status.phase is Phase.CANCELING else "cancel"
            return f"would {forced} {running(status, wall)}{risk}"
        case actions.ListQueue():
            return _queue_first(request, status, wall)
        case actions.ReadStatus() if status.phase.is_over:
            return f"would wait up to {duration(request.wait_for_start)} for a deployment to start; {idle}"
        case actions.ReadHistory() if request.deployment_id:
            return _pinned_elsewhere(request, status, wall)
        case actions.ReadStatus() | actions.CancelQueued() | actions.ReadHistory() | actions.ReadRequest():
            return _would_adopt(request, status, wall)
        case actions.Done(result):
            if result.outcome == "requested":
                return _would_adopt(request, status, wall)
            return idle
        case actions.Fail():
            return f"{IDLE_FAILS}{idle}"


def _first_action(request: CancellationRequest, status: EnvironmentStatus) -> actions.Action:
    """Return what the machine does first when it reads this status."""
    cancellation = Cancellation(request, 0.0, lambda: 0.0)
    cancellation.observe(events.StatusRead(status), 0.0)
    return cancellation.action


def _unavailable(status: EnvironmentStatus) -> str:
    return f"no preview: Qovery could not compute the status ({status.last_deployment_state})"


def _queue_first(request: CancellationRequest, status: EnvironmentStatus, wall: float) -> str:
    queued = "would cancel the queued requests, if any"
    if not status.is_in_progress:
        return queued
    rest = describe(replace(request, include_queued=False), status, wall)
    return f"{queued}, then {rest.removeprefix('would ')}"


def _pinned_elsewhere(request: CancellationRequest, status: EnvironmentStatus, wall: float) -> str:
    if status.is_nameless:
        return f"would cancel deployment {request.deployment_id} if it is the running one: {running(status, wall)}"
    canceled = ", unless that deployment was already canceled"
    failing = f"; {IDLE_FAILS.removesuffix(': ')}{canceled}" if request.on_idle == "fail" else ""
    return f"would cancel nothing: deployment {request.deployment_id} is not running{failing}"


def _would_adopt(request: CancellationRequest, status: EnvironmentStatus, wall: float) -> str:
    unforced = ", without force (no deployment id)" if request.force_cancel else ""
    return f"would adopt the cancellation already in progress{unforced}: {running(status, wall)}"


def describe_all(
    request: CancellationRequest, answers: Mapping[str, EnvironmentStatus | CallError], wall: float
) -> str:
    """Describe what an update would do in many environments if it ran now.

    Args:
        request: What the user declared.
        answers: The status of each environment, or why it could not be read.
        wall: The present time in seconds since the epoch.
    """
    statuses = [answer for answer in answers.values() if isinstance(answer, EnvironmentStatus)]
    failures = [answer for answer in answers.values() if isinstance(answer, CallError)]
    # The queues have not been read: the machine is asked for its action after they are drained.
    without_queue = replace(request, include_queued=False, wait_for_start=0.0)
    computed = [status for status in statuses if status.phase is not Phase.UNAVAILABLE]
    planned = [(status, _first_action(without_queue, status)) for status in computed]
    cancels = [status for status, action in planned if isinstance(action, actions.SendCancel)]
    forced = sum(status.phase is Phase.CANCELING for status in cancels)
    hidden = len(statuses) - len(computed)
    unread = [f"Qovery could not compute the status of {environments(hidden)}"] if hidden else []
    unread += [f"the status of {environments(len(failures))} could not be read: {failures[0]}"] if failures else []
    rest = "".join(f"; {text}" for text in unread)
    # Until the queues are read and the time for a deployment to start is up, nothing is certain to be idle.
    is_open = request.include_queued or request.wait_for_start
    failing = 0 if is_open else sum(isinstance(action, actions.Fail) for _, action in planned)
    busy = [status for status, _ in planned if status.is_in_progress]
    if not busy and request.include_queued:
        idle = "; nothing is running right now" if computed else ""
        return f"would cancel all queued requests in {environments(len(answers))}{idle}{rest}"
    if answers and not computed:
        return f"no preview: {'; '.join(unread)}"
    if not busy and request.wait_for_start:
        started = f"would wait up to {duration(request.wait_for_start)} for deployments to start"
        return f"{started}; {_idle(len(computed))}{rest}"
    if not busy:
        return f"{IDLE_FAILS if failing else ''}{_idle(len(computed))}{rest}"
    counts = {
        "cancel": len(cancels) - forced,
        "force the cancellation in progress": forced,
        "adopt the cancellation in progress": len(busy) - len(cancels),
    }
    plans = " and ".join(f"{verb} in {count}" for verb, count in counts.items() if count)
    queued = "cancel all queued requests, then " if request.include_queued else ""
    named = [f"{running(status, wall)} in {short(status.id)}" for status in busy[:MAX_NAMED]]
    more = [f"{len(busy) - MAX_NAMED} more"] if len(busy) > MAX_NAMED else []
    risk = f"; {FORCE_RISK}" if request.force_cancel and cancels else ""
    failure = f"; {IDLE_FAILS}{_idle(failing)}" if failing else ""
    return f"would {queued}{plans} of {environments(len(answers))}: {', '.join(named + more)}{risk}{failure}{rest}"


def _idle(count: int) -> str:
    return f"nothing to cancel right now in {environments(count)}"


def describe_record(status: EnvironmentStatus, wall: float) -> str:
    """Say what would be recorded of an environment."""
    if status.phase is Phase.UNAVAILABLE:
        return _unavailable(status)
    if status.is_nameless:
        return f"would fail: {nameless(status)}"
    if not status.is_in_progress:
        return f"would record that no deployment is running ({status.last_deployment_state})"
    return f"would record {running(status, wall)}"


def running(status: EnvironmentStatus, wall: float) -> str:
    """Name the running deployment: its state, when it was started, and by which user or tool."""
    since, starter = _seconds_since(status.last_deployment_date, wall), status.triggered_by or status.origin
    ago = f" {duration(since)} ago" if since is not None else ""
    by = f" by {starter}" if starter else ""
    started = f", started{ago}{by}" if ago or by else ""
    return f"deployment {short(status.last_deployment_id)} ({status.last_deployment_state}{started})"


def _seconds_since(date: str | None, wall: float) -> float | None:
    try:
        # Python 3.10 does not read the Z of RFC 3339.
        return max(0.0, wall - datetime.fromisoformat((date or "").replace("Z", "+00:00")).timestamp())
    except (ValueError, OverflowError):
        return None
