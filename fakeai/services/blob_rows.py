"""Rows that own bytes: the bytes are kept first, so that no row ever lacks them, and go when their row is refused or gone.

A row names the keys of its bytes in `_blobs`, and their digest in `_sha256`.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from typing import TypeVar

from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, StorageUnavailable
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.objects import Collection

T = TypeVar("T")


async def run_with_blob(db: Database, blobs: Blobs, key: str, work: Callable[[Tx], T]) -> T:
    """Do `work`, which makes a row that owns the blob under `key`, in one transaction.

    The blob goes when `work` or the database refuses. It stays where nobody can tell whether the row is there (the
    connection broke, or the caller left meanwhile): what no row owns, the collector of blobs finds.
    """
    try:
        return await db.run(work)
    except StorageUnavailable:
        raise
    except Exception:
        await forget(blobs, [key])
        raise


async def forget(blobs: Blobs, keys: Iterable[str]) -> None:
    """Delete bytes whose rows are gone; those that cannot be deleted now are collected."""
    with suppress(ApiError):
        for key in keys:
            await blobs.delete(key)


class OwnedBytes:
    """The bytes of the rows of one collection. `missing` and `damaged` make the errors for a row that is gone, or has lost them."""

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        rows: Collection,
        missing: Callable[[Object], ApiError],
        damaged: Callable[[Object], ApiError],
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._rows = rows
        self._missing = missing
        self._damaged = damaged

    async def read(self, row: Object, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from `start` up to `end`, unchecked. Raises what `missing` makes if the row was deleted meanwhile."""
        try:
            return await self._blobs.read(row["_blobs"][0], start, end)
        except KeyError:
            there = await self._db.read(lambda tx: self._rows.find(tx, row["id"]))
            raise (self._missing if there is None else self._damaged)(row) from None

    async def whole(self, row: Object) -> bytes:
        """All of them. Raises what `damaged` makes if they are not what was kept."""
        data = await self.read(row)
        if await off_loop(_digest, data) != row["_sha256"]:
            raise self._damaged(row)
        return data


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
