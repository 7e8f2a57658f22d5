"""The files of vector stores: attached, listed, told apart by attributes, read back, detached."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.services.resource import SYNTHESIZED, deleted
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.objects import shown
from fakeai.wire.listing import ListQuery, one_of
from fakeai.wire.vector_stores import VectorStoreFileCreate, VectorStoreFileUpdate

STATUSES = ("in_progress", "completed", "failed", "cancelled")

_TAG = "Vector stores"
_ALL = "/vector_stores/{vector_store_id}/files"
_ONE = _ALL + "/{file_id}"


class VectorStoreFiles:
    """`/vector_stores/{id}/files`. A file is there under the id of the file it is."""

    ENDPOINTS = (
        Endpoint("GET", _ALL, "list", "List the files of a vector store", tag=_TAG),
        Endpoint("POST", _ALL, "create", "Attach a file to a vector store", body=VectorStoreFileCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a file of a vector store", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change a file's attributes", body=VectorStoreFileUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Detach a file from a vector store", tag=_TAG),
        Endpoint("GET", _ONE + "/content", "content", "Get the text of a file", tag=_TAG),
    )

    def __init__(self, db: Database, jobs: Jobs, vector_stores: VectorStores) -> None:
        self._db = db
        self._jobs = jobs
        self._stores = vector_stores
        self._rows = vector_stores.rows

    async def list(self, call: Call) -> Reply:
        """A page of files, the newest first unless told otherwise, of one status if wanted."""
        store = await self._stores.get(call, call.params["vector_store_id"])
        query = ListQuery.from_query(call.query)
        status = one_of(call.query, "filter", STATUSES)
        return Reply(await self._rows.files.page(call, query, parent=store["id"], tag=status))

    async def create(self, call: Call) -> Reply:
        """The file, about to be read; one that is attached already is attached anew. Raises NotFound, BadRequest."""
        body: VectorStoreFileCreate = call.body
        store = await self._stores.usable(call, call.params["vector_store_id"])
        files = await self._stores.attachable(call, [(body.file_id, body.attributes, body.chunking_strategy)])
        if SYNTHESIZED in store or not files:
            made = self._rows.files.synthesized(call, body.file_id)
            return Reply({**shown(made), "vector_store_id": store["id"], "attributes": body.attributes})
        owner = call.principal.owner
        rows = await self._db.run(lambda tx: self._rows.attach(tx, owner, store["id"], files))
        self._jobs.wake()
        return Reply(shown(rows[0]))

    async def retrieve(self, call: Call) -> Reply:
        """A file of a store; NotFound if it is not attached."""
        return Reply(shown(await self._get(call)))

    async def update(self, call: Call) -> Reply:
        """The file with these attributes in place of those it had."""
        body: VectorStoreFileUpdate = call.body
        store = await self._stores.get(call, call.params["vector_store_id"])

        def change(file: Object) -> Object:
            return {**file, "attributes": body.attributes or {}}

        return Reply(shown(await self._rows.files.change(call, call.params["file_id"], change, parent=store["id"])))

    async def delete(self, call: Call) -> Reply:
        """Detach a file; the file itself stays."""
        store = await self._stores.get(call, call.params["vector_store_id"])
        file, owner = call.params["file_id"], call.principal.owner

        def detach(tx: Tx) -> Object | None:
            if self._rows.files.rows.get(tx, owner, file, parent=store["id"]) is None:
                return None
            self._rows.touch(tx, owner, store["id"])
            return self._rows.detach(tx, owner, store["id"], file)

        if await self._db.run(detach) is None:
            self._rows.files.synthesized(call, file)
        return Reply(deleted(file, "vector_store.file.deleted"))

    async def content(self, call: Call) -> Reply:
        """The text of a file, as it was read; none as long as it has not been."""
        file = await self._get(call)

        def read(tx: Tx) -> str:
            from fakeai.store.chunks import text

            return "".join(text(tx, file["vector_store_id"], file["id"]))

        whole = "" if SYNTHESIZED in file else await self._db.read(read)
        data = [{"type": "text", "text": whole}] if whole else []
        page = {"object": "vector_store.file_content.page", "data": data, "has_more": False, "next_page": None}
        return Reply(page)

    async def _get(self, call: Call) -> Object:
        store = await self._stores.get(call, call.params["vector_store_id"])
        return await self._rows.files.get(call, call.params["file_id"], parent=store["id"])
