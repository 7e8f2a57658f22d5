"""What nobody needs any more is deleted: rows that have expired with their blobs, and blobs that no row owns.

A blob without a row is what a crash leaves, or somebody is about to make a row for: it goes only when it has been alone
for an hour. Runs while a server does; what it cannot do now it does the next time.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from fakeai.core.clock import WallClock
from fakeai.core.errors import ApiError
from fakeai.store.base import Blobs, Tx
from fakeai.store.sql import SqlDatabase

_log = logging.getLogger("fakeai.store")

_PURGE_S = 60.0
COLLECT_S = 3_600.0
"""Real seconds between two looks at all blobs, and how long one may be without a row."""
_MOST = 1_000


class Housekeeping:
    """One App's share of it; several on one database do no harm to each other."""

    def __init__(self, db: SqlDatabase, blobs: Blobs, also: Sequence[Callable[[Tx], object]] = ()) -> None:
        """`also` is done each time, a transaction each."""
        self._db = db
        self._also = also
        self._blobs = blobs
        self._real = WallClock()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Do it from here on."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Do it no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def purge(self) -> int:
        """Delete what has expired; how many rows that were."""
        from fakeai.store.objects import purge

        count = 0
        while True:
            gone = await self._db.run(lambda tx: purge(tx, _MOST))
            await self._forget(key for item in gone for key in item.get("_blobs") or ())
            count += len(gone)
            if len(gone) < _MOST:
                return count

    async def collect(self) -> int:
        """Delete blobs that have been without a row for long; how many that were."""
        from fakeai.store.state import blob_keys

        old = self._real.unix() - COLLECT_S
        found = {key for key, put in await self._blobs.keys() if put < old}
        alone = found - await self._db.read(blob_keys) if found else found
        await self._forget(alone)
        return len(alone)

    async def _run(self) -> None:
        turns = int(COLLECT_S / _PURGE_S)
        turn = 0
        while True:
            await self._real.sleep(_PURGE_S)
            turn += 1
            if self._db.untouched:
                continue  # nothing is kept yet, and nothing is to be opened for it
            try:
                await self.purge()
                for work in self._also:
                    await self._db.run(work)
                if turn % turns == 0:
                    await self.collect()
            except ApiError as error:
                _log.warning("housekeeping has to wait: %s", error.message)
            except Exception:  # noqa: BLE001  # a defect here must not end what others need
                _log.exception("housekeeping has failed")

    async def _forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            try:
                await self._blobs.delete(key)
            except ApiError as error:
                _log.warning("a blob could not be deleted: %s", error.message)
