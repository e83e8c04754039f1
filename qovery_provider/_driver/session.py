"""What a host can do with Qovery, each in one call: connect, act, let go. It knows no Pulumi.

A host (the dynamic provider, the functions) brings settings and checked inputs, and gets data or one typed error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from random import random

from qovery_provider._cancellation.machine import Cancellation
from qovery_provider._cancellation.model import CancellationRequest, Knowledge, Sent
from qovery_provider._clock import Clock, SystemClock
from qovery_provider._driver.calls import call_with_retries
from qovery_provider._driver.polls import follow
from qovery_provider._qovery import endpoints
from qovery_provider._qovery.client import CONNECT_TIMEOUT, READ_TIMEOUT, QoveryClient
from qovery_provider._qovery.models import EnvironmentStatus
from qovery_provider._qovery.settings import Settings

READ_LIMIT = 120.0
"""Seconds for reading something, retries included."""

CLOCK = SystemClock()


def cancel(
    settings: Settings,
    request: CancellationRequest,
    on_change: Callable[[Knowledge], None],
    *,
    sent: Sent = Sent.NOT_SENT,
    clock: Clock = CLOCK,
) -> Cancellation:
    """Cancel what is meant and follow it to its end; `on_change` is told what is known after each event.

    Args:
        settings: Where Qovery is.
        request: What is asked for.
        on_change: Is told what is known after each event.
        sent: How far an earlier run got, when this one resumes it.
        clock: The time.

    Returns:
        The cancellation, whose `result` gives what happened or raises why it failed.
    """
    cancellation = Cancellation(request, clock.monotonic(), random, sent)
    follow(settings, cancellation, on_change, clock)
    return cancellation


def environment_status(
    settings: Settings, environment_id: str, clock: Clock = CLOCK, limit: float = READ_LIMIT
) -> EnvironmentStatus:
    """Read the status of one environment within `limit` seconds.

    Raises:
        CallError: Qovery does not say.
    """
    timeout = min(CONNECT_TIMEOUT, limit), min(READ_TIMEOUT, limit)
    call = endpoints.environment_status(environment_id)
    with closing(QoveryClient(settings, clock, timeout=timeout)) as client:
        return call_with_retries(call.operation, lambda: client.send(call), clock, limit, random)


def project_statuses(settings: Settings, project_id: str, clock: Clock = CLOCK) -> Sequence[EnvironmentStatus]:
    """Read the status of every environment of a project.

    Raises:
        CallError: Qovery does not say.
    """
    call = endpoints.project_statuses(project_id)
    with closing(QoveryClient(settings, clock)) as client:
        return call_with_retries(call.operation, lambda: client.send(call), clock, READ_LIMIT, random)
