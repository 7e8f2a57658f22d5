"""What a run takes from its assistant, and from whoever begins it."""

from typing import Any


def run_of(door: Any, assistant: dict[str, Any], **more: Any) -> Any:
    name, thread = door.assistant(**assistant), door.thread("Hi!")
    return door.post(f"/threads/{thread}/runs", {"assistant_id": name, **more})


def test_what_nobody_says_is_as_usual(door: Any) -> None:
    run = run_of(door, {})
    assert (run["temperature"], run["top_p"], run["tool_choice"], run["parallel_tool_calls"]) == (
        1.0,
        1.0,
        "auto",
        True,
    )
    assert run["truncation_strategy"] == {"type": "auto", "last_messages": None}
    assert (run["instructions"], run["response_format"], run["expires_at"]) == ("", "auto", run["created_at"] + 600)
    assert not [name for name in run if name.startswith("_")]


def test_what_the_assistant_says_counts_unless_the_run_says_otherwise(door: Any) -> None:
    said = {"instructions": "A.", "temperature": 0.2, "top_p": 0.3, "response_format": {"type": "json_object"}}
    run = run_of(door, said)
    assert {name: run[name] for name in said} == said
    run = run_of(door, said, instructions="", additional_instructions="B.", temperature=0, response_format="auto")
    assert (run["instructions"], run["temperature"], run["top_p"], run["response_format"]) == ("B.", 0, 0.3, "auto")


def test_a_strategy_says_all_that_it_must(door: Any) -> None:
    name, thread = door.assistant(), door.thread()
    for strategy in ({"type": "last_messages"}, {"type": "auto", "last_messages": 3}):
        body = {"assistant_id": name, "truncation_strategy": strategy}
        assert "last_messages" in door.refused("POST", f"/threads/{thread}/runs", body)[1]


def test_only_what_there_is_can_be_included(door: Any) -> None:
    name, thread = door.assistant(), door.thread()
    status, told = door.refused("POST", f"/threads/{thread}/runs?include[]=x", {"assistant_id": name})
    assert status == 400 and told.startswith("Invalid value: 'x'")
