"""A feed's source that is written as an async generator: for streams whose items are far apart, or cost a thread each."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from fakeai.core.feed import Feed


class Pulled:
    """Pushes what the generator yields. It is not asked for the next item while the taker's buffer is full."""

    def __init__(self, items: AsyncGenerator[Any, None]) -> None:
        self._items = items
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._room.set()

    def begin(self, feed: Feed[Any], /) -> None:
        """Start to ask."""
        self._task = asyncio.ensure_future(self._pass(feed))

    def cancel(self) -> None:
        """Ask no more: the generator is ended where it waits."""
        if self._task is not None and self._task is not _current():
            self._task.cancel()

    def pause(self) -> None:
        """Ask no further."""
        self._room.clear()

    def resume(self) -> None:
        """Go on asking."""
        self._room.set()

    async def _pass(self, feed: Feed[Any]) -> None:
        error: Exception | None = None
        try:
            async for item in self._items:
                await self._room.wait()
                feed.push(item)
        except Exception as failure:  # noqa: BLE001  # whatever the generator dies of, the taker must be told
            error = failure
        finally:
            await self._items.aclose()
        feed.finish(error)


def _current() -> "asyncio.Task[Any] | None":
    """The task that runs, if one does: a timer's call has none."""
    return asyncio.current_task()
