"""One deployment's cancellation as a pure machine: events in, actions out.

It knows no HTTP, no Pulumi, no thread and no clock. `Cancellation.observe` takes what was observed and when;
`Cancellation.action` says what to do next and at what time, until it is `Done` or `Fail`. Parts of a cancellation have
files of their own: the search for the `target` with its `queue`, the status `reads`, the `history`, adding `force`.

Theory of operation. Qovery's call to cancel takes an environment and no deployment: it cancels the deployment that
runs at that moment. The machine makes it exact:

* It fixes its target: the deployment that the first status read shows running, or the one that was asked for by its
  id. From then on every decision is made by that id. When a later read shows another id, the target is over, with
  any state beside it, and only the history can say how it ended.
* It sends a cancel only on a status read that has just shown the target running. When a cancel may have been executed
  but its answer was lost, further reads find out; it is sent again only if it shows no effect after a grace period.
* It adopts a cancellation that is already in progress instead of repeating it, and at most adds force: each call
  overwrites Qovery's force flag, and a run after a crash must finish the job, not start it again.
* It believes only the target's own final state: after an accepted cancel the target may still finish on its own.

A cancellation goes through these stages. It goes back only where nothing was sent: a target without an id is found
again when its cancel was refused as out of date.

    FINDING_TARGET  to DRAINING_QUEUE  with `include_queued`
                    to CANCELING       the target runs
                    to WAITING         it is being canceled already: that is adopted
    DRAINING_QUEUE  to CANCELING or WAITING, depending on the deployment that runs once the queue is drained
    CANCELING       to CONFIRMING      the answer to the cancel was lost
                    to WAITING         accepted, or adopted
    CONFIRMING      to WAITING         the target shows that it was executed; or it was sent again, and accepted
    each stage      to FINISHED        the target is over, a call failed for good, the time is up, the update is stopped
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qovery_provider import errors
from qovery_provider._cancellation import actions, events, messages, outcomes, schedule
from qovery_provider._cancellation.force import ForceEscalation
from qovery_provider._cancellation.history import HistorySearch
from qovery_provider._cancellation.model import CancellationRequest, CancellationResult, Knowledge, Sent, Stage
from qovery_provider._cancellation.reads import StatusReads
from qovery_provider._cancellation.target import TargetSearch
from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus
from qovery_provider._qovery.states import Phase


class Cancellation:
    """The cancellation of one deployment, from the first status read to its end.

    Args:
        request: What the user asked for.
        now: The time in seconds, on the clock of all later times.
        random: Returns a number from 0 to below 1, for the delays before retries.
        sent: How far an earlier run got with `request.deployment_id`, when this one resumes it.

    Attributes:
        request: What the user asked for.
        known: What is known so far.
        action: What to do next, and when; or how it ended.
    """

    def __init__(
        self, request: CancellationRequest, now: float, random: Callable[[], float], sent: Sent = Sent.NOT_SENT
    ) -> None:
        self.request = request
        self.known = Knowledge(request, started=now, now=now, deployment_id=request.deployment_id or None, sent=sent)
        self.known.is_hit_unknown = sent is Sent.UNCONFIRMED
        self.action: actions.Action = actions.ReadStatus(now)
        self._stage = sent.first_stage
        self._history, self._has_asked_for_id = HistorySearch(self.known), False
        self._confirmed = ("", now)  # the unknown state in which the history has shown the target in progress, and when
        self._reads = StatusReads(self.known, random)
        self._target = TargetSearch(self.known, self._history, self._reads, random)
        # The earlier run may have ended a moment ago: its cancel gets time to show an effect.
        grace = schedule.RESEND_GRACE if sent is Sent.UNCONFIRMED else 0.0
        self._attempts = schedule.SendAttempts(now + grace, random)
        self._force = ForceEscalation(self.known, self._reads, random)

    @property
    def stage(self) -> Stage:
        """How far the cancellation has come."""
        return self._stage

    def observe(self, event: events.Event, now: float) -> None:
        """Process what was observed at `now` and decide the next action.

        An event answers `action`, with two exceptions. `StatusRead` may come early while a status read is awaited: one
        call can read the status of many environments. `Stopped` may come at any time while no POST is on the wire.
        """
        self.known.now = now
        self.action = self._decide(event)
        if isinstance(self.action, actions.Done | actions.Fail):
            self._stage = Stage.FINISHED

    def abandon(self) -> None:
        """Record that a bug ended it; whether a POST on the wire was executed will not be known."""
        if isinstance(self.action, actions.SendCancel) and self.known.sent is Sent.NOT_SENT:
            self.known.sent = Sent.UNCONFIRMED

    def result(self) -> CancellationResult:
        """Return what happened, once it is over, or raise the error that it ended with.

        Raises:
            TypeError: It is not over.
            QoveryError: It failed.
        """
        if isinstance(self.action, actions.Fail):
            raise self.action.error
        if not isinstance(self.action, actions.Done):
            raise TypeError("the cancellation is not over")
        return self.action.result

    def _decide(self, event: events.Event) -> actions.Action:
        match event:
            case events.StatusRead(status, took):
                self._reads.took(took)
                return self._on_status(status)
            case events.Accepted(status):
                return self._on_accepted(status)
            case events.HistoryRead(records):
                return self._on_history(records)
            case events.RequestRead(state):
                return self._history.ended_as(state)
            case events.QueueListed(request_ids):
                return self._target.listed(request_ids)
            case events.QueuedCanceled(request_id):
                return self._target.canceled(request_id)
            case events.CallFailed(error):
                return self._on_failure(error)
            case events.Stopped():
                return outcomes.stopped(self.known, self._target.queue.unconfirmed)

    def _on_status(self, status: EnvironmentStatus) -> actions.Action:
        if status.phase is Phase.UNAVAILABLE:
            return self._read_again(messages.unavailable(status))
        self.known.status = status
        self._reads.succeeded()
        if not self._stage.has_target:
            if action := self._target.find(status):
                self._stage = Stage.DRAINING_QUEUE if isinstance(action, actions.ListQueue) else self._stage
                return action
            self._stage = Stage.CANCELING
            self.known.deployment_id = self.known.deployment_id or status.last_deployment_id
        return self._follow_target(status)

    def _follow_target(self, status: EnvironmentStatus) -> actions.Action:
        known = self.known
        if known.deployment_id is None and self._stage.is_awaited and status.phase.is_canceled_or_canceling:
            known.deployment_id = status.last_deployment_id  # by then, it is what our cancel has hit
        if known.deployment_id is not None and status.last_deployment_id != known.deployment_id:
            if status.last_deployment_id and status.phase.is_canceled_or_canceling:
                known.followed_by_canceled = status.last_deployment_id, status.last_deployment_state
            return self._reads.keep_polling() if status.is_nameless else self._history.read()
        known.deployment_state, known.unknown_since = status.last_deployment_state, None
        known.request_id = status.deployment_request_id or known.request_id
        if status.phase.is_over:
            return outcomes.target_ended(known, status.phase)
        # A state that this version does not know may be an end: the history has a second field that may say so.
        is_doubtful = self._stage.is_awaited or known.send_error is not None
        if status.phase is Phase.UNKNOWN and known.deployment_id and is_doubtful and not self._is_confirmed(status):
            return self._history.read()
        return self._go_on(status)

    def _is_confirmed(self, status: EnvironmentStatus) -> bool:
        """Return whether the history has shown within the last minute that the target is in progress in this state."""
        state, at = self._confirmed
        return status.last_deployment_state == state and self.known.now < at + schedule.HISTORY_PAUSE

    def _go_on(self, status: EnvironmentStatus) -> actions.Action:
        """Decide on a status that shows the target in progress."""
        if status.phase is Phase.CANCELING and self._stage is not Stage.WAITING:
            self._wait(Sent.ACCEPTED if self._stage is Stage.CONFIRMING else Sent.ADOPTED)
        return self._keep_waiting(status) if self._stage is Stage.WAITING else self._send_when_due()

    def _keep_waiting(self, status: EnvironmentStatus) -> actions.Action:
        """Go on waiting. Where no status names the deployment that is being canceled, ask the history for it, once."""
        if force := self._force.due(status):
            return force
        if not self.request.wait_until_canceled and self.known.sent is not Sent.TOO_LATE:
            return outcomes.done(self.known, "requested")
        if self.known.deployment_id is None and status.phase is Phase.CANCELING and not self._has_asked_for_id:
            self._has_asked_for_id = True
            return self._history.read()
        return self._reads.keep_polling()

    def _wait(self, sent: Sent) -> None:
        """A cancel takes its course: from now on at most force is added."""
        self._stage, self.known.sent = Stage.WAITING, sent

    # The cancel.

    def _send_when_due(self) -> actions.Action:
        """Send on the status just read, unless it is too early or too late, or the last attempt has been made."""
        known = self.known
        if known.now >= known.deadline:
            return outcomes.timed_out(known)
        # Without an id, another deployment may run by now: there is no second attempt.
        if known.send_error and self._attempts.made >= (schedule.ATTEMPTS if known.deployment_id else 1):
            return (
                self._reads.poll() if self._stage is Stage.CONFIRMING else outcomes.interrupted(known, known.send_error)
            )
        return self._reads.send(self._attempts)

    def _on_accepted(self, status: EnvironmentStatus) -> actions.Action:
        known = self.known
        self._wait(Sent.ACCEPTED)
        self._reads.restart()
        known.deployment_id = known.deployment_id or status.last_deployment_id
        known.is_hit_unknown = known.is_hit_unknown or status.last_deployment_id is None
        if status.last_deployment_id not in {None, known.deployment_id}:
            return outcomes.failed(known, errors.WrongDeploymentError, messages.wrong_deployment(known, status))
        return self._on_status(status)

    def _on_failed_send(self, error: errors.CallError) -> actions.Action:
        known, attempts = self.known, self._attempts
        if self._stage is Stage.WAITING:
            return self._force.failed(error)
        if isinstance(error, errors.NotSentError):
            return self._on_not_sent()
        known.send_error, asked_until = error, known.now + (error.retry_after or 0.0)
        if isinstance(error, errors.ConflictError | errors.NotFoundError):
            attempts.wait_for_effect(known.now)
            return actions.ReadStatus(known.now)
        if error.may_have_executed:
            attempts.wait_for_effect(known.now)
            # Polls go on meanwhile, so a delay that ends after the deadline is ignored instead of giving up.
            if asked_until <= known.deadline:
                attempts.put_off(asked_until)
            self._stage, known.sent, known.is_hit_unknown = Stage.CONFIRMING, Sent.UNCONFIRMED, True
            self._reads.restart()
            return self._reads.poll()
        attempts.back_off(known.now)
        attempts.put_off(asked_until)
        if error.retryable and self._stage is Stage.CONFIRMING:
            return self._reads.poll(not_after=attempts.earliest)  # an earlier one may have been executed
        if not error.retryable or attempts.earliest > known.deadline:
            return outcomes.interrupted(known, error)
        return actions.ReadStatus(attempts.earliest)

    def _on_not_sent(self) -> actions.Action:
        """Decide on a newer status: the last one was out of date when the cancel could have been sent."""
        self._attempts.made -= 1
        if self.known.deployment_id is None:  # a later deployment could not be told apart: the target is not fixed
            self.known.deployment_state = None
            self._stage = Stage.DRAINING_QUEUE if self.request.include_queued else Stage.FINDING_TARGET
        return self._reads.poll()

    # The history.

    def _on_history(self, records: Sequence[DeploymentRecord]) -> actions.Action:
        self.known.read_error = None
        if self.known.deployment_id is None:
            self._history.identify(records)
            return self._reads.keep_polling()
        return self._history.find(records) or self._on_unknown_end()

    def _on_unknown_end(self) -> actions.Action:
        """Decide when the history does not say how the target ended."""
        known, status = self.known, self.known.status
        assert status is not None  # noqa: S101 - for mypy: a history is read after a status
        if status.last_deployment_id == known.deployment_id:
            self._confirmed = (status.last_deployment_state, known.now)
            # A cancel is sent on a status alone, and by now this one is old.
            return self._go_on(status) if self._stage is Stage.WAITING else actions.ReadStatus(known.now)
        is_nameless = status.is_nameless
        if known.searched and not self._stage.has_target and not is_nameless:
            return outcomes.done(known, "superseded")
        # The target ran, or may be the running deployment without an id, and the history is not up to date.
        return self._history.wait(is_over=not is_nameless) or self._reads.keep_polling()

    # Failed calls.

    def _on_failure(self, error: errors.CallError) -> actions.Action:
        match self.action:
            case actions.SendCancel():
                return self._on_failed_send(error)
            case actions.CancelQueued(_, request_id):
                return self._target.failed(request_id, error)
            case actions.ReadHistory():
                return self._on_unknown_end() if self._history.narrow(error) else self._read_again(error)
            case actions.ReadRequest():
                return self._read_again(error) if error.retryable else self._history.ended_as(None)
            case actions.ReadStatus() | actions.ListQueue() | actions.Done() | actions.Fail():
                return self._read_again(error)

    def _read_again(self, error: errors.CallError) -> actions.Action:
        is_status = isinstance(self.action, actions.ReadStatus)
        if is_status and isinstance(error, errors.NotFoundError) and self._existed:
            return self._reads.missing()
        return self._reads.failed(error, is_awaited=self._stage.is_awaited, is_status=is_status)

    @property
    def _existed(self) -> bool:
        """Whether this run, or the one that it resumes, has seen the environment."""
        return self.known.status is not None or self._stage is not Stage.FINDING_TARGET
