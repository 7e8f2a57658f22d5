"""What was said on the wire is said in the neutral words: nothing lost, nothing added."""

from base64 import b64encode
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.errors import BadRequest
from fakeai.core.generation import Media, Message, Tool, ToolChoice, ToolUse
from fakeai.services import prompt
from fakeai.wire.base import parse
from fakeai.wire.chat import ChatRequest

USER = {"role": "user", "content": "x"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def body(**fields: Any) -> ChatRequest:
    return parse(ChatRequest, orjson.dumps({"model": "m", "messages": [USER], **fields}))


def messages(*items: Any) -> tuple[Message, ...]:
    return prompt.messages(body(messages=items).messages)


def parts(*items: Any) -> Message:
    return messages({"role": "user", "content": items})[0]


# -- messages


def test_each_role_keeps_its_words_and_its_name() -> None:
    assert messages(
        {"role": "system", "content": "Be kind."},
        {"role": "developer", "content": "Be brief.", "name": "dev"},
        {"role": "user", "content": "Hi", "name": "ada"},
        {"role": "assistant", "content": "Hello", "name": "bot"},
        {"role": "function", "content": "18", "name": "get_weather"},
    ) == (
        Message("system", "Be kind."),
        Message("developer", "Be brief.", name="dev"),
        Message("user", "Hi", name="ada"),
        Message("assistant", "Hello", name="bot"),
        Message("function", "18", name="get_weather"),
    )


def test_tool_calls_and_their_results_keep_their_ids() -> None:
    called, legacy, result = messages(
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "get", "arguments": "{}"}},
                {"id": "call_2", "type": "custom", "custom": {"name": "steer", "input": "left"}},
            ],
        },
        {"role": "assistant", "function_call": {"name": "old", "arguments": "[]"}},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "18"}]},
    )
    assert called.tool_calls == (ToolUse("call_1", "get", "{}"), ToolUse("call_2", "steer", "left"))
    assert called.text == ""
    assert legacy.tool_calls == (ToolUse("", "old", "[]"),)
    assert (result.tool_call_id, result.text) == ("call_1", "18")


def test_texts_are_joined_by_lines_and_refusals_are_texts() -> None:
    assert parts({"type": "text", "text": "a"}, {"type": "text", "text": "b"}).text == "a\nb"
    (refused,) = messages({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]})
    assert refused.text == "No."


def test_media_stand_in_their_order_beside_the_text() -> None:
    data = b64encode(b"RIFF").decode()
    message = parts(
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        {"type": "text", "text": "What is this?"},
        {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}},
        {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}},
        {"type": "audio_url", "audio_url": {"url": "https://example.com/a.mp3"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + b64encode(b"png").decode()}},
    )
    assert message.text == "What is this?"
    assert [(medium.kind, medium.data, medium.detail) for medium in message.media] == [
        ("image", None, "low"), ("audio", b"RIFF", "auto"), ("video", None, "auto"), ("audio", None, "auto"),
        ("image", b"png", "auto"),
    ]  # fmt: skip
    assert [medium.url for medium in message.media[:1]] == ["https://example.com/a.png"]
    assert (message.media[1].mime, message.media[4].mime) == ("audio/wav", "image/png")


def test_files_are_given_whole_or_by_id() -> None:
    data = "data:text/plain;base64," + b64encode(b"Hello").decode()
    whole = parts({"type": "file", "file": {"filename": "a.txt", "file_data": data}}).media
    assert [(medium.kind, medium.data, medium.mime, medium.name) for medium in whole] == [
        ("file", b"Hello", "text/plain", "a.txt")
    ]
    assert parts({"type": "file", "file": {"file_id": "file-1"}}).media == (Media("file", None, url="file-1"),)
    assert parts({"type": "file", "file": {}}).media == (Media("file", None),)


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,%%%"}}, "image_url.url"),
        ({"type": "image_url", "image_url": {"url": "not a url"}}, "image_url.url"),
        ({"type": "input_audio", "input_audio": {"data": "%%%", "format": "wav"}}, "input_audio.data"),
        ({"type": "video_url", "video_url": {"url": "data:video/mp4;base64,%%%"}}, "video_url.url"),
        ({"type": "audio_url", "audio_url": {"url": "data:audio/wav;base64,%%%"}}, "audio_url.url"),
        ({"type": "file", "file": {"file_data": "data:text/plain;base64,%%%"}}, "file.file_data"),
    ],
)
def test_media_that_cannot_be_read_say_where_they_are(part: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        messages(USER, {"role": "user", "content": [{"type": "text", "text": "x"}, part]})
    assert caught.value.param == f"messages[1].content[1].{param}"


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=5))
def test_any_text_arrives_as_it_was_sent(texts: list[str]) -> None:
    assert [message.text for message in messages(*[{"role": "user", "content": text} for text in texts])] == texts
    assert parts(*[{"type": "text", "text": text} for text in texts]).text == "\n".join(texts)


