"""What a request for speech may hold."""

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.audio.speech import VOICES, SpeechCreate, VoiceId, check
from fakeai.wire.base import parse

SAID = {"model": "gpt-4o-mini-tts", "input": "Hello.", "voice": "nova"}


def read(**more: object) -> SpeechCreate:
    body = parse(SpeechCreate, orjson.dumps({**SAID, **more}))
    check(body)
    return body


def test_every_voice_and_ones_own_may_speak():
    for voice in VOICES:
        assert read(voice=voice).voice == voice
    assert read(voice={"id": "voice_1"}).voice == VoiceId(id="voice_1")
    assert read(voice="voice_1").voice == "voice_1"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"voice": 5}, "voice"),
        ({"voice": "bob"}, "voice"),
        ({"voice": {}}, "voice"),
        ({"input": None}, "input"),
        ({"input": ""}, "input"),
        ({"instructions": "a" * 4_097}, "instructions"),
        ({"speed": "fast"}, "speed"),
        ({"speed": 0.24}, "speed"),
        ({"stream_format": "wav"}, "stream_format"),
        ({"model": "tts-1-hd", "stream_format": "sse"}, "stream_format"),
    ],
)
def test_what_speech_cannot_be_is_told_with_its_place(wrong: dict[str, object], param: str):
    with pytest.raises(BadRequest) as caught:
        read(**wrong)
    assert (caught.value.param or "").startswith(param)


def test_a_model_is_wanted_first():
    with pytest.raises(BadRequest, match="you must provide a model"):
        parse(SpeechCreate, b"{}")
