"""What was heard and said in a Live session, as a stereo file: the user left, the model right."""

import struct
from typing import TYPE_CHECKING, Final

from fakeai.services.realtime.sound import RATE

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

LONGEST_S: Final = 300
"""What comes later is not recorded."""


class Recorder:
    """Listens to one session."""

    def __init__(self) -> None:
        self._user: list[NDArray[int16]] = []
        self._heard = 0
        self._model: list[tuple[int, NDArray[int16]]] = []

    def hear(self, samples: "NDArray[int16]") -> None:
        """What the user says next."""
        left = LONGEST_S * RATE - self._heard
        if left > 0:
            self._user.append(samples[:left].copy())
            self._heard += len(self._user[-1])

    def say(self, samples: "NDArray[int16]", start_ms: int) -> None:
        """What the model says then."""
        at = start_ms * RATE // 1_000
        left = LONGEST_S * RATE - at
        if left > 0:
            self._model.append((at, samples[:left]))

    def file(self) -> bytes:
        """The recording as a wav file. Belongs in a thread."""
        import numpy as np

        ends = [at + len(samples) for at, samples in self._model]
        sound = np.zeros((max([self._heard, *ends]), 2), "<i2")
        if self._user:
            sound[: self._heard, 0] = np.concatenate(self._user)
        for at, samples in self._model:
            sound[at : at + len(samples), 1] = samples
        data = sound.tobytes()
        head = struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF",
            36 + len(data),
            b"WAVE",
            b"fmt ",
            16,
            1,
            2,
            RATE,
            RATE * 4,
            4,
            16,
            b"data",
            len(data),
        )
        return head + data
