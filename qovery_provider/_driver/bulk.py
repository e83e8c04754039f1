"""Many environments at once: which project each belongs to, whether they fit the rate budget, and all to their end.

It knows no Pulumi. One poll shows a whole project, so what many environments cost is one cancel each and a few polls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from math import inf

from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.messages import over_budget
from qovery_provider._cancellation.model import CancellationRequest, Sent, Stage
from qovery_provider._clock import Signal
from qovery_provider._driver.calls import MAX_CONCURRENT_CALLS, Client
from qovery_provider._driver.driver import Driver
from qovery_provider._driver.poll_groups import PollGroups
from qovery_provider._driver.polls import Statuses, by_id
from qovery_provider._driver.session import READ_LIMIT, Session
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider.errors import CallError, NotFoundError, PermissionDeniedError, RateBudgetError

SECONDS_BETWEEN_LINES = 0.5

MAX_UNREAD = 10
"""Environments of a list that fail, by no fault of their own, before it is given up because nothing could be read."""

OWN_ERRORS = NotFoundError | PermissionDeniedError
"""What concerns one environment alone; everything else concerns the token, or the way to Qovery."""

FIRST_READS_PATIENCE = 1.5
"""Seconds from the first status read on in which the others are waited for; later ones are taken in as they come."""

READS_PER_PROJECT = 12
"""Requests for the status and the history that a cancellation of about a minute costs a project, beside its cancels."""


@dataclass(frozen=True, slots=True)
class Target:
    """One environment, with the target and progress of the earlier run that is resumed."""

    environment_id: str
    deployment_id: str | None = None
    sent: Sent = Sent.NOT_SENT


def tally(cancellations: Sequence[Cancellation]) -> str:
    """Say in one line how far many cancellations are."""
    failed = sum(isinstance(cancellation.action, actions.Fail) for cancellation in cancellations)
    done = sum(isinstance(cancellation.action, actions.Done) for cancellation in cancellations)
    left = len(cancellations) - done - failed
    return f"{done} of {len(cancellations)} done, {left} in progress, {failed} failed"


class BulkCancellation:
    """The cancellations of many environments.

    Args:
        session: The settings, the time, and what carries the calls.
        request: What is asked for in each environment; its `environment_id` is not used.
        on_change: Is called with all cancellations from time to time.
        stop: Ends all of them early when it is set, as in `Session.follow`. Default: nothing does.

    Attributes:
        cancellations: One for each environment, once they have begun; they stay here, however the run ends.
    """

    def __init__(
        self,
        session: Session,
        request: CancellationRequest,
        on_change: Callable[[Sequence[Cancellation]], None],
        *,
        stop: Signal | None = None,
    ) -> None:
        self._session, self._request, self._on_change = session, request, on_change
        self._stop = stop
        self.cancellations: Sequence[Cancellation] = ()
        self._shown_at = -inf

    def cancel_project(self, project_id: str) -> Sequence[Cancellation]:
        """Cancel in every environment of a project; return when each has come to its end.

        Raises:
            CallError: The project cannot be read; StoppedError if that was stopped.
            RateBudgetError: The rate limit does not leave enough requests for so many environments.
        """
        started = self._session.clock.monotonic()
        with closing(self._session.open_client(MAX_CONCURRENT_CALLS)) as client:
            statuses = self._read_project(client, project_id)
            groups = PollGroups(client)
            groups.know(project_id, list(statuses))
            cancellations = [self._begun(Target(environment_id), started) for environment_id in statuses]
            now = self._session.clock.monotonic()
            for cancellation in cancellations:
                status = statuses[cancellation.request.environment_id]
                if isinstance(status, EnvironmentStatus):
                    cancellation.observe(events.StatusRead(status, now - started), now)
            return self._run(client, groups, cancellations)

    def cancel(self, targets: Sequence[Target]) -> Sequence[Cancellation]:
        """Cancel in these environments; return when each has come to its end.

        Raises:
            CallError: No environment can be read.
            RateBudgetError: The rate limit does not leave enough requests for so many environments.
        """
        started = self._session.clock.monotonic()
        with closing(self._session.open_client(len(targets))) as client:
            return self._run(client, PollGroups(client), [self._begun(target, started) for target in targets])

    def _read_project(self, client: Client, project_id: str) -> Statuses:
        limit = min(READ_LIMIT, self._request.timeout)
        call = endpoints.project_statuses(project_id)
        return by_id(self._session.runner.call_with_retries(client, call, limit, self._stop))

    def _begun(self, target: Target, started: float) -> Cancellation:
        request = replace(self._request, environment_id=target.environment_id, deployment_id=target.deployment_id)
        return self._session.begin(request, target.sent, started)

    def _run(self, client: Client, groups: PollGroups, cancellations: Sequence[Cancellation]) -> Sequence[Cancellation]:
        """Bring cancellations to their end; first read, then see whether the rest fits the rate budget, then act."""
        runner = self._session.runner
        driver = Driver(client, runner, lambda _: self._tell(cancellations), lambda _: self._stop)
        groups.add(*cancellations)
        while (held_until := _first_reads_end(cancellations)) > runner.clock.monotonic():
            driver.advance(groups.groups, held_until=held_until)
        self._check_readable(cancellations)
        self._check_budget(client, cancellations, groups.projects)
        self.cancellations = cancellations
        while driver.advance(groups.groups):
            pass
        return cancellations

    def _check_readable(self, cancellations: Sequence[Cancellation]) -> None:
        """Refuse to begin where nothing can be read: then it is the token or the way to Qovery, and no environment.

        An error that concerns one environment alone says so only once every environment of a long list has one.
        """
        errors = _errors_before_a_read(cancellations)
        shared = _shared(errors)
        is_nothing_read = not any(each.known.status for each in cancellations)
        is_common = len(shared) >= MAX_UNREAD or shared == errors or MAX_UNREAD <= len(errors) == len(cancellations)
        if errors and is_nothing_read and is_common:
            raise (shared or errors)[0]

    def _check_budget(self, client: Client, cancellations: Sequence[Cancellation], projects: int) -> None:
        """Refuse to begin a run that the rate limit would interrupt.

        An environment that could not be read yet may need a cancel as well.
        """
        begins = actions.SendCancel | actions.ListQueue | actions.ReadStatus
        calls = sum(isinstance(each.action, begins) and each.known.sent is Sent.NOT_SENT for each in cancellations)
        needed = calls + READS_PER_PROJECT * projects
        left = client.budget.remaining(self._session.clock.monotonic())
        if calls and left and needed > left.requests:
            raise RateBudgetError(over_budget(calls, needed, left.requests, left.seconds))

    def _tell(self, cancellations: Sequence[Cancellation]) -> None:
        """Hundreds of answers may come within a second: too many lines to read."""
        now = self._session.clock.monotonic()
        if now >= self._shown_at + SECONDS_BETWEEN_LINES:
            self._shown_at = now
            self._on_change(cancellations)


def _errors_before_a_read(cancellations: Sequence[Cancellation]) -> list[CallError]:
    """Return the failed calls that ended cancellations before anything was read."""
    failed = [each.action for each in cancellations if each.known.status is None]
    return [end.error for end in failed if isinstance(end, actions.Fail) and isinstance(end.error, CallError)]


def _shared(errors: Sequence[CallError]) -> list[CallError]:
    """Return those that concern more than one environment alone."""
    return [error for error in errors if not isinstance(error, OWN_ERRORS)]


def _first_reads_end(cancellations: Sequence[Cancellation]) -> float:
    """Return until when only the status is read, -inf where there is nothing to wait for.

    Nothing is held up for longer than a status read may be behind a cancel: it would have to be read again.
    """
    unread = [each for each in cancellations if each.known.status is None and each.stage is not Stage.FINISHED]
    read_at = [each.known.now for each in cancellations if each.known.status is not None]
    failed = len(_shared(_errors_before_a_read(cancellations)))
    if not unread or (not read_at and failed >= MAX_UNREAD):
        return -inf
    return min(read_at, default=inf) + FIRST_READS_PATIENCE
