"""Sound written down, in its own language or in English: whole, as subtitles, with times, by speaker, or while it is heard."""

from collections.abc import AsyncGenerator, Mapping
from math import ceil
from types import MappingProxyType
from typing import Any, TypeAlias

import orjson

from fakeai.backends.base import TranscribeRequest, Transcribes, Transcript
from fakeai.content.media import from_url
from fakeai.content.sound import SoundError, listen
from fakeai.content.tokens import encoding
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.clock import Clock, off_loop
from fakeai.core.errors import BadRequest, PayloadTooLarge
from fakeai.core.feed import Feed
from fakeai.core.form import Upload
from fakeai.core.generation import Usage
from fakeai.core.pulled import Pulled
from fakeai.services.audio import written
from fakeai.services.base import lenient, timing
from fakeai.services.directory import ModelDirectory
from fakeai.wire.audio import transcriptions as wire

LARGEST = 25 * 2**20
"""Bytes of a file (platform.openai.com/docs/guides/speech-to-text)."""
_BODY = LARGEST + 5 * 2**20

_SHORTEST_SAMPLE_S, _LONGEST_SAMPLE_S = 2, 10
_TOKENS_A_SECOND = 10
"""As of sound in a prompt: https://platform.openai.com/docs/guides/realtime-costs."""
_TAG = "Audio"
_PLAIN_TEXT = "text/plain; charset=utf-8"

Body: TypeAlias = wire.TranscriptionCreate | wire.TranslationCreate


