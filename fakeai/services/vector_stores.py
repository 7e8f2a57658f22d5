"""Vector stores: made, changed, deleted, and searched."""

from collections.abc import Sequence

from fakeai.content.search import rewritten
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.files import Files
from fakeai.services.resource import SYNTHESIZED, deleted, listed
from fakeai.services.vector_store_reading import Reader
from fakeai.services.vector_store_rows import Attached, StoreRows, expiry, strategy
from fakeai.services.vector_store_search import Passage, Searcher
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.usage import ONE, Meter
from fakeai.wire.listing import ListQuery
from fakeai.wire.vector_stores import (
    AutoChunking,
    ComparisonFilter,
    CompoundFilter,
    ExpiresAfter,
    RankingOptions,
    SearchResult,
    StaticChunking,
    VectorStoreCreate,
    VectorStoreSearch,
    VectorStoreUpdate,
)

DEFAULT_RESULTS = 10

_TAG = "Vector stores"
_ONE = "/vector_stores/{vector_store_id}"
_ACTIVE_S = 60
"""Searches move a store's last activity on by steps of this many seconds, so that most of them write nothing."""


class VectorStores:
    """`/vector_stores`, for calls and for whoever searches on behalf of one."""

    ENDPOINTS = (
        Endpoint("GET", "/vector_stores", "list", "List vector stores", tag=_TAG),
        Endpoint("POST", "/vector_stores", "create", "Make a vector store", body=VectorStoreCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a vector store", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change a vector store", body=VectorStoreUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a vector store", tag=_TAG),
        Endpoint("POST", _ONE + "/search", "find", "Search a vector store", body=VectorStoreSearch, tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, jobs: Jobs, files: Files, meter: Meter, *, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._jobs = jobs
        self._files = files
        self._meter = meter
        self.rows = StoreRows(db, ids, jobs, synthesize=synthesize)
        self._searcher = Searcher(db, files, self.rows)
        Reader(db, jobs, files, self.rows)
        files.when_deleted(self.rows.detach_everywhere)

    # -- over HTTP

    async def list(self, call: Call) -> Reply:
        """A page of vector stores, the newest first unless told otherwise."""
        page = await self.rows.stores.page(call, ListQuery.from_query(call.query), private=True)
        owner = call.principal.owner
        data = await self._db.read(lambda tx: [self.rows.view(tx, owner, store) for store in page["data"]])
        return Reply(listed(data, page["has_more"]))

    async def create(self, call: Call) -> Reply:
        """A vector store; its files are read in the background. Raises NotFound for a file, BadRequest."""
        body: VectorStoreCreate = call.body
        owner, now = call.principal.owner, int(self._db.now())
        files = await self.attachable(call, [(file, None, body.chunking_strategy) for file in body.file_ids or ()])
        store: Object = {
            "id": self._ids.make("vs_"),
            "object": "vector_store",
            "created_at": now,
            "name": body.name or "",
            "description": body.description,
            "last_active_at": now,
            "metadata": body.metadata or {},
            "_version": 0,
            **_expiring(body.expires_after),
        }

        def add(tx: Tx) -> Object:
            self.rows.stores.rows.add(tx, owner, store)
            self.rows.attach(tx, owner, store["id"], files)
            return self._view(tx, owner, store["id"])

        made = await self._db.run(add)
        self._jobs.wake()
        return Reply(made)

    async def retrieve(self, call: Call) -> Reply:
        """A vector store; NotFound if there is none."""
        return Reply(await self._shown(call, await self.get(call, call.params["vector_store_id"])))

    async def update(self, call: Call) -> Reply:
        """The vector store with what was given in place of what was there."""
        body: VectorStoreUpdate = call.body
        given = body.model_fields_set

        def change(store: Object) -> Object:
            changed = dict(store)
            if "name" in given:
                changed["name"] = body.name or ""
            if "metadata" in given:
                changed["metadata"] = body.metadata or {}
            if "expires_after" in given:
                changed.pop("expires_after", None)
                changed |= _expiring(body.expires_after)
            return {**changed, "last_active_at": int(self._db.now())}

        return Reply(
            await self._shown(call, await self.rows.stores.change(call, call.params["vector_store_id"], change))
        )

    async def delete(self, call: Call) -> Reply:
        """Forget a vector store and what is in it; the files themselves stay."""
        store, owner = call.params["vector_store_id"], call.principal.owner
        if await self._db.run(lambda tx: self.rows.drop(tx, owner, store)) is None:
            self.rows.stores.synthesized(call, store)
        return Reply(deleted(store, "vector_store.deleted"))

    async def find(self, call: Call) -> Reply:
        """The passages that fit a query best. Raises NotFound, BadRequest."""
        body: VectorStoreSearch = call.body
        queries = [body.query] if isinstance(body.query, str) else body.query
        if body.rewrite_query:
            queries = [rewritten(query) for query in queries]
        store = await self.get(call, call.params["vector_store_id"])
        limit = body.max_num_results or DEFAULT_RESULTS
        found = await self._search(call.principal.owner, store, queries, limit, body.filters, body.ranking_options)
        if SYNTHESIZED not in store:
            self._meter.count(call.principal, "file_search_calls", amounts=ONE, detail=store["id"])
        page = {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": [_result(one) for one in found],
        }
        return Reply({**page, "has_more": False, "next_page": None})

    # -- for other services

    async def get(self, call: Call, id: str) -> Object:
        """The caller's vector store of that id, with its private keys. Raises NotFound."""
        return await self.rows.stores.get(call, id)

    async def usable(self, call: Call, id: str) -> Object:
        """The same, of a store whose files may be changed: one that has not expired. Raises BadRequest, too."""
        store = await self.get(call, id)
        self._check(store)
        return store

    async def attachable(
        self,
        call: Call,
        wanted: Sequence[tuple[str, dict[str, str | bool | float] | None, AutoChunking | StaticChunking | None]],
    ) -> Sequence[Attached]:
        """Files that the caller may attach, each once: ids, attributes and how to cut them. Raises NotFound, BadRequest."""
        found: dict[str, Attached] = {}
        for name, attributes, chunking in wanted:
            cut = strategy(chunking)
            sizes = cut["static"]
            if sizes["chunk_overlap_tokens"] > sizes["max_chunk_size_tokens"] // 2:
                told = "'chunk_overlap_tokens' must be less than or equal to half of 'max_chunk_size_tokens'."
                raise BadRequest(told, param="chunking_strategy.static.chunk_overlap_tokens")
            file = await self._files.get(call, name)
            if SYNTHESIZED not in file:
                found[name] = Attached(name, attributes, cut)
        return tuple(found.values())

    async def search(
        self,
        owner: str,
        ids: Sequence[str],
        query: str | Sequence[str],
        *,
        limit: int = DEFAULT_RESULTS,
        filters: ComparisonFilter | CompoundFilter | None = None,
        ranking: RankingOptions | None = None,
    ) -> Sequence[Passage]:
        """The best passages of the owner's stores, the best first; ids that name none of them find nothing."""
        queries = [query] if isinstance(query, str) else query
        found: Sequence[Passage] = ()
        for name in dict.fromkeys(ids):
            store = await self._db.read(lambda tx, name=name: self.rows.stores.rows.get(tx, owner, name))  # type: ignore[misc]
            if store is not None:
                found = [*found, *await self._search(owner, store, queries, limit, filters, ranking)]
        return sorted(found, key=lambda passage: -passage.score)[:limit]

    async def _search(
        self,
        owner: str,
        store: Object,
        queries: Sequence[str],
        limit: int,
        filters: ComparisonFilter | CompoundFilter | None,
        ranking: RankingOptions | None,
    ) -> Sequence[Passage]:
        if SYNTHESIZED in store:
            return ()
        self._check(store)
        now = int(self._db.now())
        if now - store["last_active_at"] >= _ACTIVE_S:
            active = {"last_active_at": now}
            await self._db.run(
                lambda tx: self.rows.stores.rows.change(tx, owner, store["id"], lambda s: {**s, **active})
            )
        return await self._searcher.search(owner, store, queries, limit, filters, ranking)

    def _check(self, store: Object) -> None:
        ends = None if SYNTHESIZED in store else expiry(store)
        if ends is not None and self._db.now() >= ends:
            raise BadRequest(f"The vector store '{store['id']}' has expired.", code="vector_store_expired")

    async def _shown(self, call: Call, store: Object) -> Object:
        if SYNTHESIZED in store:
            return {name: value for name, value in store.items() if not name.startswith("_")}
        return await self._db.read(lambda tx: self.rows.view(tx, call.principal.owner, store))

    def _view(self, tx: Tx, owner: str, id: str) -> Object:
        found = self.rows.stores.rows.get(tx, owner, id)
        assert found is not None, "it was added in this transaction"
        return self.rows.view(tx, owner, found)


def _expiring(after: ExpiresAfter | None) -> Object:
    return {} if after is None else {"expires_after": {"anchor": after.anchor, "days": after.days}}


def _result(passage: Passage) -> SearchResult:
    return {
        "file_id": passage.file_id,
        "filename": passage.filename,
        "score": passage.score,
        "attributes": passage.attributes,
        "content": [{"type": "text", "text": passage.text}],
    }
