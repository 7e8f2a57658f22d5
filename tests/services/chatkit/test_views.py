"""What a browser is told: times it can read, no nulls, nothing private."""

from typing import Any

from fakeai.services.chatkit.views import AT, attachment_of, frame, item_of, page_of, read, thread_of

THREAD: dict[str, Any] = {
    "id": "cthr_1",
    "object": "chatkit.thread",
    "created_at": 1,
    "status": {"type": "active", "reason": None},
    "title": None,
    "user": "u",
    AT: 1.25,
}
CALL: dict[str, Any] = {
    "id": "cti_1",
    "object": "chatkit.thread_item",
    "type": "chatkit.client_tool_call",
    "thread_id": "cthr_1",
    "created_at": 2,
    "status": "in_progress",
    "call_id": "c",
    "name": "map",
    "arguments": '{"a":1}',
    "output": None,
    AT: 2.0,
}


def test_a_thread_without_a_title_has_none() -> None:
    told = thread_of(THREAD)
    assert told == {
        "id": "cthr_1",
        "created_at": "1970-01-01T00:00:01.250000Z",
        "status": {"type": "active"},
        "metadata": {},
        "items": {"data": [], "has_more": False},
    }
    assert thread_of({**THREAD, "title": "T"})["title"] == "T"


def test_a_call_waits_or_has_an_output() -> None:
    waiting = item_of(CALL)
    assert (waiting["status"], waiting["arguments"], "output" in waiting) == ("pending", {"a": 1}, False)
    done = item_of({**CALL, "status": "completed", "output": '[1,"x"]'})
    assert (done["status"], done["output"]) == ("completed", [1, "x"])
    assert read("no json") == "no json"


def test_a_page_has_a_cursor_only_if_there_is_more() -> None:
    assert page_of([{"id": "a"}], True) == {"data": [{"id": "a"}], "has_more": True, "after": "a"}
    assert page_of([{"id": "a"}], False) == {"data": [{"id": "a"}], "has_more": False}


def test_a_file_is_told_without_what_is_private() -> None:
    file = {"id": "f", "name": "n", "mime_type": "m", "type": "file", "preview_url": None, "_key": "k", "_user": "u"}
    assert attachment_of(file) == {"id": "f", "name": "n", "mime_type": "m", "type": "file"}
    assert frame({"type": "x"}) == b'data: {"type":"x"}\n\n'
