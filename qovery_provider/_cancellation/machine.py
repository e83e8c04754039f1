"""One deployment's cancellation as a pure machine.

Two rules hold here. Everything that decides about a cancellation lives in this file, and this file does nothing: it
knows no HTTP, no Pulumi, no thread and no clock. It is told what was observed and when (`observe`), and says what to
do next and at what time (`verdict`).

Theory of operation. Qovery cancels whatever an environment runs at that moment; the call takes no deployment. So
exactness has to come from here:

* The first look fixes the target: the deployment that runs then, or the one that was asked for by id. From then on
  all is decided by that id. Another id in a later look means that the target is over, whatever the state beside it
  says, and only the history can tell how it ended.
* A cancel is sent only on a look that showed the target running. When it may have been executed although its answer
  was lost, looks decide whether it was; it is sent again only if nothing of it shows after a grace period.
* A cancellation that is already under way is joined, not repeated: each call overwrites Qovery's force flag, and a
  run after a crash must finish the job instead of firing again.
* Accepted is not canceled: the target may still end by itself. Only its own final state is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from qovery_provider import errors
from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation import messages as _sentences
from qovery_provider._cancellation.model import CancellationRequest, CancellationResult, Knowledge, Outcome, Sent
from qovery_provider._cancellation.queue import QueueDrain, is_no_longer_queued
from qovery_provider._cancellation.schedule import (
    ATTEMPTS,
    HISTORY_TIMEOUT,
    RESEND_GRACE,
    SLOW_READ,
    PollSchedule,
    retry_delays,
)
from qovery_provider._qovery.models import DeploymentRecord, EnvironmentStatus
from qovery_provider._qovery.states import Phase

IDLE: frozenset[Outcome] = frozenset({"nothing_to_cancel", "superseded"})
ENDED_OTHERWISE: frozenset[Outcome] = frozenset({"completed", "environment_gone"})


class Cancellation:
    """The cancellation of one deployment, from the first look to its end.

    Args:
        request: What is asked for.
        now: The time.
        random: Returns a number from 0 to below 1, for the pauses before retries.
        sent: How far an earlier run got with `request.deployment_id`, when this one resumes it.

    Attributes:
        known: What is known so far.
        verdict: What is to be done next, and when.
    """

    def __init__(
        self, request: CancellationRequest, now: float, random: Callable[[], float], sent: Sent = Sent.NOT_SENT
    ) -> None:
        self.request = request
        self.known = Knowledge(request, started=now, now=now, deployment_id=request.deployment_id or None, sent=sent)
        self.action: actions.Action = actions.ReadStatus(now)
        self._is_fixed = sent is not Sent.NOT_SENT
        self._is_missing = False
        self._looks = PollSchedule(now)
        self._slow_looks = 0
        self._pauses = retry_delays(random)
        self._sends = 0
        self._send_from = now
        self._drain = QueueDrain(self.known.canceled_request_ids, random, is_over=not request.include_queued)

    def observe(self, event: events.Event, now: float) -> None:
        """Take what was observed at `now` and decide anew.

        Events answer the verdict's step. Only `Observed` may also come unasked and early, while a `Look` is awaited:
        one call can show many environments.
        """
        self.known.now = now
        self.action = self._decide(event)

    def result(self) -> CancellationResult:
        """Return what happened, once it is over, or raise the error that it ended with."""
        if isinstance(self.action, actions.Fail):
            raise self.action.error
        if not isinstance(self.action, actions.Done):
            raise TypeError("the cancellation is not over")
        return self.action.result

    def _decide(self, event: events.Event) -> actions.Action:
        match event:
            case events.StatusRead(status, took):
                self._slow_looks = self._slow_looks + 1 if took > SLOW_READ else 0
                return self._on_status(status)
            case events.NotListed():
                return self._on_unlisted()
            case events.Accepted(status):
                return self._on_accepted(status)
            case events.HistoryRead(records):
                return self._on_history(records)
            case events.QueueListed(request_ids):
                return self._drain_on(self._drain.listed(request_ids, self._last_look(), self.known.now))
            case events.QueuedCanceled(request_id):
                return self._drain_on(self._drain.went(request_id, self.known.now, was_canceled=True))
            case events.CallFailed(error):
                return self._on_failure(error)

    # PollSchedule.

    def _on_status(self, status: EnvironmentStatus) -> actions.Action:
        self.known.status = status
        self._is_missing = False
        self._drain.settle(status)
        return self._follow(status) if self._is_fixed else self._fix_target(status)

    def _fix_target(self, status: EnvironmentStatus) -> actions.Action:
        """Find what is meant; nothing has been sent yet."""
        if self.request.deployment_id == "":
            return self._done("nothing_to_cancel")
        if self.known.deployment_id is not None and status.last_deployment_id != self.known.deployment_id:
            return actions.ReadHistory(self.known.now)
        if not self._drain.is_over and not (status.phase.is_over and self.known.deployment_id):
            return actions.ListQueue(self.known.now)
        if status.phase.is_over and self.known.deployment_id is None:
            return self._done("canceled" if self.known.canceled_request_ids else "nothing_to_cancel")
        self._is_fixed = True
        self.known.deployment_id = status.last_deployment_id
        return self._follow(status)

    def _follow(self, status: EnvironmentStatus) -> actions.Action:
        """Decide by what a look says of the target."""
        known = self.known
        if known.deployment_id is not None and status.last_deployment_id != known.deployment_id:
            # A status that is in progress and names no deployment says nothing of the target: do not act on it.
            is_silent = status.last_deployment_id is None and status.is_in_progress
            return self._look_later() if is_silent else actions.ReadHistory(known.now)
        known.deployment_state, known.unknown_since = status.last_deployment_state, None
        if status.phase.is_over:
            return self._over(status.phase)
        if status.phase is Phase.CANCELING:
            known.sent = Sent.ACCEPTED if known.sent in {Sent.UNCONFIRMED, Sent.ACCEPTED} else Sent.ADOPTED
        if known.sent in {Sent.ACCEPTED, Sent.ADOPTED}:
            return self._look_later() if self.request.wait_until_canceled else self._done("requested")
        return self._send_when_due()

    def _send_when_due(self) -> actions.Action:
        """Send on the look just made, unless an earlier attempt still deserves patience, or it was the last."""
        known, now = self.known, self.known.now
        if now >= known.deadline:
            return self._timed_out()
        # Without an id nobody can tell whether what runs now is what ran then: one attempt must do.
        if known.send_error and self._sends >= (ATTEMPTS if known.deployment_id else 1):
            return self._look_later() if known.sent is Sent.UNCONFIRMED else self._interrupted(known.send_error)
        if now < self._send_from:
            return self._look(not_after=self._send_from)
        # A slow answer shows what ran a while ago; a second one that is slow as well is as fresh as it gets.
        if self._slow_looks == 1:
            if known.deployment_id is None:
                self._is_fixed, known.deployment_state = False, None
            return actions.ReadStatus(now)
        self._sends += 1
        self._slow_looks = 0
        return actions.SendCancel(now)

    def _look_later(self) -> actions.Action:
        return self._timed_out() if self.known.now >= self.known.deadline else self._look()

    def _look(self, *, not_after: float = inf) -> actions.ReadStatus:
        """Look after a pause, but no later than the deadline: the last look is made at it."""
        return actions.ReadStatus(min(self._looks.after(self.known.now), not_after, self.known.deadline))

    # The cancel.

    def _on_accepted(self, status: EnvironmentStatus) -> actions.Action:
        self.known.sent = Sent.ACCEPTED
        self._looks = PollSchedule(self.known.now)
        self.known.deployment_id = self.known.deployment_id or status.last_deployment_id
        if status.last_deployment_id not in {None, self.known.deployment_id}:
            return self._fail(errors.WrongDeploymentError, _sentences.wrong_deployment(self.known, status))
        return self._on_status(status)

    def _on_failed_send(self, error: errors.CallError) -> actions.Action:
        self.known.send_error, now = error, self.known.now
        if isinstance(error, errors.ConflictError | errors.NotFoundError):
            self._send_from = now + RESEND_GRACE * 2 ** (self._sends - 1)
            return actions.ReadStatus(now)
        if error.may_have_executed:
            operation = error.retry_after or 0.0
            # PollSchedule go on meanwhile, so a delay that nobody can wait for is no reason to give up: it is left out.
            obeyed = operation if now + operation <= self.known.deadline else 0.0
            self._send_from = now + max(RESEND_GRACE * 2 ** (self._sends - 1), obeyed)
            self.known.sent = Sent.UNCONFIRMED
            self._looks = PollSchedule(now)
            return self._look()
        self._send_from = now + max(next(self._pauses, 0.0), error.retry_after or 0.0)
        if not error.retryable or self._send_from > self.known.deadline:
            return self._interrupted(error)
        return actions.ReadStatus(self._send_from)

    # The history.

    def _on_history(self, records: Sequence[DeploymentRecord]) -> actions.Action:
        record = next((record for record in records if record.id == self.known.deployment_id), None)
        if record and record.phase.is_over:
            self.known.deployment_state = record.state
            return self._over(record.phase)
        status = self._last_look()
        is_silent = status.last_deployment_id is None and status.is_in_progress
        if record is None and not self._is_fixed and not is_silent:
            return self._done("superseded")
        # It ran, or it may be what runs without a name, and the history has not caught up.
        if self.known.unknown_since is None:
            self.known.unknown_since = self.known.now
        if self.known.now >= self.known.unknown_since + HISTORY_TIMEOUT:
            return self._fail(errors.UnexpectedStateError, _sentences.unknown_end(self.known))
        return self._look_later()

    # The queue.

    def _drain_on(self, step: actions.CancelQueued | None) -> actions.Action:
        if self.known.now >= self.known.deadline:
            return self._timed_out()
        return step or actions.ReadStatus(self.known.now)

    def _on_failed_queued(self, request_id: str, error: errors.CallError) -> actions.Action:
        now = self.known.now
        if is_no_longer_queued(error):
            return self._drain_on(self._drain.went(request_id, now, was_canceled=False))
        return self._drain.again(request_id, error, now, self.known.deadline) or self._interrupted(error)

    # Failures and ends.

    def _on_failure(self, error: errors.CallError) -> actions.Action:
        match self.action:
            case actions.SendCancel():
                return self._on_failed_send(error)
            case actions.CancelQueued(_, request_id):
                return self._on_failed_queued(request_id, error)
            case actions.ReadStatus() | actions.ListQueue() | actions.ReadHistory() | actions.Done() | actions.Fail():
                return self._on_failed_read(error)

    def _on_failed_read(self, error: errors.CallError) -> actions.Action:
        if isinstance(self.action, actions.ReadStatus) and isinstance(error, errors.NotFoundError) and self._was_seen:
            return self._on_missing()
        if self.known.status is not None and error.retryable and self.known.now >= self.known.deadline:
            return self._timed_out(error)
        return self._interrupted(error)

    def _on_unlisted(self) -> actions.Action:
        if self._was_seen:
            return self._on_missing()
        return self._fail(errors.UnexpectedStateError, _sentences.unlisted(self.known))

    @property
    def _was_seen(self) -> bool:
        """Whether the environment existed when this run, or the one that it resumes, looked."""
        return self.known.status is not None or self._is_fixed

    def _on_missing(self) -> actions.Action:
        """Believe that the environment is gone when a second look says so as well."""
        if self._is_missing:
            return self._done("environment_gone")
        self._is_missing = True
        return self._look()

    def _over(self, phase: Phase) -> actions.Action:
        """Name the outcome of a target that has ended."""
        if phase is Phase.CANCELED:
            return self._done("canceled")
        if self.known.sent is not Sent.NOT_SENT:
            return self._done("completed")
        if self.request.deployment_id:
            return self._done("superseded")
        # It ended before a cancel was accepted. If another one runs by now, or queued requests have been canceled,
        # "nothing to cancel" would not be true.
        is_quiet = not self._last_look().is_in_progress and not self.known.canceled_request_ids
        return self._done("nothing_to_cancel" if is_quiet else "completed")

    def _done(self, outcome: Outcome) -> actions.Action:
        known = self.known
        if outcome in IDLE and self.request.on_idle == "fail":
            return self._fail(errors.NothingToCancelError, _sentences.failure(known, outcome))
        if outcome in ENDED_OTHERWISE and self.request.on_completed == "fail":
            if outcome == "completed" and known.sent is Sent.NOT_SENT:
                known.sent = Sent.TOO_LATE
            return self._fail(errors.NotCanceledError, _sentences.failure(known, outcome))
        ids, sentence = tuple(known.canceled_request_ids), _sentences.outcome(known, outcome)
        return actions.Done(CancellationResult(outcome, known.deployment_id, known.deployment_state, ids, sentence))

    def _last_look(self) -> EnvironmentStatus:
        assert self.known.status is not None  # noqa: S101 - for mypy: every other step comes after a first look
        return self.known.status

    def _timed_out(self, error: errors.CallError | None = None) -> actions.Action:
        return self._fail(errors.CancellationTimeoutError, _sentences.timed_out(self.known, error))

    def _interrupted(self, error: errors.CallError) -> actions.Action:
        """Fail with a call's error; say how far it got if that was further than looking."""
        if self.known.sent is Sent.NOT_SENT and not self.known.canceled_request_ids:
            return actions.Fail(error)
        failure = self._fail(errors.CancellationInterruptedError, _sentences.interrupted(self.known, error))
        failure.error.__cause__ = error
        return failure

    def _fail(self, kind: type[errors.CancellationError], message: str) -> actions.Fail:
        known = self.known
        return actions.Fail(kind(message, self.request.environment_id, known.deployment_id, known.deployment_state))
