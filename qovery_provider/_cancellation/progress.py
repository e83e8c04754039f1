"""The line that a user reads while a cancellation is in progress. Nothing is decided here."""

from __future__ import annotations

from qovery_provider._cancellation.messages import duration, short
from qovery_provider._cancellation.model import Knowledge, Sent
from qovery_provider.errors import ApiError, CallError

MINUTE = 60.0
LONG = 2 * MINUTE
"""Seconds; the rest of a longer time is shown in minutes."""


def progress_line(known: Knowledge) -> str:
    """Say in one line how far the cancellation is, while the user waits."""
    if known.status is None:
        return "reading the current status"
    if known.deployment_state is None:
        return f"current status: {known.status.last_deployment_state}"
    waited, left = duration(known.now - known.started), known.deadline - known.now
    rest = duration(round(left / MINUTE) * MINUTE if left > LONG else left)
    target = f"deployment {short(known.deployment_id)}"
    if known.read_error is not None:
        return f"{known.deployment_state} after {waited}: the last read failed, trying again, timeout in {rest}"
    if known.unknown_since is not None:
        return (
            f"the status does not show the target after {waited}: searching the history for {target}, timeout in {rest}"
        )
    # The row of a terminal may be cut off at its end: what changes comes first.
    cancel = f"{_cancel_progress(known)}{_queued_behind(known)}"
    return f"{known.deployment_state} after {waited}: {cancel}, timeout in {rest}, {target}"


def _trying_again(send_error: CallError) -> str:
    if isinstance(send_error, ApiError):
        return f"Qovery rejected the cancel ({send_error.status}), trying again"
    return "the cancel was not sent, trying again"


def _queued_behind(known: Knowledge) -> str:
    """Say how many requests are queued, and by whom; which of them starts next is not documented."""
    if not known.queued:
        return ""
    users = sorted({request.triggered_by for request in known.queued if request.triggered_by})
    others = " and others" if users[1:] else ""
    return f", {len(known.queued)} queued behind the deployment" + (f" (by {users[0]}{others})" if users else "")


def _cancel_progress(known: Knowledge) -> str:
    return {
        Sent.NOT_SENT: _trying_again(known.send_error) if known.send_error else "sending the cancel",
        Sent.TOO_LATE: "finished before a cancel was accepted, sending nothing",
        Sent.UNCONFIRMED: "checking whether the cancel was received",
        Sent.ACCEPTED: "cancel accepted",
        Sent.ADOPTED: f"adopted a cancellation in progress{_force_progress(known)}",
    }[known.sent]


def _force_progress(known: Knowledge) -> str:
    if not known.request.force_cancel:
        return ""
    is_added = known.send_error is None and known.deployment_id is not None
    return ", adding force" if is_added else ", without force"
