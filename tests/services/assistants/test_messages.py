"""Messages are listed by thread and run, and changed in their labels only."""

from typing import Any


def test_messages_of_one_run_are_listed(door: Any) -> None:
    name, thread = door.assistant(), door.thread("Hi!")
    first = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    door.post(f"/threads/{thread}/messages", {"role": "user", "content": "And?"})
    second = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    for run in (first, second):
        (message,) = door.get(f"/threads/{thread}/messages?run_id={run['id']}")["data"]
        assert message["run_id"] == run["id"]
    assert door.get(f"/threads/{thread}/messages?run_id=run_none")["data"] == []
    assert len(door.get(f"/threads/{thread}/messages")["data"]) == 4


def test_only_labels_of_a_message_are_changed(door: Any) -> None:
    thread = door.thread()
    message = door.post(f"/threads/{thread}/messages", {"role": "user", "content": "a", "metadata": {"a": "b"}})
    path = f"/threads/{thread}/messages/{message['id']}"
    assert door.post(path, {}) == message
    assert door.post(path, {"metadata": {"c": "d"}}) == {**message, "metadata": {"c": "d"}}


def test_a_message_of_nobodys_thread_is_nobodys(door: Any) -> None:
    message = door.get(f"/threads/{door.thread('a')}/messages")["data"][0]["id"]
    for method in ("GET", "POST", "DELETE"):
        body = {} if method == "POST" else None
        told = door.refused(method, f"/threads/thread_none/messages/{message}", body)
        assert told == (404, "No thread found with id 'thread_none'.")
