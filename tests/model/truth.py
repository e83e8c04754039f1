"""The judge: compares what a cancellation says with what really happened. Every rule that must hold is in this file.

What no client can prevent. Qovery's cancel takes no deployment: it hits the one that runs when it arrives. Between the
moment that a status shows and the arrival of the cancel that is sent on it, the target may end and the next deployment
start. Therefore the rule about wrong hits is this one, and no wider: every cancel is sent on a status that showed the
target in progress and not being canceled. A wrong hit is then possible in that gap alone; and when Qovery's response
names what was hit, the outcome is a WrongDeploymentError. What the machine claims is true of the target even then.

The gap lasts from the moment that the status shows to the arrival of the cancel, so a stale status widens it.
"""

from __future__ import annotations

from qovery_provider import errors
from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.model import CancellationResult, Outcome, Sent
from qovery_provider._qovery.states import Phase
from qovery_provider.simulator import Deployment, QueuedRequest
from tests.model.server import Moment, Post, Server
from tests.model.story import Recorded, Story, Turn

EPSILON = 1e-6
"""Virtual time is a float: sums of pauses may differ in the last digits."""

GRACE, ATTEMPTS, CALL_LIMIT, FRESH, MAX_AGE = 5.0, 5, 60.0, 5.0, 2.0
"""The promises in numbers: seconds after a lost cancel, cancels in all, seconds for one call, and for a status read."""


POSTS = actions.SendCancel, actions.CancelQueued


def _shows(turn: Turn) -> bool:
    """Return whether a status was read that shows something."""
    return isinstance(turn.event, events.StatusRead) and turn.event.status.phase is not Phase.UNAVAILABLE


