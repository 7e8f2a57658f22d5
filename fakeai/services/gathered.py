"""Writing what many callers leave to be written, in few transactions: a transaction costs far more than a row."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError

T = TypeVar("T")

_log = logging.getLogger("fakeai.gathered")

_MOST = 256
"""Things that go into one transaction."""
_PAUSE_S = 0.05
"""Clock seconds that things nobody waits for gather, where they come so fast that several were written together."""


class Gathered(Generic[T]):
    """What comes while a transaction is under way goes together into the next one, in the order in which it came.

    `write` writes several in one transaction; where it cannot, for a reason of one of them, they are written one by one.
    """

    def __init__(self, clock: Clock, write: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._clock = clock
        self._write = write
        self._waiting: list[tuple[T | None, asyncio.Future[None] | None]] = []
        """What is to be written, in order (None: nothing is), and who waits for that."""
        self._task: asyncio.Task[None] | None = None
        self._pause: asyncio.Future[None] | None = None

    async def add(self, thing: T) -> None:
        """Write it: it lasts once this returns. Raises what `write` raises."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(thing, written)
        self._hurry()
        await written

    def add_soon(self, thing: T) -> None:
        """Write it soon. Why it could not be, only the log says."""
        self._put(thing, None)

    async def settled(self) -> None:
        """Wait until all is written that is there now."""
        if self._task is not None:
            so_far: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((None, so_far))
            self._hurry()
            await so_far

    def _put(self, thing: T, written: "asyncio.Future[None] | None") -> None:
        self._waiting.append((thing, written))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def _hurry(self) -> None:
        if self._pause is not None and not self._pause.done():
            self._pause.set_result(None)

    async def _run(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._together(some)
                if len(some) > 1 and all(written is None for _, written in self._waiting):
                    await self._gather()
        finally:
            self._task = None

    async def _gather(self) -> None:
        self._pause = asyncio.get_running_loop().create_future()
        timer = self._clock.call_at(self._clock.now() + _PAUSE_S, self._hurry)
        try:
            await self._pause
        finally:
            timer.cancel()
            self._pause = None

    async def _together(self, some: "Sequence[tuple[T | None, asyncio.Future[None] | None]]") -> None:
        things = [thing for thing, _ in some if thing is not None]
        try:
            if things:
                await self._write(things)
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must be told
            if len(some) > 1 and not isinstance(error, ApiError):
                for one in some:
                    await self._together((one,))
                return
            _tell(some, error)
        else:
            _tell(some, None)


def _tell(some: "Sequence[tuple[T | None, asyncio.Future[None] | None]]", error: Exception | None) -> None:
    for thing, written in some:
        if written is None:
            if error is not None:
                _log.error("what a stream has left could not be kept: %s", error)
        elif not written.done():
            if error is None or thing is None:
                written.set_result(None)
            else:
                written.set_exception(error)
