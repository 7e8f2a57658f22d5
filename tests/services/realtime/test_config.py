"""Settings of sessions: what they are, what changes, and what is refused."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.realtime import config
from fakeai.wire.realtime.session import RealtimeSession, TranscriptionSession, TranslationUpdate

FRESH = config.fresh("realtime", "sess_1", "gpt-realtime", 1)


def update(**fields) -> RealtimeSession:
    return RealtimeSession.model_validate({"type": "realtime", **fields})


def test_what_is_not_named_stays_and_the_old_settings_are_untouched() -> None:
    before = repr(FRESH)
    after = config.changed(FRESH, update(audio={"input": {"format": {"type": "audio/pcma"}}}))
    assert after["audio"]["input"]["format"] == {"type": "audio/pcma"}
    assert after["audio"]["output"] == FRESH["audio"]["output"] and after["tools"] == []
    assert repr(FRESH) == before


def test_another_way_of_detecting_turns_has_settings_of_its_own() -> None:
    semantic = config.changed(FRESH, update(audio={"input": {"turn_detection": {"type": "semantic_vad"}}}))
    turns = semantic["audio"]["input"]["turn_detection"]
    assert turns == {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True}
    off = config.changed(semantic, update(audio={"input": {"turn_detection": None}}))
    assert config.shown(off)["audio"]["input"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "turn_detection": None,
    }


@pytest.mark.parametrize(
    ("turns", "code"),
    [
        ({"threshold": -0.1}, "decimal_below_min_value"),
        ({"silence_duration_ms": 40_000}, "integer_above_max_value"),
        ({"prefix_padding_ms": -1}, "integer_below_min_value"),
    ],
)
def test_what_is_out_of_bounds_is_refused_unless_that_is_not_wanted(turns, code) -> None:
    asked = update(audio={"input": {"turn_detection": {"type": "server_vad", **turns}}})
    with pytest.raises(BadRequest) as refused:
        config.changed(FRESH, asked)
    assert refused.value.code == code
    assert config.changed(FRESH, asked, easy=True)["audio"]["input"]["turn_detection"]["type"] == "server_vad"


def test_a_session_keeps_its_type_and_writes_need_no_sound_out() -> None:
    writes = config.fresh("transcription", "sess_1", "whisper-1", 1)
    assert writes["audio"]["input"]["transcription"]["model"] == "whisper-1" and "output" not in writes["audio"]
    with pytest.raises(BadRequest, match="not allowed"):
        config.changed(FRESH, TranscriptionSession(type="transcription"))


def test_a_translation_changes_its_language() -> None:
    fresh = config.translation("sess_1", "gpt-realtime-translate", 1)
    changed = config.changed_translation(
        fresh, TranslationUpdate.model_validate({"audio": {"output": {"language": "fr"}}})
    )
    assert (fresh["audio"]["output"]["language"], changed["audio"]["output"]["language"]) == ("en", "fr")
