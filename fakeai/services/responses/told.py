"""What a response's stream has told, as it is kept: so that it can be told again from any event on, by any process.

Events are kept in the order of their numbers, some at a time; whoever follows a response in this process is rung for.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from fakeai.core.clock import Clock
from fakeai.core.feed import Feed
from fakeai.services.responses.rows import OVER, ResponseRows
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection

KEPT_S = 86_400
"""Seconds for which a stream can be told again."""
_LOOK_S = 0.1
"""Seconds after which a follower looks whether another process has gone on."""
_AT_ONCE = 100


class Told:
    """The events of an App's responses."""

    def __init__(self, db: Database, clock: Clock, rows: ResponseRows) -> None:
        self.db = db
        self.clock = clock
        self.rows = rows
        self.events = Collection("response.event")
        self._bells: dict[str, set[asyncio.Event]] = {}

    def add(self, tx: Tx, owner: str, response: str, first: int, documents: Sequence[bytes]) -> None:
        """Keep events, the first of which has the number `first`; then `ring`."""
        event = {"id": f"{first:09}", "events": [document.decode() for document in documents]}
        self.events.add(tx, owner, event, parent=response, expires=self.db.now() + KEPT_S)

    def ring(self, response: str) -> None:
        """There is something new of a response."""
        for bell in self._bells.get(response, ()):
            bell.set()

    def follow(self, owner: str, response: str, after: int) -> Feed[Any]:
        """The events with numbers above `after`, framed for a stream over HTTP, until there will be none any more."""
        return Feed(_Follower(self, owner, response, after))

    def bell(self, response: str) -> asyncio.Event:
        """Is set when there is something new."""
        bell = asyncio.Event()
        self._bells.setdefault(response, set()).add(bell)
        return bell

    def silence(self, response: str, bell: asyncio.Event) -> None:
        """Nobody waits for it any more."""
        bells = self._bells.get(response, set())
        bells.discard(bell)
        if not bells:
            self._bells.pop(response, None)


class _Follower:
    """The source of a stream that is told again while it may still go on."""

    def __init__(self, told: Told, owner: str, response: str, after: int) -> None:
        self._told = told
        self._owner = owner
        self._response = response
        self._after = after
        self._cursor: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._room.set()

    def begin(self, feed: Feed[Any], /) -> None:
        self._feed = feed
        self._task = asyncio.get_running_loop().create_task(self._follow())

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def pause(self) -> None:
        self._room.clear()

    def resume(self) -> None:
        self._room.set()

    async def _follow(self) -> None:
        told = self._told
        bell = told.bell(self._response)
        try:
            while True:
                await self._room.wait()
                bell.clear()
                rows, over = await told.db.read(self._read)
                for row in rows:
                    self._push(row)
                if over and len(rows) < _AT_ONCE:
                    self._feed.finish()
                    return
                if not rows:
                    await _either(bell, told.clock)
        except Exception as error:  # noqa: BLE001  # whatever fails must reach the taker
            self._feed.finish(error)
        finally:
            told.silence(self._response, bell)

    def _read(self, tx: Tx) -> tuple[list[Object], bool]:
        told = self._told
        row = told.rows.responses.rows.get(tx, self._owner, self._response)
        page = told.events.page(
            tx, self._owner, parent=self._response, limit=_AT_ONCE, after=self._cursor, newest_first=False
        )
        if page.data:
            self._cursor = page.data[-1]["id"]
        return page.data, row is None or row["status"] in OVER

    def _push(self, row: Object) -> None:
        first, documents = int(row["id"]), row["events"]
        wanted = documents[max(self._after + 1 - first, 0) :]
        if wanted:
            self._feed.push([framed(document.encode()) for document in wanted])


def framed(document: bytes) -> bytes:
    """An event of a response as one of a stream over HTTP: its name is the first thing that it says."""
    name = document[9 : document.index(b'"', 9)]
    return b"event: %b\ndata: %b\n\n" % (name, document)


async def _either(bell: asyncio.Event, clock: Clock) -> None:
    """Wait for the bell, but not for long."""
    ringing = asyncio.ensure_future(bell.wait())
    waiting = asyncio.ensure_future(clock.sleep(_LOOK_S))
    try:
        await asyncio.wait((ringing, waiting), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (ringing, waiting):
            task.cancel()
        await asyncio.gather(ringing, waiting, return_exceptions=True)
