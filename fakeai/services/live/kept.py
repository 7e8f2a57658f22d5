"""Live sessions that are kept: their setups and what was said, to go on with, and their recordings."""

import asyncio
from typing import Any, NotRequired

from typing_extensions import TypedDict

from fakeai.core.call import Call
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import NotFound
from fakeai.core.generation import Message
from fakeai.services.blob_rows import OwnedBytes, run_with_blob
from fakeai.services.live.recording import Recorder
from fakeai.services.live.session import Session
from fakeai.services.live.setup import Setup
from fakeai.services.resource import SYNTHESIZED, Resource
from fakeai.store.base import Blobs, Database, Object, Tx

KEPT_S = 30 * 86_400
"""Seconds after which a session is forgotten."""


class StoredSession(TypedDict):
    """A session as it is kept; private keys hold its setup, its history, and the blob of its recording."""

    id: str
    _setup: NotRequired[dict[str, Any]]


class Kept:
    """The stored sessions of all owners."""

    def __init__(self, db: Database, blobs: Blobs, ids: Ids, *, synthesize: bool) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self._sessions = Resource(db, "live.session", StoredSession, missing, synthesize=synthesize)
        self._bytes = OwnedBytes(db, blobs, self._sessions.rows, lambda row: missing(row["id"]), _damaged)
        self._ending: dict[tuple[str, str], asyncio.Task[None]] = {}
        """Sessions that are over and not quite kept yet."""

    async def begin(self, owner: str, session: Session) -> None:
        """A session that is to be kept has begun."""
        row, rows = _row(session), self._sessions.rows

        def keep(tx: Tx) -> None:
            if rows.change(tx, owner, session.id, lambda _: row) is None:
                rows.add(tx, owner, row, expires=self._db.now() + KEPT_S)

        await self._db.run(keep)

    def end_soon(self, owner: str, session: Session, recorder: Recorder) -> None:
        """It is over: keep what was said, without anybody waiting for it."""
        task = asyncio.ensure_future(self.end(owner, session, recorder))
        self._ending[owner, session.id] = task
        task.add_done_callback(lambda _: self._ending.pop((owner, session.id), None))

    async def end(self, owner: str, session: Session, recorder: Recorder) -> None:
        """The same, done when it returns."""
        key = self._ids.make("blob-")
        stored = await self._blobs.put(key, await off_loop(recorder.file))
        row = {**_row(session), "_blobs": [key], "_sha256": stored.sha256}
        await run_with_blob(
            self._db, self._blobs, key, lambda tx: self._sessions.rows.change(tx, owner, session.id, lambda _: row)
        )

    async def get(self, call: Call, name: str) -> tuple[Setup, list[Message]] | None:
        """Setup and history of the caller's; None for a session that is made up. Raises NotFound."""
        row = await self._row(call, name)
        if SYNTHESIZED in row:
            return None
        return row["_setup"], [Message(role, text) for role, text in row["_history"]]

    async def recording(self, call: Call, name: str) -> bytes:
        """The file, without sound for a session that is made up. Raises NotFound."""
        row = await self._row(call, name)
        if SYNTHESIZED in row:
            return Recorder().file()
        if not row.get("_blobs"):
            raise missing(name)
        return await self._bytes.read(row)

    async def _row(self, call: Call, name: str) -> Object:
        ending = self._ending.get((call.principal.owner, name))
        if ending is not None:
            await asyncio.wait([ending])
        return await self._sessions.get(call, name)


def missing(name: str) -> NotFound:
    """No session of that id is the caller's."""
    return NotFound(f"No Live session found with id '{name[:200]}'.", param="session_id")


def _damaged(row: Object) -> NotFound:
    return NotFound(f"The recording of Live session '{row['id']}' is damaged.", code="file_damaged")


def _row(session: Session) -> Object:
    return {
        "id": session.id,
        "_setup": session.setup,
        "_history": [[message.role, message.text] for message in session.history],
    }