class Judge:
    """Judges every cancellation of a story at the moment that it ends."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.server: Server = story.server

    def __call__(self, cancellation: Recorded) -> None:
        """Check all rules; the assertion that fails says which one is broken."""
        assert not self.server.late, "sent after the stop"
        self._sends(cancellation)
        self._fixed(cancellation)
        self._drains(cancellation)
        self._claims(cancellation)
        self._time(cancellation)
        match cancellation.action:
            case actions.Done(result):
                self._result(cancellation, result)
            case actions.Fail(error):
                self._error(cancellation, error)
            case _:
                raise AssertionError("it is not over")

    def conclude(self) -> None:
        """Check what holds for all runs together: each deployment is canceled once at most."""
        for place in self.story.places:
            for ran in place.deployments:
                is_ours = all(cancel.number for cancel in ran.cancels)
                assert not is_ours or ran.effective_cancels <= 1, "canceled twice"

    # What was sent: to the target alone, and nothing is sent twice without need.

    def _sends(self, cancellation: Recorded) -> None:
        target_id, answers = cancellation.known.deployment_id, cancellation.answers
        for number, turn in enumerate(cancellation.sends):
            assert isinstance(turn.event, events.StatusRead), "sent without a status read"
            seen = self.server.moments[id(turn.event.status)]
            assert turn.event.took >= turn.now - seen.at - self._staleness - EPSILON, (
                "takes an old status for a new one"
            )
            assert turn.event.took <= FRESH or self._is_read_again(cancellation, turn), "sent on a slow status read"
            assert seen.is_running or seen.status.phase is Phase.UNKNOWN, "sent although nothing ran"
            assert seen.status.phase is not Phase.UNAVAILABLE, "sent on a status that shows nothing"
            is_forced = cancellation.request.force_cancel and seen.status.last_deployment_id == target_id
            assert seen.status.phase is not Phase.CANCELING or is_forced, "sent although it was being canceled"
            shown = seen.status.last_deployment_id
            assert shown in {target_id, None} or target_id is None, "sent on the status of another deployment"
            assert shown or not number, "sent again without knowing what runs"
            assert turn.now < cancellation.known.deadline, "sent after the deadline"
        for left in (at for sender, at in self.server.departures if sender is cancellation):
            decided = max(turn.now for turn in cancellation.sends if turn.now <= left)
            assert left <= decided + MAX_AGE + EPSILON, "left long after the status read behind it"
            assert left < cancellation.known.deadline, "left after the deadline"
        for turn in answers:
            if isinstance(turn.event, events.Accepted) and turn.event.status.last_deployment_id not in {
                None,
                target_id,
            }:
                is_told = isinstance(turn.action, actions.Fail) and isinstance(
                    turn.action.error, errors.WrongDeploymentError
                )
                assert is_told, "hides that another deployment was hit"
        if cancellation.resumes in {Sent.ACCEPTED, Sent.ADOPTED, Sent.TOO_LATE}:
            forces = cancellation.request.force_cancel and cancellation.resumes is Sent.ADOPTED
            assert not cancellation.sends or forces, (
                "sent again a cancel that an earlier run had sent, or had been too late for"
            )
        for number, (answer, again) in enumerate(zip(answers, cancellation.sends[1:], strict=False)):
            assert isinstance(answer.event, events.CallFailed), "sent again although it was accepted"
            error = answer.event.error
            if error.may_have_executed or isinstance(error, errors.ConflictError | errors.NotFoundError):
                assert again.now >= answer.now + GRACE * 2**number - EPSILON, "sent again too early"
            assert isinstance(again.event, events.StatusRead)
            read = self.server.moments[id(again.event.status)]
            assert read.at + self._staleness >= answer.now - EPSILON, "sent again on a status from before"
        assert len(cancellation.sends) <= ATTEMPTS, "sent too often"
        lost = sum(isinstance(turn.event, events.CallFailed) and turn.event.error.may_have_executed for turn in answers)
        assert len([post for post in self._posts(cancellation) if post.hit]) <= 1 + lost, (
            "hit again although nothing was lost"
        )

    def _fixed(self, cancellation: Recorded) -> None:
        """Check that with the queue nothing is a target but what was there at first."""
        is_first = cancellation.resumes is Sent.NOT_SENT
        if not (cancellation.sends and cancellation.request.include_queued and is_first):
            return
        first = self._before_the_queue(cancellation)
        queues = [turn.event for turn in cancellation.turns if isinstance(turn.event, events.QueueListed)]
        for turn in cancellation.sends:
            assert isinstance(turn.event, events.StatusRead)
            target = self.server.moments[id(turn.event.status)].latest
            was_queued = (
                first.status.phase.is_over and target is not None and target.request_id in queues[0].request_ids
            )
            # Without ids, deployments that started at the same moment look the same.
            start = first.status.last_deployment_date
            is_dated = start is not None and turn.event.status.last_deployment_date == start
            is_alike = first.status.is_nameless and is_dated
            is_target = target is first.latest or was_queued or is_alike
            assert is_target, "cancels what started while the queue was emptied"

    def _before_the_queue(self, cancellation: Recorded) -> Moment:
        """Return the moment of the status read before the queue was listed, of the first one where it never was."""
        reads = [turn for turn in cancellation.turns if _shows(turn)]
        turn = next((turn for turn in reads if isinstance(turn.action, actions.ListQueue)), reads[0])
        assert isinstance(turn.event, events.StatusRead)
        return self.server.moments[id(turn.event.status)]

    def _is_idle(self, cancellation: Recorded) -> bool:
        """Return whether nothing ran, or only what has started since the queue began to be emptied."""
        last, is_drained = self._last_moment(cancellation), cancellation.request.include_queued
        return not last.is_running or (is_drained and last.latest is not self._before_the_queue(cancellation).latest)

    def _is_read_again(self, cancellation: Recorded, turn: Turn) -> bool:
        """Return whether the status read before this one had been slow as well."""
        reads = [
            earlier.event
            for earlier in cancellation.turns[: cancellation.turns.index(turn)]
            if isinstance(earlier.event, events.StatusRead)
        ]
        return bool(reads) and reads[-1].took > FRESH

    @property
    def _staleness(self) -> float:
        """How old a status may be that is shown."""
        return self.server.weather.staleness if self.server.weather.stale else 0.0

    def _drains(self, cancellation: Recorded) -> None:
        """Check that the queue was to be emptied, and that a pinned target ran when it was listed."""
        listing = [turn for turn in cancellation.turns if isinstance(turn.action, actions.ListQueue)]
        for turn in listing:
            assert cancellation.request.include_queued, "read the queue unasked"
            assert cancellation.resumes is Sent.NOT_SENT, "emptied the queue again"
            if isinstance(turn.event, events.StatusRead) and cancellation.request.deployment_id:
                seen = self.server.moments[id(turn.event.status)]
                is_right = seen.is_running or seen.status.phase is Phase.UNKNOWN
                assert is_right, "emptied the queue although the target did not run"
                assert cancellation.request.deployment_id == seen.status.last_deployment_id, (
                    "emptied another one's queue"
                )

    def _posts(self, cancellation: Recorded) -> list[Post]:
        return [post for post in self.server.posts if post.sender is cancellation]

    # What is claimed on the way, by the sentences and by the errors alike.

    def _claims(self, cancellation: Recorded) -> None:
        hits = [post.hit for post in self._posts(cancellation) if post.hit]
        target = self._target(cancellation)
        match cancellation.known.sent:
            case Sent.NOT_SENT:
                assert not hits, "claims that nothing was accepted"
            case _ if cancellation.known.sent is cancellation.resumes:
                pass  # judged in the run that it resumes
            case Sent.TOO_LATE:
                assert not hits, "claims that nothing was accepted"
            case Sent.UNCONFIRMED:
                assert any(
                    isinstance(turn.event, events.CallFailed) and turn.event.error.may_have_executed
                    for turn in cancellation.answers
                )
            case Sent.ACCEPTED | Sent.ADOPTED:
                was_missed = any(hit is not target for hit in hits)
                assert target is None or target.cancels or was_missed, "claims a cancel that was not sent"
        requests = {request.id: request for request in cancellation.place.requests}
        for request_id in cancellation.known.canceled_request_ids:
            request = requests[request_id]
            is_true = request.canceled_by is not None or self._read_late(cancellation, request)
            assert is_true, "claims a queued request that was not canceled"
        accepted = [
            turn.event.request_id for turn in cancellation.turns if isinstance(turn.event, events.QueuedCanceled)
        ]
        assert set(accepted) <= set(cancellation.known.canceled_request_ids), "forgets a queued request"

        said = (
            str(cancellation.action.error)
            if isinstance(cancellation.action, actions.Fail)
            else cancellation.result().sentence
        )
        is_silent = not hits and not cancellation.known.canceled_request_ids
        assert "nothing was sent" not in said or is_silent, "says that nothing was sent"
        assert "before anything was sent" not in said or is_silent, "says that nothing was sent"

    def _read_late(self, cancellation: Recorded, request: QueuedRequest) -> bool:
        """Return whether a stale status showed the time before a request started: then no client can know better."""
        reads = [
            (turn.now, turn.event.status) for turn in cancellation.turns if isinstance(turn.event, events.StatusRead)
        ]
        moments = [(now, self.server.moments[id(status)].at) for now, status in reads]
        started = request.deployment.started_at if request.deployment else 0.0
        return any(at <= started and at < now for now, at in moments) if self.server.weather.stale else False

    def _target(self, cancellation: Recorded) -> Deployment | None:
        return next((ran for ran in cancellation.place.deployments if ran.id == cancellation.known.deployment_id), None)

    # When it ends.

    def _stop(self, cancellation: Recorded) -> None:
        """Check that a stop ends it at once, or by the answer to the cancel that was on the wire."""
        last, stopped_at = cancellation.turns[-1], max(self.story.stopped_at, cancellation.known.started)
        assert cancellation.is_stopped, "stopped although nothing stops it"
        is_at_once = last.now <= stopped_at + EPSILON
        before = cancellation.turns[-2] if len(cancellation.turns) > 1 else last
        is_answered = (
            isinstance(before.operation, POSTS) and before.now == last.now <= stopped_at + CALL_LIMIT + EPSILON
        )
        assert is_at_once or is_answered, "goes on after the stop"

    def _time(self, cancellation: Recorded) -> None:
        now, deadline = self.story.time.now, cancellation.known.deadline
        since = [end for begin, end in self.story.time.sleeps if begin >= cancellation.known.started]
        assert all(end <= deadline + EPSILON for end in since), "slept past the deadline"
        late = 4 * CALL_LIMIT if self.server.weather.trips else 0.0
        assert now <= deadline + late + EPSILON, "ended too late"

    # What is said at the end.

    def _result(self, cancellation: Recorded, result: CancellationResult) -> None:
        assert cancellation.known.deployment_id == result.deployment_id
        assert cancellation.known.canceled_request_ids == list(result.canceled_request_ids)
        if result.outcome in {"nothing_to_cancel", "superseded"}:
            assert cancellation.request.on_idle == "succeed"
        if result.outcome in {"completed", "environment_gone", "unknown"}:
            assert cancellation.request.on_completed == "succeed"
        self._outcome(cancellation, result.outcome, result.deployment_state)

    def _outcome(self, cancellation: Recorded, outcome: Outcome, state: str | None) -> None:
        target = self._target(cancellation)
        match outcome:
            case "canceled":
                self._canceled(cancellation, target, state)
            case "completed":
                self._ended_otherwise(cancellation, target, state)
            case "requested":
                assert not cancellation.request.wait_until_canceled
                assert cancellation.known.sent in {Sent.ACCEPTED, Sent.ADOPTED}
            case "nothing_to_cancel":
                self._idle(cancellation, target)
            case "superseded":
                self._superseded(cancellation, target)
            case "unknown":
                assert target is None or target.end_state is not None, "claims an end"
                assert self._is_excused(cancellation), "the history tells, but it is not believed"
            case "environment_gone":
                flickers = self.server.faults.count("404")
                assert cancellation.place.gone_as is not None or flickers > 1, "claims that the environment is gone"

    def _canceled(self, cancellation: Recorded, target: Deployment | None, state: str | None) -> None:
        if target is not None:
            assert (target.end_state, state) == ("CANCELED", "CANCELED"), "claims a cancellation"
        elif cancellation.known.deployment_state is not None:
            # It never had an id, so all that can be said is that something that ran meanwhile was canceled.
            assert any(ran.end_state == "CANCELED" for ran in cancellation.place.deployments), "claims a cancellation"
        else:
            assert cancellation.known.canceled_request_ids
            assert self._is_idle(cancellation), "claims that nothing is left"

    def _ended_otherwise(self, cancellation: Recorded, target: Deployment | None, state: str | None) -> None:
        if target is not None:
            assert target.end_state not in {None, "CANCELED"}, "claims that the target finished on its own"
            assert state == target.end_state, "tells another end"
        if cancellation.known.sent in {Sent.NOT_SENT, Sent.TOO_LATE} and cancellation.resumes is Sent.NOT_SENT:
            last = self._last_moment(cancellation)
            is_followed = last.is_running or last.status.phase is Phase.UNKNOWN
            assert is_followed or cancellation.known.canceled_request_ids, "claims that another one is running"

    def _idle(self, cancellation: Recorded, target: Deployment | None) -> None:
        assert not [post for post in self._posts(cancellation) if post.hit], "claims that nothing was sent"
        assert not cancellation.known.canceled_request_ids, "claims that nothing was canceled"
        if cancellation.request.deployment_id == "":
            return
        assert cancellation.request.deployment_id is None
        start_by = min(cancellation.known.started + cancellation.request.wait_for_start, cancellation.known.deadline)
        has_started = cancellation.known.deployment_state is not None
        assert has_started or cancellation.turns[-1].now >= start_by - EPSILON, "does not wait for a start"
        if target is not None:
            assert target.end_state not in {None, "CANCELED"}, "forgets how the target ended"
        # The history may have told the end of what a stale status still shows as running.
        is_over = target is not None and target is self._last_moment(cancellation).latest
        assert is_over or self._is_idle(cancellation), "claims that nothing was running"

    def _superseded(self, cancellation: Recorded, target: Deployment | None) -> None:
        assert cancellation.request.deployment_id
        assert cancellation.resumes is Sent.NOT_SENT, "forgets what an earlier run has sent"
        assert not [post for post in self._posts(cancellation) if post.hit], "claims that nothing was sent"
        if target is None:
            return
        moment = self._last_moment(cancellation)
        was_running = target is moment.latest and moment.is_running
        assert not (was_running and target.is_running), "claims that the running deployment is not running"
        told = [turn.event.records for turn in cancellation.turns if isinstance(turn.event, events.HistoryRead)]
        is_told = not told or any(record.id == target.id for record in told[-1])
        assert not is_told or target.end_state not in {None, "CANCELED"}, "forgets how the target ended"

    def _last_moment(self, cancellation: Recorded) -> Moment:
        assert cancellation.last_seen is not None
        return self.server.moments[id(cancellation.last_seen)]

    # How it fails.

    def _error(self, cancellation: Recorded, error: errors.QoveryError) -> None:
        if isinstance(error, errors.CancellationError):
            assert cancellation.known.deployment_id == error.deployment_id
            assert cancellation.known.deployment_state == error.deployment_state
        match error:
            case errors.NothingToCancelError():
                assert cancellation.request.on_idle == "fail"
                self._outcome(
                    cancellation, "superseded" if cancellation.request.deployment_id else "nothing_to_cancel", None
                )
            case errors.NotCanceledError():
                assert cancellation.request.on_completed == "fail"
                marks: dict[str, Outcome] = {
                    "the environment vanished": "environment_gone",
                    "but Qovery does not say how": "unknown",
                }
                named = [outcome for mark, outcome in marks.items() if mark in str(error)]
                self._outcome(cancellation, named[0] if named else "completed", error.deployment_state)
            case errors.WrongDeploymentError():
                target = self._target(cancellation)
                assert any(post.hit is not target for post in self._posts(cancellation)), "blames a right hit"
            case errors.UnexpectedStateError():
                assert self._is_excused(cancellation), "the history tells, but it is not believed"
            case errors.CancellationTimeoutError():
                assert cancellation.turns[-1].now >= cancellation.known.deadline - EPSILON, "timed out too early"
                self._still_runs(cancellation)
            case errors.CancellationInterruptedError():
                assert isinstance(error.__cause__, errors.CallError)
                is_awaited = cancellation.known.sent is not Sent.NOT_SENT
                assert not (is_awaited and error.__cause__.retryable), "an outage ends a wait"
            case errors.CancellationStoppedError():
                self._stop(cancellation)
            case errors.CallError():
                self._failed_call(cancellation, error)
            case _:
                raise AssertionError(f"not an error of a cancellation: {error!r}")

    def _failed_call(self, cancellation: Recorded, error: errors.CallError) -> None:
        weather = self.server.weather
        assert cancellation.known.sent is Sent.NOT_SENT
        is_calm = not (self.server.faults or weather.trips or weather.limited[1] or weather.unavailable)
        if is_calm and cancellation.place.gone_as is None and self.story.time.now < weather.expires:
            assert isinstance(error, errors.ConflictError), "a call failed that did not"

    def _is_excused(self, cancellation: Recorded) -> bool:
        """Return whether the history may not have told how the target ended."""
        weather = self.server.weather
        nameless = weather.nameless or cancellation.place.behavior.null_fields
        return bool(weather.history_lag or weather.stale or nameless)

    def _still_runs(self, cancellation: Recorded) -> None:
        """Check that no timeout is told where an end could have been told."""
        target, weather = self._target(cancellation), self.server.weather
        is_clear = not (self.server.failures or weather.history_lag or weather.nameless or weather.trips)
        if target and cancellation.last_seen and is_clear and not cancellation.place.behavior.null_fields:
            seen = self._last_moment(cancellation)
            # At the moment of the end, a status shows what was true before it or after it.
            is_told = target.ends_at < seen.at or (target.ends_at == seen.at and seen.status.phase.is_over)
            assert not is_told or seen.status.phase is Phase.UNKNOWN, "timed out although the target had ended"