class Transcriptions:
    """`POST /audio/transcriptions` and `POST /audio/translations`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/audio/transcriptions",
            "transcribe",
            "Write down what is said",
            body=wire.TranscriptionCreate,
            form=True,
            max_body=_BODY,
            tag=_TAG,
            usage="audio_transcriptions",
        ),
        Endpoint(
            "POST",
            "/audio/translations",
            "translate",
            "Write down in English what is said",
            body=wire.TranslationCreate,
            form=True,
            max_body=_BODY,
            tag=_TAG,
            usage="audio_transcriptions",
        ),
    )

    def __init__(
        self,
        transcriber: Transcribes,
        directory: ModelDirectory,
        clock: Clock,
        *,
        seed: bytes,
        lenient: bool,
        decoder_program: str | None = None,
    ) -> None:
        self._transcriber = transcriber
        self._directory = directory
        self._clock = clock
        self._seed = seed
        self._lenient = lenient
        self._program = decoder_program

    async def transcribe(self, call: Call) -> Reply:
        """The words, as they are said. Raises BadRequest, ModelNotFound, PayloadTooLarge."""
        body: wire.TranscriptionCreate = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check(body)
            await off_loop(_check_references, body.known_speaker_references or [], self._program)
        told = await self._heard(call, body, easy)
        if not easy and body.model.startswith(wire.DIARIZE) and not body.chunking_strategy:
            _check_chunked(told.found.seconds)
        if body.stream and not wire.by_duration(body.model):
            return await told.streamed(body, self._clock)
        return await told.whole(body, body.response_format or "json", self._clock)

    async def translate(self, call: Call) -> Reply:
        """The words in English. Raises as `transcribe` does."""
        body: wire.TranslationCreate = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check_translation(body)
        told = await self._heard(call, body, easy)
        return await told.whole(body, body.response_format or "json", self._clock)

    async def _heard(self, call: Call, body: Body, easy: bool) -> "_Told":
        card = self._directory.card(body.model)
        call.model = card.id
        if not easy and card.known and not (card.family == "audio" and card.can("audio_in")):
            raise BadRequest(f"Invalid value for 'model' = {card.id}. This model does not transcribe.", param="model")
        _check_size(body.file)
        told = _Told(card, body, self._seed)
        try:
            told.found = await self._transcriber.transcribe(told.request(easy, timing(call)))
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error
        if not easy and not wire.by_duration(card.id) and told.found.seconds > wire.LONGEST_S:
            raise _too_long(told.found.seconds)
        return told


def _check_size(file: Upload) -> None:
    if len(file.data) > LARGEST:
        raise PayloadTooLarge(f"Maximum content size limit ({LARGEST}) exceeded ({len(file.data)} bytes read)")


def _check_references(references: list[str], program: str | None) -> None:
    """Refuse samples of speakers that are no sound, or too short or too long. Belongs in a thread."""
    for number, url in enumerate(references):
        param = f"known_speaker_references[{number}]"
        given = from_url(url, "audio", limit=LARGEST, param=param)
        if given.data is None:
            raise SoundError(f"Invalid '{param}': expected a data URL.", param=param, code="invalid_value")
        try:
            seconds = listen(given.data, "", given.mime, program).seconds
        except SoundError as error:
            raise SoundError(error.message, param=param, code=error.code) from error
        if not _SHORTEST_SAMPLE_S <= seconds <= _LONGEST_SAMPLE_S:
            raise SoundError(
                f"Speaker references must be between {_SHORTEST_SAMPLE_S} and {_LONGEST_SAMPLE_S} seconds long, but one "
                f"is {seconds:.2f} seconds long.",
                param=param,
                code="invalid_value",
            )


def _check_chunked(seconds: float) -> None:
    if seconds > wire.CHUNKED_S:
        raise BadRequest(
            "chunking_strategy is required for diarization models when the input audio is longer than "
            f"{wire.CHUNKED_S:.0f} seconds.",
            param="chunking_strategy",
            code="missing_required_parameter",
        )


def _too_long(seconds: float) -> SoundError:
    return SoundError(
        f"audio duration {seconds:g} seconds is longer than {wire.LONGEST_S:g} seconds which is the maximum for this model",
        code="invalid_value",
    )


class _Told:
    """What was heard, and how it is told."""

    found: Transcript

    def __init__(self, card: ModelCard, body: Body, seed: bytes) -> None:
        self._card = card
        self._body = body
        self._seed = seed
        self._enc = encoding(card.encoding)

    def request(self, easy: bool, when: Any) -> TranscribeRequest:
        """What is asked of the backend. `when` is Any: a Timing."""
        body, file = self._body, self._body.file
        language, about = "", body.prompt or ""
        if isinstance(body, wire.TranscriptionCreate):
            language = (body.language or next(iter(body.languages or []), "")).partition("-")[0].lower()
            about = " ".join([about, *(body.keywords or [])])
        english = isinstance(body, wire.TranslationCreate)
        return TranscribeRequest(
            self._card, file.data, file.filename, file.media_type, language, english, about, easy, self._seed, when
        )

    # -- whole

    async def whole(self, body: Body, fmt: str, clock: Clock) -> Reply:
        """All at once, when the last token is due."""
        await _wait(clock, clock.now() + sum(self.found.gaps))
        return await off_loop(self._whole, body, fmt)

    def _whole(self, body: Body, fmt: str) -> Reply:
        usage, parts = self._counted(), written.passages(self.found.words)
        if fmt == "text":
            return Reply((self.found.text + "\n").encode("utf-8", "replace"), media_type=_PLAIN_TEXT, usage=usage)
        if fmt in ("srt", "vtt"):
            text = written.srt(parts) if fmt == "srt" else written.vtt(parts)
            return Reply(text.encode("utf-8", "replace"), media_type=_PLAIN_TEXT, usage=usage)
        if fmt == "verbose_json":
            return Reply(self._verbose(body, parts), usage=usage)
        if isinstance(body, wire.TranslationCreate):
            translation: wire.Translation = {"text": self.found.text}
            return Reply(translation, usage=usage)
        if fmt == "diarized_json":
            diarized: wire.DiarizedTranscription = {
                "task": "transcribe",
                "duration": round(self.found.seconds, 2),
                "text": self.found.text,
                "segments": self._speakers(body, parts),
                "usage": self._usage(),
            }
            return Reply(diarized, usage=usage)
        return Reply(self._plain(body), usage=usage)

    def _plain(self, body: wire.TranscriptionCreate) -> wire.Transcription:
        told: wire.Transcription = {"text": self.found.text, "usage": self._usage()}
        if body.include:
            told["logprobs"] = self._logprobs(body)
        if body.model.startswith("gpt-transcribe"):
            told["languages"] = self._languages()
        return told

    def _verbose(self, body: Body, parts: list[written.Passage]) -> wire.VerboseTranscription:
        english = isinstance(body, wire.TranslationCreate)
        told: wire.VerboseTranscription = {
            "task": "translate" if english else "transcribe",
            "language": _LANGUAGES.get(self.found.language, self.found.language),
            "duration": round(self.found.seconds, 2),
            "text": self.found.text,
        }
        wanted = (
            ["segment"] if isinstance(body, wire.TranslationCreate) else body.timestamp_granularities or ["segment"]
        )
        if "word" in wanted:
            told["words"] = written.timed_words(self.found.words)
        if "segment" in wanted:
            told["segments"] = written.segments(parts, self._enc, self._chance("segments"), body.temperature or 0.0)
        if not english:
            told["usage"] = {"type": "duration", "seconds": ceil(self.found.seconds)}
        return told

    def _speakers(self, body: wire.TranscriptionCreate, parts: list[written.Passage]) -> list[wire.SpeakerSegment]:
        return written.speakers(parts, body.known_speaker_names or [], self._chance("speakers"), self.found.ours)

    # -- as events

    async def streamed(self, body: wire.TranscriptionCreate, clock: Clock) -> Reply:
        """Token by token."""
        reply = Reply(usage=None)
        logprobs = await off_loop(self._logprobs, body) if body.include else None
        feed: Feed[list[bytes]] = Feed(Pulled(self._events(body, clock, logprobs)))

        def end(error: Exception | None, cancelled: bool) -> None:
            reply.usage = None if error is not None else self._counted()

        feed.on_end(end)
        reply.events = feed
        return reply

    async def _events(
        self, body: wire.TranscriptionCreate, clock: Clock, logprobs: list[wire.Logprob] | None
    ) -> AsyncGenerator[list[bytes], None]:
        found = self.found
        due = clock.now()
        marks = self._marks(body)
        spoken = 0
        for number, token in enumerate(found.tokens):
            await _wait(clock, due)
            due += found.gaps[number] if number < len(found.gaps) else 0.0
            spoken += len(token)
            delta: wire.TextDelta = {"type": "transcript.text.delta", "delta": token}
            if logprobs is not None:
                delta["logprobs"] = logprobs[number : number + 1]
            if marks:
                delta["segment_id"] = marks[0][1]["id"]
            events: list[Any] = [delta]
            while marks and spoken >= marks[0][0]:
                events.append(marks.pop(0)[1])
            yield [orjson.dumps(event) for event in events]
        await _wait(clock, due)
        done: wire.TextDone = {"type": "transcript.text.done", "text": found.text, "usage": self._tokens()}
        if logprobs is not None:
            done["logprobs"] = logprobs
        if body.model.startswith("gpt-transcribe"):
            done["languages"] = self._languages()
        yield [orjson.dumps(done)]

    def _marks(self, body: wire.TranscriptionCreate) -> list[tuple[int, wire.SpeakerSegment]]:
        """Segments by the number of characters after which each is complete, for who wants to know the speakers."""
        if body.response_format != "diarized_json":
            return []
        parts = written.passages(self.found.words)
        marks, spoken = [], 0
        for part, segment in zip(parts, self._speakers(body, parts), strict=True):
            marks.append((spoken + len(part.text.rstrip()), segment))
            spoken += len(part.text)
        return marks

    # -- figures

    def _counted(self) -> Usage:
        """As the ledger has it: the seconds that have begun."""
        told = self._tokens()
        audio = told["input_token_details"]["audio_tokens"]
        return Usage(told["input_tokens"], told["output_tokens"], prompt_audio=audio, amount=ceil(self.found.seconds))

    def _usage(self) -> wire.Usage:
        if wire.by_duration(self._card.id):
            return {"type": "duration", "seconds": ceil(self.found.seconds)}
        return self._tokens()

    def _tokens(self) -> wire.TokenUsage:
        text = self._enc.count(self._body.prompt) if self._body.prompt else 0
        audio, made = ceil(round(self.found.seconds * _TOKENS_A_SECOND, 6)), len(self.found.tokens)
        return {
            "type": "tokens",
            "input_tokens": text + audio,
            "input_token_details": {"text_tokens": text, "audio_tokens": audio},
            "output_tokens": made,
            "total_tokens": text + audio + made,
        }

    def _logprobs(self, body: Body) -> list[wire.Logprob]:
        chance = self._chance("logprobs")
        return written.log_probabilities(self.found.tokens, self._enc, chance, body.temperature or 0.0)

    def _languages(self) -> list[wire.Language]:
        return [{"code": self.found.language}] if self.found.text else []

    def _chance(self, name: str) -> Chance:
        return Chance(self.found.digest).stream(name)


async def _wait(clock: Clock, due: float) -> None:
    if due > clock.now():
        await clock.sleep_until(due)


_LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "en": "english",
        "de": "german",
        "es": "spanish",
        "fr": "french",
        "it": "italian",
        "pt": "portuguese",
        "nl": "dutch",
        "ru": "russian",
        "zh": "chinese",
        "ja": "japanese",
        "ko": "korean",
        "ar": "arabic",
        "hi": "hindi",
        "pl": "polish",
        "sv": "swedish",
        "tr": "turkish",
        "uk": "ukrainian",
    }
)
"""Whisper's names of languages."""
