"""`POST /audio/transcriptions` and `/audio/translations`: every form of one transcript."""

import asyncio
from typing import Any

import orjson
import pytest
from openai.types.audio import (
    Transcription,
    TranscriptionDiarized,
    TranscriptionStreamEvent,
    TranscriptionVerbose,
    TranslationVerbose,
)
from pydantic import TypeAdapter

from fakeai.backends.base import TranscribeRequest, Transcript
from fakeai.content.hearing import Timed
from fakeai.core.call import Call, Reply
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, PayloadTooLarge
from fakeai.core.form import Upload
from fakeai.core.generation import Usage
from fakeai.services.audio.transcriptions import LARGEST, Transcriptions
from fakeai.services.directory import ModelDirectory
from fakeai.testing import run_virtual
from fakeai.wire.audio.transcriptions import TranscriptionCreate, TranslationCreate

WORDS = (Timed("Hello ", 0.1, 0.5), Timed("you. ", 0.5, 1.0), Timed("Bye.", 2.0, 2.5))
FILE = Upload("a.wav", "audio/wav", b"sound")
HEARD = Transcript(3.21, "en", "Hello you. Bye.", WORDS, ("Hello", " you", ".", " Bye", "."), (), b"digest", ours=True)
DIARIZE: dict[str, Any] = {"model": "gpt-4o-transcribe-diarize", "response_format": "diarized_json"}


class Transcriber:
    """Hears what it is told to, and remembers what it was asked."""

    def __init__(self, found: Transcript = HEARD) -> None:
        self.found = found
        self.asked: list[TranscribeRequest] = []

    async def transcribe(self, request: TranscribeRequest) -> Transcript:
        self.asked.append(request)
        if request.timing.ttft_ms == "soon":
            raise ValueError("'soon' is not a latency")
        return self.found


@pytest.fixture
def transcriber() -> Transcriber:
    return Transcriber()


@pytest.fixture
def service(transcriber: Transcriber, directory: ModelDirectory, clock: WallClock) -> Transcriptions:
    return Transcriptions(transcriber, directory, clock, seed=b"", lenient=False)


@pytest.fixture
def ask(service: Transcriptions) -> Any:
    async def ask(handler: str = "transcribe", headers: Any = None, **more: Any) -> Reply:
        kind = TranscriptionCreate if handler == "transcribe" else TranslationCreate
        body = kind(**{"model": "whisper-1", "file": FILE, **more})
        endpoint = next(row for row in service.ENDPOINTS if row.handler == handler)
        call = Call("req_1", endpoint, endpoint.path, headers or {})
        call.body = body
        return await getattr(service, handler)(call)

    return ask


async def test_words_alone(ask: Any) -> None:
    reply = await ask()
    assert reply.body == {"text": "Hello you. Bye.", "usage": {"type": "duration", "seconds": 4}}
    assert reply.usage == Usage(33, 5, prompt_audio=33, amount=4)
    told = (await ask(model="gpt-4o-transcribe", prompt="A greeting.", include=["logprobs"])).body
    Transcription.model_validate(told, strict=True)
    assert told["usage"]["input_token_details"] == {"text_tokens": 3, "audio_tokens": 33}
    assert told["usage"]["total_tokens"] == 3 + 33 + 5
    assert [one["token"] for one in told["logprobs"]] == list(HEARD.tokens)
    assert (await ask(model="gpt-transcribe")).body["languages"] == [{"code": "en"}]


async def test_words_with_their_times(ask: Any) -> None:
    told = (await ask(response_format="verbose_json", timestamp_granularities=["word", "segment"])).body
    TranscriptionVerbose.model_validate(told, strict=True)
    assert (told["language"], told["duration"], len(told["words"]), len(told["segments"])) == ("english", 3.21, 3, 2)
    assert "words" not in (await ask(response_format="verbose_json")).body
    assert "segments" not in (await ask(response_format="verbose_json", timestamp_granularities=["word"])).body


async def test_text_and_subtitles(ask: Any) -> None:
    for fmt, text in (
        ("text", b"Hello you. Bye.\n"),
        ("srt", b"1\n00:00:00,100 --> 00:00:01,000\nHello you.\n\n2\n00:00:02,000 --> 00:00:02,500\nBye.\n\n"),
        ("vtt", b"WEBVTT\n\n00:00:00.100 --> 00:00:01.000\nHello you.\n\n00:00:02.000 --> 00:00:02.500\nBye.\n\n"),
    ):
        reply = await ask(response_format=fmt)
        assert (reply.body, reply.media_type) == (text, "text/plain; charset=utf-8")


