"""Indexes made of rows: kept while nothing changes, made again when something does, and never too many."""

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest
from fakeai.services.vector_store_search import Searcher
from fakeai.store.sql import SqlDatabase
from fakeai.wire.vector_stores import CompoundFilter, HybridSearch, RankingOptions
from tests.services.shelves import OWNER, Shelf, file

SEA = {"whales.txt": "Blue whales sing to each other.", "boats.txt": "Boats are painted every spring."}


@pytest.fixture
def shelf(db: SqlDatabase, clock: WallClock, ids: Ids) -> Shelf:
    return Shelf(db, clock, ids)


def searcher(shelf: Shelf, most: int = 100) -> Searcher:
    return Searcher(shelf.db, shelf.files, shelf.rows, most)


async def test_a_change_of_the_files_is_seen_by_the_next_search(shelf: Shelf) -> None:
    store, of = await shelf.fill("vs", SEA), searcher(shelf)
    assert [one.filename for one in await of.search(OWNER, store, ["whales"], 1)] == ["whales.txt"]
    name = await shelf.upload("more.txt", "Whales, whales and more whales.")
    await shelf.db.run(lambda tx: shelf.rows.attach(tx, OWNER, "vs", [file(name)]))
    store = await shelf.read("vs")
    found = await of.search(OWNER, store, ["whales"], 10)
    assert {one.filename for one in found if one.score > 0.3} == {"whales.txt", "more.txt"}


async def test_another_searcher_finds_the_same(shelf: Shelf) -> None:
    store = await shelf.fill("vs", SEA)
    query = ["What do whales do?", "spring colours"]
    first = await searcher(shelf).search(OWNER, store, query, 10)
    assert first == await searcher(shelf).search(OWNER, store, query, 10) != []
    assert first == sorted(first, key=lambda one: -one.score)


async def test_indexes_used_longest_ago_are_let_go_of(shelf: Shelf) -> None:
    stores = [await shelf.fill(f"vs{n}", SEA) for n in range(4)]
    of = searcher(shelf, most=4)
    for store in (*stores, stores[2]):
        await of.search(OWNER, store, ["whales"], 1)
    assert list(of._kept) == ["vs3", "vs2"]
    assert list(searcher(shelf, most=1)._kept) == []


async def test_passages_of_files_that_are_no_more_are_left_out(shelf: Shelf) -> None:
    store, of = await shelf.fill("vs", SEA), searcher(shelf)
    gone = (await shelf.attached("vs"))[0]["id"]
    await shelf.db.run(lambda tx: shelf.files._files.rows.delete(tx, OWNER, gone))
    assert [one.filename for one in await of.search(OWNER, store, ["whales"], 10)] in ([], ["boats.txt"])


async def test_weights_and_rankers_change_scores(shelf: Shelf) -> None:
    store, of = await shelf.fill("vs", SEA), searcher(shelf)

    async def best(**options: object) -> float:
        return (await of.search(OWNER, store, ["singing whales at night"], 1, None, RankingOptions(**options)))[0].score  # type: ignore[arg-type]

    both = HybridSearch(embedding_weight=1, text_weight=1)
    words = HybridSearch(embedding_weight=0, text_weight=1)
    assert (
        len({await best(), await best(ranker="none"), await best(hybrid_search=both), await best(hybrid_search=words)})
        == 4
    )
    assert await best(ranker="auto") == await best()
    with pytest.raises(BadRequest, match="At least one"):
        await best(hybrid_search=HybridSearch(embedding_weight=0, text_weight=0))


async def test_a_filter_that_is_too_deep_is_refused(shelf: Shelf) -> None:
    store, of = await shelf.fill("vs", SEA), searcher(shelf)
    deep = CompoundFilter(type="and", filters=[])
    for _ in range(20):
        deep = CompoundFilter(type="and", filters=[deep])
    with pytest.raises(BadRequest, match="deep"):
        await of.search(OWNER, store, ["whales"], 1, deep)
