"""When somebody speaks: stretches of speech in a stream of samples. Knows loudness, no words and no clock."""

from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.core.generation import JsonObject
from fakeai.services.realtime.sound import RATE, ms
from fakeai.services.realtime.vad import Detector, Started, Stopped

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

_LONGEST: Final = 60 * RATE
"""Samples of a stretch, which ends then whatever is heard: a minute."""
_BEFORE: Final = RATE // 2
"""Samples that are kept of silence: a stretch may begin in it."""


def _settings() -> JsonObject:
    return {"type": "server_vad", "threshold": 0.4, "prefix_padding_ms": 200, "silence_duration_ms": 500}


class Utterance(NamedTuple):
    """What was said: its samples, and its place in the stream in milliseconds."""

    samples: "NDArray[int16]"
    start_ms: int
    end_ms: int


class Hearing(NamedTuple):
    """What came of some samples: whether somebody began to speak, and what was said to its end."""

    began: bool
    ended: tuple[Utterance, ...]


class Ear:
    """Listens to one stream. Holds little more than a minute of it."""

    def __init__(self) -> None:
        self._detector = _detector(0)
        self._kept: list[NDArray[int16]] = []
        self._first = 0  # of the stream, where what is kept begins
        self._heard = 0
        self._since: int | None = None

    @property
    def ms(self) -> int:
        """How much has been heard."""
        return ms(self._heard)

    @property
    def speaking(self) -> bool:
        """Whether somebody is."""
        return self._since is not None

    def take(self, samples: "NDArray[int16]") -> Hearing:
        """Listen on."""
        began, ended = False, []
        for at in range(0, len(samples), _LONGEST):
            part = samples[at : at + _LONGEST]
            self._kept.append(part)
            self._heard += len(part)
            for turn in self._detector.feed(part):
                match turn:
                    case Started(at=start):
                        self._since, began = start, True
                    case Stopped(at=end):
                        ended.append(self._cut(end))
            if self._since is not None and self._heard - self._since >= _LONGEST:
                ended.append(self._cut(self._heard))
                self._detector = _detector(self._heard)
            self._forget()
        return Hearing(began, tuple(ended))

    def end(self) -> Utterance | None:
        """Nothing more will be heard of this stretch: what there is of it."""
        if self._since is None:
            return None
        self._detector = _detector(self._heard)
        return self._cut(self._heard)

    def _cut(self, end: int) -> Utterance:
        import numpy as np

        assert self._since is not None, "somebody has spoken"
        start, self._since = max(self._since, self._first), None
        samples = np.concatenate(self._kept)[start - self._first : end - self._first]
        return Utterance(samples, ms(start), ms(end))

    def _forget(self) -> None:
        """Keep what a stretch may begin with, or has begun with."""
        keep = self._heard - _BEFORE if self._since is None else self._since
        while self._kept and self._first + len(self._kept[0]) <= keep:
            self._first += len(self._kept.pop(0))


def _detector(position: int) -> Detector:
    return Detector(_settings(), position, lambda start, end: True)
