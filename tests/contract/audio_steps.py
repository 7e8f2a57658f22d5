"""What is asked of sound."""

from contract.steps import Step, one
from fakeai.content.speech import speak
from fakeai.core.chance import Chance

TEXT = "Hello there. This is what was said."
WAV = speak(TEXT, "nova", "wav", Chance(1))
MP3 = speak(TEXT, "nova", "mp3", Chance(1))

_SAID = {"model": "gpt-4o-mini-tts", "input": "Hello.", "voice": "nova"}
_FILE = {"file": ("said.mp3", MP3)}
_TEXTS = "/audio/transcriptions"
_WHISPER = {"model": "whisper-1", "response_format": "verbose_json", "temperature": 0.2}

STEPS = [
    Step("POST", "/audio/speech", {**_SAID, "response_format": "wav", "speed": 2.0, "instructions": "Whisper."}),
    Step("POST", "/audio/speech", {**_SAID, "stream_format": "sse", "response_format": "pcm"}),
    Step("POST", _TEXTS, {"model": "whisper-1", "language": "en", "prompt": "A greeting."}, files=_FILE),
    Step("POST", _TEXTS, {**_WHISPER, "timestamp_granularities[]": ["word", "segment"]}, files=_FILE),
    Step("POST", _TEXTS, {"model": "gpt-4o-transcribe", "include[]": ["logprobs"]}, files=_FILE),
    Step("POST", _TEXTS, {"model": "gpt-transcribe", "languages[]": ["en"], "keywords[]": ["a"]}, files=_FILE),
    Step(
        "POST",
        _TEXTS,
        {
            "model": "gpt-4o-transcribe-diarize",
            "response_format": "diarized_json",
            "chunking_strategy": "auto",
            "known_speaker_names[]": ["ann"],
        },
        files=_FILE,
    ),
    Step("POST", _TEXTS, {"model": "gpt-4o-mini-transcribe", "stream": "true"}, files=_FILE),
    Step("POST", "/audio/translations", {"model": "whisper-1"}, files=_FILE),
    Step("POST", "/audio/translations", _WHISPER, files=_FILE),
    *one(
        "/audio/voice_consents",
        "consent_id",
        {"name": "Ann", "language": "en-US"},
        {"name": "Anna"},
        files={"recording": ("said.wav", WAV)},
    ),
    Step(
        "POST",
        "/audio/voices",
        {"name": "Ann", "consent": "{consent_id}"},
        "voice_id",
        files={"audio_sample": ("said.wav", WAV)},
    ),
    Step("POST", "/audio/speech", {**_SAID, "voice": {"id": "{voice_id}"}, "response_format": "pcm"}),
    Step("DELETE", "/audio/voices/{voice_id}"),
    Step("POST", "/audio/voices", {"name": "Deep", "type": "prompt", "prompt": "A deep voice."}, "voice_id"),
    Step("DELETE", "/audio/voice_consents/{consent_id}"),
]
