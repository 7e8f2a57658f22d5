"""What a model is told of a session."""

from base64 import b64encode
from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.agents.configuration import plain
from fakeai.services.agents.conversation import check_images, functions, messages, schema_of, spoken
from fakeai.services.agents.conversation import told as in_time
from fakeai.wire.agents.inputs import InputMessage


def user(text: str, turn: str = "t1", **part: Any) -> Any:
    content = [{"type": "input_text", "text": text}, *([part] if part else [])]
    return {"type": "message", "role": "user", "content": content, "turn_id": turn}


def agent_said(text: str, turn: str = "t1") -> Any:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}], "turn_id": turn}


CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": {"a": 1}, "turn_id": "t1"}


def output(**more: Any) -> Any:
    return {"type": "function_call_output", "call_id": "c1", "output": "done", "error": None, "turn_id": "t1", **more}


def told(*items: Any) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in messages(plain("m"), items)][1:]


def test_instructions_and_time_come_first() -> None:
    (first,) = messages({**plain("m"), "instructions": "Be brief."}, [], "It is noon.")
    assert first.role == "developer"
    assert first.text.endswith("Be brief.\n\nIt is noon.")


def test_messages_are_told_in_order() -> None:
    assert told(user("a"), agent_said("b"), user("c", "t2")) == [("user", "a"), ("assistant", "b"), ("user", "c")]


def test_calls_have_their_results_behind_them() -> None:
    found = messages(plain("m"), [user("a"), CALL, output()])
    assert found[2].tool_calls[0].arguments == '{"a":1}'
    assert (found[3].role, found[3].text, found[3].tool_call_id) == ("tool", "done", "c1")
    assert told(user("a"), CALL, output(output=None, error="broken"))[-1] == ("tool", "broken")
    parts = [{"type": "input_text", "text": "x"}, {"type": "input_image", "image_url": "https://a.example/b.png"}]
    assert told(user("a"), CALL, output(output=parts))[-1] == ("tool", "x")


def test_a_call_without_a_result_has_something_in_its_place() -> None:
    assert told(user("a"), CALL)[-1][0] == "tool"


def test_deeds_are_notes_before_what_the_user_said() -> None:
    command = {"type": "command_execution", "command": "ls", "exit_code": 0, "output": "a\n", "turn_id": "t1"}
    report = {"type": "agent_message", "sender_agent_id": "s", "content": [{"text": "found"}], "turn_id": "t1"}
    found = told(user("go"), command, report, agent_said("did"), user("next", "t2"))
    assert found == [
        ("developer", "Ran `ls` (exit code 0):\na\n"),
        ("developer", "A subagent reports: found"),
        ("user", "go"),
        ("assistant", "did"),
        ("user", "next"),
    ]


def test_images_are_media() -> None:
    image = {"type": "input_image", "image_url": "https://a.example/b.png"}
    message = messages(plain("m"), [user("look", **image)])[1]
    assert (message.text, message.media[0].url) == ("look", "https://a.example/b.png")


@pytest.mark.parametrize("url", ["ftp://x", "data:image/png;base64," + "?" * 300_000, "data:image/png;base64,AAAA"])
async def test_images_that_cannot_be_read_are_refused(url: str) -> None:
    bad = InputMessage.model_validate({"role": "user", "content": [{"type": "input_image", "image_url": url}]})
    with pytest.raises(BadRequest) as refused:
        await check_images([bad], "input")
    assert refused.value.param == "input[0].content[0].image_url"


async def test_large_images_are_told_as_small_ones_are() -> None:
    url = "data:image/png;base64," + b64encode(b"x" * 300_000).decode()
    items = [user("look", type="input_image", image_url=url)]
    assert await in_time(plain("m"), items) == messages(plain("m"), items)
    assert await in_time(plain("m"), [user("a")]) == messages(plain("m"), [user("a")])


def test_functions_and_schemas_are_those_of_the_agent() -> None:
    tool = {"type": "function", "name": "f", "description": "d", "parameters": {}}
    assert [made.name for made in functions([tool, {"type": "web_search"}])] == ["f"]
    assert schema_of(plain("m")) is None  # type: ignore[arg-type]
    assert schema_of({"text": {"format": {"type": "json_schema", "schema": {"a": 1}}}}) == {"a": 1}
    assert spoken([user("a"), agent_said("b"), user("c")]) == ["a", "c"]
