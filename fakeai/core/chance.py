"""The only source of randomness and of ids: named, seeded streams.

A `Chance` is a counter-mode generator over BLAKE2b: cheap to make (one hash gives sixteen draws), the same on
every platform and in every process. It knows nothing of calls or models; whoever owns a seed derives streams
from it by name, so that adding a draw in one place never shifts the draws of another.
"""

import os
from base64 import b64encode
from collections.abc import MutableSequence, Sequence
from hashlib import blake2b
from math import cos, log, pi, sqrt
from typing import TypeVar

T = TypeVar("T")

_WORD = 0xFFFFFFFF
_number = int.from_bytes


class Chance:
    """A seeded stream of draws. Not thread-safe; derive one stream per task."""

    __slots__ = ("_blocks", "_key", "_pool")

    def __init__(self, seed: bytes | str | int) -> None:
        raw = seed if isinstance(seed, bytes) else str(seed).encode("utf-8", "surrogatepass")
        self._key = raw if len(raw) <= 64 else blake2b(raw).digest()
        self._blocks = 0
        self._pool = 1
        """What is still to be drawn, from the lowest bits on; a 1 stands above it."""

    @classmethod
    def of_digest(cls, digest: bytes) -> "Chance":
        """A stream whose first draws are the digest's own bits: no further hash for a short answer.

        `digest` is that of a hash: at most 64 bytes, in words of four.
        """
        chance = cls.__new__(cls)
        chance._key = digest
        chance._blocks = 0
        chance._pool = _number(digest + b"\1", "little")
        return chance

    @classmethod
    def from_entropy(cls) -> "Chance":
        """A stream seeded by the operating system: what a server without `--seed` starts from."""
        return cls(os.urandom(32))

    def stream(self, name: str) -> "Chance":
        """An independent stream derived from this one's seed and `name`; its draws do not depend on ours."""
        return Chance(blake2b(name.encode(), key=self._key).digest())

    def bits(self) -> int:
        """32 uniform bits."""
        pool = self._pool
        if pool == 1:
            block = blake2b(self._blocks.to_bytes(8, "little"), key=self._key).digest()
            self._blocks += 1
            pool = _number(block + b"\1", "little")
        self._pool = pool >> 32
        return pool & _WORD

    def below(self, n: int) -> int:
        """An integer in [0, n). `n` up to 2**64; the bias of the multiply-shift is below 2**-32."""
        if n <= _WORD:
            return (self.bits() * n) >> 32
        return (((self.bits() << 32) | self.bits()) * n) >> 64

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high], both ends included."""
        return low + self.below(high - low + 1)

    def unit(self) -> float:
        """A float in [0, 1)."""
        return self.bits() / 4294967296.0

    def normal(self, mean: float = 0.0, sd: float = 1.0) -> float:
        """A normally distributed float (Box-Muller, one of the pair)."""
        return mean + sd * sqrt(-2.0 * log((self.bits() + 1) / 4294967297.0)) * cos(2.0 * pi * self.unit())

    def pick(self, items: Sequence[T]) -> T:
        """One of `items`, uniformly. `items` must not be empty."""
        return items[(self.bits() * len(items)) >> 32]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Shuffle in place (Fisher-Yates)."""
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]

    def data(self, size: int) -> bytes:
        """`size` pseudo-random bytes: those of as many `bits`, taken a hash at a time where whole ones are wanted."""
        words = (size + 3) // 4
        drawn = []
        while words:
            if words >= 16 and self._pool == 1:
                drawn.append(blake2b(self._blocks.to_bytes(8, "little"), key=self._key).digest())
                self._blocks += 1
                words -= 16
            else:
                drawn.append(self.bits().to_bytes(4, "little"))
                words -= 1
        return b"".join(drawn)[:size]


class Ids:
    """Ids such as `chatcmpl-…` and `req_…`: unique in a process, and across processes for distinct seeds."""

    __slots__ = ("_count", "_hex", "_key", "_letters")

    def __init__(self, seed: bytes) -> None:
        self._key = blake2b(seed).digest()
        self._count = 0
        self._letters: list[str] = []
        self._hex: list[str] = []

    def make(self, prefix: str) -> str:
        """`prefix` followed by 29 letters and digits, as OpenAI's object ids have."""
        if not self._letters:
            drawn = b64encode(self._block(), b"Zq").decode("ascii")
            self._letters = [drawn[:29], drawn[29:58]]
        return prefix + self._letters.pop()

    def hex(self, prefix: str) -> str:
        """`prefix` followed by 32 hexadecimal digits, as OpenAI's request ids have."""
        if not self._hex:
            drawn = self._block().hex()
            self._hex = [drawn[at : at + 32] for at in range(0, 128, 32)]
        return prefix + self._hex.pop()

    def turn(self, by: bytes) -> None:
        """From here on give out others, which depend on `by` too."""
        self._key = blake2b(by, key=self._key).digest()
        self._letters.clear()
        self._hex.clear()

    def _block(self) -> bytes:
        """64 bytes that no other call gives: one hash serves several ids."""
        self._count += 1
        return blake2b(self._count.to_bytes(8, "little"), key=self._key).digest()
