"""What somebody said, in writing: which words a piece of sound says, and the events that tell them."""

from collections.abc import Collection, Iterator
from math import ceil
from typing import Any

from fakeai.core.generation import JsonObject
from fakeai.services.realtime.commands import Hear
from fakeai.services.realtime.conversation import Event
from fakeai.services.realtime.sound import RATE

LOGPROBS = "item.input_audio_transcription.logprobs"
_TOKENS_PER_SECOND = 10
"""https://platform.openai.com/docs/guides/realtime-costs: 1 token for 100 ms of the user's sound."""


def words_of(pcm: bytes, language: str, about: str, seed: bytes) -> str:
    """The words in the sound, which may be `about` something: belongs in a thread. Too little of it says nothing."""
    from fakeai.content.hearing import heard
    from fakeai.content.sound import SoundError, listen

    try:
        sound = listen(pcm, media_type="audio/pcm")
    except SoundError:
        return ""
    return "".join([word.text for word in heard(sound, language, about, seed)])


def transcription(hear: Hear, words: str, include: Collection[str]) -> Iterator[Event]:
    """The events of a transcription: word by word, then all of it."""
    settings: Any = hear.transcription  # only called where there are some
    model = settings.get("model") or "whisper-1"
    place = {"item_id": hear.entry.id, "content_index": hear.part}
    seconds = len(hear.entry.sound.get(hear.part, b"")) / 2 / RATE
    kind = "conversation.item.input_audio_transcription"
    whole = "whisper" in model
    pieces = [words] if whole else _pieces(words)
    sure = LOGPROBS in include and not whole
    for piece in pieces if words else []:
        event = {"type": f"{kind}.delta", **place, "delta": piece}
        yield {**event, "logprobs": [_logprob(piece)]} if sure else event
    if "diarize" in model and words:
        segment = {"id": f"seg_{hear.entry.id}", "speaker": "A", "start": 0.0, "end": round(seconds, 3)}
        yield {"type": f"{kind}.segment", **place, **segment, "text": words}
    done = {"type": f"{kind}.completed", **place, "transcript": words, "usage": _usage(pieces, seconds, whole)}
    yield {**done, "logprobs": [_logprob(piece) for piece in pieces]} if sure else done


def _pieces(words: str) -> list[str]:
    first, *rest = words.split(" ")
    return [first, *(f" {word}" for word in rest)]


def _logprob(piece: str) -> JsonObject:
    """Speech that is carried along is certain."""
    return {"token": piece, "logprob": 0.0, "bytes": list(piece.encode())}


def _usage(pieces: list[str], seconds: float, timed: bool) -> JsonObject:
    if timed:
        return {"type": "duration", "seconds": round(seconds, 3)}
    heard = ceil(seconds * _TOKENS_PER_SECOND)
    return {
        "type": "tokens",
        "total_tokens": heard + len(pieces),
        "input_tokens": heard,
        "output_tokens": len(pieces),
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
    }
