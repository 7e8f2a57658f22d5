"""Files that are attached to vector stores are read, cut and kept as passages: a job each, done once whatever happens."""

from typing import TYPE_CHECKING, Any

from fakeai.content.chunking import chunks
from fakeai.content.file_kinds import UnreadableError
from fakeai.content.reading import read
from fakeai.content.search import profile
from fakeai.content.tokens import encoding
from fakeai.core.clock import off_loop
from fakeai.core.errors import NotFound, ServerError
from fakeai.services.files import Files
from fakeai.services.vector_store_rows import JOB, StoreRows
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Job, Jobs
from fakeai.wire.vector_stores import ChunkSizes, LastError

if TYPE_CHECKING:
    from fakeai.store.chunks import Passage


class Reader:
    """Who does these jobs."""

    def __init__(self, db: Database, jobs: Jobs, files: Files, rows: StoreRows) -> None:
        self._db = db
        self._files = files
        self._rows = rows
        jobs.register(JOB, self._work, self._broken)

    async def _work(self, job: Job) -> None:
        row = await self._db.read(lambda tx: self._find(tx, job))
        if row is None or row["_job"] != job.key or row["status"] != "in_progress":
            return
        try:
            passages = await self._passages(job, row)
        except UnreadableError as error:
            await self._fail(job, {"code": error.code, "message": error.message})
            return
        used = sum(len(one.text.encode()) + len(one.vector) + len(one.terms) + len(one.counts) for one in passages)

        def keep(tx: Tx) -> None:
            from fakeai.store.chunks import put

            if self._settle(tx, job, {"status": "completed", "usage_bytes": used}):
                put(tx, job.payload["store"], job.payload["file"], passages)

        await self._db.run(keep)

    async def _passages(self, job: Job, row: Object) -> "list[Passage]":
        file = await self._files.find(job.owner, row["id"])
        try:
            data = None if file is None else await self._files.content(file)
        except NotFound:
            data = None
        except ServerError as error:
            raise UnreadableError("server_error", error.message) from None
        if file is None or data is None:
            raise UnreadableError("invalid_file", "The file was deleted.")
        text = await off_loop(read, file["filename"], file.get("_media_type", ""), data)
        return await off_loop(_cut, text, row["chunking_strategy"]["static"])

    async def _fail(self, job: Job, error: LastError) -> None:
        def fail(tx: Tx) -> None:
            self._settle(tx, job, {"status": "failed", "last_error": error})

        await self._db.run(fail)

    async def _broken(self, job: Job, error: Exception) -> None:
        await self._fail(job, {"code": "server_error", "message": "The file could not be processed."})

    def _settle(self, tx: Tx, job: Job, changes: dict[str, Any]) -> bool:
        """End the file's being in progress, if it still is and the job is ours. Any: JSON."""
        job.guard(tx)
        store = job.payload["store"]
        if self._rows.touch(tx, job.owner, store, active=False) is None:
            return False
        return self._rows.settle(tx, job.owner, store, job.payload["file"], job.key, lambda found: {**found, **changes})

    def _find(self, tx: Tx, job: Job) -> Object | None:
        return self._rows.files.rows.get(tx, job.owner, job.payload["file"], parent=job.payload["store"])


def _cut(text: str, sizes: ChunkSizes) -> "list[Passage]":
    from fakeai.store.chunks import Passage

    cut = chunks(text, encoding("o200k_base"), sizes["max_chunk_size_tokens"], sizes["chunk_overlap_tokens"])
    return [Passage(number, one.text, one.fresh, *profile(one.text)) for number, one in enumerate(cut)]
