"""Files that are attached to a vector store together: how far they are, and no further if wanted."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.base import lenient
from fakeai.services.resource import SYNTHESIZED
from fakeai.services.vector_store_files import STATUSES
from fakeai.services.vector_store_rows import count
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.objects import shown
from fakeai.wire.listing import ListQuery, one_of
from fakeai.wire.vector_stores import FileBatch, FileBatchCreate

_TAG = "Vector stores"
_ALL = "/vector_stores/{vector_store_id}/file_batches"
_ONE = _ALL + "/{batch_id}"


class VectorStoreBatches:
    """`/vector_stores/{id}/file_batches`. What a batch has come to is told by its files."""

    ENDPOINTS = (
        Endpoint("POST", _ALL, "create", "Attach files to a vector store", body=FileBatchCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a batch of files", tag=_TAG),
        Endpoint("POST", _ONE + "/cancel", "cancel", "Stop reading the files of a batch", tag=_TAG),
        Endpoint("GET", _ONE + "/files", "files", "List the files of a batch", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, jobs: Jobs, vector_stores: VectorStores, *, lenient: bool) -> None:
        self._db = db
        self._ids = ids
        self._jobs = jobs
        self._stores = vector_stores
        self._rows = vector_stores.rows
        self._lenient = lenient

    async def create(self, call: Call) -> Reply:
        """The batch; its files are about to be read. Raises NotFound, BadRequest."""
        body: FileBatchCreate = call.body
        easy = lenient(call, self._lenient)
        if (body.file_ids is None) == (body.files is None) and not easy:
            raise BadRequest("Exactly one of 'file_ids' and 'files' must be given.", param="file_ids")
        if body.files is not None:
            wanted = [(file.file_id, file.attributes, file.chunking_strategy) for file in body.files]
        else:
            wanted = [(file, body.attributes, body.chunking_strategy) for file in body.file_ids or ()]
        if not wanted and not easy:
            raise BadRequest("A batch has one file at least.", param="file_ids" if body.files is None else "files")
        store = await self._stores.usable(call, call.params["vector_store_id"])
        files = await self._stores.attachable(call, wanted)
        owner = call.principal.owner
        batch: FileBatch = {
            "id": self._ids.make("vsfb_"),
            "object": "vector_store.files_batch",
            "created_at": int(self._db.now()),
            "vector_store_id": store["id"],
            "status": "in_progress",
            "file_counts": count([{"status": "in_progress"}] * len(files)),
        }
        if SYNTHESIZED in store or not files:
            return Reply(batch)

        def add(tx: Tx) -> None:
            self._rows.attach(tx, owner, store["id"], files, batch["id"])
            self._rows.batches.rows.add(tx, owner, {**batch, "_cancelled": False}, parent=store["id"])

        await self._db.run(add)
        self._jobs.wake()
        return Reply(batch)

    async def retrieve(self, call: Call) -> Reply:
        """A batch as its files are now; NotFound if there is none."""
        return Reply(await self._shown(call, await self._get(call)))

    async def cancel(self, call: Call) -> Reply:
        """The batch without those of its files that have not been read yet; what has been stays. Raises NotFound."""
        batch, owner = await self._get(call), call.principal.owner
        if SYNTHESIZED not in batch:
            batch = await self._db.run(lambda tx: self._cancel(tx, owner, batch))
        return Reply(await self._shown(call, batch))

    async def files(self, call: Call) -> Reply:
        """A page of the files of a batch, of one status if wanted."""
        batch = await self._get(call)
        query, status = ListQuery.from_query(call.query), one_of(call.query, "filter", STATUSES)

        def keep(file: Object) -> bool:
            return bool(file["_batch"] == batch["id"])

        return Reply(await self._rows.files.page(call, query, parent=batch["vector_store_id"], tag=status, keep=keep))

    def _cancel(self, tx: Tx, owner: str, batch: Object) -> Object:
        store = batch["vector_store_id"]
        self._rows.touch(tx, owner, store)
        stopped = [
            self._rows.settle(tx, owner, store, file["id"], None, lambda found: {**found, "status": "cancelled"})
            for file in self._of(tx, owner, batch)
        ]
        if not any(stopped):
            return batch
        changed = {**batch, "_cancelled": True}
        self._rows.batches.rows.replace(tx, owner, changed, parent=store)
        return changed

    async def _get(self, call: Call) -> Object:
        store = await self._stores.get(call, call.params["vector_store_id"])
        return await self._rows.batches.get(call, call.params["batch_id"], parent=store["id"])

    async def _shown(self, call: Call, batch: Object) -> Object:
        if SYNTHESIZED in batch:
            return shown(batch)
        counts = count(await self._db.read(lambda tx: self._of(tx, call.principal.owner, batch)))
        if counts["in_progress"]:
            status = "in_progress"
        elif batch["_cancelled"]:
            status = "cancelled"
        else:
            status = "failed" if counts["failed"] and not counts["completed"] else "completed"
        return {**shown(batch), "status": status, "file_counts": counts}

    def _of(self, tx: Tx, owner: str, batch: Object) -> list[Object]:
        files = self._rows.files.rows.every(tx, owner, parent=batch["vector_store_id"])
        return [file for file in files if file["_batch"] == batch["id"]]
