"""Steps are listed page by page, and found in their own run only."""

from typing import Any


def test_steps_come_page_by_page_and_belong_to_their_run(door: Any) -> None:
    name, thread = door.assistant(tools=[{"type": "code_interpreter"}]), door.thread("Use Python to calculate 2 * 21.")
    run = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    path = f"/threads/{thread}/runs/{run['id']}/steps"
    first, second = door.get(f"{path}?order=asc")["data"]
    assert (first["type"], second["type"]) == ("tool_calls", "message_creation")
    page = door.get(f"{path}?order=asc&limit=1")
    assert page["data"] == [first] and page["has_more"]
    assert door.get(f"{path}?order=asc&limit=1&after={first['id']}")["data"] == [second]
    assert door.get(f"{path}/{first['id']}") == first and not [key for key in first if key.startswith("_")]
    other = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name, "tools": []}))
    told = door.refused("GET", f"/threads/{thread}/runs/{other['id']}/steps/{first['id']}")
    assert told == (404, f"No run step found with id '{first['id']}'.")
