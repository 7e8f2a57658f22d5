"""A search in files tells passages, quotes the best of them, and cites their files."""

import pytest

from fakeai.services.responses.hosted import documents
from fakeai.services.vector_store_search import Passage

from .conftest import CarryOut, made

PASSAGES = [
    Passage("file-1", "a.txt", 0.9, {"year": 2024}, "Dogs are welcome. Holidays are thirty days."),
    Passage("file-1", "a.txt", 0.5, None, "Other words."),
    Passage("file-2", "b.txt", 0.4, None, "Holidays need a form."),
    Passage("file-3", "c.txt", 0.1, None, "Never told."),
]


@pytest.mark.parametrize("results", [True, False])
async def test_the_best_passages_are_told(carry_out: CarryOut, results):
    async def search(query):
        assert query == "How long are holidays?"
        return PASSAGES

    offer = documents.offer(made("fs_1"), search, results=results)
    call, told = await carry_out(offer, '{"query":"How long are holidays?"}')
    assert told == ["file_search_call.in_progress", "file_search_call.searching", "file_search_call.completed"]
    assert call.item["queries"] == ["How long are holidays?"]
    assert (call.item["results"] is not None) == results
    if results:
        assert [one["file_id"] for one in call.item["results"]] == ["file-1", "file-1", "file-2", "file-3"]
        assert call.item["results"][0]["attributes"] == {"year": 2024}
    assert call.result.startswith("Holidays are thirty days.")
    assert "Never told" not in call.result
    assert [one["file_id"] for one in call.citations] == ["file-1", "file-2"]
