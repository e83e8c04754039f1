"""The client: one call in, typed data or one typed error out.

It neither retries nor sleeps and decides nothing about cancellations. What it does know is whether a failed call may
have been executed all the same: the transport proves that, and who answered says it.

The HTTP library comes with the first client: importing it takes about as long as everything else of this package, and a
program that only declares resources, or an update that changes nothing, makes no call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from qovery_provider._clock import Clock
from qovery_provider._qovery.endpoints import ApiCall
from qovery_provider._qovery.failures import ADDRESS, malformed
from qovery_provider._qovery.models import MalformedAnswerError
from qovery_provider._qovery.rate_limit import RateBudget, retry_after
from qovery_provider._qovery.redaction import redact, without_tokens
from qovery_provider._qovery.refusals import api_error
from qovery_provider._qovery.settings import Settings
from qovery_provider._version import __version__
from qovery_provider.errors import ApiError, TransportError

if TYPE_CHECKING:
    from qovery_provider._qovery.transport import Adapter, Reply

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0
"""Seconds for a connection, and for the silence between two pieces of an answer."""

USER_AGENT = f"qovery-provider/{__version__} (pulumi)"

Answer = TypeVar("Answer")


class QoveryClient:
    """The way to Qovery's API. Threads may share one; it keeps its connections alive.

    Args:
        settings: Where the API is, and with what token.
        clock: The time at which answers come, for the rate limit.
        connections: How many connections are kept. Default: 1.
        timeout: Seconds for a connection, and for the silence between two pieces of an answer. Default: (10, 30).
        adapter: What carries the requests. Default: connections that know when the first byte leaves.

    Attributes:
        budget: The rest of the rate limit, which belongs to the token: clients with the same token may share it.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        connections: int = 1,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT, READ_TIMEOUT),
        adapter: Adapter | None = None,
    ) -> None:
        from qovery_provider._qovery.connections import TrackedAdapter  # noqa: PLC0415 - see above
        from qovery_provider._qovery.transport import Transport  # noqa: PLC0415 - see above

        self.budget = RateBudget()
        self._token, self._clock = settings.token, clock
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Authorization": f"{settings.auth_scheme} {settings.token.reveal()}",
        }
        adapter = adapter or TrackedAdapter(pool_connections=1, pool_maxsize=connections)
        self._transport = Transport(settings.api_url, headers, timeout, adapter)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def send(self, call: ApiCall[Answer], before_sending: Callable[[], None] = lambda: None) -> Answer:
        """Make a call, once, and return its answer.

        Args:
            call: The call.
            before_sending: Is called once, right before the first byte of the request is sent, when the connection
                stands; its exceptions are raised here, and then nothing was sent. Default: nothing is called.

        Raises:
            CallError: It failed; the error says whether it may have been executed all the same.
        """
        reply = self._transport.exchange(call, before_sending)
        now, wall = self._clock.monotonic(), self._clock.wall()
        if reply.status in call.statuses:
            answer = self._parsed(call, reply)
            self.budget.observe(reply.headers, now, wall)
            return answer
        error = api_error(call, reply.status, reply.content, self._token, retry_after(reply.headers, wall))
        if isinstance(error, ApiError):
            self.budget.observe(reply.headers, now, wall)
        raise error

    def _parsed(self, call: ApiCall[Answer], reply: Reply) -> Answer:
        try:
            return cast("Answer", self._token.hidden_from(call.parse(reply.content)))
        except MalformedAnswerError as error:
            raise malformed(call, error) from None
        except (ValueError, RecursionError):
            content_type = reply.headers.get("Content-Type")
            shown = redact(content_type and without_tokens(self._token.hidden_in(content_type)))
            problem = f"the response is not JSON (content type: {shown})"
            raise TransportError(call.operation, problem, ADDRESS, may_have_executed=call.changes) from None
