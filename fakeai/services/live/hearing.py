"""When somebody speaks: stretches of speech in a stream of samples. Knows loudness, no words and no clock."""

from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.content.waves import RATE

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

_FRAME: Final = RATE // 50
"""Samples that are judged together: 20 ms."""
_LOUD: Final = 250.0
"""Root mean square of speech, of 32,767: -42 dB."""
_ONSET: Final = 3
_PAUSE: Final = 25
"""Frames of speech that begin a stretch, and of silence that end it: 60 and 500 ms."""
_LONGEST: Final = 60 * 50
"""Frames of a stretch, which ends then whatever is heard: a minute."""
_BEFORE: Final = 10
"""Frames before the first loud one that belong to a stretch: words begin softly."""


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
    """Listens to one stream. Holds at most a minute of it."""

    def __init__(self) -> None:
        self._rest: list[NDArray[int16]] = []  # less than a frame
        self._kept: list[NDArray[int16]] = []  # frames of the stretch, or before one
        self._heard = 0  # frames
        self._loud = self._quiet = 0  # frames in a row
        self.speaking = False

    @property
    def ms(self) -> int:
        """How much has been heard."""
        return self._heard * 20

    def take(self, samples: "NDArray[int16]") -> Hearing:
        """Listen on."""
        import numpy as np

        whole = np.concatenate([*self._rest, samples]) if self._rest else samples
        count = len(whole) // _FRAME
        frames = whole[: count * _FRAME].reshape(count, _FRAME)
        self._rest = [whole[count * _FRAME :].copy()] if len(whole) % _FRAME else []
        levels = np.sqrt(np.mean(np.square(frames, dtype=np.float32), axis=1)) if count else ()
        began, ended = False, []
        for frame, level in zip(frames, levels, strict=True):
            was = self.speaking
            utterance = self._frame(frame, level > _LOUD)
            began = began or (self.speaking and not was)
            if utterance is not None:
                ended.append(utterance)
        return Hearing(began, tuple(ended))

    def end(self) -> Utterance | None:
        """Nothing more will be heard of this stretch: what there is of it."""
        return self._cut() if self.speaking else None

    def _frame(self, frame: "NDArray[int16]", loud: bool) -> Utterance | None:
        self._heard += 1
        self._kept.append(frame)
        self._loud, self._quiet = (self._loud + 1, 0) if loud else (0, self._quiet + 1)
        if not self.speaking:
            del self._kept[: -_BEFORE - _ONSET]
            self.speaking = self._loud >= _ONSET
        elif self._quiet >= _PAUSE or len(self._kept) >= _LONGEST:
            return self._cut()
        return None

    def _cut(self) -> Utterance:
        import numpy as np

        start = (self._heard - len(self._kept)) * 20
        samples = np.concatenate(self._kept)
        self._kept.clear()
        self.speaking = False
        self._loud = 0
        return Utterance(samples, start, self._heard * 20)
