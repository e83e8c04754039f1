"""What a host lends to a lifecycle, for tests that call one without a host."""

from __future__ import annotations

from qovery_provider._clock import Clock, SystemClock
from qovery_provider._driver.session import Sessions
from qovery_provider._lifecycle.lifecycle import Operation
from qovery_provider.simulator import QoverySimulator
from tests.support.calls import settings_for


def lent(
    qovery: QoverySimulator, clock: Clock | None = None, timeout: float | None = None
) -> tuple[Operation, list[str]]:
    """Return an operation on a simulator, and the lines that stay, as they come."""
    sessions, lines = Sessions(clock or SystemClock()), list[str]()
    operation = Operation(lambda: sessions.of(settings_for(qovery)), lambda _: None, lines.append, timeout=timeout)
    return operation, lines
