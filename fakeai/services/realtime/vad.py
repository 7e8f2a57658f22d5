"""When somebody speaks: from how loud the samples are. Knows positions in the sound, no clock.

A piece of 20 ms counts as speech when it is loud enough for the threshold; three of them in a row begin a turn, enough
silence ends it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from fakeai.core.generation import JsonObject
from fakeai.services.realtime.sound import RATE, samples_of

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

_FRAME = RATE // 50
_SURE_FRAMES = 3
_FLOOR_DB, _SPAN_DB = -55.0, 40.0
"""Sound this low is no speech at all, and so much above it certainly is; the threshold is between."""
_THOUGHT_MS = 300
"""Of silence behind the end of a thought, for semantic detection."""
_PATIENCE_MS: Mapping[str, int] = MappingProxyType({"low": 8_000, "medium": 4_000, "auto": 4_000, "high": 2_000})
"""https://platform.openai.com/docs/guides/realtime-vad: how long the silence behind half a thought may be."""


class Started(NamedTuple):
    """Speech begins; `at` is the sample that it begins with, padding included."""

    at: int


class Stopped(NamedTuple):
    """Speech is over; `at` is the sample behind it, the silence that ended it included."""

    at: int


class Detector:
    """Listens to sound from sample `position` on."""

    def __init__(self, settings: JsonObject, position: int, finished: Callable[[int, int], bool]) -> None:
        """`finished(start, end)`: whether the samples from `start` to `end` say a whole thought."""
        server = settings["type"] == "server_vad"
        self._floor = settings["threshold"] if server else 0.5
        self._padding = samples_of(max(0, settings["prefix_padding_ms"]) if server else 300)
        self._silence = samples_of(settings["silence_duration_ms"]) if server else 0
        self._patience = 0 if server else samples_of(_PATIENCE_MS[settings["eagerness"]])
        self._finished = finished
        self._first = position
        self._at = position
        self._rest: NDArray[int16] | None = None
        self._loud = 0
        self._quiet = 0
        self.since: int | None = None
        """The sample that the speech going on began with; None in silence."""

    def feed(self, samples: "NDArray[int16]") -> list[Started | Stopped]:
        """What happens in the samples that come next."""
        import numpy as np

        if self._rest is not None and len(self._rest):
            samples = np.concatenate((self._rest, samples))
        whole = len(samples) // _FRAME * _FRAME
        self._rest = samples[whole:].copy()
        frames = samples[:whole].reshape(-1, _FRAME).astype(np.float32)
        power = np.sqrt((frames * frames).mean(axis=1)) / 32_768.0
        certain = (20.0 * np.log10(power + 1e-9) - _FLOOR_DB) / _SPAN_DB
        turns: list[Started | Stopped] = []
        for speech in (certain >= max(self._floor, 1e-6)).tolist():
            self._at += _FRAME
            turn = self._spoke() if speech else self._was_silent()
            if turn is not None:
                turns.append(turn)
        return turns

    def _spoke(self) -> Started | None:
        self._quiet = 0
        self._loud += 1
        if self.since is not None or self._loud < _SURE_FRAMES:
            return None
        self.since = max(self._first, self._at - self._loud * _FRAME - self._padding)
        return Started(self.since)

    def _was_silent(self) -> Stopped | None:
        self._loud = 0
        if self.since is None:
            return None
        self._quiet += _FRAME
        if not self._over(self.since):
            return None
        self._first, self.since, self._quiet = self._at, None, 0
        return Stopped(self._at)

    def _over(self, since: int) -> bool:
        if not self._patience:
            return self._quiet >= self._silence
        thought = samples_of(_THOUGHT_MS)
        if self._quiet >= self._patience:
            return True
        return thought <= self._quiet < thought + _FRAME and self._finished(since, self._at)