# -- tools


def test_tools_of_both_kinds_and_legacy_functions_are_tools() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}}
    request = body(
        tools=[
            {
                "type": "function",
                "function": {"name": "get", "description": "Gets", "parameters": SCHEMA, "strict": True},
            },
            {"type": "function", "function": {"name": "bare"}},
            {"type": "custom", "custom": {"name": "steer", "description": "Steers", "format": grammar}},
            {"type": "custom", "custom": {"name": "say", "format": {"type": "text"}}},
        ],
        functions=[{"name": "old", "parameters": SCHEMA}],
    )
    assert prompt.tools(request) == (
        Tool("get", "Gets", "function", SCHEMA, strict=True),
        Tool("bare"),
        Tool("steer", "Steers", "custom", grammar=("regex", "a+")),
        Tool("say", kind="custom"),
        Tool("old", schema=SCHEMA),
    )
    assert prompt.tools(body()) == ()


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({}, ToolChoice()),
        ({"tool_choice": "none"}, ToolChoice("none")),
        ({"tool_choice": "auto"}, ToolChoice("auto")),
        ({"tool_choice": "required"}, ToolChoice("required")),
        ({"tool_choice": {"type": "function", "function": {"name": "get"}}}, ToolChoice("required", ("get",))),
        ({"tool_choice": {"type": "custom", "custom": {"name": "steer"}}}, ToolChoice("required", ("steer",))),
        ({"function_call": "none"}, ToolChoice("none")),
        ({"function_call": {"name": "old"}}, ToolChoice("required", ("old",))),
        ({"function_call": "none", "tool_choice": "required"}, ToolChoice("required")),
    ],
)
def test_choices_of_all_forms_are_a_mode_and_names(fields: dict[str, Any], choice: ToolChoice) -> None:
    assert prompt.tool_choice(body(**fields)) == choice


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_allowed_tools_limit_the_choice(mode: str) -> None:
    allowed = [
        {"type": "function", "function": {"name": "get"}},
        {"type": "custom", "custom": {"name": "steer"}},
        {"type": "function", "name": "flat"},
        {"type": "function", "function": "odd"},
        {},
    ]
    request = body(tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": allowed}})
    assert prompt.tool_choice(request) == ToolChoice(mode, ("get", "steer", "flat", "", ""))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [7, None, ["function"], {"a": 1}, "mcp"])
def test_an_allowed_tool_of_an_odd_type_names_nothing(kind: Any) -> None:
    allowed = {"mode": "auto", "tools": [{"type": kind, "server_label": "x"}]}
    assert prompt.tool_choice(body(tool_choice={"type": "allowed_tools", "allowed_tools": allowed})).names == ("",)


# -- the rest


def test_a_prediction_is_its_parts_joined() -> None:
    assert prompt.prediction(body()) is None
    assert prompt.prediction(body(prediction={"type": "content", "content": "a\nb"})) == "a\nb"
    texts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert prompt.prediction(body(prediction={"type": "content", "content": texts})) == "ab"


@pytest.mark.parametrize(("wanted", "name"), [("alloy", "alloy"), ({"id": "voice_1"}, "voice_1")])
def test_a_voice_has_a_name_or_an_id(wanted: Any, name: str) -> None:
    request = body(audio={"voice": wanted, "format": "wav"})
    assert request.audio is not None
    assert prompt.voice(request.audio.voice) == name


def test_biases_are_by_token_id_and_other_keys_are_left_out() -> None:
    assert prompt.logit_bias({"13": 5, "0": -100, "007": 1}) == {13: 5, 0: -100, 7: 1}
    assert prompt.logit_bias({"foo": 1, "-1": 1, "": 1, "1.0": 1, "²": 1, "٣": 1, "9" * 5_000: 1}) == {}


def test_uploaded_files_take_the_place_of_their_ids() -> None:
    said = [
        Message("user", "a", (Media("file", None, url="file-1"), Media("image", None, url="file-2", detail="low"))),
        Message("user", "b", (Media("file", None, name="own.txt", url="file-1"), Media("file", b"x", url="file-3"))),
        Message("user", "c", (Media("file", None, url="https://example.com/a"), Media("file", None))),
    ]
    assert prompt.file_ids(said) == ["file-1", "file-2"]
    kept = Media("file", b"data", "text/plain", "kept.txt")
    seen = Media("file", b"\x89PNG", "image/png", "seen.png")
    first, second, third = prompt.with_files(said, {"file-1": kept, "file-2": seen})
    assert first.media == (kept, seen._replace(kind="image", detail="low"))
    assert second.media == (kept._replace(name="own.txt"), said[1].media[1])
    assert third == said[2]
