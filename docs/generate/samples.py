"""The message of each outcome and each error, produced by the code itself."""

from __future__ import annotations

import json
from dataclasses import replace

from qovery_provider import errors
from qovery_provider._cancellation import actions, events, messages
from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest
from qovery_provider._qovery import endpoints, failures, refusals, settings
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.failures import Progress, Route
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._qovery.redaction import Token

ENVIRONMENT = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
OTHER = "8e1d7a54-2b6f-4c39-b0a8-6f5e4d3c2b1a"
DEPLOYMENT, NEXT = f"{ENVIRONMENT}-12", f"{ENVIRONMENT}-13"
TOKEN = Token("not a token", "QOVERY_API_TOKEN")
READ = endpoints.environment_status(ENVIRONMENT)
CANCEL = endpoints.cancel_deployment(ENVIRONMENT, force=False)
OPERATION = READ.operation

REQUEST = CancellationRequest(ENVIRONMENT, on_completed="succeed")
STRICT = CancellationRequest(ENVIRONMENT, on_idle="fail")


def samples() -> dict[str, str]:
    """Return the messages by the outcome's name or the error's class."""
    return {
        **_outcomes(),
        **{type(error).__name__: str(error) for error in (*_settings_errors(), *_call_errors(), *_cancellations())},
    }


def _read(state: str, deployment: str | None = DEPLOYMENT) -> events.StatusRead:
    return events.StatusRead(EnvironmentStatus(ENVIRONMENT, state, state, last_deployment_id=deployment))


def _accepted(deployment: str = DEPLOYMENT) -> events.Accepted:
    return events.Accepted(_read("CANCELING", deployment).status)


def _after(request: CancellationRequest, *observed: events.Event, at_the_deadline: bool = False) -> Cancellation:
    cancellation = Cancellation(request, 0.0, lambda: 0.0)
    for number, event in enumerate(observed, 1):
        cancellation.observe(event, request.timeout if at_the_deadline and number == len(observed) else 5.0 * number)
    return cancellation


def _outcomes() -> dict[str, str]:
    never_told: list[events.Event] = [_read("BUILDING", NEXT), events.HistoryRead([])] * 5
    gone = events.CallFailed(errors.NotFoundError(OPERATION, 404))
    stories = [
        _after(REQUEST, _read("BUILDING"), _accepted(), _read("CANCELED")),
        _after(replace(REQUEST, wait_until_canceled=False), _read("BUILDING"), _accepted()),
        _after(REQUEST, _read("DEPLOYED")),
        _after(replace(REQUEST, deployment_id=DEPLOYMENT), _read("DEPLOYING", NEXT), events.HistoryRead([])),
        _after(REQUEST, _read("BUILDING"), _accepted(), _read("DEPLOYED")),
        _after(REQUEST, _read("BUILDING"), _accepted(), *never_told),
        _after(REQUEST, _read("BUILDING"), _accepted(), gone, gone),
    ]
    return {story.result().outcome: story.result().sentence for story in stories}


def _settings_errors() -> list[errors.QoveryError]:
    found: list[errors.QoveryError] = [errors.RateBudgetError(messages.over_budget(300, 312, 250, 1500))]
    try:
        settings.resolve({}, {})
    except errors.ConfigurationError as error:
        found.append(error)
    return found


def _call_errors() -> list[errors.CallError]:
    return [
        *[_refused(READ, status) for status in (401, 403, 404, 418, 429, 500)],
        _refused(CANCEL, 409),
        refusals.api_error(READ, 502, b"<html>", TOKEN, None),
        errors.NotSentError(CANCEL.operation, "the status behind it was more than 2 s old"),
        failures.transport_error(READ, type("ReadTimeout", (Exception,), {})(), Progress.SENT, Route("api.qovery.com")),
    ]


def _refused(call: ApiCall[object], status: int) -> errors.CallError:
    body = json.dumps({"status": status, "detail": "No access" if status in {401, 403} else ""}).encode()
    return refusals.api_error(call, status, body, TOKEN, None)


def _cancellations() -> list[Exception]:
    running, expired = _read("BUILDING"), events.CallFailed(_refused(READ, 401))
    nameless = events.StatusRead(replace(_read("BUILDING").status, last_deployment_id=None))
    stories = [
        _after(STRICT, _read("DEPLOYED")),
        _after(STRICT, running, _accepted(), _read("DEPLOYED")),
        _after(STRICT, running, _accepted(NEXT)),
        _after(replace(STRICT, include_queued=True), nameless, events.QueueListed([]), nameless),
        _after(STRICT, running, _accepted(), _read("CANCELING"), at_the_deadline=True),
        _after(STRICT, running, _accepted(), expired),
        _after(STRICT, running, _accepted(), _read("CANCELING"), events.Stopped()),
    ]
    found = [story.action.error for story in stories if isinstance(story.action, actions.Fail)]
    denied = _refused(endpoints.environment_status(OTHER), 403)
    both = {ENVIRONMENT: found[4], OTHER: denied}
    return [*found, errors.BulkCancellationError(both, 20)]
