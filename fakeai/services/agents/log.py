"""What happens in sessions, in order: kept for an hour, and told to whoever follows, in this process or another.

An event's id holds its number, so that a follower who lost his connection goes on behind the last one he has seen.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.feed import Feed
from fakeai.store.base import Database, Object, Tx
from fakeai.store.encoding import encode_json
from fakeai.store.objects import Collection, shown

_KEPT_S = 3_600.0
_MOST = 2_000
"""Rows of events of one session; each holds what one transaction told."""
_AT_ONCE = 100
_POLL_S = 0.25
"""Seconds between looks at what other processes have told."""
_NUMBER = re.compile(r"evt_[0-9a-f]{16}([0-9a-f]{10})")
_FILL = 16

BEGUN = b": following\n\n"
"""A comment that is sent at once: whoever follows need not wait for an event to know that he does."""

SNAPSHOT = ("status", "required_actions", "error", "last_active_at", "usage")
"""What changes of a session while it is at work: all that is kept of it in an event."""


class Log:
    """The events of all sessions. A process's followers are woken by `ring`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._rows = Collection("agent.session.event", _MOST)
        self._bells: dict[str, set[asyncio.Event]] = {}

    def add(self, tx: Tx, owner: str, session_id: str, first: int, events: Sequence[Mapping[str, Any]]) -> None:
        """Keep events in a row; the first has the number `first`. Any: JSON."""
        numbered = [{**event, "event_id": event_id(session_id, first + n)} for n, event in enumerate(events)]
        row = {"id": f"{first:010x}", "first": first, "events": numbered}
        self._rows.add(tx, owner, row, parent=session_id, expires=self._db.now() + _KEPT_S)

    def clear(self, tx: Tx, owner: str, session_id: str) -> None:
        """Forget what happened in a session."""
        self._rows.delete_children(tx, owner, session_id)

    def since(self, tx: Tx, owner: str, session_id: str, number: int) -> list[Object]:
        """The events from that number on, or some of them if they are many."""
        found: list[list[Object]] = []
        before: str | None = None
        limit = 1  # mostly it is the last row alone that is new
        while True:
            page = self._rows.page(tx, owner, parent=session_id, limit=limit, after=before)
            limit = min(2 * limit, _AT_ONCE)
            for row in page.data:
                found.append([event for n, event in enumerate(row["events"], row["first"]) if n >= number])
                if row["first"] <= number:
                    return [event for events in reversed(found) for event in events]
            if not page.has_more:
                return [event for events in reversed(found) for event in events]
            before = page.data[-1]["id"]

    def ring(self, session_id: str) -> None:
        """Something new is kept."""
        for bell in self._bells.get(session_id, ()):
            bell.set()

    def follow(
        self,
        read: Callable[[int], Awaitable[tuple[Sequence[Object], bool]]],
        session_id: str,
        number: int,
        *,
        padded: bool,
        last: Callable[[Object], bool],
    ) -> Feed[list[bytes]]:
        """Events from that number on, framed, as they come, up to one that is the `last`.

        `read` gives those from a number on that there are, and whether the session is still there.
        """
        return Feed(_Follower(self, read, session_id, number, padded=padded, last=last))

    def listen(self, session_id: str) -> asyncio.Event:
        """A bell that rings for a session, until `leave`."""
        bell = asyncio.Event()
        self._bells.setdefault(session_id, set()).add(bell)
        return bell

    def leave(self, session_id: str, bell: asyncio.Event) -> None:
        """Ring it no more."""
        bells = self._bells.get(session_id, set())
        bells.discard(bell)
        if not bells:
            self._bells.pop(session_id, None)

    @property
    def patience_s(self) -> float | None:
        """How long to wait for a bell before looking anyway; None where nobody else can tell anything."""
        return None if self._db.in_memory else _POLL_S


class _Follower:
    """A feed's source: reads, pushes, and waits for the bell."""

    def __init__(
        self,
        log: Log,
        read: Callable[[int], Awaitable[tuple[Sequence[Object], bool]]],
        session_id: str,
        number: int,
        *,
        padded: bool,
        last: Callable[[Object], bool],
    ) -> None:
        self._log = log
        self._read = read
        self._session_id = session_id
        self._number = number
        self._padded = padded
        self._last = last
        self._task: asyncio.Task[None] | None = None
        self._open = asyncio.Event()
        self._open.set()

    def begin(self, feed: Feed[Any], /) -> None:
        feed.push([BEGUN])
        self._task = asyncio.get_running_loop().create_task(self._run(feed))

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def pause(self) -> None:
        self._open.clear()

    def resume(self) -> None:
        self._open.set()

    async def _run(self, feed: Feed[Any]) -> None:
        bell = self._log.listen(self._session_id)
        try:
            while await self._step(feed):
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), self._log.patience_s)
                bell.clear()
        except ApiError as error:
            feed.finish(error)
        else:
            feed.finish()
        finally:
            self._log.leave(self._session_id, bell)

    async def _step(self, feed: Feed[Any]) -> bool:
        """Push what there is; whether more may come."""
        while True:
            await self._open.wait()
            events, there = await self._read(self._number)
            if not events:
                return there
            self._number = number_of(events[-1]["event_id"]) + 1
            ends = next((n for n, event in enumerate(events) if self._last(event)), None)
            events = events if ends is None else events[: ends + 1]
            feed.push([self._document(event) for event in events])
            if ends is not None:
                return False

    def _document(self, event: Object) -> bytes:
        data = encode_json(event)
        if self._padded:
            padding = blake2b(event["event_id"].encode(), digest_size=_FILL).hexdigest()[: _FILL - len(data) % _FILL]
            data = b'%b,"obfuscation":"%b"}' % (data[:-1], padding.encode())
        return b"event: %b\nid: %b\ndata: %b\n\n" % (event["type"].encode(), event["event_id"].encode(), data)


def told(event: Object, session: Object) -> Object:
    """An event as it goes out: with the session, if it is about that."""
    then = event.get("_session")
    return event if then is None else {**shown(event), "session": {**shown(session), **then}}


def event_id(session_id: str, number: int) -> str:
    """The id of a session's event of that number."""
    return f"evt_{blake2b(session_id.encode(), digest_size=8).hexdigest()}{number:010x}"


def number_of(id: str) -> int:
    """The number of an event. Raises BadRequest for what is no event's id."""
    match = _NUMBER.fullmatch(id)
    if match is None:
        raise BadRequest(f"Invalid 'after': there is no event with id '{id[:200]}'.", param="after")
    return int(match[1], 16)
