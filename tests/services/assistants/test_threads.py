"""Threads have the files that come with their messages, each where it belongs."""

from typing import Any

from fakeai.services.assistants.threads import attached
from fakeai.wire.assistants.messages import MessageCreate


def test_files_are_for_the_tools_that_they_are_attached_to() -> None:
    def message(file: str, *tools: str) -> MessageCreate:
        attachment = {"file_id": file, "tools": [{"type": tool} for tool in tools]}
        return MessageCreate.model_validate({"role": "user", "content": "a", "attachments": [attachment]})

    found = attached([message("a", "file_search", "code_interpreter"), message("b", "code_interpreter")])
    assert found == (["a"], ["a", "b"])


def test_a_thread_that_is_changed_keeps_what_is_not(door: Any) -> None:
    file = door.file("a.txt", b"a")
    thread = door.thread(metadata={"a": "b"}, tool_resources={"code_interpreter": {"file_ids": [file]}})
    store = door.post("/vector_stores", {})["id"]
    more = {"tool_resources": {"file_search": {"vector_store_ids": [store]}}}
    changed = door.post(f"/threads/{thread}", more)
    assert changed["metadata"] == {"a": "b"}
    assert changed["tool_resources"] == {"code_interpreter": {"file_ids": [file]}, **more["tool_resources"]}
    assert door.post(f"/threads/{thread}", {"metadata": None})["metadata"] == {}
    assert not [name for name in changed if name.startswith("_")]


def test_a_thread_with_a_bad_message_is_not_made(door: Any) -> None:
    bad = {"role": "user", "content": [{"type": "image_file", "image_file": {"file_id": "file-none"}}]}
    status, told = door.refused("POST", "/threads", {"messages": [bad]})
    assert (status, told) == (404, "No such File object: file-none")


def test_deleting_a_thread_twice_says_so(door: Any) -> None:
    thread = door.thread("a")
    assert door.http.delete(f"/threads/{thread}").json()["object"] == "thread.deleted"
    assert door.refused("DELETE", f"/threads/{thread}") == (404, f"No thread found with id '{thread}'.")
