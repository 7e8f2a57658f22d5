"""The whole state of a server, saved in one archive, loaded from one, or forgotten.

What is loaded takes the place of everything, or nothing changes. Blobs get new keys on the way in, so that those of the
state before stay as they are until the new one is there.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest, Forbidden
from fakeai.core.feed import Feed
from fakeai.services.archive import MEDIA_TYPE, PART, Reader, Writer
from fakeai.services.front.accounts import Accounts
from fakeai.services.front.completion_cache import CompletionCache
from fakeai.services.keys import Keys
from fakeai.store.base import Blobs, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.sql import SqlDatabase
from fakeai.store.usage import Meter

_MOST = 2**30
"""Bytes of an archive that is loaded over HTTP."""
_MOST_PEPPERS = 100
"""A key that is not known is looked for under each."""
_IN_MEMORY = 32 * 2**20
_READ = 2**18
_BLOB = re.compile(r'"(blob-[A-Za-z0-9]+)"')
_PATH = "/fakeai/state"


class State:
    """`/fakeai/state`."""

    ENDPOINTS = (
        Endpoint("GET", _PATH, "save", "The state, as an archive", reply="bytes", tag="State"),
        Endpoint("PUT", _PATH, "load", "Put an archive's state in the place of this one", tag="State", max_body=_MOST),
        Endpoint("DELETE", _PATH, "reset", "Forget everything", tag="State"),
    )

    def __init__(
        self,
        db: SqlDatabase,
        blobs: Blobs,
        meter: Meter,
        accounts: Accounts,
        jobs: Jobs,
        ids: Ids,
        keys: Keys,
        version: str,
        completion_cache: CompletionCache,
        all_services: Callable[[], object],
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._meter = meter
        self._accounts = accounts
        self._jobs = jobs
        self._ids = ids
        self._keys = keys
        self._version = version
        self._completions = completion_cache
        self._all_services = all_services

    async def save(self, call: Call) -> Reply:
        """An archive of all rows, as of one instant, and of the blobs they own. Raises Forbidden."""
        _check(call)
        await self._meter.flush()
        await self._accounts.keep()
        file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # until it has been sent
        try:
            writer, keys = await self._db.read(lambda tx: self._write(tx, file))
            for key in sorted(keys):
                await self._write_blob(writer, key)
            digest = await off_loop(writer.close)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        headers = {"content-disposition": 'attachment; filename="fakeai-state.tar"', "x-fakeai-sha256": digest}
        feed: Feed[list[bytes]] = Feed(_FileParts(file))
        return Reply(events=feed, verbatim=True, media_type=MEDIA_TYPE, headers=headers)

    async def load(self, call: Call) -> Reply:
        """What was loaded. Raises BadRequest for an archive that is none, damaged, or another version's; Forbidden."""
        _check(call)
        archive = await off_loop(Reader, call.raw)
        check = _checked(archive)
        peppers = _peppers(archive)
        keys: dict[str, str] = {}
        await self._completions.clear(None, None, None)  # in Redis too, which is no part of a state

        def replace(tx: Tx) -> tuple[set[str], dict[str, int]]:
            self._keys.adopt(tx, peppers)
            return _replace(tx, archive, keys)

        try:
            for key in archive.blobs:
                fresh = self._ids.make("blob-")
                keys[key] = fresh
                await self._blobs.put(fresh, archive.parts("blobs", key))
            self._meter.forget()
            old, rows = await self._db.run(replace)
            self._accounts.forget()
            self._keys.changed()
        except BaseException:
            await self._drop(keys.values())
            raise
        assert check == set(rows)
        self._ids.turn(bytes.fromhex(archive.digest))
        await self._drop(old)
        self._all_services()  # those whose work came with the archive are to do it
        self._jobs.wake()
        return Reply({"object": "state", "rows": rows, "blobs": len(keys), "sha256": archive.digest})

    async def reset(self, call: Call) -> Reply:
        """That nothing is left. Raises Forbidden."""
        _check(call)
        await self._completions.clear(None, None, None)
        from fakeai.store import state

        def forget(tx: Tx) -> set[str]:
            keys = state.blob_keys(tx)
            state.clear(tx)
            self._keys.adopt(tx, ())
            return keys

        self._meter.forget()
        gone = await self._db.run(forget)
        self._accounts.forget()
        self._keys.changed()
        await self._drop(gone)
        return Reply({"object": "state", "deleted": True})

    def _write(self, tx: Tx, file: Any) -> tuple[Writer, set[str]]:
        """The rows, of one instant. Any: the file's type is generic in what it holds."""
        from fakeai.store import state
        from fakeai.store.schema import known

        peppers = [pepper.hex() for pepper in self._keys.peppers(tx)]
        what = {"schema": known()[-1], "version": self._version, "saved_at": int(self._db.now()), "peppers": peppers}
        writer = Writer(file, what)
        for table in state.tables():
            for part, lines in enumerate(state.dump(tx, table)):
                writer.add("tables", table, part, b"\n".join(lines))
        return writer, state.blob_keys(tx)

    async def _write_blob(self, writer: Writer, key: str) -> None:
        buffer, part = bytearray(), 0
        with suppress(KeyError):  # deleted since its row was read: whoever asks for it there is told what one is here
            async for piece in self._blobs.stream(key):
                buffer += piece
                while len(buffer) >= PART:
                    await off_loop(writer.add, "blobs", key, part, bytes(buffer[:PART]))
                    del buffer[:PART]
                    part += 1
            writer.add("blobs", key, part, bytes(buffer))

    async def _drop(self, keys: Any) -> None:
        """Forget blobs. What cannot be deleted now is collected later. Any: some collection of keys."""
        for key in keys:
            with suppress(ApiError):
                await self._blobs.delete(key)


