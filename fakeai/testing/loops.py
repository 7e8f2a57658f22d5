"""Where in-process requests run: a loop in a thread, for synchronous callers; a loop in virtual time, for whoever waits.

Knows asyncio and threads; knows nothing of requests.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from fakeai.core.clock import VirtualLoop

T = TypeVar("T")


class Stopped(RuntimeError):
    """A loop thread that was stopped is asked to run something."""


class LoopThread:
    """An event loop in a daemon thread. It starts at the first `call` and ends at `stop`, for good."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._farewell: Callable[[], Awaitable[None]] | None = None
        self.stopped = False

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on the loop and wait for its result; from any thread but the loop's own."""
        try:
            loop = self._running()
        except Stopped:
            work.close()
            raise
        future = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            return future.result()
        finally:
            future.cancel()  # has an effect only if the wait was interrupted

    def stop(self, farewell: Callable[[], Awaitable[None]] | None = None) -> None:
        """Have the loop do a last thing, cancel what is under way and wait for the thread to end.

        Harmless when it never ran: nothing is done then.
        """
        with self._lock:
            self.stopped = True
            loop, thread = self._loop, self._thread
        self._farewell = farewell
        if loop is not None and thread is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._end.set)
            thread.join()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self.stopped:
                raise Stopped("this FakeAI is closed")
            if self._loop is None:
                started = threading.Event()
                self._thread = threading.Thread(target=self._run, args=(started,), name="fakeai", daemon=True)
                self._thread.start()
                started.wait()
            assert self._loop is not None, "set before `started`"
            return self._loop

    def _run(self, started: threading.Event) -> None:
        async def main() -> None:
            self._end = asyncio.Event()
            self._loop = asyncio.get_running_loop()
            started.set()
            await self._end.wait()
            if self._farewell is not None:
                await self._farewell()

        asyncio.run(main())


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` in virtual time and return its result: waiting costs nothing, `loop.time()` says how long it was.

    Everything on the loop obeys it: latencies of a FakeAI, timeouts, `asyncio.sleep`. Work in threads stops it meanwhile.
    For a FakeAI's in-process async clients; a socket's other end knows no virtual time.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
