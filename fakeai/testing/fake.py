"""`FakeAI`: a whole fakeai for the tests of an application that talks to OpenAI.

Without a socket through `client`, `async_client` and the transports; with one through `url` and `serve`.
"""

import asyncio
import threading
from collections.abc import Mapping
from inspect import signature
from types import MappingProxyType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

from fakeai.app import App, build
from fakeai.core.call import Call
from fakeai.kept import Kept
from fakeai.settings import Settings, load
from fakeai.testing.loops import LoopThread
from fakeai.testing.records import Recorder, Request
from fakeai.testing.server import ServerThread
from fakeai.testing.sockets import InProcessSocket
from fakeai.testing.transports import async_transport_class, transport_class

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

API_KEY = "sk-fakeai"
ADMIN_KEY = "sk-admin-fakeai"
IN_PROCESS_URL = "http://fakeai/v1"

_DEFAULTS = MappingProxyType(
    {"port": 0, "drain_s": 0}
)  # a free port, and nobody waits for streams at the end of a test


class FakeAI:
    """One fakeai. Settings by name as on the command line (`FakeAI(ttft="200", seed=1)`), as a mapping, or a `Settings`.

    By name, the server's port is a free one unless given, and open streams do not hold up its end; the environment's
    settings do not count. Each event loop has an App of its own; so have all synchronous clients together, and so has
    the server: what one of them stores, all find. `requests` are those of all; metrics are each App's own.
    """

    def __init__(self, settings: Settings | Mapping[str, object] | None = None, **named: object) -> None:
        if isinstance(settings, Settings) and named:
            raise TypeError("FakeAI takes a Settings or settings by name, not both")
        if not isinstance(settings, Settings):
            settings = load(flags={**_DEFAULTS, **(settings or {}), **named}, environ={})
        self.settings = settings
        self._kept = Kept(settings)
        self._recorder = Recorder()
        self._lock = threading.RLock()
        self._apps: dict[asyncio.AbstractEventLoop, App] = {}
        self._thread = LoopThread()
        self._server: ServerThread | None = None
        self._spare: App | None = self._build()  # at once, so that settings nobody can use are refused here

    # -- what it was asked

    @property
    def requests(self) -> list[Request]:
        """The last 1,000 requests in order of arrival; health probes are not among them."""
        return list(self._recorder.requests)

    def clear(self) -> None:
        """Forget the requests so far."""
        self._recorder.requests.clear()

    def reset(self) -> None:
        """Forget all that is kept (files, stores, keys, usage, …), whoever has made it, and the requests so far."""
        self._thread.call(self._reset())
        self.clear()

    # -- without a socket

    def client(self, **options: Any) -> "OpenAI":
        """The official SDK's client, in this process. `options` are its own (hence Any), such as `max_retries`."""
        import openai

        given = {**_usual(openai.OpenAI), **options}
        if "http_client" not in given:
            library = _library(openai.DefaultHttpxClient)
            given["http_client"] = openai.DefaultHttpxClient(transport=self.transport(library))
        return openai.OpenAI(**given)

    def async_client(self, **options: Any) -> "AsyncOpenAI":
        """The official SDK's asynchronous client, on the caller's loop. `options` are its own (hence Any)."""
        import openai

        given = {**_usual(openai.AsyncOpenAI), **options}
        if "http_client" not in given:
            library = _library(openai.DefaultAsyncHttpxClient)
            given["http_client"] = openai.DefaultAsyncHttpxClient(transport=self.async_transport(library))
        return openai.AsyncOpenAI(**given)

    def transport(self, library: ModuleType | None = None) -> Any:
        """A transport for `httpx.Client`, or for the Client of `library` (httpx2). Any: the library's type."""
        return transport_class(library or _httpx())(self, self._thread)

    def async_transport(self, library: ModuleType | None = None) -> Any:
        """A transport for `httpx.AsyncClient`, or for that of `library` (httpx2). Any: the library's type."""
        return async_transport_class(library or _httpx())(self)

    def socket(self, path: str, headers: Mapping[str, str] = MappingProxyType({})) -> InProcessSocket:
        """A WebSocket on the caller's loop: `async with fake.socket("/realtime?model=gpt-realtime") as socket:`."""
        return InProcessSocket(self, path, {"authorization": f"Bearer {API_KEY}", **headers})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI 3 on the caller's loop, for any other ASGI client (Any: ASGI's own types)."""
        await self._app()(scope, receive, send)

    # -- with a socket

    @property
    def url(self) -> str:
        """The server's address, without `/v1`; starts it when first asked. Other processes may use it."""
        with self._lock:
            if self._server is None:
                self._server = ServerThread(self._next_app())
            return self._server.url

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL should be: `url` with `/v1`."""
        return f"{self.url}/v1"

    @property
    def socket_url(self) -> str:
        """What the SDK's `websocket_base_url` should be: by itself it takes sockets to be encrypted."""
        return self.base_url.replace("http", "ws", 1)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that point an SDK client at the server."""
        return {"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": API_KEY, "OPENAI_ADMIN_KEY": ADMIN_KEY}

    def serve(self) -> "Serving":
        """`with FakeAI().serve() as url:` starts the server, and stops it at the end."""
        return Serving(self)

    # -- its life

    def close(self) -> None:
        """Stop the server and the threads, if they run. Clients cannot be used after."""
        self.stop()
        self._thread.stop(self._leave)
        self._kept.close()

    def stop(self) -> None:
        """Stop the server, if it runs; the next look at `url` starts another."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> "FakeAI":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> "FakeAI":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave()
        await asyncio.to_thread(self.close)

    async def _reset(self) -> None:
        app = self._app()
        row = app.gateway.find_row("DELETE", "/fakeai/state")
        assert row is not None, "every App has it"
        await app.dispatch(Call("reset", row, row.path, {}, origin="direct"))

    async def _leave(self) -> None:
        """The running loop's App lets go of its work and its connections."""
        app = self._apps.get(asyncio.get_running_loop())
        if app is not None:
            await app.wind_down()

    def _app(self) -> App:
        """The App of the running loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._apps:
                self._apps = {known: app for known, app in self._apps.items() if not known.is_closed()}
                self._apps[loop] = self._next_app()
            return self._apps[loop]

    def _next_app(self) -> App:
        app, self._spare = self._spare or self._build(), None
        return app

    def _build(self) -> App:
        app = build(self.settings, kept=self._kept)
        app.warm_up()
        self._recorder.watch(app)
        return app


class Serving:
    """A FakeAI's server as a context manager; entering gives the URL."""

    def __init__(self, fake: FakeAI) -> None:
        self._fake = fake

    def __enter__(self) -> str:
        return self._fake.url

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fake.close()


def _usual(client: type) -> dict[str, Any]:
    """Options of the SDK's client that point it here. Any: the SDK's own types."""
    given = {"base_url": IN_PROCESS_URL, "api_key": API_KEY}
    # Older SDKs know one kind of key.
    return {**given, "admin_api_key": ADMIN_KEY} if "admin_api_key" in signature(client).parameters else given


def _library(client: type) -> ModuleType:
    """The HTTP library the installed SDK is built on: httpx to SDK 2, httpx2 from SDK 3."""
    from importlib import import_module

    roots = [cls.__module__.partition(".")[0] for cls in client.__mro__]
    return import_module(next(root for root in roots if root in ("httpx", "httpx2")))


def _httpx() -> ModuleType:
    import httpx

    return httpx
