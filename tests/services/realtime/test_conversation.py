"""Items in their order, the sound they keep, and what a model is told of them."""

from base64 import b64encode

import pytest

from fakeai.core.errors import BadRequest
from fakeai.core.generation import ToolUse
from fakeai.services.realtime import conversation
from fakeai.services.realtime.conversation import Conversation, Entry, entry_of, messages, with_sound
from fakeai.wire.realtime import items as wire


def entry(name: str, text: str = "hi", role: str = "user") -> Entry:
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": text}]
    return Entry({"id": name, "type": "message", "role": role, "status": "completed", "content": content})


def test_items_have_an_order() -> None:
    held = Conversation("conv_1")
    assert held.last() is None
    assert [held.add(entry("b")), held.add(entry("d")), held.add(entry("a"), "root"), held.add(entry("c"), "b")] == [
        None, "b", None, "b",
    ]  # fmt: skip
    assert [one.id for one in held] == ["a", "b", "c", "d"] and held.last() == "d"
    assert held.remove("b") and not held.remove("b") and held.find("b") is None and len(held) == 3


def test_old_sound_is_forgotten_first(monkeypatch) -> None:
    monkeypatch.setattr(conversation, "MOST_BYTES", 10_000)
    held = Conversation("conv_1")
    for name in "abc":
        one = entry(name)
        one.sound[0] = bytes(4_000)
        held.add(one)
    assert [bool(one.sound) for one in held] == [False, True, True]


def test_there_is_an_end_to_a_conversation(monkeypatch) -> None:
    monkeypatch.setattr(conversation, "MOST_ITEMS", 1)
    held = Conversation("conv_1")
    held.add(entry("a"))
    with pytest.raises(BadRequest) as refused:
        held.check_room(entry("b"), None)
    assert refused.value.code == "conversation_full"


def test_sound_is_shown_to_who_asks_for_it() -> None:
    sound = b64encode(b"\1\0\2\0").decode()
    item = wire.Message.model_validate(
        {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": sound, "transcript": "hm"}]}
    )
    made = entry_of(item, "item_1", "call_1")
    assert made.item["content"] == [{"type": "input_audio", "transcript": "hm"}]
    assert with_sound(made)["content"][0]["audio"] == sound
    assert with_sound(entry("a")) == entry("a").item


def test_a_model_is_told_of_everything_that_was_said_and_done() -> None:
    call = Entry({"id": "f", "type": "function_call", "call_id": "call_1", "name": "sum", "arguments": "{}"})
    result = Entry({"id": "o", "type": "function_call_output", "call_id": "call_1", "output": "3"})
    remote = Entry(
        {"id": "m", "type": "mcp_call", "server_label": "s", "name": "look", "arguments": "{}", "output": "x"}
    )
    listed = Entry({"id": "l", "type": "mcp_list_tools", "server_label": "s", "tools": []})
    heard = Entry(
        {"id": "h", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}, {0: b"\0\0"}, {0: "hello"}
    )
    told = messages([heard, entry("a", "So?", "assistant"), call, result, remote, listed], "Be kind.")
    assert [message.role for message in told] == [
        "system",
        "user",
        "assistant",
        "assistant",
        "tool",
        "assistant",
        "tool",
    ]
    assert (told[1].text, told[1].media[0].mime) == ("hello", "audio/pcm16")
    assert told[3].tool_calls == (ToolUse("call_1", "sum", "{}"),) and told[4].text == "3"
    assert messages([], "") == ()
