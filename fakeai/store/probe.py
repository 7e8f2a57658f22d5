"""Whether what is kept can be kept at the moment, and whether Redis answers: what a readiness probe asks.

Writes a row and looks at the disk's free space; a database in memory is always ready. An answer is good for a second, so
that probes cost nothing however often they come.
"""

import asyncio
from pathlib import Path
from shutil import disk_usage
from typing import NamedTuple

from fakeai.core.clock import stopwatch
from fakeai.core.errors import ApiError, StorageFull
from fakeai.core.readiness import DISABLED, OK
from fakeai.store.base import KeyValue
from fakeai.store.local import ROOM
from fakeai.store.sql import SqlDatabase

PATIENCE_S = 1.5
"""How long the database or Redis may take to answer a probe."""

_GOOD_FOR_S = 1.0
_NO_ROOM = "the storage is full"


class Found(NamedTuple):
    """`ok` each, or what is wrong with it."""

    db: str
    redis: str


class Probe:
    """`directory` is where data is kept on a disk of this machine, if it is; `redis` is what several processes share."""

    def __init__(self, db: SqlDatabase, directory: Path | None, redis: KeyValue | None = None) -> None:
        self._db = db
        self._directory = directory
        self._redis = redis
        self._found = Found(OK, DISABLED if redis is None else OK)
        self._asked = -_GOOD_FOR_S

    async def look(self) -> Found:
        """What is ready now, or was so within a second."""
        if self._db.sql.in_memory and self._redis is None:
            return self._found
        now = stopwatch()
        if now - self._asked >= _GOOD_FOR_S:
            self._asked = now
            self._found = Found(*await asyncio.gather(self._look_at_db(), self._look_at_redis()))
        return self._found

    async def _look_at_db(self) -> str:
        if self._db.sql.in_memory:
            return OK
        if self._directory is not None and disk_usage(self._directory).free < ROOM:
            return _NO_ROOM
        from fakeai.store.meta import touch

        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._db.run(touch)
        except StorageFull:
            return _NO_ROOM
        except (ApiError, TimeoutError):
            return "the database does not answer"
        return OK

    async def _look_at_redis(self) -> str:
        if self._redis is None:
            return DISABLED
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._redis.get("probe")
        except (ApiError, TimeoutError):
            return "Redis does not answer"
        return OK
