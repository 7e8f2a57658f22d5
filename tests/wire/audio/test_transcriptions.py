"""What a request for a transcript may hold, by model."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.wire.audio.transcriptions import (
    TranscriptionCreate,
    TranslationCreate,
    by_duration,
    check,
    check_translation,
    is_plain,
)
from fakeai.wire.form import parse_form

FILE = Upload("a.wav", "audio/wav", b"")
DIARIZE = "gpt-4o-transcribe-diarize"


def test_models_are_paid_by_the_second_or_tell_words_only():
    assert by_duration("whisper-1") and not by_duration("gpt-4o-transcribe")
    assert is_plain("gpt-4o-mini-transcribe-2025-12-15") and is_plain("gpt-transcribe")
    assert not is_plain(DIARIZE) and not is_plain("whisper-1")


@pytest.mark.parametrize(
    "asked",
    [
        {"model": "whisper-1", "response_format": "vtt"},
        {"model": "whisper-1", "response_format": "verbose_json", "timestamp_granularities": ["word"]},
        {"model": "gpt-4o-transcribe", "include": ["logprobs"]},
        {"model": "gpt-transcribe", "languages": ["en"], "keywords": ["sea"]},
        {"model": DIARIZE, "response_format": "diarized_json", "known_speaker_names": ["a"]},
        {"model": "somebody-elses", "response_format": "srt"},
    ],
)
def test_what_fits_is_taken(asked: dict[str, Any]):
    check(TranscriptionCreate(file=FILE, **asked))


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"model": "whisper-1", "response_format": "diarized_json"}, "response_format"),
        ({"model": "gpt-4o-transcribe", "response_format": "verbose_json"}, "response_format"),
        ({"model": DIARIZE, "response_format": "vtt"}, "response_format"),
        ({"model": "whisper-1", "timestamp_granularities": ["word"]}, "timestamp_granularities"),
        ({"model": "gpt-4o-transcribe", "response_format": "text", "include": ["logprobs"]}, "include"),
        ({"model": DIARIZE, "include": ["logprobs"]}, "include"),
        ({"model": "whisper-1", "languages": ["en"]}, "languages"),
        ({"model": DIARIZE, "prompt": "a"}, "prompt"),
        ({"model": "whisper-1", "known_speaker_references": ["data:"]}, "known_speaker_names"),
        (
            {"model": DIARIZE, "known_speaker_names": ["a"], "known_speaker_references": ["b", "c"]},
            "known_speaker_references",
        ),
        ({"model": DIARIZE, "known_speaker_names": list("abcde")}, "known_speaker_names"),
    ],
)
def test_what_does_not_fit_the_model_is_refused(asked: dict[str, Any], param: str):
    with pytest.raises(BadRequest) as caught:
        check(TranscriptionCreate(file=FILE, **asked))
    assert caught.value.param == param


def test_only_whisper_translates():
    check_translation(TranslationCreate(file=FILE, model="whisper-1"))
    check_translation(TranslationCreate(file=FILE, model="somebody-elses"))
    for model in ("gpt-4o-transcribe", DIARIZE):
        with pytest.raises(BadRequest, match="does not translate"):
            check_translation(TranslationCreate(file=FILE, model=model))


def test_a_form_is_read_with_its_lists_and_objects():
    def part(name: str, value: str, more: str = "") -> str:
        return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'

    form = (
        part("file", "sound", '; filename="a.wav"')
        + part("model", "whisper-1")
        + part("chunking_strategy[type]", "server_vad")
        + part("chunking_strategy[threshold]", "0.5")
        + part("timestamp_granularities[]", "word")
        + part("timestamp_granularities[]", "segment")
        + part("temperature", "0.2")
        + part("stream", "false")
        + "--x--\r\n"
    )
    body = parse_form(TranscriptionCreate, form.encode(), "multipart/form-data; boundary=x")
    assert body.file.data == b"sound"
    assert (body.temperature, body.stream, body.timestamp_granularities) == (0.2, False, ["word", "segment"])
    assert body.chunking_strategy is not None and body.chunking_strategy != "auto"
    assert body.chunking_strategy.threshold == 0.5
