"""Speech at the time a profile says, by a voice that is there, and no further than somebody listens."""

import asyncio
from typing import Any

import pytest

from fakeai.backends import speaking
from fakeai.backends.base import SoundPart, SpeechRequest
from fakeai.backends.speaking import SimulatedSpeech
from fakeai.content.transcript import heard, tagged
from fakeai.content.voices import named
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import WallClock
from fakeai.core.errors import ServerError
from fakeai.core.feed import Feed
from fakeai.core.generation import Timing
from fakeai.sim.timing import Distribution, Latency, LatencyProfile
from fakeai.testing import run_virtual

TEXT = "Hello there, my friend. How are you today?"


def profile(ttft: float = 0.0, itl: float = 0.0) -> LatencyProfile:
    slow = Latency(Distribution("constant", ttft), Distribution("constant", itl))
    return LatencyProfile(Latency(Distribution("constant", 0.0), Distribution("constant", 0.0)), {"slow": slow})


def request(model: str = "tts-1", **more: Any) -> SpeechRequest:
    asked = {"format": "pcm", "speed": 1.0, "digest": b"digest", **more}
    return SpeechRequest(ModelCard(model), TEXT, named("nova"), **asked)


async def parts(feed: Feed[SoundPart]) -> list[SoundPart]:
    return [part async for part in feed]


async def test_parts_are_the_sound_and_the_last_says_so():
    model = SimulatedSpeech(WallClock(), profile())
    found = await parts(model.speak(request()))
    assert heard(b"".join(part.data for part in found)) == TEXT
    assert [part.last for part in found] == [False] * (len(found) - 1) + [True]
    assert found[-1].tokens == sum(len(part.data) for part in found) // 2 // 1_200
    assert [part.tokens for part in found] == sorted(part.tokens for part in found)


async def test_equal_digests_have_equal_sound_in_every_format():
    model = SimulatedSpeech(WallClock(), profile())
    for fmt in ("mp3", "opus", "aac", "flac", "wav"):
        first = await parts(model.speak(request(format=fmt)))
        assert await parts(model.speak(request(format=fmt))) == first
        assert tagged(b"".join(part.data for part in first)) == TEXT
    other = await parts(model.speak(request(digest=b"other")))
    assert other != await parts(model.speak(request()))


def test_a_model_takes_its_time_by_the_token():
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        model = SimulatedSpeech(WallClock(), profile(0.5, 0.01))
        return [loop.time() - started async for _ in model.speak(request("slow"))]

    times = run_virtual(main())
    assert times[:3] == pytest.approx([0.5, 0.6, 0.7])  # ten tokens for each half second of sound

    async def asked() -> float:
        loop = asyncio.get_running_loop()
        model = SimulatedSpeech(WallClock(), profile())
        await parts(model.speak(request(timing=Timing("2000", "0"))))
        return loop.time()

    assert run_virtual(asked()) == pytest.approx(2.0)


def test_a_latency_that_cannot_be_read_is_told_before_anything_is_said():
    with pytest.raises(ValueError, match="not a latency"):
        SimulatedSpeech(WallClock(), profile()).speak(request(timing=Timing("soon")))


async def test_nothing_more_is_made_when_nobody_listens(monkeypatch: pytest.MonkeyPatch):
    made: list[int] = []
    plain = speaking.speech.chunks

    def counted(*args: Any) -> Any:
        for chunk in plain(*args):
            made.append(1)
            yield chunk

    monkeypatch.setattr(speaking.speech, "chunks", counted)
    feed = SimulatedSpeech(WallClock(), profile()).speak(request()._replace(text="word " * 2_000))
    async for _ in feed:
        break
    await asyncio.sleep(0.05)
    assert len(made) < 5


async def test_a_synthesiser_that_fails_ends_the_sound_with_the_reason():
    with pytest.raises(ServerError, match="synthesiser failed"):
        await parts(SimulatedSpeech(WallClock(), profile(), "/nowhere/espeak-ng").speak(request()))
