"""Finds passages in vector stores. Indexes are made of the rows when they are needed, and kept while nothing changes."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fakeai.content.filters import Matcher, matcher
from fakeai.content.search import HYBRID, Hit, Index, Profile, Weights
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest
from fakeai.services.files import Files
from fakeai.services.vector_store_rows import StoreRows
from fakeai.store.base import Database, Object, Tx
from fakeai.wire.vector_stores import ComparisonFilter, CompoundFilter, RankingOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fakeai.store.chunks import Indexed

MOST_KEPT = 200_000
"""Passages of all indexes that are kept: some 0.4 GB where they are long. The one used last is kept whatever it holds."""


class Passage(NamedTuple):
    """Some text of a file that fits a query; the score is from 0 to 1."""

    file_id: str
    filename: str
    score: float
    attributes: dict[str, str | float | bool] | None
    text: str


class _Kept(NamedTuple):
    version: int
    passages: Index
    places: list[tuple[str, int]]
    """File and number of each passage."""


class Searcher:
    """Searches of one App."""

    def __init__(self, db: Database, files: Files, rows: StoreRows, most_kept: int = MOST_KEPT) -> None:
        self._db = db
        self._files = files
        self._rows = rows
        self._most = most_kept
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._building = asyncio.Lock()

    async def search(
        self,
        owner: str,
        store: Object,
        queries: Sequence[str],
        limit: int,
        filters: ComparisonFilter | CompoundFilter | None = None,
        ranking: RankingOptions | None = None,
    ) -> list[Passage]:
        """The best passages of a store for any of the queries, the best first. Raises BadRequest for a filter."""
        matches = _matcher(filters)
        kept = await self._index(owner, store)
        allowed = None if matches is None else await self._allowed(owner, store["id"], kept, matches)
        hits = await off_loop(_best, kept.passages, queries, limit, _weights(ranking), allowed)
        least = 0.0 if ranking is None or ranking.score_threshold is None else ranking.score_threshold
        return await self._passages(owner, store["id"], kept, [hit for hit in hits if hit.score >= least])

    async def _index(self, owner: str, store: Object) -> _Kept:
        async with self._building:
            kept = self._kept.get(store["id"])
            if kept is None or kept.version != store["_version"]:
                version, rows = await self._db.read(lambda tx: self._rows_of(tx, owner, store["id"]))
                kept = await off_loop(_indexed, version, rows)
                self._kept[store["id"]] = kept
            self._kept.move_to_end(store["id"])
            while len(self._kept) > 1 and sum(one.passages.size for one in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
        return kept

    def _rows_of(self, tx: Tx, owner: str, store: str) -> "tuple[int, list[Indexed]]":
        from fakeai.store.chunks import indexed

        found = self._rows.stores.rows.get(tx, owner, store)
        return (0, []) if found is None else (found["_version"], indexed(tx, store))

    async def _allowed(self, owner: str, store: str, kept: _Kept, matches: Matcher) -> "NDArray[np.bool_]":
        import numpy as np

        def read(tx: Tx) -> set[str]:
            files = self._rows.files.rows.every(tx, owner, parent=store)
            return {file["id"] for file in files if matches(file["attributes"] or {})}

        wanted = await self._db.read(read)
        return np.fromiter((file in wanted for file, _ in kept.places), bool, len(kept.places))

    async def _passages(self, owner: str, store: str, kept: _Kept, hits: Sequence[Hit]) -> list[Passage]:
        """What the hits are, but of files that are no more."""
        places = [kept.places[hit.number] for hit in hits]

        def read(tx: Tx) -> tuple[Mapping[tuple[str, int], str], dict[str, Object | None]]:
            from fakeai.store.chunks import texts

            files = {file for file, _ in places}
            return texts(tx, store, places), {
                file: self._rows.files.rows.get(tx, owner, file, parent=store) for file in files
            }

        text, rows = await self._db.read(read)
        files = {name: await self._files.find(owner, name) for name, row in rows.items() if row is not None}
        found = []
        for hit, place in zip(hits, places, strict=True):
            row, file = rows[place[0]], files.get(place[0])
            if row is not None and file is not None and place in text:
                found.append(Passage(file["id"], file["filename"], hit.score, row["attributes"], text[place]))
        return found


def _indexed(version: int, rows: "list[Indexed]") -> _Kept:
    profiles = [Profile(row.vector, row.terms, row.counts, row.words) for row in rows]
    return _Kept(version, Index(profiles), [(row.file, row.number) for row in rows])


def _best(
    index: Index, queries: Sequence[str], limit: int, weights: Weights, allowed: "NDArray[np.bool_] | None"
) -> list[Hit]:
    """The best hits of all queries together."""
    best: dict[int, float] = {}
    for query in queries:
        for hit in index.search(query, limit, weights, allowed):
            best[hit.number] = max(hit.score, best.get(hit.number, 0.0))
    return sorted((Hit(*item) for item in best.items()), key=lambda hit: (-hit.score, hit.number))[:limit]


def _weights(ranking: RankingOptions | None) -> Weights:
    """Without a ranker only the meaning counts, as vectors tell it."""
    if ranking is None:
        return HYBRID
    if ranking.hybrid_search is not None:
        of = ranking.hybrid_search
        if not of.embedding_weight + of.text_weight:
            told = "At least one of 'embedding_weight' and 'text_weight' must be greater than 0."
            raise BadRequest(told, param="ranking_options.hybrid_search")
        return Weights(of.embedding_weight, of.text_weight)
    return Weights(1.0, 0.0) if ranking.ranker == "none" else HYBRID


def _matcher(filters: ComparisonFilter | CompoundFilter | None) -> Matcher | None:
    if filters is None:
        return None
    given: dict[str, Any] = filters.model_dump()  # Any: JSON
    try:
        return matcher(given)
    except ValueError as error:
        raise BadRequest(str(error), param="filters") from None
