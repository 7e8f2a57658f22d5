"""Which workers hold which blocks of prompts: the index behind routing by cache.

A block's key stands for the block and all before it (a hash chain), so a table from key to the workers that hold it
is a radix tree without nodes. Workers are bits of an integer: one walk along a prompt serves all of them. Knows no
costs and chooses nothing.
"""

from collections.abc import Hashable, Iterable, Sequence
from itertools import islice
from typing import Literal

from fakeai.sim.types import Overlap

Medium = Literal["GPU", "CPU"]


class PrefixIndex:
    """Blocks by key, and the workers that hold them on their GPUs or in host memory.

    Storing what is stored and removing what is not held change nothing. A worker has the lowest bit that no other has: as
    workers come and go, their numbers grow, and bits do not.
    """

    __slots__ = ("_bits", "_device", "_host", "_with_host", "_workers")

    def __init__(self) -> None:
        self._device: dict[Hashable, int] = {}
        self._host: dict[Hashable, int] = {}
        self._with_host = 0
        """Workers that have ever held a block in host memory."""
        self._bits: dict[int, int] = {}
        """Each worker's bit."""
        self._workers: dict[int, int] = {}
        """The worker of each bit."""

    def __len__(self) -> int:
        """Distinct blocks that anyone holds; one found in both memories counts twice."""
        return len(self._device) + len(self._host)

    def stored(self, worker: int, keys: Iterable[Hashable], medium: Medium = "GPU") -> None:
        """`worker` holds these blocks."""
        bit = self._bits.get(worker) or self._new_bit(worker)
        if medium == "GPU":
            table = self._device
        else:
            table = self._host
            self._with_host |= bit
        held = table.get
        for key in keys:
            table[key] = held(key, 0) | bit

    def removed(self, worker: int, keys: Iterable[Hashable], medium: Medium = "GPU") -> None:
        """`worker` no longer holds these blocks."""
        table = self._device if medium == "GPU" else self._host
        bit = self._bits.get(worker, 0)
        if not bit:
            return
        held = table.get
        for key in keys:
            workers = held(key, 0)
            if workers == bit:
                del table[key]
            elif workers & bit:
                table[key] = workers ^ bit

    def cleared(self, worker: int) -> None:
        """`worker` holds nothing any more, in either memory. Looks at every block: for rare occasions."""
        bit = self._bits.pop(worker, 0)
        if not bit:
            return
        del self._workers[bit]
        for table in (self._device, self._host):
            for key in [key for key, workers in table.items() if workers & bit]:
                if table[key] == bit:
                    del table[key]
                else:
                    table[key] ^= bit
        self._with_host &= ~bit

    def _new_bit(self, worker: int) -> int:
        bit = 1
        while bit in self._workers:
            bit <<= 1
        self._bits[worker] = bit
        self._workers[bit] = worker
        return bit

    def overlaps(self, keys: Sequence[Hashable]) -> dict[int, Overlap]:
        """How many leading blocks of `keys` each worker holds; workers that hold none are left out.

        Leading blocks on the worker's GPUs first; then those that go on from there in its host memory, whether or not
        they are on its GPUs as well. One walk for all workers, as far as the longest match.
        """
        ends = _ends(self._device, keys)
        of = self._workers
        found = {of[bit]: Overlap(length) for length, workers in ends for bit in _bits(workers)}
        if not self._host:
            return found
        without = self._with_host
        for _, workers in ends:
            without &= ~workers
        for start, workers in ((0, without), *ends):
            for length, held in _ends(self._host, keys, start, workers & self._with_host):
                for bit in _bits(held):
                    found[of[bit]] = Overlap(start, length)
        return found


def _ends(
    table: dict[Hashable, int], keys: Sequence[Hashable], start: int = 0, mask: int = -1
) -> list[tuple[int, int]]:
    """Where runs of blocks held end: (length, workers whose run from `start` on has it), shortest first.

    Looks at the workers in `mask`; those without the first block are left out.
    """
    ends: list[tuple[int, int]] = []
    held = table.get
    length = 0
    for key in islice(keys, start, None) if start else keys:
        kept = mask & held(key, 0)
        if kept != mask:
            if length:
                ends.append((length, mask ^ kept))
            mask = kept
            if not mask:
                return ends
        length += 1
    if length and mask:
        ends.append((length, mask))
    return ends


def _bits(mask: int) -> list[int]:
    """The bits of `mask`, lowest first."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low)
        mask ^= low
    return found
