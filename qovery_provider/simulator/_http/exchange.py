"""One HTTP exchange on aiohttp: reads the request, plays the fault that is due, and answers.

`_api/service.py` and `_api/admin.py` decide the answer, `_api/faults.py` the fault; `wire.py` breaks connections.
"""

import asyncio
import json
from dataclasses import dataclass

from aiohttp import web

from qovery_provider.simulator._api.admin import PREFIX, Admin, Document
from qovery_provider.simulator._api.api import problem
from qovery_provider.simulator._api.errors import JSON_TYPE
from qovery_provider.simulator._api.faults import (
    CutOff,
    Delay,
    Fault,
    FaultScript,
    LoseAnswer,
    Reset,
    Respond,
    SendRaw,
    SlowBody,
)
from qovery_provider.simulator._api.log import LoggedRequest, RequestLog
from qovery_provider.simulator._api.service import Reply, Service
from qovery_provider.simulator._http.wire import head_of, reset, split, stream
from qovery_provider.simulator._world.turns import Clock


@dataclass(frozen=True, slots=True)
class Exchange:
    """Handles every request of a simulator.

    Attributes:
        service: Decides what the API answers.
        admin: Answers the admin interface.
        log: Keeps the requests to the API.
        script: Knows which fault is due.
        clock: The time that the log shows.
        latency: Seconds before each of the API's answers.
    """

    service: Service
    admin: Admin
    log: RequestLog
    script: FaultScript
    clock: Clock
    latency: float

    async def handle(self, http: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; a client that hangs up meanwhile does not undo what it asked for."""
        body = (await http.read()).decode("utf-8", "replace") if http.can_read_body else ""
        if http.path.startswith(PREFIX):
            return self._answer_admin(http, body)
        # Numbers and faults follow the order of arrival, so both come before any waiting.
        request = self._arrived(http, body)
        fault = self.script.strike(request.method, request.path)
        # The latency is that of the request: the API acts after it.
        if self.latency > 0:
            await asyncio.sleep(self.latency)
        if fault is None:
            return self._send(request, self._execute(request))
        return await self._play(fault, request, http)

    def _answer_admin(self, http: web.BaseRequest, body: str) -> web.Response:
        document = _document(body) if body else dict(http.query)
        if document is None:
            answer = problem(400, "The body must be a JSON object")
        else:
            answer = self.admin.answer(http.method, http.path, document)
        text = None if answer.body is None else json.dumps(answer.body)
        return web.Response(status=answer.status, text=text, content_type=JSON_TYPE)

    def _arrived(self, http: web.BaseRequest, body: str) -> LoggedRequest:
        # aiohttp's headers are read-only and ignore case, which is what a reader of the log needs: no copy.
        number, query = self.log.next_number, dict(http.query) if http.query_string else {}
        request = LoggedRequest(number, self.clock(), http.method, http.path, query, http.headers, body)
        self.log.arrived(request)
        return request

    def _execute(self, request: LoggedRequest) -> Reply:
        # Without an await in between, two requests can never act at the same time: the loop is the API's own lock.
        reply = self.service.reply(request)
        if reply.executed:
            self.log.executed(request)
        return reply

    def _send(self, request: LoggedRequest, reply: Reply) -> web.Response:
        self.log.answered(request, reply.status)
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)

    # A request that is not executed never reaches the service, and the rate limit does not count it.
    async def _play(self, fault: Fault, request: LoggedRequest, http: web.BaseRequest) -> web.StreamResponse:
        match fault:
            case Respond(status=status, body=body, headers=headers):
                self._execute_if(request, executed=fault.executed)
                return self._send(request, Reply(status, headers, _bytes(body), fault.executed))
            case Delay():
                await asyncio.sleep(fault.before)
                reply = self._execute(request)
                await asyncio.sleep(fault.after)
                return self._send(request, reply)
            case LoseAnswer() | Reset():
                self._execute_if(request, executed=isinstance(fault, LoseAnswer))
                reset(http.transport)
            case SendRaw():
                self._execute_if(request, executed=fault.executed)
                await stream(http.transport, [_bytes(fault.data)])
            case CutOff():
                reply = self._execute(request)
                await stream(http.transport, [head_of(reply), reply.body[: len(reply.body) // 2]])
            case SlowBody():
                reply = self._execute(request)
                self.log.answered(request, reply.status)
                await stream(http.transport, [head_of(reply), *split(reply.body, fault.pieces)], pause=fault.pause)
        # Never sent: the connection is closed, and aiohttp then drops an answer in silence.
        return web.Response()

    def _execute_if(self, request: LoggedRequest, *, executed: bool) -> None:
        if executed:
            self._execute(request)


def _document(body: str) -> Document | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content
