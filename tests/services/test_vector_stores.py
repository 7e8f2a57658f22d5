"""Vector stores in virtual time: their expiry, and searches on behalf of others."""

import asyncio
from typing import Any

import openai
import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.store.sql import SqlDatabase
from fakeai.testing import FakeAI
from fakeai.wire.vector_stores import ComparisonFilter, RankingOptions
from tests.services.shelves import OWNER, Shelf, attached, in_virtual_time, upload

DAY_S = 86_400


def test_a_store_expires_unless_it_is_used() -> None:
    async def scenario(fake: FakeAI, client: Any) -> None:
        after = {"anchor": "last_active_at", "days": 2}
        store = await client.vector_stores.create(expires_after=after)
        file = await attached(client, store.id, "a.txt")
        await asyncio.sleep(1.5 * DAY_S)
        assert (await client.vector_stores.search(store.id, query="whales")).data
        await asyncio.sleep(1.5 * DAY_S)
        assert (await client.vector_stores.retrieve(store.id)).status == "completed"
        await asyncio.sleep(DAY_S)
        assert (await client.vector_stores.retrieve(store.id)).status == "expired"
        for refused in (
            client.vector_stores.search(store.id, query="whales"),
            client.vector_stores.files.create(store.id, file_id=file.id),
            client.vector_stores.file_batches.create(store.id, file_ids=[file.id]),
        ):
            with pytest.raises(openai.BadRequestError, match="has expired"):
                await refused

    in_virtual_time(scenario)


async def test_others_search_several_stores_at_once_in_their_owners_name(
    db: SqlDatabase, clock: WallClock, ids: Ids
) -> None:
    shelf = Shelf(db, clock, ids)
    for n in range(2):
        await shelf.fill(f"vs_{n}", {f"{n}.txt": f"Whales of ocean {n}."}, n=float(n))
    search, names = shelf.stores.search, ["vs_0", "vs_1", "vs_none"]
    assert {one.filename for one in await search(OWNER, names, "whales")} == {"0.txt", "1.txt"}
    assert len(await search(OWNER, names, ["whales", "ocean"], limit=1)) == 1
    only = ComparisonFilter(type="eq", key="n", value=1.0)
    assert [one.filename for one in await search(OWNER, names, "whales", filters=only)] == ["1.txt"]
    least = RankingOptions(score_threshold=0.99)
    assert await search(OWNER, names, "the price of tea", ranking=least) == []
    assert await search("org/other", names, "whales") == []
    await shelf.jobs.stop()


def test_fields_that_only_the_server_sets_are_not_taken_from_a_body() -> None:
    async def scenario(fake: FakeAI, client: Any) -> None:
        own = {"id": "vs_mine", "status": "expired", "usage_bytes": 7, "_version": 9, "created_at": 1}
        store = await client.vector_stores.create(extra_body=own)
        assert (store.id == "vs_mine", store.status, store.usage_bytes) == (False, "completed", 0)
        assert store.created_at > 1

    in_virtual_time(scenario)


def test_a_store_made_with_files_reads_them() -> None:
    async def scenario(fake: FakeAI, client: Any) -> None:
        store = await client.vector_stores.create(file_ids=[await upload(client, "a.txt")])
        assert (store.status, store.file_counts.in_progress) == ("in_progress", 1)
        while store.status == "in_progress":
            await asyncio.sleep(0.05)
            store = await client.vector_stores.retrieve(store.id)
        assert store.file_counts.completed == 1

    in_virtual_time(scenario)
