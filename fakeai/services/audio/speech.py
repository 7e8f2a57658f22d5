"""Texts read out: the sound while it is made, as the file itself or as events."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import TypeAlias

import orjson

from fakeai.backends.base import SoundPart, Speaks, SpeechRequest
from fakeai.content.voices import Voice, named
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest, ContextLengthExceeded
from fakeai.core.generation import Usage
from fakeai.services.audio.voices import CustomVoices
from fakeai.services.base import lenient, timing
from fakeai.services.directory import ModelDirectory
from fakeai.services.inputs import read
from fakeai.wire.audio import speech as wire

Events: TypeAlias = list[bytes]

_MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "mp3": "audio/mpeg",
        "opus": "audio/opus",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "wav": "audio/wav",
        "pcm": "audio/pcm",
    }
)


class Speech:
    """`POST /audio/speech`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/audio/speech",
            "create",
            "Read a text out",
            body=wire.SpeechCreate,
            reply="bytes",
            tag="Audio",
            usage="audio_speeches",
        ),
    )

    def __init__(
        self,
        speaker: Speaks,
        directory: ModelDirectory,
        custom_voices: CustomVoices,
        *,
        seed: bytes,
        lenient: bool,
    ) -> None:
        self._speaker = speaker
        self._directory = directory
        self._voices = custom_voices
        self._seed = seed
        self._lenient = lenient

    async def create(self, call: Call) -> Reply:
        """The sound. Raises BadRequest, ModelNotFound, and NotFound for a voice that nobody has."""
        body: wire.SpeechCreate = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check(body)
        card = self._directory.card(body.model)
        call.model = card.id
        if not easy and card.known and not (card.family == "audio" and card.can("audio_out")):
            raise BadRequest(f"Invalid value for 'model' = {card.id}. This model does not speak.", param="model")
        voice = await self._voice(call, body)
        tokens = sum(
            [text.tokens for text in await read([body.input, body.instructions or ""], card.encoding, "input")]
        )
        if not easy and card.price_output and tokens > card.context_window:
            raise _too_long(card, tokens)
        fmt = body.response_format or "mp3"
        asked = SpeechRequest(card, body.input, voice, fmt, body.speed or 1.0, self._digest(body, voice), timing(call))
        try:
            feed = self._speaker.speak(asked)
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error
        reply = Reply(media_type=_MEDIA_TYPES[fmt])
        told = _Told(reply, Usage(tokens, 0, amount=len(body.input)))
        reply.events = feed.map(told.event if body.stream_format == "sse" else told.bare)
        reply.verbatim = body.stream_format != "sse"
        reply.events.on_end(told.end)
        return reply

    async def _voice(self, call: Call, body: wire.SpeechCreate) -> Voice:
        name = body.voice if isinstance(body.voice, str) else body.voice.id
        if isinstance(body.voice, str) and not name.startswith(wire.CUSTOM):
            return named(name)
        return await self._voices.find(call, name)

    def _digest(self, body: wire.SpeechCreate, voice: Voice) -> bytes:
        """What the sound depends on, besides who reads it."""
        digest = blake2b(key=self._seed[:64], digest_size=32)
        digest.update(orjson.dumps([*voice, body.speed or 1.0]))
        for text in (body.model, body.input, body.instructions or ""):
            digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
        return digest.digest()


class _Told:
    """Makes what leaves of the parts, and counts them."""

    def __init__(self, reply: Reply, usage: Usage) -> None:
        self._reply = reply
        self._usage = usage

    def bare(self, part: SoundPart) -> Events:
        """The file's own bytes."""
        self._count(part)
        return [part.data] if part.data else []

    def event(self, part: SoundPart) -> Events:
        """Events with the bytes in them, and with the usage at the end."""
        self._count(part)
        events: list[wire.SpeechDelta | wire.SpeechDone] = []
        if part.data:
            events.append({"type": "speech.audio.delta", "audio": b64encode(part.data).decode("ascii")})
        if part.last:
            given, made = self._usage.prompt, part.tokens
            usage: wire.SpeechUsage = {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}
            events.append({"type": "speech.audio.done", "usage": usage})
        return [orjson.dumps(event) for event in events]

    def end(self, error: Exception | None, cancelled: bool) -> None:
        """Tell the usage of what was delivered."""
        if error is None:
            self._reply.usage = self._usage

    def _count(self, part: SoundPart) -> None:
        self._usage = self._usage._replace(completion=part.tokens, completion_audio=part.tokens)


def _too_long(card: ModelCard, tokens: int) -> ContextLengthExceeded:
    return ContextLengthExceeded(
        f"This model's maximum input length is {card.context_window} tokens, however your input has {tokens} tokens. "
        "Please shorten it.",
        param="input",
    )
