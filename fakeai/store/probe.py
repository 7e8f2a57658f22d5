"""Whether what is kept can be kept at the moment: what a readiness probe asks.

Writes a row and looks at the disk's free space; a database in memory is always ready. An answer is good for a second, so
that probes cost nothing however often they come.
"""

import asyncio
from pathlib import Path
from shutil import disk_usage

from fakeai.core.clock import stopwatch
from fakeai.core.errors import ApiError, StorageFull
from fakeai.store.local import ROOM
from fakeai.store.sql import SqlDatabase

PATIENCE_S = 2.0
"""How long the database may take to answer a probe."""

_GOOD_FOR_S = 1.0


class Probe:
    """`directory` is where data is kept on a disk of this machine, if it is."""

    def __init__(self, db: SqlDatabase, directory: Path | None) -> None:
        self._db = db
        self._directory = directory
        self._reason: str | None = None
        self._asked = -_GOOD_FOR_S

    async def reason(self) -> str | None:
        """Why nothing can be kept, or None."""
        if self._db.sql.in_memory:
            return None
        now = stopwatch()
        if now - self._asked >= _GOOD_FOR_S:
            self._asked = now
            self._reason = await self._look()
        return self._reason

    async def _look(self) -> str | None:
        if self._directory is not None and disk_usage(self._directory).free < ROOM:
            return "the storage is full"
        from fakeai.store.meta import touch

        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._db.run(touch)
        except StorageFull:
            return "the storage is full"
        except (ApiError, TimeoutError):
            return "the database does not answer"
        return None
