"""Who listens to the user: sound comes in, turns come out. Knows the session's settings of its input, not its items."""

from functools import partial
from typing import NamedTuple

from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject
from fakeai.services.realtime.buffer import MOST_SAMPLES, InputBuffer
from fakeai.services.realtime.sound import RATE, Reader, ms
from fakeai.services.realtime.vad import Detector, Started

_LEAST_MS = 100
_KEPT = 10 * RATE + RATE // 2
"""Samples of silence that are kept: the longest padding, and a little more."""


class SpeechStarted(NamedTuple):
    """Somebody begins to speak."""

    at_ms: int


class SpeechStopped(NamedTuple):
    """And has spoken: `pcm` is what was said."""

    at_ms: int
    pcm: bytes


class Ear:
    """The input of one session."""

    def __init__(self, settings: JsonObject) -> None:
        self._buffer = InputBuffer()
        self._settings = settings
        self._reader = Reader(settings["format"]["type"])
        self._detector = self._listening()

    def change(self, settings: JsonObject) -> None:
        """Other settings from here on; half a turn is none under new rules."""
        if settings["format"] != self._settings["format"]:
            self._reader = Reader(settings["format"]["type"])
        again = settings["turn_detection"] != self._settings["turn_detection"]
        self._settings = settings
        if again:
            self._detector = self._listening()

    @property
    def now_ms(self) -> int:
        """How much sound there was since the session began."""
        return ms(self._buffer.end)

    @property
    def speaking(self) -> bool:
        """Whether somebody is in the middle of a turn."""
        return self._detector is not None and self._detector.since is not None

    def hear(self, data: bytes) -> list[SpeechStarted | SpeechStopped]:
        """More sound, as the client writes it. Raises BadRequest where there is no room for it."""
        samples = self._reader.read(data)
        buffer, detector = self._buffer, self._detector
        if buffer.end - buffer.start + len(samples) > MOST_SAMPLES:
            raise BadRequest(
                f"The input audio buffer holds at most {MOST_SAMPLES // RATE} seconds. Commit or clear it.",
                param="audio",
                code="input_audio_buffer_full",
            )
        buffer.append(samples)
        if detector is None:
            return []
        heard: list[SpeechStarted | SpeechStopped] = []
        start = detector.since
        for turn in detector.feed(samples):
            if isinstance(turn, Started):
                start = turn.at
                heard.append(SpeechStarted(ms(turn.at)))
            else:
                heard.append(SpeechStopped(ms(turn.at), buffer.take(start or 0, turn.at)))
        if detector.since is None:
            buffer.forget(buffer.end - _KEPT)
        return heard

    def take(self) -> bytes:
        """All that was said since the last turn. Raises BadRequest if it is hardly anything."""
        buffer, detector = self._buffer, self._detector
        start = buffer.start if detector is None or detector.since is None else detector.since
        length_ms = (buffer.end - start) * 1000.0 / RATE
        if length_ms < _LEAST_MS:
            raise BadRequest(
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{_LEAST_MS}ms of audio, but buffer only has {length_ms:.2f}ms of audio.",
                code="input_audio_buffer_commit_empty",
            )
        pcm = buffer.take(start, buffer.end)
        self._detector = self._listening()
        return pcm

    def clear(self) -> None:
        """Forget what was said since the last turn."""
        self._buffer.clear()
        self._detector = self._listening()

    def _listening(self) -> Detector | None:
        turns = self._settings["turn_detection"]
        return None if turns is None else Detector(turns, self._buffer.end, partial(_finished, self._buffer))


def _finished(buffer: InputBuffer, start: int, end: int) -> bool:
    """Whether what was said there ends like a sentence; sound that tells no words might."""
    from fakeai.content import transcript

    words = transcript.heard(buffer.part(start, end))
    return words is None or words.rstrip(" \"')").endswith((".", "?", "!", "。", "？", "！"))
