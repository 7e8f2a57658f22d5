"""Assistants keep what is not changed, and take nothing that is not theirs to have."""

from typing import Any


def test_resources_of_one_tool_are_changed_without_those_of_the_other(door: Any) -> None:
    file, store = door.file("a.txt", b"a"), door.post("/vector_stores", {})["id"]
    both = {"code_interpreter": {"file_ids": [file]}, "file_search": {"vector_store_ids": [store]}}
    name = door.assistant(tool_resources=both)
    changed = door.post(f"/assistants/{name}", {"tool_resources": {"code_interpreter": {"file_ids": []}}})
    assert changed["tool_resources"] == {**both, "code_interpreter": {"file_ids": []}}
    assert door.post(f"/assistants/{name}", {"tool_resources": None})["tool_resources"] == changed["tool_resources"]


def test_what_is_set_to_null_is_as_usual(door: Any) -> None:
    name = door.assistant(name="A", metadata={"a": "b"}, top_p=0.5, response_format={"type": "json_object"})
    nothing = dict.fromkeys(("name", "metadata", "top_p", "response_format"))
    changed = door.post(f"/assistants/{name}", nothing)
    assert [changed[field] for field in nothing] == [None, {}, 1.0, "auto"]


def test_a_deleted_assistant_leaves_its_runs(door: Any) -> None:
    name, thread = door.assistant(), door.thread("Hi!")
    run = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    assert door.http.delete(f"/assistants/{name}").json() == {
        "id": name,
        "object": "assistant.deleted",
        "deleted": True,
    }
    assert door.get(f"/threads/{thread}/runs/{run['id']}") == run
    assert door.refused("POST", f"/threads/{thread}/runs", {"assistant_id": name})[0] == 404


def test_ids_of_nobody_are_made_up_where_that_is_wanted(door: Any) -> None:
    wanted = {"x-fakeai-unknown-ids": "synthesize"}
    assert door.http.get("/assistants/asst_x", headers=wanted).json()["id"] == "asst_x"
    made = door.post("/threads/thread_x/runs", {"assistant_id": "asst_x"}, **wanted)
    assert (made["thread_id"], made["assistant_id"], made["status"]) == ("thread_x", "asst_x", "queued")
    assert door.refused("GET", "/assistants/asst_x")[0] == 404
    text = door.http.post("/threads/runs", json={"assistant_id": "asst_x", "stream": True}, headers=wanted).text
    assert text.startswith("event: thread.run.created\n") and text.endswith("event: done\ndata: [DONE]\n\n")
