"""Simulated transcription: what `content.hearing` makes of a sound, at the time a profile says."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b

from fakeai.backends.base import TranscribeRequest, Transcript
from fakeai.content.hearing import Timed, anew, heard
from fakeai.content.sound import Sound, SoundError, listen
from fakeai.content.tokens import encoding
from fakeai.content.topics import subject
from fakeai.core.chance import Chance
from fakeai.core.clock import Clock, in_pool
from fakeai.sim.timing import LatencyProfile

_UNHEARD_S = 1.0
"""How long a file is taken to be that is no sound, where that is to be taken easy."""
_DETECTED = 2_000
_LISTENERS = 2
"""Threads that listen: more of them would keep the event loop waiting for its turn."""


class SimulatedTranscription:
    """Implements `Transcribes` for every model. `decoder_program` is where `ffmpeg` is."""

    def __init__(self, clock: Clock, profile: LatencyProfile, decoder_program: str | None = None) -> None:
        self._clock = clock
        self._profile = profile
        self._program = decoder_program
        self._listeners = ThreadPoolExecutor(_LISTENERS, "fakeai-listen")

    async def transcribe(self, request: TranscribeRequest) -> Transcript:
        """The words, due one TTFT from now, and how long each of their tokens takes. Raises SoundError."""
        latency = self._profile.latency(request.model.id, request.timing.ttft_ms, request.timing.itl_ms)
        arrived = self._clock.now()
        found = await in_pool(self._listeners, _transcript, request, self._program)
        pace = Chance(found.digest).stream("time")
        due = arrived + latency.ttft.draw(pace)
        if due > self._clock.now():
            await self._clock.sleep_until(due)
        itl = latency.itl
        return found._replace(gaps=() if itl.is_zero else tuple([itl.draw(pace) for _ in found.tokens[1:]]))


def _transcript(request: TranscribeRequest, program: str | None) -> Transcript:
    sound = _sound(request, program)
    asked = request.language or "en"
    words = heard(sound, "en" if request.english else asked, request.about, request.seed)
    text = _text(words)
    ours = sound.said or sound.tagged is not None
    language = subject(text[:_DETECTED]).language if ours and not request.language else asked
    if request.english:
        if ours and text and subject(text[:_DETECTED]).language != "en":
            words = anew(sound, "en", request.about, request.seed)
            text = _text(words)
        language = "en"
    tokens = tuple(encoding(request.model.encoding).pieces(text))
    return Transcript(sound.seconds, language, text, tuple(words), tokens, (), sound.digest, bool(ours))


def _text(words: list[Timed]) -> str:
    return "".join([word.text for word in words])


def _sound(request: TranscribeRequest, program: str | None) -> Sound:
    try:
        return listen(request.data, request.filename, request.media_type, program)
    except SoundError:
        if not request.easy:
            raise
        return Sound("pcm", _UNHEARD_S, None, [], 1, None, blake2b(request.data, digest_size=32).digest())
