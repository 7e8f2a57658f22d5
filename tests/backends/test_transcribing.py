"""Transcripts at the time a profile says: own words, others', in English if wanted, and of what is no sound."""

import asyncio
import subprocess
from typing import Any

import pytest

from fakeai.backends.base import TranscribeRequest, Transcript
from fakeai.backends.transcribing import SimulatedTranscription
from fakeai.content import ffmpeg
from fakeai.content.sound import SoundError
from fakeai.content.speech import speak
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.clock import WallClock
from fakeai.core.generation import Timing
from fakeai.sim.timing import Distribution, Latency, LatencyProfile
from fakeai.testing import run_virtual

ENGLISH = "Hello there, my friend. How are you today?"
GERMAN = "Guten Tag, ich möchte bitte ein Stück Kuchen und einen Kaffee, wenn es noch welchen gibt."
ZERO = LatencyProfile(Latency(Distribution("constant", 0.0), Distribution("constant", 0.0)), {})


async def told(data: bytes, name: str = "a.mp3", **more: Any) -> Transcript:
    return await SimulatedTranscription(WallClock(), ZERO).transcribe(
        TranscribeRequest(ModelCard("whisper-1"), data, name, **more)
    )


async def test_own_words_come_back_in_their_language():
    for text, language in ((ENGLISH, "en"), (GERMAN, "de")):
        found = await told(speak(text, "nova", "mp3", Chance(1)))
        assert (found.text, found.language, found.ours) == (text, language, True)
        assert "".join(found.tokens) == "".join(word.text for word in found.words) == text
        assert found.gaps == ()


async def test_a_language_that_is_named_counts():
    assert (await told(speak(ENGLISH, "nova", "mp3", Chance(1)), language="fr")).language == "fr"


async def test_what_is_said_in_another_language_is_told_in_english():
    assert (await told(speak(ENGLISH, "nova", "mp3", Chance(1)), english=True)).text == ENGLISH
    found = await told(speak(GERMAN, "nova", "mp3", Chance(1)), english=True)
    assert found.language == "en"
    assert found.text and "Kuchen" not in found.text


async def test_what_is_no_sound_is_refused_or_taken_for_a_second_of_some():
    with pytest.raises(SoundError):
        await told(b"no sound")
    found = await told(b"no sound", easy=True)
    assert found.seconds == 1.0 and found.text and not found.ours
    assert await told(b"no sound", easy=True) == found != await told(b"no song", easy=True)


def test_the_first_word_takes_its_time_and_each_token_after_it():
    async def main() -> tuple[Transcript, float]:
        loop = asyncio.get_running_loop()
        model = SimulatedTranscription(WallClock(), ZERO)
        asked = TranscribeRequest(
            ModelCard("whisper-1"), speak(ENGLISH, "nova", "wav", Chance(1)), "a.wav", timing=Timing("400", "20")
        )
        return await model.transcribe(asked), loop.time()

    found, passed = run_virtual(main())
    assert passed == pytest.approx(0.4)
    assert found.gaps == pytest.approx([0.02] * (len(found.tokens) - 1))


@pytest.mark.skipif(ffmpeg.found() is None, reason="ffmpeg is not installed")
async def test_silence_in_a_container_is_heard_where_a_program_decodes_it():
    live = ["-f", "mp4", "-movflags", "frag_keyframe+empty_moov", "-c:a", "aac", "pipe:1"]
    command = [str(ffmpeg.found()), "-v", "error", "-f", "lavfi", "-i", "anullsrc=d=5", *live]
    asked = TranscribeRequest(
        ModelCard("whisper-1"), subprocess.run(command, capture_output=True, check=True).stdout, "a.m4a"
    )
    unheard = await SimulatedTranscription(WallClock(), ZERO).transcribe(asked)
    heard = await SimulatedTranscription(WallClock(), ZERO, ffmpeg.found()).transcribe(asked)
    assert heard.seconds == pytest.approx(unheard.seconds, abs=0.2)
    assert unheard.text and not heard.text


async def test_a_latency_that_cannot_be_read_is_told():
    with pytest.raises(ValueError, match="not a latency"):
        await told(b"", timing=Timing("soon"))
