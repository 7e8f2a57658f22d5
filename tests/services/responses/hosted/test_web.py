"""A search on the web finds what it is told to find, and counts."""

import pytest

from fakeai.content.websearch import Found, Page
from fakeai.services.responses.hosted import web

from .conftest import CarryOut, made

FOUND = Found((Page("https://www.example.com/a", "A"),), "The answer.")


@pytest.mark.parametrize("sources", [True, False])
async def test_a_search_is_told_step_by_step(carry_out: CarryOut, sources):
    asked, counted = [], []
    offer = web.offer(
        made("ws_1"), lambda query: asked.append(query) or FOUND, lambda: counted.append(1), sources=sources
    )
    call, told = await carry_out(offer, '{"query":"sea"}')
    assert told == ["web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"]
    assert (asked, counted, call.result) == (["sea"], [1], "The answer.")
    listed = {"sources": [{"type": "url", "url": "https://www.example.com/a"}]} if sources else {}
    assert call.item["action"] == {"type": "search", "query": "sea", "queries": ["sea"], **listed}
    assert call.item["status"] == "completed"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ('{"query":"a"}', "a"),
        ("just words", "just words"),
        ('{"query":5}', "5"),
        ("{}", ""),
        ("[1]", ""),
        ("[" * 9999, "[" * 9999),
    ],
)
def test_whatever_a_model_has_written_is_read(text, query):
    assert web.asked(text, "query") == query
