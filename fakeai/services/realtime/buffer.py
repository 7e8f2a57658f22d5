"""The user's sound that is no turn yet. Positions are samples since the session began."""

from typing import TYPE_CHECKING

from fakeai.services.realtime.sound import RATE

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

MOST_SAMPLES = 10 * 60 * RATE
"""Ten minutes, 29 MB."""


class InputBuffer:
    """Samples from `start` to `end`."""

    def __init__(self) -> None:
        self._pcm = bytearray()
        self.start = 0

    @property
    def end(self) -> int:
        """The position behind the last sample."""
        return self.start + len(self._pcm) // 2

    def append(self, samples: "NDArray[int16]") -> None:
        """More sound."""
        self._pcm += samples.astype("<i2", copy=False).tobytes()

    def part(self, start: int, end: int) -> bytes:
        """The samples of that part that are here."""
        return bytes(self._pcm[max(0, start - self.start) * 2 : max(0, end - self.start) * 2])

    def take(self, start: int, end: int) -> bytes:
        """The same, and forget them and all before them."""
        pcm = self.part(start, end)
        self.forget(end)
        return pcm

    def forget(self, before: int) -> None:
        """Keep what is from `before` on."""
        gone = min(max(0, before - self.start), len(self._pcm) // 2)
        del self._pcm[: gone * 2]
        self.start += gone

    def clear(self) -> None:
        """Keep nothing."""
        self.forget(self.end)
