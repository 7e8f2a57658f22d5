"""What the model of a Live session says: one thing after another, until somebody interrupts. Part of its state machine."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakeai.services.live.wants import Reply, Say, Sound
from fakeai.services.realtime.sound import RATE

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

_MOST_WAITING = 32
"""Things to say; more is not said."""
_CHUNK = RATE // 10
"""Samples of sound that are told at a time."""


class Voice:
    """One voice. What is said for an earlier turn than the present one is not wanted any more."""

    def __init__(self) -> None:
        self.turn = 0
        self.saying = ""
        """As far as it was said."""
        self.spoken_ms = 0
        """How far into the session it has spoken."""
        self._speaking = False
        self._queue: deque[Reply | Say] = deque()

    def add(self, what: Reply | Say) -> None:
        """Say this, too."""
        if len(self._queue) < _MOST_WAITING:
            self._queue.append(what)

    def next(self) -> Reply | Say | None:
        """What is to be said now, if nothing is being said and something is to be."""
        if self._speaking or not self._queue:
            return None
        self._speaking = True
        return self._queue.popleft()._replace(turn=self.turn)

    def finish(self) -> str:
        """It was said; returns it."""
        self._speaking = False
        said, self.saying = self.saying.strip(), ""
        return said

    def hush(self) -> str:
        """Say nothing more of what was to be said; returns what was."""
        self.turn += 1
        self._queue.clear()
        return self.finish()

    def sound(self, samples: "NDArray[int16]", start_ms: int) -> Iterator[Sound]:
        """The samples piece by piece, with their places."""
        for at in range(0, len(samples), _CHUNK):
            chunk = samples[at : at + _CHUNK]
            yield Sound(chunk, start_ms + _ms(at), start_ms + _ms(at + len(chunk)))
        self.spoken_ms = start_ms + _ms(len(samples))


def _ms(samples: int) -> int:
    return samples * 1_000 // RATE
