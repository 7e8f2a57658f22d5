"""A run asks its model as often as it must, and no more."""

import asyncio
from typing import Any

import pytest

from fakeai.services.assistants.hosted import Hosted


def test_tools_of_its_own_and_functions_are_used_in_one_run(door: Any) -> None:
    function = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
    name = door.assistant(tools=[{"type": "code_interpreter"}, function])
    thread = door.thread("What is the weather in Paris?")
    run = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    assert run["status"] == "requires_action"
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": call["id"], "output": "sunny"} for call in calls]
    path = f"/threads/{thread}/runs/{run['id']}"
    run = door.over(door.post(f"{path}/submit_tool_outputs", {"tool_outputs": outputs}))
    assert run["status"] == "completed"
    again = {"assistant_id": name, "tool_choice": {"type": "code_interpreter"}}
    door.post(f"/threads/{thread}/messages", {"role": "user", "content": "What is 3 * 4?"})
    run = door.over(door.post(f"/threads/{thread}/runs", again))
    steps = door.get(f"/threads/{thread}/runs/{run['id']}/steps?order=asc")["data"]
    assert [step["type"] for step in steps] == ["tool_calls", "message_creation"]
    assert run["usage"]["total_tokens"] == sum(step["usage"]["total_tokens"] for step in steps)


def test_equal_threads_are_answered_alike(door: Any) -> None:
    name = door.assistant(instructions="Be brief.")

    def answer() -> Any:
        thread = door.thread("Tell me about the sea.")
        door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
        return door.get(f"/threads/{thread}/messages")["data"][0]["content"]

    assert answer() == answer()


def test_what_was_said_before_is_remembered(door: Any) -> None:
    name, thread = door.assistant(), door.thread("Hi!")
    first = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    door.post(f"/threads/{thread}/messages", {"role": "user", "content": "Hi!"})
    second = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    assert second["usage"]["prompt_tokens"] > first["usage"]["prompt_tokens"]


def test_a_run_that_has_programs_run_is_one_session_of_the_interpreter(door: Any) -> None:
    def sessions() -> int:
        since = "start_time=1700000000&bucket_width=1d&limit=1"
        now = door.post("/threads", {})["created_at"]
        found = door.get(f"/organization/usage/code_interpreter_sessions?{since}".replace("1700000000", str(now - 60)))
        return sum(one["num_sessions"] for bucket in found["data"] for one in bucket["results"])

    before = sessions()
    name = door.assistant(tools=[{"type": "code_interpreter"}])
    door.over(door.post("/threads/runs", {"assistant_id": name, "thread": {"messages": [CALCULATE]}}))
    assert sessions() == before + 1


CALCULATE = {"role": "user", "content": "Use Python to calculate 12 * 12."}


def test_a_run_that_waits_for_files_to_be_read_can_be_stopped(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forever(*_: object) -> None:
        await asyncio.sleep(3_600)

    monkeypatch.setattr(Hosted, "_read", forever)
    store = door.post("/vector_stores", {})["id"]
    name = door.assistant(
        tools=[{"type": "file_search"}], tool_resources={"file_search": {"vector_store_ids": [store]}}
    )
    thread = door.thread("What is a whale?")
    run = door.post(f"/threads/{thread}/runs", {"assistant_id": name})
    path = f"/threads/{thread}/runs/{run['id']}"
    while not door.get(f"{path}/steps")["data"]:
        pass
    door.post(f"{path}/cancel")
    assert door.over(run)["status"] == "cancelled"
    (step,) = door.get(f"{path}/steps")["data"]
    assert step["status"] == "cancelled"
