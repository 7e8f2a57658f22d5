"""A run asks its model as often as it must, and no more."""

from typing import Any


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
