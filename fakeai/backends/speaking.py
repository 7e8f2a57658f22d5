"""Simulated speech: sound of `content.speech` at the time a profile says, one token for each 50 ms of it."""

from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

from fakeai.backends.base import SoundPart, SpeechRequest
from fakeai.content import espeak, speech
from fakeai.core.chance import Chance
from fakeai.core.clock import Clock, in_pool
from fakeai.core.errors import ServerError
from fakeai.core.feed import Feed
from fakeai.core.pulled import Pulled
from fakeai.sim.timing import LatencyProfile

_SPEAKERS = 4
"""Threads that speak. They may wait for another process, so they are not those that everybody uses."""


class SimulatedSpeech:
    """Implements `Speaks` for every model, by `espeak-ng` if `speech_program` is where it is."""

    def __init__(self, clock: Clock, profile: LatencyProfile, speech_program: str | None = None) -> None:
        self._clock = clock
        self._profile = profile
        self._program = speech_program
        self._speakers = ThreadPoolExecutor(_SPEAKERS, "fakeai-speak")

    def speak(self, request: SpeechRequest) -> Feed[SoundPart]:
        """The file in parts. Raises ValueError for a latency spec that cannot be read."""
        latency = self._profile.latency(request.model.id, request.timing.ttft_ms, request.timing.itl_ms)
        ttft, itl = latency.ttft, latency.itl

        async def parts() -> AsyncGenerator[SoundPart, None]:
            chance = Chance(request.digest)
            pace = chance.stream("time")
            due = self._clock.now() + ttft.draw(pace)
            said = speech.Utterance(request.text, request.voice, request.speed, self._program)
            chunks = speech.chunks(said, request.format, chance.stream("sound"))
            samples = told = 0
            while True:
                try:
                    chunk = await in_pool(self._speakers, next, chunks, None)
                except espeak.EspeakError as error:
                    raise ServerError("The speech synthesiser failed.", code="synthesis_failed") from error
                if chunk is None:
                    return
                if due > self._clock.now():
                    await self._clock.sleep_until(due)
                samples += chunk.samples
                tokens = speech.tokens_of(samples)
                yield SoundPart(chunk.data, tokens, not chunk.samples)
                due += sum([itl.draw(pace) for _ in range(tokens - told)])
                told = tokens

        return Feed(Pulled(parts()))
