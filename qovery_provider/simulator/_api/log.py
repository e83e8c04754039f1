"""The log of requests, in the order of arrival, with the answer that each one got.

A request is in the log from its arrival on, so that a test sees it while its answer is still held back.
"""

from collections.abc import Mapping
from typing import NamedTuple


class LoggedRequest(NamedTuple):
    """One request to the API; a tuple, because thousands a second are written.

    Attributes:
        number: Counts from 1; the world's records name requests by it.
        at: When it arrived, by the simulator's clock.
        method: GET or POST.
        path: The path without the query.
        query: The query's fields.
        headers: The headers as they came.
        body: The body as text.
        status: The status code that was sent; `None` until then, and for good when the answer was lost.
        executed: Whether the API acted on it, also when the answer was lost or an error.
    """

    number: int
    at: float
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    status: int | None = None
    executed: bool = False

    def to_json(self) -> dict[str, object]:
        return {**self._asdict(), "query": dict(self.query), "headers": dict(self.headers)}


class RequestLog:
    """Numbers and keeps the requests; one thread writes, any thread may read."""

    def __init__(self) -> None:
        self._requests: list[LoggedRequest] = []

    @property
    def next_number(self) -> int:
        return len(self._requests) + 1

    def arrived(self, request: LoggedRequest) -> None:
        """Write down a request that carries the next number."""
        # Appending is atomic, and readers take a copy: no lock is needed.
        self._requests.append(request)

    def executed(self, request: LoggedRequest) -> None:
        """Note that the API acted on it."""
        self._update(request, executed=True)

    def answered(self, request: LoggedRequest, status: int) -> None:
        """Note the status code that was sent."""
        self._update(request, status=status)

    def entries(self) -> tuple[LoggedRequest, ...]:
        return tuple(self._requests)

    def _update(self, request: LoggedRequest, **changes: object) -> None:
        # Entries are replaced, never changed: an entry that a reader holds stays as it is.
        index = request.number - 1
        self._requests[index] = self._requests[index]._replace(**changes)  # type: ignore[arg-type]
