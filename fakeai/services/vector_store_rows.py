"""The rows of vector stores, of the files attached to them and of batches of those: what one transaction does to them.

A store's `_version` rises with every change of its files; what is worked out of them is right as long as it stays.
Whoever changes a store's files takes the store's row first. Knows no call.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from fakeai.content.chunking import AUTO_OVERLAP, AUTO_SIZE
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.resource import Resource
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.objects import shown
from fakeai.wire.vector_stores import (
    AutoChunking,
    ChunkingStrategy,
    FileBatch,
    FileCounts,
    StaticChunking,
    VectorStore,
    VectorStoreFile,
)

JOB = "vector_store_file"

_DAY_S = 86_400
_KNOWN = 1_000


class Attached(NamedTuple):
    """A file that is to be attached."""

    id: str
    attributes: dict[str, str | bool | float] | None
    chunking: ChunkingStrategy


class StoreRows:
    """The collections. `stores`, `files` (below a store) and `batches` (below a store) answer calls."""

    def __init__(self, db: Database, ids: Ids, jobs: Jobs, *, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._jobs = jobs
        self.stores = Resource(db, "vector_store", VectorStore, _no_store, synthesize=synthesize)
        self.files = Resource(db, "vector_store.file", VectorStoreFile, _no_file, synthesize=synthesize)
        self.batches = Resource(db, "vector_store.files_batch", FileBatch, _no_batch, synthesize=synthesize)
        self._tallies: OrderedDict[str, tuple[int, FileCounts, int]] = OrderedDict()
        """By a store's id: the version of its files that they were counted at, how many there are, and their bytes."""

    def view(self, tx: Tx, owner: str, store: Object) -> Object:
        """A store as it goes out: with what its files and the time make of it."""
        counts, used = self._tally(tx, owner, store)
        ends = expiry(store)
        status = "in_progress" if counts["in_progress"] else "completed"
        if ends is not None and self._db.now() >= ends:
            status = "expired"
        more = {"expires_at": ends} if ends is not None else {}
        return {**shown(store), **more, "status": status, "file_counts": counts, "usage_bytes": used}

    def touch(self, tx: Tx, owner: str, store: str, *, active: bool = True) -> Object | None:
        """Take the store's row, since its files change. None if there is no such store."""
        now = int(self._db.now())

        def change(found: Object) -> Object:
            at = now if active else found["last_active_at"]
            return {**found, "_version": found["_version"] + 1, "last_active_at": at}

        return self.stores.rows.change(tx, owner, store, change)

    def attach(self, tx: Tx, owner: str, store: str, files: Iterable[Attached], batch: str = "") -> list[Object]:
        """Attach files, each in place of what was attached under its id, and have them read. Raises NotFound.

        Whoever calls wakes the jobs after the transaction.
        """
        if self.touch(tx, owner, store) is None:
            raise _no_store(store)
        made = []
        for file in files:
            row = self._new(store, file, batch)
            self.detach(tx, owner, store, file.id)
            self.files.rows.add(tx, owner, row, parent=store, tag="in_progress")
            self._jobs.add(tx, JOB, row["_job"], owner, {"store": store, "file": file.id})
            made.append(row)
        return made

    def detach(self, tx: Tx, owner: str, store: str, file: str) -> Object | None:
        """Remove a file from a store whose row is taken, with its passages."""
        from fakeai.store.chunks import forget

        gone = self.files.rows.delete(tx, owner, file, parent=store)
        if gone is not None:
            forget(tx, store, file)
        return gone

    def detach_everywhere(self, tx: Tx, owner: str, file: str) -> None:
        """Remove a file that is no more from all stores of its owner."""
        while (found := self.files.rows.find(tx, file)) is not None and found[0] == owner:
            store = found[1]["vector_store_id"]
            self.touch(tx, owner, store, active=False)
            self.detach(tx, owner, store, file)

    def settle(
        self, tx: Tx, owner: str, store: str, file: str, job: str | None, change: Callable[[Object], Object]
    ) -> bool:
        """Change a file that is in progress (for that job, if given), whose store's row is taken; False if it is not."""
        row = self.files.rows.get(tx, owner, file, parent=store)
        if row is None or row["status"] != "in_progress" or (job is not None and row["_job"] != job):
            return False
        changed = change(row)
        self.files.rows.replace(tx, owner, changed, parent=store, tag=changed["status"])
        return True

    def drop(self, tx: Tx, owner: str, store: str) -> Object | None:
        """Remove a store with everything below it."""
        from fakeai.store.chunks import forget

        gone = self.stores.rows.delete(tx, owner, store)
        if gone is not None:
            for below in (self.files, self.batches):
                below.rows.delete_children(tx, owner, store)
            forget(tx, store)
        return gone

    def _tally(self, tx: Tx, owner: str, store: Object) -> tuple[FileCounts, int]:
        known = self._tallies.get(store["id"])
        if known is not None and known[0] == store["_version"]:
            return known[1], known[2]
        files = list(self.files.rows.every(tx, owner, parent=store["id"]))
        counts, used = count(files), sum(file["usage_bytes"] for file in files)
        self._tallies[store["id"]] = store["_version"], counts, used
        while len(self._tallies) > _KNOWN:
            self._tallies.popitem(last=False)
        return counts, used

    def _new(self, store: str, file: Attached, batch: str) -> Object:
        row: VectorStoreFile = {
            "id": file.id,
            "object": "vector_store.file",
            "created_at": int(self._db.now()),
            "usage_bytes": 0,
            "vector_store_id": store,
            "status": "in_progress",
            "last_error": None,
            "chunking_strategy": file.chunking,
            "attributes": file.attributes or {},
        }
        return {**row, "_job": self._ids.make("vsjob_"), "_batch": batch}


def count(files: Iterable[Object]) -> FileCounts:
    """Files by their status."""
    by = Counter(file["status"] for file in files)
    return {
        "in_progress": by["in_progress"],
        "completed": by["completed"],
        "failed": by["failed"],
        "cancelled": by["cancelled"],
        "total": sum(by.values()),
    }


def expiry(store: Object) -> int | None:
    """The epoch second at which a store expires unless it is used before."""
    after = store.get("expires_after")
    return None if after is None else int(store["last_active_at"] + after["days"] * _DAY_S)


def strategy(wish: AutoChunking | StaticChunking | None) -> ChunkingStrategy:
    """How files are cut, as it is told."""
    if isinstance(wish, StaticChunking):
        size, overlap = wish.static.max_chunk_size_tokens, wish.static.chunk_overlap_tokens
    else:
        size, overlap = AUTO_SIZE, AUTO_OVERLAP
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


def _no_store(id: str) -> ApiError:
    return NotFound(f"Vector store with id '{id}' not found.", param="vector_store_id")


def _no_file(id: str) -> ApiError:
    return NotFound(f"No file found with id '{id}' in vector store.", param="file_id")


def _no_batch(id: str) -> ApiError:
    return NotFound(f"No vector store file batch found with id '{id}'.", param="batch_id")
