"""Runs are refused before anything of them is kept, and answer for ids that belong together only."""

from typing import Any


def test_a_run_that_is_refused_leaves_its_thread_as_it_was(door: Any) -> None:
    name, thread = door.assistant(), door.thread("a")
    more = [{"role": "user", "content": "b"}]
    for bad in (
        {"assistant_id": "asst_none"},
        {"assistant_id": name, "additional_messages": [{**more[0], "content": ""}]},
    ):
        assert door.refused("POST", f"/threads/{thread}/runs", {"additional_messages": more, **bad})[0] in (400, 404)
    assert len(door.get(f"/threads/{thread}/messages")["data"]) == 1
    assert door.get(f"/threads/{thread}/runs")["data"] == []


def test_a_run_is_found_in_its_own_thread_only(door: Any) -> None:
    name, thread, other = door.assistant(), door.thread("a"), door.thread("b")
    run = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))["id"]
    for method, path, body in (
        ("GET", "", None),
        ("POST", "", {}),
        ("POST", "/cancel", {}),
        ("POST", "/submit_tool_outputs", {"tool_outputs": []}),
        ("GET", "/steps", None),
    ):
        told = door.refused(method, f"/threads/{other}/runs/{run}{path}", body)
        assert told == (404, f"No run found with id '{run}'.")


def test_a_run_with_a_thread_makes_both_or_neither(door: Any) -> None:
    body = {"thread": {"messages": [{"role": "user", "content": "a"}]}, "assistant_id": "asst_none"}
    assert door.refused("POST", "/threads/runs", body)[0] == 404
    run = door.over(door.post("/threads/runs", {**body, "assistant_id": door.assistant()}))
    assert len(door.get(f"/threads/{run['thread_id']}/messages")["data"]) == 2


def test_resources_of_a_run_with_a_thread_stand_in_for_the_assistants(door: Any) -> None:
    stores = []
    for word in (b"Zebras have stripes.", b"Yaks have horns."):
        file = door.file("a.txt", word)
        stores.append(door.post("/vector_stores", {"file_ids": [file]})["id"])
    mine, other = ({"file_search": {"vector_store_ids": [store]}} for store in stores)
    name = door.assistant(tools=[{"type": "file_search"}], tool_resources=mine)
    thread = {"messages": [{"role": "user", "content": "What have yaks?"}]}
    run = door.over(door.post("/threads/runs", {"assistant_id": name, "thread": thread, "tool_resources": other}))
    message = door.get(f"/threads/{run['thread_id']}/messages")["data"][0]
    assert "horns" in message["content"][0]["text"]["value"]


def test_labels_of_a_run_are_changed_while_nothing_else_is(door: Any) -> None:
    name, thread = door.assistant(), door.thread("a")
    run = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    path = f"/threads/{thread}/runs/{run['id']}"
    assert door.post(path, {"metadata": {"a": "b"}}) == {**run, "metadata": {"a": "b"}} == door.get(path)
