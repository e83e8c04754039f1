"""The simulator as a test uses it: a context manager around a real HTTP server on loopback, in a thread of its own.

It wires the parts together, starts and stops them; it does not know what they do.
"""

import asyncio
import socket
import threading
import time
from concurrent.futures import Future
from typing import Final, NamedTuple
from weakref import WeakSet

from aiohttp import web

from qovery_provider.simulator._api.admin import Admin
from qovery_provider.simulator._api.api import Api
from qovery_provider.simulator._api.errors import ErrorStyle
from qovery_provider.simulator._api.faults import Fault, FaultScript
from qovery_provider.simulator._api.limits import RateLimiter, ResetForm
from qovery_provider.simulator._api.log import LoggedRequest, RequestLog
from qovery_provider.simulator._api.service import Service
from qovery_provider.simulator._http.exchange import Exchange
from qovery_provider.simulator._world.turns import Clock
from qovery_provider.simulator._world.world import World

# Loopback only, and not by option: a simulator with a well-known token has no business on a network.
HOST: Final = "127.0.0.1"
# Hundreds of clients of a benchmark connect within a millisecond; the usual 128 would make them retry.
BACKLOG: Final = 1024
# An answer that is held back is not worth waiting for. Zero would mean no limit.
SHUTDOWN_SECONDS: Final = 0.01
# Turns of the event loop from accepting a connection until it is the server's (asyncio's `_accept_connection2`).
ACCEPT_TURNS: Final = 3


class QoverySimulator:
    """A Qovery API in this process; it serves from entering the context to leaving it.

    Attributes:
        world: The projects and environments; any thread may use it.
        service: Credentials, rate limit and error style, to be changed at any time.
        url: The base URL, known once the context is entered.
    """

    def __init__(  # noqa: PLR0913 - each is an option of its own
        self,
        *,
        token: str = "qov_simulator",  # noqa: S107 - opens nothing but this simulator
        latency: float = 0.0,
        rate_limit: int = 1000,
        reset_form: ResetForm = "epoch",
        error_style: ErrorStyle = "detail",
        port: int = 0,
        clock: Clock = time.time,
    ) -> None:
        """Prepare a simulator.

        Args:
            token: The token to accept: `qov_...` and `sk-qov-...` as `Token`, a JWT as `Bearer`.
            latency: Seconds before each answer.
            rate_limit: Requests per hour and token.
            reset_form: Whether X-RateLimit-Reset is an epoch or a number of seconds.
            error_style: How errors are written.
            port: The port on loopback; 0 takes a free one.
            clock: The time in seconds since the epoch, by which deployments run.
        """
        self.world = World(clock, lock=threading.RLock())
        self.service = Service(Api(self.world), token, RateLimiter(rate_limit, clock, reset_form=reset_form))
        self.service.error_style = error_style
        self.url = ""
        self._log = RequestLog()
        self._script = FaultScript()
        admin = Admin(self.world, self._log, self._script)
        self._exchange = Exchange(self.service, admin, self._log, self._script, clock, latency)
        self._port = port
        self._thread: _ServerThread | None = None

    @property
    def token(self) -> str:
        return self.service.token

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """Every request so far, in the order of arrival."""
        return self._log.entries()

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted so far."""
        return 0 if self._thread is None else self._thread.ready.result().server.accepted

    def posts(self) -> tuple[LoggedRequest, ...]:
        """The requests that may have changed something."""
        return tuple(request for request in self.requests if request.method == "POST")

    def inject(self, *faults: Fault) -> None:
        """Let faults strike, each one as often as it says."""
        for fault in faults:
            self._script.add(fault)

    def start(self) -> None:
        """Serve; when this returns, the server answers.

        Raises:
            OSError: The port is taken.
        """
        # The port is bound here, not in the thread: its error belongs to the caller, and the url is known at once.
        listener = socket.create_server((HOST, self._port), backlog=BACKLOG)
        self.url = f"http://{HOST}:{listener.getsockname()[1]}"
        self._thread = _ServerThread(self._exchange, listener)
        self._thread.start()
        self._thread.ready.result()

    def stop(self) -> None:
        """Close every connection and stop serving; once is enough, twice is no error."""
        if self._thread is not None:
            self._thread.stop()

    def __enter__(self) -> "QoverySimulator":  # noqa: PYI034 - `Self` came with Python 3.11
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Running(NamedTuple):
    """What other threads need of a running server; strictly private."""

    loop: asyncio.AbstractEventLoop
    stopping: asyncio.Event
    server: "_CountingServer"


class _ServerThread(threading.Thread):
    """Runs the event loop; strictly private."""

    def __init__(self, exchange: Exchange, listener: socket.socket) -> None:
        super().__init__(name="qovery-simulator", daemon=True)
        self.ready: Future[_Running] = Future()
        self._exchange = exchange
        self._listener = listener

    def run(self) -> None:
        asyncio.run(self._serve())

    def stop(self) -> None:
        # The loop is gone once the thread has ended, so a second stop must not call into it.
        running = self.ready.result()
        if self.is_alive():
            running.loop.call_soon_threadsafe(running.stopping.set)
            self.join()

    async def _serve(self) -> None:
        server = _CountingServer(self._exchange)
        runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        await web.SockSite(runner, self._listener, backlog=BACKLOG).start()
        stopping = asyncio.Event()
        self.ready.set_result(_Running(asyncio.get_running_loop(), stopping, server))
        await stopping.wait()
        # asyncio never closes a connection that it accepts while its server closes (`Server._attach` fails): so no
        # further one is accepted, and those that were accepted become the server's first.
        asyncio.get_running_loop().remove_reader(self._listener)
        for _ in range(ACCEPT_TURNS):
            await asyncio.sleep(0)
        await runner.cleanup()
        # What is left: clients that do not read their last answer.
        for transport in server.transports:
            transport.abort()
        await asyncio.sleep(0)


class _CountingServer(web.Server):
    """Counts the connections; strictly private."""

    def __init__(self, exchange: Exchange) -> None:
        # Our own log is kept; writing aiohttp's would cost more than most answers.
        super().__init__(exchange.handle, access_log=None)
        self.accepted = 0
        self.transports: WeakSet[asyncio.Transport] = WeakSet()

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        self.accepted += 1
        self.transports.add(transport)
        super().connection_made(handler, transport)
