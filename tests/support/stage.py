"""One real cancellation over a real socket, with a server that misbehaves at one place of it.

The way to the server may lead through a CONNECT proxy, or to a gateway that answers for itself where it cannot pass an
answer on. The server answers from the simulator's world, so that "executed, but the answer was lost" is real. Time is
virtual: nothing sleeps, and a call that hangs takes at once the time that it is given. Sockets, threads and TLS are
real.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import pytest
from requests import PreparedRequest, Response

from qovery_provider._cancellation.model import CancellationRequest, CancellationResult
from qovery_provider._clock import Clock, Signal
from qovery_provider._driver.session import Sessions
from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.connections import TrackedAdapter
from qovery_provider._qovery.settings import Settings, resolve
from qovery_provider.errors import QoveryError
from qovery_provider.simulator import LoggedRequest, Plan, QoverySimulator
from tests.support.certificates import HOST, Certificate, server_context
from tests.support.proxy import Gateway, Proxy
from tests.support.time import FakeClock
from tests.support.wire import Connection, DeadPorts, Request, ScriptedServer, http

TOKEN = "qov_S3cret+t0ken/of=the~test"
"""Its percent-encoded form is another one than itself."""

TIMEOUT, LONG_TIMEOUT, SHORT_TIMEOUT = 160.0, 600.0, 10.0
"""Seconds for the whole wait: for all attempts of a cancel; for calls that hang; and until the last poll is reached."""

SAFE_POINT = 2.0
"""Seconds from the cancel until the deployment has ended."""

PATIENT, HALF_PATIENT, IMPATIENT = (5.0, 5.0), (5.0, 0.03), (0.03, 0.03)
"""Limits of the client on connecting and on silence; the others for calls that are known to meet silence."""


NUMBER = "X-Call"
"""The header with the number of a call."""

UNRESOLVABLE = ".".join(["unknown"] * 40)
"""A host name that is too long to be one: no resolver sends a query for it, so this needs no network and no time."""


class Road(Enum):
    """How the client reaches the server: the columns of the fault matrix."""

    DIRECT = "direct"
    TUNNEL = "CONNECT proxy"
    GATEWAY = "gateway"


class Position(Enum):
    """Where in a cancellation a fault strikes."""

    FIRST_READ = "first status read"
    POST = "POST"
    WAITING = "poll"
    LAST_POLL = "last poll"


@dataclass(frozen=True, slots=True)
class Reply:
    """The response of an honest server."""

    status: int
    body: bytes
    headers: dict[str, str]

    def to_bytes(self) -> bytes:
        """Write it as HTTP."""
        return http(self.status, self.body, self.headers)


class Moment:
    """A request that is struck, with all that a script needs to answer it."""

    def __init__(self, stage: Stage, connection: Connection, request: Request) -> None:
        self.stage, self.connection, self.request = stage, connection, request

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self.stage.clock.wall()

    def execute(self) -> Reply:
        """Let Qovery act on the request; return its true answer."""
        return self.stage.reply(self.request)

    def hang(self) -> None:
        """Tell that no whole answer will come, so that the test need not wait for that."""
        self.stage.clock.hung.set_result(None)


Route = Literal["open", "closed port", "no answer to connects", "unknown host"]


@dataclass(frozen=True, slots=True)
class Fault:
    """How the wire misbehaves.

    Attributes:
        on_request: Answers a request that is struck; returns whether the connection stays open.
        on_connection: Is told of a connection that is struck; returns whether a request is read from it.
        on_connect: Is told of a CONNECT that is struck; returns whether the proxy makes the tunnel.
        route: Where the host name leads to.
        certificate: The server's certificate; None for plain HTTP.
        is_silent: Whether the client has to run into its limit on silence.
        is_before_request: Whether it strikes connections rather than requests.
        closes_idle: Whether the server closes the idle connections before the call that is struck.
        hangs_up: Whether the server closes the connection after its answer. In virtual time, the next call follows at
            once; the client has noticed by then, as it does between real polls.
        hangs: Whether every call that is struck takes as long as it may.
    """

    on_request: Callable[[Moment], bool] = lambda moment: moment.connection.send(moment.execute().to_bytes())
    on_connection: Callable[[Connection], bool] = lambda _: True
    on_connect: Callable[[Connection], bool] = lambda _: True
    route: Route = "open"
    certificate: Certificate | None = None
    is_silent: bool = False
    is_before_request: bool = False
    closes_idle: bool = False
    hangs_up: bool = False
    hangs: bool = False


class Stage:
    """A world with one running deployment and a queued one behind it, and the road to it.

    Attributes:
        posts: How many cancels reached the server whole.
        strikes: The times at which the fault struck.
        calls: The times of all calls.
    """

    def __init__(
        self, fault: Fault, position: Position | None, *, lasting: bool = False, road: Road = Road.DIRECT
    ) -> None:
        self.fault, self.position, self.lasting, self.road = fault, position, lasting, road
        self._is_secure = bool(fault.certificate) or road is Road.TUNNEL
        self.clock = _Clock()
        self.timeout = LONG_TIMEOUT if fault.hangs else TIMEOUT
        if position is Position.LAST_POLL:
            self.timeout = SHORT_TIMEOUT
        self.qovery = QoverySimulator(token=TOKEN, clock=self.clock.wall)
        self.environment = self.qovery.world.add_environment()
        # The last poll, and no earlier one, is the first to show the end.
        delay = self.timeout - 0.001 if position is Position.LAST_POLL else SAFE_POINT
        course = (("BUILDING", 1e6),)
        self.target = self.environment.deploy(Plan(phases=course, cancel_delay=delay))
        self.environment.enqueue(Plan(phases=course))
        self.posts, self.strikes, self.calls = 0, list[float](), list[float]()
        self._announced = {"POST": 0, "first": 0, "later": 0}
        self._is_struck, self._struck = False, set[str]()
        self._turn = threading.Lock()
        self.server = ScriptedServer(self._answer, self._greet)
        self._dead = DeadPorts()
        self._sessions = Sessions(self.clock, lambda: 0.5, self._connect)

    def __enter__(self) -> Stage:  # noqa: PYI034 - `Self` came with Python 3.11
        self._open = ExitStack()
        self._open.callback(self._dead.close)
        self._open.enter_context(self.server)
        self._port = self.server.port
        if self.road is Road.TUNNEL:
            self._proxy = self._open.enter_context(Proxy(connect=self._connect_tunnel))
            self._open.enter_context(pytest.MonkeyPatch.context()).setenv("HTTPS_PROXY", self._proxy.url)
        if self.road is Road.GATEWAY:
            self._port = self._open.enter_context(Gateway(self._upstream, self._patience)).port
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def cancel(self, deployment_id: str | None = None) -> CancellationResult | QoveryError:
        """Run one cancellation as a host does; return how it ends."""
        url = f"{'https' if self._is_secure else 'http'}://{HOST}:{self._port}"
        settings = resolve({"qovery:apiUrl": url}, {"QOVERY_API_TOKEN": TOKEN})
        request = CancellationRequest(self.environment.id, deployment_id, timeout=self.timeout)
        self._deadline = self.clock.now + self.timeout
        try:
            session = self._sessions.of(settings)
            cancellation = session.begin(request)
            session.follow(cancellation, lambda _: None)
            return cancellation.result()
        except QoveryError as error:
            return error

    def cancel_again(self) -> CancellationResult | QoveryError:
        """Run again, pinned to the target, on a wire that behaves; count the cancels of this run alone."""
        self.position, self._is_struck, self.posts = None, False, 0
        return self.cancel(self.target.id)

    # The client's side.

    def announce(self, method: str, path: str) -> tuple[float, float]:
        """Take which call comes next; return the limits on its silence."""
        self.calls.append(self.clock.now)
        position = self._position_of(method, path)
        self._is_struck = position is not None and position is self.position and (self.lasting or not self.strikes)
        if self._is_struck:
            self.strikes.append(self.clock.now)
            self._struck.add(str(len(self.calls)))
            if self.fault.closes_idle:
                self._close_idle()
        if not (self._is_struck and self.fault.is_silent) or self.road is Road.GATEWAY:
            return PATIENT
        return IMPATIENT if self.fault.is_before_request else HALF_PATIENT

    def _close_idle(self) -> None:
        self.server.close_connections()
        if self.road is Road.TUNNEL:
            self._proxy.close_connections()

    def _position_of(self, method: str, path: str) -> Position | None:
        if method == "POST":
            self._announced["POST"] += 1
            return Position.POST
        if not path.endswith("/status"):
            return None
        if not self._announced["POST"]:
            return Position.FIRST_READ
        if self.clock.now >= self._deadline:
            return Position.LAST_POLL
        self._announced["later"] += 1
        return Position.WAITING if self._announced["later"] > 1 else None

    def _connect(
        self, settings: Settings, clock: Clock, *, connections: int, timeout: tuple[float, float]
    ) -> QoveryClient:
        return QoveryClient(settings, clock, connections=connections, timeout=timeout, adapter=_Road(self))

    def route(self, url: str) -> str:
        """Return where a call to this URL leads."""
        if self.road is Road.GATEWAY:
            return url
        if self._route == "unknown host":
            return url.replace(HOST, UNRESOLVABLE)
        return url.replace(f":{self.server.port}", f":{self._upstream()}")

    @property
    def _route(self) -> Route:
        return self.fault.route if self._is_struck else "open"

    def _upstream(self) -> int:
        """Return the port that stands for the server now."""
        ports: dict[Route, int] = {
            "open": self.server.port,
            "closed port": self._dead.refusing,
            "no answer to connects": self._dead.silent,
            "unknown host": self._dead.refusing,
        }
        return ports[self._route]

    def _patience(self) -> float:
        """Return how many seconds a gateway waits for the server now."""
        return IMPATIENT[1] if self._is_struck and self.fault.is_silent else PATIENT[1]

    # The server's side.

    def reply(self, request: Request) -> Reply:
        """Let the simulator act on a request."""
        path, _, query = request.target.partition("?")
        fields = dict(field.split("=") for field in query.split("&") if field)
        with self._turn:
            answer = self.qovery.service.reply(
                LoggedRequest(
                    self.posts, self.clock.wall(), request.method, path, fields, request.headers, request.body.decode()
                )
            )
        headers = dict(answer.headers)
        if self.fault.is_before_request or self.fault.certificate:
            # The next call needs a connection of its own to be struck.
            headers["Connection"] = "close"
        return Reply(answer.status, answer.body, headers)

    def _greet(self, connection: Connection) -> bool:
        if self._is_struck and not self.fault.on_connection(connection):
            return False
        if not self._is_secure:
            return True
        struck = self.fault.certificate if self._is_struck else None
        return connection.secure(server_context(struck or "good"))

    def _connect_tunnel(self, connection: Connection) -> bool:
        return not self._is_struck or self.fault.on_connect(connection)

    def _answer(self, connection: Connection, request: Request) -> bool:
        if request.method == "POST":
            self.posts += 1
        # By the request itself: one that was given up may arrive when the next call is already announced.
        if request.headers[NUMBER] in self._struck and not self.fault.is_before_request:
            return self.fault.on_request(Moment(self, connection, request))
        reply = self.reply(request)
        return connection.send(reply.to_bytes()) and reply.headers.get("Connection") != "close"


class _Clock(FakeClock):
    """A call that hangs for good takes at once as long as it may.

    Attributes:
        hung: Set by the script when no whole answer will come.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hung = Signal()

    def wait(self, futures: Collection[Future[Any]], timeout: float) -> None:
        if not any(future.running() for future in futures):
            super().wait(futures, timeout)
            return
        super().wait([*futures, self.hung], timeout)
        if self.hung.done():
            self.hung = Signal()
            self.move_to(self.now + timeout)


class _Road(TrackedAdapter):
    """Tells the stage which call it is about to carry, and carries it where it is told."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1)
        self._stage = stage

    def send(self, request: PreparedRequest, *_: Any, **options: Any) -> Response:  # noqa: ANN401 - as in the base
        if self._stage.strikes and self._stage.fault.hangs_up:
            self.close()
        timeout = self._stage.announce(str(request.method), request.path_url)
        request.url, request.headers[NUMBER] = self._stage.route(str(request.url)), str(len(self._stage.calls))
        return super().send(request, **{**options, "timeout": timeout})