def _check(call: Call) -> None:
    """The state is everybody's: a key that was given out for one project is not good for it."""
    if call.principal.key and not call.principal.admin:
        raise Forbidden("You have insufficient permissions for this operation. It takes an admin key.")


def _checked(archive: Reader) -> set[str]:
    """Names of the tables in an archive that this program can read. Raises BadRequest."""
    from fakeai.store.schema import known
    from fakeai.store.state import tables

    schema = archive.what.get("schema")
    if schema != known()[-1]:
        raise BadRequest(
            f"The state cannot be loaded: it was saved by fakeai {str(archive.what.get('version'))[:40]} with schema "
            f"{str(schema)[:40]}, and this one has schema {known()[-1]}.",
            code="invalid_state",
        )
    found = set(archive.tables)
    if found - set(tables()):
        raise BadRequest("The state cannot be loaded: it has tables that nobody knows.", code="invalid_state")
    return found


def _peppers(archive: Reader) -> list[bytes]:
    """What the digests of an archive's keys depend on. Raises BadRequest."""
    found = archive.what.get("peppers", [])
    try:
        if isinstance(found, list) and len(found) <= _MOST_PEPPERS:
            return [bytes.fromhex(pepper) for pepper in found]
    except (TypeError, ValueError):
        pass
    raise BadRequest("The state cannot be loaded: nobody can read its peppers.", code="invalid_state")


def _replace(tx: Tx, archive: Reader, keys: dict[str, str]) -> tuple[set[str], dict[str, int]]:
    """Put the archive's rows in the place of all others; returns the blobs of these, and how many rows there are."""
    from fakeai.store import state

    def rename(data: str) -> str:
        return _BLOB.sub(lambda found: f'"{keys.get(found[1], found[1])}"', data) if keys else data

    old = state.blob_keys(tx)
    state.clear(tx)
    try:
        rows = {table: state.fill(tx, table, _lines(archive, table), rename) for table in archive.tables}
    except ValueError as error:
        raise BadRequest("The state cannot be loaded: its rows do not fit the tables.", code="invalid_state") from error
    state.go_on(tx)
    return old, rows


def _lines(archive: Reader, table: str) -> Iterator[bytes]:
    for part in archive.parts("tables", table):
        yield from part.split(b"\n")


class _FileParts:
    """A feed's source: a file, a part each turn of the event loop."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._paused = False
        self._next: asyncio.Handle | None = None

    def begin(self, feed: Feed[list[bytes]], /) -> None:
        """Start to read."""
        self._feed = feed
        self._schedule()

    def cancel(self) -> None:
        """Nobody listens any more."""
        if self._next is not None:
            self._next.cancel()
        self._file.close()

    def pause(self) -> None:
        """Read no further."""
        self._paused = True

    def resume(self) -> None:
        """Read on."""
        self._paused = False
        self._schedule()

    def _schedule(self) -> None:
        if self._next is None and not self._paused and not self._file.closed:
            self._next = asyncio.get_running_loop().call_soon(self._read)

    def _read(self) -> None:
        self._next = None
        part = self._file.read(_READ)
        if part:
            self._feed.push([part])
            self._schedule()
        else:
            self._file.close()
            self._feed.finish()
