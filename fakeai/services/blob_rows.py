"""Rows that own bytes: the bytes are kept first, so that no row ever lacks them, and go when their row is refused."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from fakeai.core.errors import ApiError, StorageUnavailable
from fakeai.store.base import Blobs, Database, Tx

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
        with suppress(ApiError):
            await blobs.delete(key)
        raise
