"""A message becomes an item, and a thread a conversation."""

from typing import Any

import orjson
import pytest

from fakeai.core.generation import Media, ToolChoice
from fakeai.services.chatkit.said import hidden, messages, title_of, tool_of, user_message
from fakeai.wire.base import parse
from fakeai.wire.chatkit.requests import ConversationRequest, UserInput

FILE = {"id": "cfile_1", "type": "file", "mime_type": "application/pdf", "name": "a.pdf", "preview_url": None, "_x": 1}
PICTURE = Media("image", b"x")


def said(*content: Any, **more: Any) -> UserInput:
    body = {"type": "threads.create", "params": {"input": {"content": content, **more}}}
    found = parse(ConversationRequest, orjson.dumps(body)).params.input
    assert found is not None
    return found


def text(words: str) -> Any:
    return {"type": "input_text", "text": words}


def message(*content: Any, files: Any = (), **more: Any) -> Any:
    return user_message("cti_1", "cthr_1", 5.5, said(*content, **more), files)


def test_an_item_has_what_the_api_shows() -> None:
    tag = {"type": "input_tag", "id": "t", "text": "@doc", "data": {"a": 1}}
    options = {"model": "gpt-4o", "tool_choice": {"id": "map"}}
    item = message(text("Look at"), tag, files=[FILE], quoted_text="that", inference_options=options)
    assert {name: item[name] for name in item if not name.startswith("_")} == {
        "id": "cti_1",
        "object": "chatkit.thread_item",
        "type": "chatkit.user_message",
        "thread_id": "cthr_1",
        "created_at": 5,
        "content": [text("Look at"), text("@doc"), {"type": "quoted_text", "text": "that"}],
        "attachments": [{name: FILE[name] for name in ("id", "type", "mime_type", "name", "preview_url")}],
        "inference_options": options,
    }
    assert message(text("Hi"), inference_options={})["inference_options"] is None


def test_a_thread_is_a_conversation_without_calls_that_wait() -> None:
    call = {"type": "chatkit.client_tool_call", "call_id": "c", "name": "map", "arguments": "{}"}
    items = [
        message(text("One"), files=[FILE]),
        {"type": "chatkit.assistant_message", "content": [{"text": "Two"}]},
        {**call, "status": "completed", "output": "3"},
        {**call, "status": "in_progress", "output": None},
        hidden("cti_2", "cthr_1", 6.0, "Action press: null"),
        message(text("Four"), quoted_text="Two"),
    ]
    found = messages(items, {"tone": "dry"}, (PICTURE,))
    assert [(one.role, one.text) for one in found] == [
        ("system", 'State of the workflow:\n{"tone":"dry"}'),
        ("user", "One\n\n[a.pdf]"),
        ("assistant", "Two"),
        ("assistant", ""),
        ("tool", "3"),
        ("user", "Action press: null"),
        ("user", "Four\n\nThis refers to:\nTwo"),
    ]
    assert [one.media for one in found if one.role == "user"] == [(), (), (PICTURE,)]
    assert found[3].tool_calls[0].id == found[4].tool_call_id == "c"


def test_a_tool_that_is_picked_is_to_be_called() -> None:
    tools, choice = tool_of(message(text("Go"), inference_options={"tool_choice": {"id": "map"}}))
    assert [tool.name for tool in tools] == ["map"] and choice == ToolChoice("required", ("map",))
    assert tool_of(message(text("Go"))) == tool_of(None) == ((), ToolChoice())


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("What is the tallest mountain?", "What is the tallest mountain"),
        ("one two three four five six seven eight nine", "one two three four five six seven eight"),
        ("x" * 100, "x" * 48),
        ("  ", None),
        ("?", None),
    ],
)
def test_a_title_is_the_first_words(words: str, title: str | None) -> None:
    assert title_of(message(text(words))) == title
