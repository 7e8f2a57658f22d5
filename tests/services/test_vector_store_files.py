"""Files of vector stores in virtual time: ids nobody has seen, and attributes."""

from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI
from tests.services.shelves import attached, in_virtual_time, upload


def test_ids_that_name_nothing_are_made_up_where_that_is_wanted() -> None:
    async def scenario(fake: FakeAI, client: Any) -> None:
        files = client.vector_stores.files
        made = await files.create("vs_none", file_id="file-none", attributes={"a": "b"})
        assert (made.id, made.vector_store_id, made.attributes) == ("file-none", "vs_none", {"a": "b"})
        assert (await files.retrieve("file-none", vector_store_id="vs_none")).vector_store_id == "vs_none"
        assert (await files.content("file-none", vector_store_id="vs_none")).data == []
        assert (await files.delete("file-none", vector_store_id="vs_none")).deleted
        assert (await client.vector_stores.list()).data == [], "nothing of it is kept"

    in_virtual_time(scenario, unknown_ids="synthesize")


def test_attributes_have_bounds_and_are_replaced_as_a_whole() -> None:
    async def scenario(fake: FakeAI, client: Any) -> None:
        store = await client.vector_stores.create()
        file = await attached(client, store.id, "a.txt", attributes={"a": 1, "b": "x"})
        update = client.vector_stores.files.update
        assert (await update(file.id, vector_store_id=store.id, attributes={"c": True})).attributes == {"c": True}
        assert (await update(file.id, vector_store_id=store.id, attributes=None)).attributes == {}
        for wrong in ({str(n): n for n in range(17)}, {"k" * 65: 1}, {"k": "v" * 513}, {"k": [1]}):
            with pytest.raises(openai.BadRequestError, match="attributes"):
                await update(file.id, vector_store_id=store.id, attributes=wrong)

    in_virtual_time(scenario)


def test_a_file_has_no_text_until_it_is_read() -> None:
    async def scenario(fake: FakeAI, client: Any) -> None:
        store = await client.vector_stores.create()
        files = client.vector_stores.files
        file = await files.create(store.id, file_id=await upload(client, "a.txt"))
        assert file.status == "in_progress"
        file = await files.poll(file.id, vector_store_id=store.id, poll_interval_ms=10)
        assert [one.text for one in (await files.content(file.id, vector_store_id=store.id)).data] == [
            "All about whales."
        ]

    in_virtual_time(scenario)
