"""Sessions as a state machine: what each event brings, in which order, and that no order of events breaks it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.core.errors import BadRequest
from fakeai.core.generation import Audio, Finish, Stop, Text, ToolInput, ToolStart, Usage
from services.realtime.driver import USAGE, Driver, base64, kinds, only, silence, spoken
from tests.content.images_made import png

WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
TEXT = {"output_modalities": ["text"]}
OFF = {"audio": {"input": {"turn_detection": None}}}
CUT_SHORT = "data:image/png;base64," + base64(png(9, 9)[:-12])


def test_a_session_begins_with_its_settings() -> None:
    (created,) = Driver().events
    session = created["session"]
    assert created["type"] == "session.created"
    assert (session["type"], session["model"], session["output_modalities"]) == ("realtime", "gpt-realtime", ["audio"])
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"


def test_a_text_response_has_its_events_in_order() -> None:
    driver = Driver(**TEXT)
    driver.user("hi")
    assert kinds(driver.ask()) == ["response.created"]
    assert kinds(driver.answer("One two.")) == [
        "response.output_item.added", "conversation.item.added", "response.content_part.added",
        "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
        "response.content_part.done", "conversation.item.done", "response.output_item.done", "response.done",
        "rate_limits.updated",
    ]  # fmt: skip
    done = only(driver.events, "response.done")["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"] == [{"type": "output_text", "text": "Onetwo."}]
    assert done["usage"] == {
        "total_tokens": 30,
        "input_tokens": 20,
        "output_tokens": 10,
        "input_token_details": {
            "text_tokens": 12,
            "audio_tokens": 8,
            "image_tokens": 0,
            "cached_tokens": 4,
            "cached_tokens_details": {"text_tokens": 3, "audio_tokens": 1, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": 4, "audio_tokens": 6},
    }


def test_a_spoken_response_has_its_words_and_its_sound() -> None:
    driver = Driver()
    driver.user("hi")
    driver.ask()
    events = driver.answer("Good morning.")
    order = list(dict.fromkeys(kinds(events)))
    assert order == [
        "response.output_item.added", "conversation.item.added", "response.content_part.added",
        "response.output_audio_transcript.delta", "response.output_audio.delta", "response.output_audio.done",
        "response.output_audio_transcript.done", "response.content_part.done", "conversation.item.done",
        "response.output_item.done", "response.done", "rate_limits.updated",
    ]  # fmt: skip
    item = only(events, "response.output_item.done")["item"]
    shown = only(
        driver.say({"type": "conversation.item.retrieve", "item_id": item["id"]}), "conversation.item.retrieved"
    )
    sound = shown["item"]["content"][0]["audio"]
    assert sound == base64(spoken("Good morning."))


def test_a_function_is_called_and_its_output_taken() -> None:
    driver = Driver(tools=[WEATHER], **TEXT)
    driver.user("How is the weather in Rome?")
    driver.ask(tool_choice="required")
    assert driver.asks[-1].tools[0].name == "weather" and driver.asks[-1].tool_choice.mode == "required"
    events = driver.use("weather", '{"city": "Rome"}')
    assert kinds(events) == [
        "response.output_item.added", "conversation.item.added", "response.function_call_arguments.delta",
        "response.function_call_arguments.done", "conversation.item.done", "response.output_item.done",
        "response.done", "rate_limits.updated",
    ]  # fmt: skip
    call = only(events, "response.done")["response"]["output"][0]
    assert (call["name"], call["arguments"]) == ("weather", '{"city": "Rome"}')
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    assert kinds(driver.say({"type": "conversation.item.create", "item": output})) == [
        "conversation.item.added",
        "conversation.item.done",
    ]
    refused = driver.say({"type": "conversation.item.create", "item": {**output, "call_id": "call_other"}})
    assert only(refused, "error")["error"]["code"] == "item_create_invalid_call_id"
    driver.ask()
    assert [entry.item["type"] for entry in driver.asks[-1].entries] == [
        "message", "function_call", "function_call_output",
    ]  # fmt: skip


def test_a_turn_is_heard_and_answered() -> None:
    driver = Driver()
    events = driver.append(silence(0.5) + spoken("Hello, how are you today?") + silence(0.8))
    assert kinds(events) == [
        "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
        "conversation.item.added", "conversation.item.done", "response.created",
    ]  # fmt: skip
    started, stopped = events[:2]
    assert 150 <= started["audio_start_ms"] <= 500 < stopped["audio_end_ms"]
    item = events[3]["item"]
    assert item["id"] == started["item_id"] == stopped["item_id"]
    assert item["content"] == [{"type": "input_audio"}]
    assert driver.hears[0].transcription is None
    assert driver.hear("Hello, how are you today?") == []


def test_a_turn_is_written_down_where_that_is_wanted() -> None:
    driver = Driver(audio={"input": {"transcription": {"model": "gpt-4o-transcribe"}}})
    driver.append(spoken("Hello there.") + silence(0.8))
    events = driver.hear("Hello there.")
    assert kinds(events) == [
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
    ]
    assert [event.get("delta") for event in events] == ["Hello", " there.", None]
    assert events[-1]["transcript"] == "Hello there." and events[-1]["usage"]["type"] == "tokens"


def test_a_transcription_that_fails_is_told() -> None:
    driver = Driver("transcription", model="whisper-1")
    driver.append(spoken("Hello there.") + silence(0.8))
    (event,) = driver.take(driver.session.unheard(driver.hears[0]))
    assert event["type"] == "conversation.item.input_audio_transcription.failed"


def test_a_transcription_session_answers_nothing() -> None:
    driver = Driver("transcription", model="gpt-4o-transcribe-diarize")
    events = driver.append(spoken("Hello there.") + silence(0.8))
    assert "response.created" not in kinds(events) and driver.asks == []
    assert only(driver.ask(), "error")["error"]["code"] == "invalid_event"
    segment = only(driver.hear("Hello there."), "conversation.item.input_audio_transcription.segment")
    assert (segment["text"], segment["speaker"]) == ("Hello there.", "A")


def test_who_speaks_interrupts_the_answer() -> None:
    driver = Driver()
    driver.user("Tell me a story.")
    driver.ask()
    driver.model((Audio(0, "a", ("Once", " upon"), spoken("Once upon a time")),))
    events = driver.append(spoken("Stop, please.") + silence(0.8))
    done = only(events, "response.done")["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done["output"][0]["status"] == "incomplete"
    assert driver.halted == [done["id"]]
    assert kinds(events).index("input_audio_buffer.speech_started") < kinds(events).index("response.done")
    assert kinds(events)[-1] == "response.created"
    assert driver.model((Text(0, ("late",)),), response=done["id"]) == []


def test_nobody_is_interrupted_or_answered_where_that_is_not_wanted() -> None:
    driver = Driver()
    driver.turns({"type": "server_vad", "interrupt_response": False, "create_response": False})
    driver.ask()
    events = driver.append(spoken("I only listen.") + silence(0.8))
    assert not {"response.done", "response.created", "error"} & set(kinds(events))


def test_sound_is_committed_by_hand_where_turns_are_not_detected() -> None:
    driver = Driver(**OFF)
    assert driver.append(spoken("Hello there.") + silence(2)) == []
    assert kinds(driver.say({"type": "input_audio_buffer.commit"})) == [
        "input_audio_buffer.committed", "conversation.item.added", "conversation.item.done",
    ]  # fmt: skip
    refused = driver.say({"type": "input_audio_buffer.commit", "event_id": "mine"})
    assert refused[0]["error"]["code"] == "input_audio_buffer_commit_empty"
    assert refused[0]["error"]["event_id"] == "mine"
    assert "0.00ms" in refused[0]["error"]["message"]


def test_cleared_sound_is_no_turn() -> None:
    driver = Driver(**OFF)
    driver.append(spoken("Hello there."))
    assert kinds(driver.say({"type": "input_audio_buffer.clear"})) == ["input_audio_buffer.cleared"]
    assert kinds(driver.say({"type": "input_audio_buffer.commit"})) == ["error"]


def test_a_thought_ends_a_turn_sooner_than_half_of_one() -> None:
    for text, seconds, over in (
        ("I am done.", 0.5, True),
        ("I am not", 0.5, False),
        ("I am not", 2.2, True),
    ):
        driver = Driver()
        driver.turns({"type": "semantic_vad", "eagerness": "high"})
        events = driver.append(spoken(text) + silence(seconds))
        assert ("input_audio_buffer.speech_stopped" in kinds(events)) is over, (text, seconds)


def test_a_user_who_says_nothing_is_asked_again() -> None:
    driver = Driver()
    driver.turns({"type": "server_vad", "idle_timeout_ms": 6000})
    driver.user("hi")
    driver.ask()
    driver.answer("Hello, what can I do for you today?")
    due = driver.session.due()
    assert due is not None and due > driver.now + 6  # once the answer has been played
    assert driver.wait(6.0) == []
    events = driver.wait(due - driver.now)
    assert kinds(events) == [
        "input_audio_buffer.timeout_triggered", "input_audio_buffer.committed", "conversation.item.added",
        "conversation.item.done", "response.created",
    ]  # fmt: skip


def test_a_session_lasts_an_hour() -> None:
    driver = Driver()
    assert driver.wait(3599) == [] and not driver.closed
    assert only(driver.wait(1), "error")["error"]["code"] == "session_expired"
    assert driver.closed and driver.wait(1) == []


# -- items


def test_items_are_put_in_shown_and_deleted() -> None:
    driver = Driver()
    driver.user("first", id="a")
    driver.user("second", id="b")
    item = {"type": "message", "role": "system", "id": "c", "content": [{"type": "input_text", "text": "Be kind."}]}
    (added, _) = driver.say({"type": "conversation.item.create", "item": item, "previous_item_id": "root"})
    assert added["previous_item_id"] is None
    item = {"type": "message", "role": "assistant", "id": "d", "content": [{"type": "output_text", "text": "Yes?"}]}
    (added, _) = driver.say({"type": "conversation.item.create", "item": item, "previous_item_id": "a"})
    assert added["previous_item_id"] == "a"
    driver.ask(**TEXT)
    assert [entry.id for entry in driver.asks[-1].entries] == ["c", "a", "d", "b"]
    (deleted,) = driver.say({"type": "conversation.item.delete", "item_id": "a"})
    assert deleted["item_id"] == "a"
    for kind, code in (
        ("retrieve", "item_retrieve_invalid_item_id"),
        ("delete", "item_delete_invalid_item_id"),
    ):
        (error,) = driver.say({"type": f"conversation.item.{kind}", "item_id": "a"})
        assert error["error"]["code"] == code


@pytest.mark.parametrize(
    ("item", "param"),
    [
        (
            {"type": "message", "role": "user", "content": [{"type": "output_text", "text": "a"}]},
            "item.content[0].type",
        ),
        ({"type": "message", "role": "user", "content": [{"type": "input_text"}]}, "item.content[0].text"),
        ({"type": "message", "role": "user", "content": [{"type": "input_audio"}]}, "item.content[0].audio"),
        (
            {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "?"}]},
            "item.content[0].audio",
        ),
        (
            {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "ftp://x"}]},
            "item.content[0].image_url",
        ),
        (
            {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": CUT_SHORT}]},
            "item.content[0].image_url",
        ),
        ({"type": "message", "role": "robot", "content": []}, "item.role"),
        ({"type": "function_call", "name": "a"}, "item.arguments"),
        ({"type": "function_call_output", "call_id": "none", "output": "a"}, "item.call_id"),
        (
            {"type": "mcp_approval_response", "id": "m", "approval_request_id": "none", "approve": True},
            "item.approval_request_id",
        ),
        ({"type": "telepathy"}, "item.type"),
        ({"type": "message", "role": "user", "content": [], "colour": 1}, "item.colour"),
    ],
)
def test_an_item_that_is_none_is_refused(item, param) -> None:
    driver = Driver()
    (error,) = driver.say({"type": "conversation.item.create", "item": item})
    assert error["error"]["param"] == param


def test_an_id_names_one_item() -> None:
    driver = Driver()
    driver.user("a", id="same")
    (error,) = driver.user("b", id="same")
    assert error["error"]["code"] == "item_create_duplicate_item_id"
    item = {"type": "message", "role": "user", "content": []}
    (error,) = driver.say({"type": "conversation.item.create", "item": item, "previous_item_id": "none"})
    assert error["error"]["code"] == "item_create_invalid_previous_item_id"


def test_an_answer_is_cut_to_what_was_heard() -> None:
    driver = Driver()
    driver.ask()
    item = only(driver.answer("One two three four five six seven."), "response.output_item.done")["item"]
    cut = {"type": "conversation.item.truncate", "item_id": item["id"], "content_index": 0, "audio_end_ms": 700}
    (event,) = driver.say(cut)
    assert (event["type"], event["audio_end_ms"]) == ("conversation.item.truncated", 700)
    driver.ask()
    entry = driver.asks[-1].entries[-1]
    assert entry.words[0] and "seven" not in entry.words[0]
    (error,) = driver.say({**cut, "audio_end_ms": 90_000})
    assert error["error"]["code"] == "item_truncate_invalid_audio_end_ms"
    (error,) = driver.say({**cut, "content_index": 1})
    assert error["error"]["code"] == "item_truncate_invalid_content_index"
    driver.user("hi", id="mine")
    (error,) = driver.say({**cut, "item_id": "mine"})
    assert error["error"]["code"] == "item_truncate_invalid_item_id"


# -- responses


def test_one_response_at_a_time() -> None:
    driver = Driver(**TEXT)
    driver.ask()
    (error,) = driver.ask()
    assert error["error"]["code"] == "conversation_already_has_active_response"
    driver.answer()
    assert kinds(driver.ask()) == ["response.created"]


def test_responses_aside_leave_no_trace_in_the_conversation() -> None:
    driver = Driver(**TEXT)
    driver.user("hi", id="a")
    driver.ask()
    active = driver.asks[-1].response_id
    wanted = {
        "conversation": "none",
        "metadata": {"topic": "sorting"},
        "input": [
            {"type": "item_reference", "id": "a"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is it about?"}]},
        ],
    }
    created = only(driver.ask(**wanted), "response.created")["response"]
    assert "conversation_id" not in created and created["metadata"] == {"topic": "sorting"}
    assert len(driver.asks[-1].entries) == 2
    events = driver.answer("Nothing.")
    assert not [kind for kind in kinds(events) if kind.startswith("conversation.")]
    assert (
        kinds(driver.model((Text(0, ("a",)), Stop(0, "stop"), Finish(USAGE)), response=active))[-2] == "response.done"
    )
    (error,) = driver.ask(conversation="none", input=[{"type": "item_reference", "id": "none"}])
    assert error["error"]["code"] == "response_create_invalid_item_reference"
    (error,) = driver.ask(conversation="other")
    assert error["error"]["param"] == "response.conversation"


def test_responses_aside_are_few() -> None:
    driver = Driver(**TEXT)
    for _ in range(30):
        driver.ask(conversation="none")
    assert kinds(driver.events).count("response.created") < 20
    assert driver.events[-1]["error"]["code"] == "too_many_responses"


def test_a_response_is_cancelled_where_there_is_one() -> None:
    driver = Driver()
    (error,) = driver.say({"type": "response.cancel"})
    assert error["error"]["code"] == "response_cancel_not_active"
    driver.ask()
    driver.session.so_far = lambda _: Usage(7, 3)
    driver.model((Audio(0, "a", ("Once",), spoken("Once")),))
    (error,) = driver.say({"type": "response.cancel", "response_id": "resp_other"})
    assert error["error"]["code"] == "response_cancel_not_active"
    events = driver.say({"type": "response.cancel"})
    done = only(events, "response.done")["response"]
    assert done["status"] == "cancelled" and done["status_details"]["reason"] == "client_cancelled"
    assert done["usage"]["total_tokens"] == 10
    assert kinds(driver.ask()) == ["response.created"]


def test_a_response_that_is_too_long_or_fails_says_so() -> None:
    driver = Driver(**TEXT)
    driver.ask(max_output_tokens=5)
    assert driver.asks[-1].max_tokens == 5
    done = only(driver.answer("a b c", reason="length"), "response.done")["response"]
    assert done["status"] == "incomplete"
    assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    driver.ask()
    step = driver.session.failed(driver.asks[-1].response_id, BadRequest("no", code="nope"), driver.now)
    done = only(driver.take(step), "response.done")["response"]
    assert done["status_details"] == {
        "type": "failed",
        "error": {"type": "invalid_request_error", "code": "nope", "message": "no"},
    }
    assert kinds(driver.ask()) == ["response.created"]


def test_a_response_may_be_other_than_its_session_says() -> None:
    driver = Driver(instructions="Be brief.", tools=[WEATHER])
    created = only(
        driver.ask(
            output_modalities=["audio"],
            instructions="Sing.",
            tools=[],
            audio={"output": {"voice": {"id": "voice_mine"}, "format": {"type": "audio/pcmu"}}},
        ),
        "response.created",
    )["response"]
    assert created["audio"] == {"output": {"format": {"type": "audio/pcmu"}, "voice": "voice_mine"}}
    ask = driver.asks[-1]
    assert (ask.instructions, ask.tools, ask.audio.voice) == ("Sing.", (), "voice_mine")
    pcm = spoken("Sing")
    delta = only(driver.model((Audio(0, "a", ("Sing",), pcm[:9_600]),)), "response.output_audio.delta")["delta"]
    assert len(delta) == 2136  # 1,600 samples at 8 kHz, in base64


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"output_modalities": ["text", "audio"]}, "response.output_modalities"),
        ({"output_modalities": ["smell"]}, "response.output_modalities[0]"),
        ({"max_output_tokens": 0}, "response.max_output_tokens"),
        ({"tool_choice": {"type": "function", "name": "nothing"}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"metadata": {"a": 1}}, "response.metadata.a"),
        ({"colour": "red"}, "response.colour"),
    ],
)
def test_a_response_that_cannot_be_is_refused(wanted, param) -> None:
    driver = Driver()
    (error,) = driver.ask(**wanted)
    assert error["error"]["param"] == param
    assert kinds(driver.ask()) == ["response.created"]


# -- settings


def test_an_update_changes_what_it_names() -> None:
    driver = Driver()
    (event,) = driver.update(instructions="Sing.", audio={"output": {"speed": 1.2}})
    session = event["session"]
    assert session["instructions"] == "Sing."
    assert session["audio"]["output"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "voice": "marin",
        "speed": 1.2,
    }
    (event,) = driver.turns({"type": "server_vad", "threshold": 0.7})
    (event,) = driver.turns({"type": "server_vad", "silence_duration_ms": 900})
    turns = event["session"]["audio"]["input"]["turn_detection"]
    assert (turns["threshold"], turns["silence_duration_ms"]) == (0.7, 900)


@pytest.mark.parametrize(
    ("session", "code"),
    [
        ({"type": "transcription"}, "invalid_parameter"),
        ({"type": "realtime", "model": "gpt-realtime-mini"}, "cannot_update_model"),
        ({"type": "realtime", "output_modalities": ["audio", "text"]}, "invalid_value"),
        ({"type": "realtime", "colour": "red"}, "unknown_parameter"),
        ({"type": "realtime", "max_output_tokens": 9999}, "integer_above_max_value"),
        ({"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2.0}}}}, None),
        ({}, "missing_required_parameter"),
        ({"type": "dream"}, "invalid_value"),
    ],
)
def test_an_update_that_cannot_be_is_refused(session, code) -> None:
    driver = Driver()
    (error,) = driver.say({"type": "session.update", "session": session})
    assert error["type"] == "error" and (code is None or error["error"]["code"] == code)


def test_a_voice_that_has_spoken_stays() -> None:
    driver = Driver()
    assert kinds(driver.update(audio={"output": {"voice": "cedar"}})) == ["session.updated"]
    driver.ask()
    driver.answer()
    (error,) = driver.update(audio={"output": {"voice": "alloy"}})
    assert error["error"]["code"] == "cannot_update_voice"


# -- servers of tools


MCP = {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example", "allowed_tools": ["look_up"]}


def test_a_server_tells_its_tools_and_they_are_used() -> None:
    driver = Driver()
    events = driver.update(tools=[{**MCP, "require_approval": "never"}], **TEXT)
    assert kinds(events) == [
        "session.updated", "conversation.item.added", "mcp_list_tools.in_progress", "mcp_list_tools.completed",
        "conversation.item.done",
    ]  # fmt: skip
    assert [tool["name"] for tool in events[-1]["item"]["tools"]] == ["look_up"]
    driver.ask()
    events = driver.use("look_up", '{"query": "x"}')
    assert kinds(events) == [
        "response.output_item.added", "conversation.item.added", "response.mcp_call_arguments.delta",
        "response.mcp_call_arguments.done", "response.mcp_call.in_progress", "response.mcp_call.completed",
        "conversation.item.done", "response.output_item.done", "response.done", "rate_limits.updated",
        "response.created",
    ]  # fmt: skip
    assert driver.asks[-1].entries[-1].item["output"]
    assert driver.asks[-1].tool_choice.mode == "auto"


def test_a_servers_tool_is_used_once_somebody_has_approved() -> None:
    driver = Driver(tools=[MCP], **TEXT)
    driver.ask()
    done = only(driver.use("look_up"), "response.done")["response"]
    request = done["output"][0]
    assert request["type"] == "mcp_approval_request"
    for approve, kind in ((False, None), (True, "response.mcp_call.completed")):
        item = {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": approve}
        events = driver.say({"type": "conversation.item.create", "item": item})
        assert (kind in kinds(events)) is approve


def test_a_server_that_nobody_can_reach_has_no_tools_and_one_that_is_not_there_fails() -> None:
    driver = Driver(**TEXT)
    events = driver.update(tools=[{**MCP, "server_url": "https://mcp.invalid"}])
    assert "mcp_list_tools.failed" in kinds(events)
    asked = {"type": "mcp_approval_request", "id": "ask", "server_label": "gone", "name": "look_up", "arguments": "{}"}
    driver.say({"type": "conversation.item.create", "item": asked})
    answer = {"type": "mcp_approval_response", "approval_request_id": "ask", "approve": True}
    events = driver.say({"type": "conversation.item.create", "item": answer})
    assert "response.mcp_call.failed" in kinds(events)
    assert events[-1]["item"]["error"]["message"] == "The session has no server 'gone'."


# -- calls


def test_a_calls_sound_is_played_here() -> None:
    driver = Driver(call=True)
    driver.ask()
    events = driver.answer("Hello there.")
    assert kinds(events).count("output_audio_buffer.started") == 1
    assert driver.wait(60) == [driver.events[-1]] and driver.events[-1]["type"] == "output_audio_buffer.stopped"
    driver.ask()
    driver.model((Audio(0, "a", ("Once",), spoken("Once upon a time")),))
    events = driver.say({"type": "output_audio_buffer.clear"})
    assert {"response.done", "output_audio_buffer.cleared"} <= set(kinds(events))


def test_a_socket_plays_nothing() -> None:
    (error,) = Driver().say({"type": "output_audio_buffer.clear"})
    assert error["error"]["code"] == "no_output_buffer"


# -- any order of anything


_NAMES = st.sampled_from(["a", "b", "c", "root", "none"])
_TEXTS = st.sampled_from(["", "hi", "Tell me.", "☃"])
_PARTS = st.sampled_from(
    [
        {"type": "input_text", "text": "hi"},
        {"type": "input_audio", "audio": base64(silence(0.1))},
        {"type": "output_text", "text": "so"},
        {"type": "output_audio", "transcript": "so"},
        {"type": "input_image", "image_url": "data:image/png;base64," + base64(png(9, 9))},
    ]
)
_ITEMS = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.just("message"),
            "role": st.sampled_from(["user", "assistant", "system"]),
            "content": st.lists(_PARTS, max_size=2),
        },
        optional={"id": _NAMES},
    ),
    st.fixed_dictionaries({"type": st.just("function_call"), "name": _NAMES, "arguments": _TEXTS, "call_id": _NAMES}),
    st.fixed_dictionaries({"type": st.just("function_call_output"), "call_id": _NAMES, "output": _TEXTS}),
    st.fixed_dictionaries(
        {"type": st.just("mcp_approval_response"), "approval_request_id": _NAMES, "approve": st.booleans()}
    ),
)
_LOUD, _QUIET = base64(spoken("Hello.")), base64(silence(0.7))
_SAID = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("conversation.item.create"), "item": _ITEMS}, optional={"previous_item_id": _NAMES}
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["conversation.item.delete", "conversation.item.retrieve"]), "item_id": _NAMES}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("conversation.item.truncate"),
            "item_id": _NAMES,
            "content_index": st.integers(0, 2),
            "audio_end_ms": st.integers(0, 2000),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("input_audio_buffer.append"), "audio": st.sampled_from([_LOUD, _QUIET, "", "AAA=", "?"])}
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["input_audio_buffer.commit", "input_audio_buffer.clear", "output_audio_buffer.clear", "nonsense"]
            )
        },
        optional={"event_id": _NAMES, "colour": st.just(1)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("response.create")},
        optional={
            "response": st.fixed_dictionaries(
                {},
                optional={
                    "conversation": st.sampled_from(["auto", "none"]),
                    "output_modalities": st.sampled_from([["text"], ["audio"]]),
                    "input": st.lists(_ITEMS, max_size=2),
                },
            )
        },
    ),
    st.fixed_dictionaries({"type": st.just("response.cancel")}, optional={"response_id": _NAMES}),
    st.sampled_from(
        [
            {"type": "session.update", "session": {"type": "realtime", **TEXT}},
            {
                "type": "session.update",
                "session": {"type": "realtime", "tools": [{**MCP, "require_approval": "never"}]},
            },
            {"type": "session.update", "session": {"type": "realtime", **OFF}},
            {
                "type": "session.update",
                "session": {
                    "type": "realtime",
                    "audio": {
                        "input": {
                            "format": {"type": "audio/pcma"},
                            "turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000},
                            "transcription": {"model": "whisper-1"},
                        }
                    },
                },
            },
        ]
    ),
    st.sampled_from(["", "[]", "{", "null", '{"type": 1}', "\ud800", '{"type": "response.create", "response": []}']),
)
_BURSTS = st.sampled_from(
    [
        (Text(0, ("a", "", "b")),),
        (Audio(0, "audio_1", ("a",), silence(0.05)),),
        (ToolStart(0, 0, "x", "weather", "function"), ToolInput(0, 0, ("{", "}"))),
        (ToolStart(0, 1, "x", "look_up", "function"), ToolInput(0, 1, ("{}",))),
        (Stop(0, "stop"), Finish(USAGE)),
        (Stop(0, "length"), Finish(USAGE)),
    ]
)
_DOINGS = st.one_of(
    _SAID.map(lambda event: ("say", event)),
    st.tuples(st.just("model"), st.tuples(st.integers(0, 9), _BURSTS)),
    st.tuples(st.just("wait"), st.floats(0, 400)),
    st.just(("fail", 0)),
    st.just(("hear", "words")),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_DOINGS, max_size=25), st.booleans())
def test_no_order_of_anything_breaks_a_session(doings: list[Any], call: bool) -> None:
    driver = Driver(call=call)
    for what, given_ in doings:
        if what == "say":
            before = len(driver.events)
            said = driver.say(given_)
            quiet = isinstance(given_, dict) and given_["type"] in (
                "input_audio_buffer.append",
                "output_audio_buffer.clear",
            )
            assert quiet or len(driver.events) > before or said, "every event is answered"
        elif what == "model" and driver.asks:
            at, burst = given_
            driver.model(burst, response=driver.asks[at % len(driver.asks)].response_id)
        elif what == "wait":
            driver.wait(given_)
        elif what == "fail" and driver.asks:
            driver.take(driver.session.failed(driver.asks[-1].response_id, BadRequest("no"), driver.now))
        elif what == "hear" and driver.hears:
            driver.hear(given_)
    well_ordered(driver.events)


def well_ordered(events: list[dict[str, Any]]) -> None:
    """Ids are known before they are used, one response of the conversation is active, each has its events in order."""
    assert len({event["event_id"] for event in events}) == len(events)
    known: set[str] = set()
    begun: dict[str, bool] = {}
    active = 0
    open_items: dict[str, str] = {}
    for event in events:
        kind = event["type"]
        if kind in ("conversation.item.added", "response.output_item.added"):
            known.add(event["item"]["id"])
        if kind == "response.created":
            response = event["response"]
            begun[response["id"]] = "conversation_id" in response
            active += begun[response["id"]]
            assert active <= 1
        if "response_id" in event and not kind.startswith("output_audio_buffer"):
            assert event["response_id"] in begun, event
        if kind.startswith("response.") and "item_id" in event:
            assert event["item_id"] in known, event
        if kind == "response.output_item.added":
            assert event["response_id"] not in open_items, "one item at a time"
            open_items[event["response_id"]] = event["item"]["id"]
        if kind == "response.output_item.done":
            assert open_items.pop(event["response_id"]) == event["item"]["id"]
        if kind == "response.done":
            name = event["response"]["id"]
            assert name not in open_items
            active -= begun.pop(name)
            assert event["response"]["status"] in ("completed", "cancelled", "incomplete", "failed")
