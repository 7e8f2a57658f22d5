"""The process: a socket, uvicorn on it, deadlines of slow clients, a clean end."""

import asyncio
import gc
import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from functools import partial

import uvicorn
from uvicorn.server import ServerState

from fakeai.core.clock import WallClock
from fakeai.server.asgi import AsgiApp
from fakeai.server.codec import Codec
from fakeai.server.conversation import Conversation
from fakeai.server.limits import Deadlines
from fakeai.server.protocol import Connection

_log = logging.getLogger("fakeai.server")

_SWEEP_S = 0.25
_GC_THRESHOLD = (1_000, 1_000, 100)
"""Young objects are looked through in small portions, and old ones hardly ever: requests free what they use without the
collector, and looking for rings among a thousand open streams at once takes 50 ms."""

_DOORS = 8
"""Handles on the listening socket: the loop takes one connection a turn from each, and a turn is long with many streams."""

_LAST_S = 1
"""Of the time to drain, what is left for whatever goes on when the socket is closed."""
_LOOK_S = 0.02
"""How often it is looked whether requests are under way, at the end."""

_GRACE_S = 0.02
"""Between listening and warming up: who polls for the port to open has its answer by then."""


class Server:
    """One listening socket and the event loop's work on it. Bind first (`port` is then known), then `run`."""

    def __init__(
        self,
        app: AsgiApp,
        codec: Codec,
        *,
        host: str,
        port: int,
        deadlines: Deadlines,
        drain_s: float,
        warm_up: Callable[[], object],
        wind_down: Callable[[], Awaitable[object]] | None = None,
        drain: Callable[[], object] | None = None,
    ) -> None:
        self._app = app
        self._codec = codec
        self._deadlines = deadlines
        self._drain_s = drain_s
        self._warm_up = warm_up
        self._wind_down = wind_down
        self._drain = drain
        self._socket = _bind(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._uvicorn: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """Where clients reach it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def run(self, on_ready: Callable[[str], object]) -> None:
        """Serve until SIGINT or SIGTERM (or `stop`); `on_ready(url)` is called when requests are answered."""
        config = uvicorn.Config(
            self._app,
            loop="uvloop",
            http=partial(Connection, self._codec, self._deadlines),  # type: ignore[arg-type]  # called like the class
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=4096,
            timeout_graceful_shutdown=_LAST_S,
        )
        server = self._uvicorn = _Uvicorn(config, self._warm_up, self._wind_down, lambda: on_ready(self.url))
        server.drain, server.drain_s = self._drain, self._drain_s - _LAST_S
        server.run(sockets=[self._socket, *(self._socket.dup() for _ in range(_DOORS - 1))])

    def stop(self) -> None:
        """Ask a running server to end; for servers in a thread."""
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True


class _Uvicorn(uvicorn.Server):
    """uvicorn's server with our own tick, a warm start and an end that leaves nothing open."""

    def __init__(
        self,
        config: uvicorn.Config,
        warm_up: Callable[[], object],
        wind_down: Callable[[], Awaitable[object]] | None,
        on_ready: Callable[[], object],
    ) -> None:
        super().__init__(config)
        self._warm_up = warm_up
        self._wind_down = wind_down
        self._on_ready = on_ready
        self._clock = WallClock()
        self._sweeper: asyncio.Task[None] | None = None
        self.drain: Callable[[], object] | None = None
        self.drain_s = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, answer whoever is waiting already, then get warm.

        Warming up takes 0.2 s of the interpreter whatever thread does it; on the loop's own it leaves no second
        memory arena behind, and a first request waits for it instead of loading the vocabulary once more.
        """
        await super().startup(sockets)
        self._sweeper = asyncio.get_running_loop().create_task(sweep(self.server_state, self._clock))
        self._on_ready()
        await self._clock.sleep(_GRACE_S)
        try:
            self._warm_up()
        except BaseException:
            await self.shutdown(sockets)  # a loop whose servers listen still is never closed
            raise
        if threading.current_thread() is threading.main_thread():
            gc.freeze()
            gc.set_threshold(*_GC_THRESHOLD)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, with an open ear for probes; then cut what is still open, so that nothing outlives the loop."""
        await self._drained()
        await super().shutdown(sockets)
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await self._clock.sleep(0)
        if self._wind_down is not None:
            await self._wind_down()

    async def _drained(self) -> None:
        """Wait for requests that are under way. Whoever comes meanwhile is told that nobody is let in."""
        if self.drain is not None:
            self.drain()
        connections = self.server_state.connections
        for connection in list(connections):
            if isinstance(connection, Conversation):
                connection.shutdown()
        until = self._clock.now() + self.drain_s
        while self._clock.now() < until and not self.force_exit:
            if not any(isinstance(one, Connection) and one.active is not None for one in connections):
                return
            await self._clock.sleep(_LOOK_S)


async def sweep(state: ServerState, clock: WallClock) -> None:
    """Expire connections whose deadline has passed, four times a second: one timer instead of one a request."""
    while True:
        await clock.sleep(_SWEEP_S)
        now = clock.now()
        for connection in list(state.connections):
            if isinstance(connection, (Connection, Conversation)) and connection.deadline <= now:
                connection.expire()


def _bind(host: str, port: int) -> socket.socket:
    """A bound socket; raises OSError (port in use, address not ours)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    sock.set_inheritable(True)
    return sock
