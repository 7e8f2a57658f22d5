"""A session that translates as a state machine: sound comes in, and goes out in another language, sentence by sentence.

Goes through the same pump as sessions that answer. What is said is translated in its order, one part at a time.
"""

from base64 import b64encode
from collections import deque
from collections.abc import Callable
from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.generation import Audio, AudioOut, Burst, Finish, JsonObject, Text, ToolChoice, Usage
from fakeai.services.realtime import config
from fakeai.services.realtime.commands import Close, Command, Generate, Hear, Step
from fakeai.services.realtime.conversation import Entry, from_base64
from fakeai.services.realtime.ear import Ear, SpeechStarted
from fakeai.services.realtime.hours import LONGEST_S
from fakeai.services.realtime.response import added
from fakeai.services.realtime.sound import RATE, ms
from fakeai.wire.realtime.translation_events import TranslationAppend, TranslationSessionUpdate

_SOUND = 2 * RATE // 5
_VOICE = "marin"
_MOST_WAITING = 256


class Translation:
    """One client's session. `view` are its settings, as they are shown."""

    def __init__(self, view: JsonObject, ids: Ids, now: float) -> None:
        self.view = view
        self.usage = Usage(0, 0)
        self.so_far: Callable[[str], Usage | None] = lambda _: None
        self._ids = ids
        self._end: float | None = now + LONGEST_S
        self._ear = Ear(_input())
        self._waiting: deque[Entry] = deque()
        self._hearing = 0
        self._active: str | None = None
        self._spoken = 0
        self._closing = False
        self._events: list[JsonObject] = []
        self._commands: list[Command] = []

    # -- what comes in

    def open(self, *, old: bool = False) -> Step:
        """The first words."""
        self._tell("session.created", session=config.shown(self.view))
        return self._step()

    def feed(self, event: Any, now: float) -> Step:
        """What a client says. Any: one of the wire's three events."""
        try:
            if self._closing:
                raise BadRequest("The session is closing.", code="session_closing")
            if isinstance(event, TranslationSessionUpdate):
                self.view = config.changed_translation(self.view, event.session)
                self._tell("session.updated", session=config.shown(self.view))
            elif isinstance(event, TranslationAppend):
                self._listen(event)
            else:
                self._finish()
        except ApiError as error:
            self._refuse(error, event.event_id)
        return self._step()

    def refuse(self, error: ApiError, event_id: str | None) -> Step:
        """The client has said something that is no event."""
        self._refuse(error, event_id)
        return self._step()

    def heard(self, hear: Hear, words: str) -> Step:
        """The words of a part of what was said."""
        self._hearing -= 1
        if words and self.view["audio"]["input"].get("transcription"):
            self._tell("session.input_transcript.delta", delta=f"{words} ", elapsed_ms=self._ear.now_ms)
        if words:
            hear.entry.item["content"][0]["transcript"] = words
            self._waiting.append(hear.entry)
        self._next()
        return self._step()

    def unheard(self, hear: Hear) -> Step:
        """They cannot be found, so there is nothing to translate."""
        return self.heard(hear, "")

    def progress(self, response_id: str, burst: Burst, now: float) -> Step:
        """Deltas of a translation."""
        for delta in burst:
            if isinstance(delta, (Text, Audio)):
                self._say("".join(delta.pieces), delta.sound if isinstance(delta, Audio) else b"")
            elif isinstance(delta, Finish):
                self.usage = added(self.usage, delta.usage)
                self._active = None
                self._next()
        return self._step()

    def failed(self, response_id: str, error: ApiError, now: float) -> Step:
        """A part cannot be translated."""
        self._refuse(error, None)
        self._active = None
        self._next()
        return self._step()

    def wants(self, response_id: str) -> bool:
        """Whether a translation is still under way."""
        return response_id == self._active

    def due(self) -> float | None:
        """When `tick` is next wanted."""
        return self._end

    def tick(self, now: float) -> Step:
        """It is late."""
        if self._end is not None and now >= self._end:
            self._end = None
            self._refuse(
                BadRequest("Your session hit the maximum duration of 60 minutes.", code="session_expired"), None
            )
            self._commands.append(Close())
        return self._step()

    # -- what goes out

    def _step(self) -> Step:
        for event in self._events:
            event["event_id"] = self._ids.make("event_")
        step = Step(self._events, self._commands)
        self._events, self._commands = [], []
        return step

    def _tell(self, kind: str, **fields: Any) -> None:
        """Any: fields of an event."""
        self._events.append({"type": kind, **fields})

    def _refuse(self, error: ApiError, event_id: str | None) -> None:
        told = {"type": error.type, "code": error.code, "message": error.message, "param": error.param}
        self._tell("error", error={**told, "event_id": event_id})

    def _listen(self, event: TranslationAppend) -> None:
        if len(self._waiting) + self._hearing >= _MOST_WAITING:
            raise BadRequest("Too much waits to be translated.", code="input_audio_buffer_full")
        for heard in self._ear.hear(from_base64(event.audio, "audio")):
            if not isinstance(heard, SpeechStarted):
                self._part(heard.pcm)

    def _part(self, pcm: bytes) -> None:
        item = {"id": self._ids.make("item_"), "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
        self._hearing += 1
        self._commands.append(Hear(Entry(item, {0: pcm}), 0, None))

    def _finish(self) -> None:
        """The client has said all; what is half said counts as said."""
        self._closing = True
        if self._ear.speaking:
            self._part(self._ear.take())
        self._next()

    def _next(self) -> None:
        """Translate the next part, or say goodbye."""
        if self._active is not None:
            return
        if self._waiting:
            entry = self._waiting.popleft()
            self._active = self._ids.make("resp_")
            language = self.view["audio"]["output"].get("language") or "en"
            wish = f"Translate what the user says to the language '{language}'. Say the translation and nothing else."
            voice = AudioOut(_VOICE, "pcm16")
            self._commands.append(
                Generate(self._active, (entry,), wish, None, None, (), ToolChoice(), True, voice, None, "auto")
            )
        elif self._closing and not self._hearing:
            self._tell("session.closed")
            self._commands.append(Close())

    def _say(self, words: str, sound: bytes) -> None:
        if words:
            self._tell("session.output_transcript.delta", delta=words, elapsed_ms=ms(self._spoken))
        for at in range(0, len(sound), _SOUND):
            part = sound[at : at + _SOUND]
            self._tell(
                "session.output_audio.delta",
                delta=b64encode(part).decode(),
                channels=1,
                format="pcm16",
                sample_rate=RATE,
                elapsed_ms=ms(self._spoken),
            )
            self._spoken += len(part) // 2


def _input() -> JsonObject:
    """How its client's sound is listened to."""
    turns = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 200, "silence_duration_ms": 300}
    return {"format": {"type": "audio/pcm", "rate": RATE}, "turn_detection": turns}
