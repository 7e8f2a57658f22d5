"""What custom voices and consents need."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.wire.audio.voices import ConsentCreate, VoiceCreate, check_consent, check_voice

FILE = Upload("a.wav", "audio/wav", b"")


def test_a_sample_with_a_consent_or_a_prompt_makes_a_voice():
    check_voice(VoiceCreate(name="a", audio_sample=FILE, consent="cons_1"))
    check_voice(VoiceCreate(name="a", type="audio_sample", audio_sample=FILE, consent="cons_1"))
    check_voice(VoiceCreate(name="a", type="prompt", prompt="deep"))


@pytest.mark.parametrize(
    ("lacking", "param"),
    [
        ({}, "audio_sample"),
        ({"audio_sample": FILE}, "consent"),
        ({"type": "prompt"}, "prompt"),
        ({"type": "prompt", "prompt": "a", "audio_sample": FILE}, "type"),
    ],
)
def test_what_a_voice_lacks_is_told(lacking: dict[str, Any], param: str):
    with pytest.raises(BadRequest) as caught:
        check_voice(VoiceCreate(name="a", **lacking))
    assert caught.value.param == param


@pytest.mark.parametrize("language", ["en", "en-US", "zh-Hant-TW"])
def test_a_language_is_a_tag(language: str):
    check_consent(ConsentCreate(name="a", language=language, recording=FILE))


@pytest.mark.parametrize("language", ["", "English language", "en_US", "e"])
def test_other_words_are_no_language(language: str):
    with pytest.raises(BadRequest, match="BCP 47"):
        check_consent(ConsentCreate(name="a", language=language, recording=FILE))
