"""Transports for `httpx` and `httpx2` that call an ASGI app in this process, and stream what it sends as it is made.

The two libraries share one interface and no class, so what a transport does is written once, in mixins, and
`transport_class(library)` joins it with the library's own base classes. Read timeouts are kept, on the loop's time.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

from fakeai.testing.exchange import AsgiCallable, Dropped, Exchange, Head, Message
from fakeai.testing.loops import LoopThread, Stopped


@lru_cache
def transport_class(library: ModuleType) -> Any:
    """The synchronous transport of `httpx` or `httpx2`: `Transport(app)`. Any: a class made for the library."""
    stream = type("Stream", (_Stream, library.SyncByteStream), {})
    return type("Transport", (_Transport, library.BaseTransport), {"library": library, "stream": stream})


@lru_cache
def async_transport_class(library: ModuleType) -> Any:
    """The asynchronous transport of `httpx` or `httpx2`: `AsyncTransport(app)`. Any: a class made for the library."""
    stream = type("AsyncStream", (_AsyncStream, library.AsyncByteStream), {})
    return type("AsyncTransport", (_AsyncTransport, library.AsyncBaseTransport), {"library": library, "stream": stream})


class _Door:
    """What both kinds do, on the loop the app runs on."""

    library: Any  # the module httpx or httpx2
    stream: Any  # its stream class with our mixin

    def __init__(self, app: AsgiCallable) -> None:
        self._app = app
        self._open: set[Exchange] = set()

    async def enter(self, request: Any, body: bytes) -> tuple[Exchange, Head]:
        """Begin an exchange and wait for its head; `request` is the library's."""
        exchange = Exchange(self._app, _scope(request), body, request.extensions.get("timeout", {}).get("read"))
        self._open.add(exchange)
        try:
            return exchange, await exchange.head()
        except BaseException:
            await self.leave(exchange)
            raise

    async def leave(self, exchange: Exchange) -> None:
        """End an exchange, whatever its state."""
        self._open.discard(exchange)
        await exchange.close()

    async def leave_all(self) -> None:
        """End all exchanges, as closing the connections would."""
        for exchange in list(self._open):
            await self.leave(exchange)

    def response(self, head: Head, stream: Any) -> Any:
        """The library's response."""
        extensions = {"http_version": b"HTTP/1.1"}
        return self.library.Response(head.status, headers=head.headers, stream=stream, extensions=extensions)

    @contextmanager
    def translated(self, request: Any) -> Iterator[None]:
        """Errors as the library has them."""
        try:
            yield
        except TimeoutError as error:
            raise self.library.ReadTimeout("The read operation timed out", request=request) from error
        except Dropped as error:
            raise self.library.RemoteProtocolError(str(error), request=request) from error
        except Stopped as error:
            raise self.library.ConnectError(str(error), request=request) from error


class _AsyncTransport(_Door):
    """Runs the app on the caller's loop."""

    async def handle_async_request(self, request: Any) -> Any:
        """As the library asks."""
        body = await request.aread()
        with self.translated(request):
            exchange, head = await self.enter(request, body)
        return self.response(head, self.stream(self, request, exchange))

    async def aclose(self) -> None:
        """Ends what is still open."""
        await self.leave_all()


class _AsyncStream:
    def __init__(self, door: _AsyncTransport, request: Any, exchange: Exchange) -> None:
        self._door = door
        self._request = request
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._door.translated(self._request):
            while (chunk := await self._exchange.chunk()) is not None:
                yield chunk

    async def aclose(self) -> None:
        """Leaves the exchange: cancels the work if it is not over."""
        await self._door.leave(self._exchange)


class _Transport(_Door):
    """Runs the app on the loop of a thread: `thread`, or one of its own, which ends with the transport."""

    def __init__(self, app: AsgiCallable, thread: LoopThread | None = None) -> None:
        super().__init__(app)
        self._own = thread is None
        self.thread = thread or LoopThread()

    def handle_request(self, request: Any) -> Any:
        """As the library asks; from any thread."""
        body = request.read()
        with self.translated(request):
            exchange, head = self.thread.call(self.enter(request, body))
        return self.response(head, self.stream(self, request, exchange))

    def close(self) -> None:
        """Ends what is still open."""
        if self._open and not self.thread.stopped:
            self.thread.call(self.leave_all())
        if self._own:
            self.thread.stop()


class _Stream:
    def __init__(self, door: _Transport, request: Any, exchange: Exchange) -> None:
        self._door = door
        self._request = request
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        with self._door.translated(self._request):
            while (chunk := self._door.thread.call(self._exchange.chunk())) is not None:
                yield chunk

    def close(self) -> None:
        """Leaves the exchange: cancels the work if it is not over."""
        if not self._door.thread.stopped:
            self._door.thread.call(self._door.leave(self._exchange))


def _scope(request: Any) -> Message:
    """ASGI's scope of a request of either library."""
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (url.host, url.port),
    }
