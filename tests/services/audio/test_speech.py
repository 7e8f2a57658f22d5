"""`POST /audio/speech`: what is asked of the backend, and what leaves."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest

from fakeai.backends.base import SoundPart, SpeechRequest
from fakeai.content.voices import named
from fakeai.core.call import Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest, ContextLengthExceeded, NotFound
from fakeai.core.feed import Feed
from fakeai.core.generation import Usage
from fakeai.core.pulled import Pulled
from fakeai.services.audio.speech import Speech
from fakeai.services.audio.voices import CustomVoices
from fakeai.services.directory import ModelDirectory
from fakeai.store.sql import SqlDatabase
from services.conftest import MakeCall

ASKED = {"model": "gpt-4o-mini-tts", "input": "Hello there.", "voice": "nova"}


class Speaker:
    """Says two parts, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[SpeechRequest] = []

    def speak(self, request: SpeechRequest) -> Feed[SoundPart]:
        self.asked.append(request)
        if request.timing.ttft_ms == "soon":
            raise ValueError("'soon' is not a latency")

        async def parts() -> AsyncGenerator[SoundPart, None]:
            yield SoundPart(b"one", 7, False)
            await asyncio.sleep(0.001)
            yield SoundPart(b"", 9, True)

        return Feed(Pulled(parts()))


@pytest.fixture
def speaker() -> Speaker:
    return Speaker()


@pytest.fixture
def service(speaker: Speaker, directory: ModelDirectory, db: SqlDatabase, ids: Ids) -> Speech:
    voices = CustomVoices(db, ids, lenient=False, synthesize=False)
    return Speech(speaker, directory, voices, seed=b"", lenient=False)


@pytest.fixture
def ask(service: Speech, make_call: MakeCall) -> Any:
    async def ask(headers: Any = None, **more: Any) -> Reply:
        return await service.create(make_call(service, "create", {**ASKED, **more}, headers=headers))

    return ask


async def left(reply: Reply) -> list[bytes]:
    assert reply.events is not None
    return [item async for burst in reply.events for item in burst]


async def test_the_files_own_bytes_leave_and_are_counted(ask: Any, speaker: Speaker) -> None:
    reply = await ask(instructions="Softly.")
    assert (reply.media_type, reply.verbatim, reply.usage) == ("audio/mpeg", True, None)
    assert await left(reply) == [b"one"]
    assert reply.usage == Usage(3 + 3, 9, completion_audio=9, amount=12)
    assert speaker.asked[0][1:5] == ("Hello there.", named("nova"), "mp3", 1.0)


async def test_events_hold_the_bytes_and_the_usage(ask: Any) -> None:
    reply = await ask(stream_format="sse", response_format="wav")
    assert not reply.verbatim
    delta, done = map(orjson.loads, await left(reply))
    assert delta == {"type": "speech.audio.delta", "audio": base64.b64encode(b"one").decode()}
    usage = {"input_tokens": 3, "output_tokens": 9, "total_tokens": 12}
    assert done == {"type": "speech.audio.done", "usage": usage}


async def test_the_sound_depends_on_what_is_said_and_how_and_not_on_its_format(ask: Any, speaker: Speaker) -> None:
    for more in (
        {},
        {"response_format": "wav"},
        {"speed": 2.0},
        {"voice": "onyx"},
        {"instructions": "x"},
        {"input": "x"},
    ):
        await ask(**more)
    digests = [asked.digest for asked in speaker.asked]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 5


async def test_who_leaves_has_used_what_was_delivered(ask: Any) -> None:
    reply = await ask()
    assert reply.events is not None
    stream = aiter(reply.events)
    assert await anext(stream) == [b"one"]
    await stream.aclose()
    assert reply.usage is not None and reply.usage.completion == 7


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"model": "gpt-4o"}, BadRequest),
        ({"voice": "bob"}, BadRequest),
        ({"voice": {"id": "voice_none"}}, NotFound),
        ({"input": "".join(map(chr, range(0x4E00, 0x4E00 + 4_000)))}, ContextLengthExceeded),
        ({"headers": {"x-fakeai-ttft-ms": "soon"}}, BadRequest),
    ],
)
async def test_what_cannot_be_said_is_refused(ask: Any, more: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        await ask(**more)


async def test_only_the_documents_rules_hold_where_that_is_wanted(ask: Any, speaker: Speaker) -> None:
    easy = {"x-fakeai-validation": "schema"}
    for more in ({"model": "gpt-4o"}, {"voice": "bob"}, {"input": ""}, {"model": "tts-1", "stream_format": "sse"}):
        await ask(headers=easy, **more)
    assert len(speaker.asked) == 4
