"""The only source of time: real, scaled or virtual.

A Clock is the running event loop's time. `WallClock(speed)` maps loop time to simulated seconds;
`VirtualLoop` is an event loop whose idle wait advances its time at once instead of sleeping, so that whatever
awaits on it (asyncio.timeout, uvicorn, httpx) runs in virtual time too.
"""

import asyncio
import selectors
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol, TypeVar, TypeVarTuple, cast

T = TypeVar("T")
Args = TypeVarTuple("Args")

_TICK_S = 0.001


class Clock(Protocol):
    """Seconds as floats; `now` is monotonic since an arbitrary start, `unix` is epoch seconds."""

    def now(self) -> float:
        """Clock seconds, monotonic."""

    def unix(self) -> float:
        """Epoch seconds."""

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> asyncio.TimerHandle:
        """Run `callback` on the loop at Clock second `when`."""

    def tick(self) -> float:
        """The shortest time worth a wake-up of its own where many wait; 0 in virtual time, where a wake-up costs nothing."""

    async def sleep(self, seconds: float) -> None:
        """Wait for that many Clock seconds."""

    async def sleep_until(self, when: float) -> None:
        """Wait until Clock second `when`; returns at once if it has passed."""

    def hold(self) -> Any:
        """Context manager around true I/O, during which virtual time stands still."""


class WallClock:
    """Real time, `speed` Clock seconds to the second. Also the clock inside a `VirtualLoop` (speed 1)."""

    def __init__(self, speed: float = 1.0, epoch: float | None = None) -> None:
        if speed <= 0:
            raise ValueError("speed must be above zero")
        self.speed = speed
        self._monotonic_start = time.monotonic()
        self._epoch = time.time() if epoch is None else epoch

    def now(self) -> float:
        """Loop time times speed."""
        return asyncio.get_running_loop().time() * self.speed

    def unix(self) -> float:
        """Epoch seconds; follows the loop when the loop is virtual."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        passed = loop.time() if isinstance(loop, VirtualLoop) else time.monotonic() - self._monotonic_start
        return self._epoch + passed * self.speed

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> asyncio.TimerHandle:
        """As the loop's `call_at`, in Clock seconds."""
        return asyncio.get_running_loop().call_at(when / self.speed, callback, *args)

    def tick(self) -> float:
        """A millisecond of real time: event loops keep time no finer."""
        return 0.0 if isinstance(asyncio.get_running_loop(), VirtualLoop) else _TICK_S * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for that many Clock seconds."""
        await asyncio.sleep(seconds / self.speed)

    async def sleep_until(self, when: float) -> None:
        """Wait until Clock second `when`."""
        await asyncio.sleep((when - self.now()) / self.speed)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Stop virtual time while a thread or a socket works; does nothing in real time."""
        loop = asyncio.get_running_loop()
        if not isinstance(loop, VirtualLoop):
            yield
            return
        loop.holds += 1
        try:
            yield
        finally:
            loop.holds -= 1


class _Leaping(selectors.DefaultSelector):
    """A selector that advances the loop's time instead of waiting, when nothing is ready and nothing is held."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Poll; when idle, leap to the next timer, or really wait for what is held (threads, sockets)."""
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None or self.loop.holds:
            return super().select(timeout)
        self.loop.elapsed += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time: three hours of sleeps take as long as their callbacks do."""

    def __init__(self) -> None:
        selector = _Leaping()
        selector.loop = self
        self.elapsed = 0.0
        self.holds = 0
        super().__init__(cast(selectors.BaseSelector, selector))

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self.elapsed

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Args], T], *args: *Args
    ) -> "asyncio.Future[T]":
        """As any loop does; time stands still until the thread is done."""
        self.holds += 1
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._release)
        return future

    async def shutdown_default_executor(self, *timeout: Any) -> None:
        """As any loop does; its threads end in real time. Any: a timeout since Python 3.12."""
        self.holds += 1
        try:
            await super().shutdown_default_executor(*timeout)
        finally:
            self.holds -= 1

    def _release(self, _: "asyncio.Future[Any]") -> None:
        self.holds -= 1


async def off_loop(work: Callable[..., T], *args: object) -> T:
    """Run `work` in a thread, so that its cost does not hold the loop.

    In virtual time at once and in the loop's own: what goes on at one instant must not depend on which thread is faster.
    """
    return await in_pool(None, work, *args)


async def in_pool(pool: Executor | None, work: Callable[..., T], *args: object) -> T:
    """The same in a thread of `pool` (None: the loop's own), for work that waits: it must not take the others' threads."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualLoop):
        return work(*args)
    return await loop.run_in_executor(pool, work, *args)


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Raises TimeoutError after that many real seconds, in virtual time too, which stands still while a socket is held."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        async with asyncio.timeout(seconds):
            yield
        return
    async with asyncio.timeout(None) as limit:
        timer = threading.Timer(seconds, loop.call_soon_threadsafe, (lambda: limit.reschedule(loop.time()),))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def stopwatch() -> float:
    """Processor-independent real seconds, for measuring our own cost (`openai-processing-ms`), never for waiting."""
    return time.perf_counter()