async def test_who_says_what(ask: Any) -> None:
    told = (await ask(**DIARIZE, known_speaker_names=["ann"])).body
    TranscriptionDiarized.model_validate(told, strict=True)
    assert [(one["speaker"], one["text"]) for one in told["segments"]] == [("ann", "Hello you."), ("ann", "Bye.")]


async def test_translations(ask: Any, transcriber: Transcriber) -> None:
    assert (await ask("translate")).body == {"text": "Hello you. Bye."}
    told = (await ask("translate", response_format="verbose_json")).body
    TranslationVerbose.model_validate(told, strict=True)
    assert told["task"] == "translate" and "usage" not in told
    assert all(asked.english for asked in transcriber.asked)


async def test_events_join_to_the_text(ask: Any) -> None:
    events: Any = TypeAdapter(TranscriptionStreamEvent)
    for more in ({"model": "gpt-4o-transcribe", "include": ["logprobs"]}, {**DIARIZE, "chunking_strategy": "auto"}):
        reply = await ask(**more, stream=True)
        told = [orjson.loads(item) async for burst in reply.events for item in burst]
        for event in told:
            events.validate_python(event, strict=True)
        assert "".join(event.get("delta", "") for event in told) == told[-1]["text"] == HEARD.text
        assert reply.usage == Usage(33, 5, prompt_audio=33, amount=4)
    kinds = [event["type"].rpartition(".")[2] for event in told]
    assert kinds == ["delta", "delta", "delta", "segment", "delta", "delta", "segment", "done"]
    assert [event["segment_id"] for event in told if "segment_id" in event] == ["seg_001"] * 3 + ["seg_002"] * 2


async def test_what_is_known_of_the_sound_is_passed_on(ask: Any, transcriber: Transcriber) -> None:
    await ask(model="gpt-transcribe", languages=["de-AT", "en"], keywords=["Kuchen"], prompt="Im Café.")
    await ask(language="FR")
    first, second = transcriber.asked
    assert (first.language, first.about, first.data) == ("de", "Im Café. Kuchen", b"sound")
    assert second.language == "fr"


def test_tokens_take_their_time_whole_or_not(directory: ModelDirectory) -> None:
    async def main(stream: bool) -> list[float]:
        loop = asyncio.get_running_loop()
        clock = WallClock()
        slow = Transcriber(HEARD._replace(gaps=(0.5, 0.5, 0.5, 0.5)))
        service = Transcriptions(slow, directory, clock, seed=b"", lenient=False)
        call = Call("req_1", service.ENDPOINTS[0], "/audio/transcriptions", {})
        call.body = TranscriptionCreate(model="gpt-4o-transcribe", file=FILE, stream=stream)
        reply = await service.transcribe(call)
        if reply.events is None:
            return [loop.time()]
        return [loop.time() async for _ in reply.events]

    assert run_virtual(main(False)) == pytest.approx([2.0])
    assert run_virtual(main(True)) == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0, 2.0])


async def test_what_cannot_be_heard_is_refused(ask: Any, transcriber: Transcriber) -> None:
    for more, error, word in (
        ({"model": "gpt-4o"}, BadRequest, "does not transcribe"),
        ({"file": Upload("a.wav", "", bytes(LARGEST + 1))}, PayloadTooLarge, "26214400"),
        ({"headers": {"x-fakeai-ttft-ms": "soon"}}, BadRequest, "not a latency"),
    ):
        with pytest.raises(error, match=word):
            await ask(**more)
    transcriber.found = HEARD._replace(seconds=1_500.0)
    with pytest.raises(BadRequest, match="1500 seconds is longer than 1400 seconds"):
        await ask(model="gpt-4o-transcribe")
    assert (await ask()).body["text"]
    transcriber.found = HEARD._replace(seconds=31.0)
    with pytest.raises(BadRequest, match="chunking_strategy is required"):
        await ask(**DIARIZE)


async def test_silence_says_nothing_in_every_form(ask: Any, transcriber: Transcriber) -> None:
    transcriber.found = Transcript(2.0, "en", "", (), (), (), b"digest")
    assert (await ask()).body["text"] == ""
    assert (await ask(response_format="srt")).body == b""
    assert (await ask(**DIARIZE)).body["segments"] == []
    told = [orjson.loads(item) async for burst in (await ask(**DIARIZE, stream=True)).events for item in burst]
    assert [event["type"] for event in told] == ["transcript.text.done"]
