"""What the beta says is what today's API says in other words, there and back."""

from fakeai.services.realtime import config
from fakeai.wire.realtime.beta import event_from_beta, event_to_beta, session_from_beta, session_to_beta

OLD = {
    "modalities": ["text", "audio"],
    "instructions": "Sing.",
    "voice": "verse",
    "speed": 1.1,
    "temperature": 0.7,
    "input_audio_format": "g711_ulaw",
    "output_audio_format": "g711_alaw",
    "input_audio_transcription": {"model": "whisper-1"},
    "turn_detection": None,
    "max_response_output_tokens": 100,
    "tool_choice": "none",
}


def test_settings_go_there_and_back() -> None:
    today = session_from_beta(OLD)
    assert today["output_modalities"] == ["audio"] and today["max_output_tokens"] == 100
    assert today["audio"]["input"] == {
        "format": {"type": "audio/pcmu"},
        "transcription": {"model": "whisper-1"},
        "turn_detection": None,
    }
    session = config.fresh("realtime", "sess_1", "gpt-4o-realtime-preview", 1)
    merged = {
        **session,
        **today,
        "audio": {way: {**session["audio"][way], **today["audio"][way]} for way in today["audio"]},
    }
    assert OLD.items() <= session_to_beta(merged).items()


def test_a_field_that_nobody_knows_stays_where_it_is_refused() -> None:
    assert session_from_beta({"colour": 1})["colour"] == 1
    assert session_from_beta({"input_audio_format": "mp3"})["audio"]["input"]["format"] == {"type": "mp3"}


def test_client_events_are_renamed() -> None:
    update = event_from_beta({"type": "transcription_session.update", "session": {"input_audio_format": "pcm16"}})
    assert (update["type"], update["session"]["type"]) == ("session.update", "transcription")
    create = event_from_beta(
        {
            "type": "response.create",
            "response": {"modalities": ["text"], "voice": "ash", "max_response_output_tokens": "inf", "temperature": 1},
        }
    )["response"]
    assert create == {
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "ash"}},
        "max_output_tokens": "inf",
        "temperature": 1,
    }
    item = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "a"}]}
    changed = event_from_beta({"type": "conversation.item.create", "item": item})["item"]
    assert changed["content"][0]["type"] == "output_text"
    for odd in ({"type": "response.create", "response": 1}, {"type": "session.update", "session": 1}):
        assert event_from_beta(odd) is not None
    for odd_item in (1, {"role": "assistant", "content": [1]}):
        assert event_from_beta({"type": "conversation.item.create", "item": odd_item})["item"] == odd_item


def test_server_events_are_renamed_or_left_out() -> None:
    assert event_to_beta({"type": "response.output_text.delta", "delta": "a"}) == {
        "type": "response.text.delta",
        "delta": "a",
    }
    assert event_to_beta({"type": "conversation.item.done", "item": {"type": "message"}}) is None
    assert event_to_beta({"type": "conversation.item.added", "item": {"type": "mcp_call"}}) is None
    item = {"type": "message", "content": [{"type": "output_audio", "transcript": "a"}]}
    told = event_to_beta({"type": "conversation.item.added", "item": item})
    assert told == {
        "type": "conversation.item.created",
        "item": {"type": "message", "content": [{"type": "audio", "transcript": "a"}]},
    }
