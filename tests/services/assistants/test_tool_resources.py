"""Tools work on what the caller has, found or made for them."""

from typing import Any


def test_stores_are_made_with_their_files_and_labels(door: Any) -> None:
    file = door.file("a.txt", b"a")
    new = {"file_ids": [file], "metadata": {"a": "b"}, "chunking_strategy": {"type": "auto"}}
    made = door.post("/threads", {"tool_resources": {"file_search": {"vector_stores": [new]}}})
    (store,) = made["tool_resources"]["file_search"]["vector_store_ids"]
    kept = door.get(f"/vector_stores/{store}")
    assert kept["metadata"] == {"a": "b"} and kept["file_counts"]["total"] == 1
    assert "vector_stores" not in made["tool_resources"]["file_search"]


def test_stores_come_from_one_place(door: Any) -> None:
    store = door.post("/vector_stores", {})["id"]
    both = {"file_search": {"vector_store_ids": [store], "vector_stores": [{}]}}
    body = {"model": "gpt-4o", "tool_resources": both}
    assert "but not both" in door.refused("POST", "/assistants", body)[1]
    made = door.post("/assistants", body, **{"x-fakeai-validation": "schema"})
    assert made["tool_resources"] == {"file_search": {"vector_store_ids": [store]}}


def test_a_thread_has_room_for_twenty_files_for_programs(door: Any) -> None:
    file = door.file("a.txt", b"a")
    ids = [door.file(f"{number}.txt", b"a") for number in range(20)]
    thread = door.thread(tool_resources={"code_interpreter": {"file_ids": ids}})

    def message(name: str) -> dict[str, Any]:
        attachment = {"file_id": name, "tools": [{"type": "code_interpreter"}]}
        return {"role": "user", "content": "a", "attachments": [attachment]}

    door.post(f"/threads/{thread}/messages", message(ids[0]))
    assert door.refused("POST", f"/threads/{thread}/messages", message(file))[0] == 400
    assert len(door.get(f"/threads/{thread}/messages")["data"]) == 1


def test_an_attachment_of_nobody_is_not_found(door: Any) -> None:
    attachment = {"file_id": "file-none", "tools": [{"type": "file_search"}]}
    body = {"role": "user", "content": "a", "attachments": [attachment]}
    assert door.refused("POST", f"/threads/{door.thread()}/messages", body)[0] == 404
