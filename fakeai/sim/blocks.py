"""The KV blocks of one engine: who holds them, which are findable, and which go when others are needed.

vLLM V1's block pool by its effects (v1/core/block_pool.py of vLLM 0.33): free blocks are one queue. Those without
findable content stand at its front; those with it stand behind, least recently used first, and stay findable until
they are taken. A sequence gives its blocks back last one first. Blocks are not numbered here, since nothing that can
be observed depends on the numbers; a block whose content another block already holds is not findable.

Knows keys and counts; does not know what a key is made of, nor how many tokens a block has.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Protocol


class PoolObserver(Protocol):
    """Told which blocks become findable or cease to be."""

    def stored(self, blocks: Sequence[Hashable], parent: Hashable | None, medium: str) -> None:
        """`parent` is the key of the block before the first."""

    def removed(self, blocks: Sequence[Hashable], medium: str) -> None:
        """They were evicted."""


class BlockPool:
    """`total` blocks on the GPU, and room for copies of findable ones in host memory.

    Content that no other sequence can have is not kept by key but by owner, as a run of so many blocks: the owner can
    have what is left of it back. Host memory is written through: it gets a copy of every block that becomes findable.
    """

    __slots__ = ("_fresh", "_host", "_idle", "_known", "_observer", "_reuse", "free", "host_total", "total")

    def __init__(
        self, total: int, *, reuse: bool = True, host_blocks: int = 0, observer: PoolObserver | None = None
    ) -> None:
        if total < 1 or host_blocks < 0:
            raise ValueError(
                f"a pool has at least one block and no negative host memory, not {total} and {host_blocks}"
            )
        self.total = total
        self.free = total
        """Blocks that no sequence holds, findable ones included."""
        self.host_total = host_blocks
        self._reuse = reuse
        self._observer = observer
        self._fresh = total
        self._idle: OrderedDict[Hashable, int] = OrderedDict()
        """Free blocks with findable content, in the order in which they go: a key → 0, or an owner → blocks of its run."""
        self._known: dict[Hashable, int] = {}
        """References to findable blocks; those without any are in `_idle`."""
        self._host: OrderedDict[Hashable, None] = OrderedDict()

    @property
    def used(self) -> int:
        """Blocks that sequences hold."""
        return self.total - self.free

    @property
    def findable(self) -> int:
        """Blocks with a key, held or not."""
        return len(self._known)

    @property
    def host_used(self) -> int:
        """Blocks in host memory."""
        return len(self._host)

    # -- looking up

    def match(self, keys: Sequence[Hashable], most: int) -> int:
        """How many of the first `most` keys are findable, from the beginning."""
        known = self._known
        found = 0
        for key in keys:
            if found >= most or key not in known:
                break
            found += 1
        return found

    def match_host(self, keys: Sequence[Hashable], start: int, most: int) -> int:
        """How many keys from `start` on (and before `most`) are in host memory, without a gap."""
        host = self._host
        at = start
        end = min(most, len(keys))
        while at < end and keys[at] in host:
            at += 1
        return at - start

    def idle_among(self, keys: Sequence[Hashable], count: int) -> int:
        """How many of the first `count` keys, all findable, nobody holds: claiming them takes from what is free."""
        known = self._known
        return sum([not known[key] for key in keys[:count]])

    def run_of(self, owner: Hashable) -> int:
        """Blocks left of the run that `owner` gave back."""
        return self._idle.get(owner, 0)

    # -- taking

    def claim(self, keys: Sequence[Hashable], count: int) -> None:
        """Hold the first `count` keys, which are findable."""
        known, idle = self._known, self._idle
        for key in keys[:count]:
            references = known[key]
            if not references:
                del idle[key]
                self.free -= 1
            known[key] = references + 1

    def reclaim(self, owner: Hashable, count: int) -> None:
        """Hold the first `count` blocks of the run that `owner` gave back; the rest of it is given up."""
        left = self._idle.pop(owner)
        self._fresh += left - count
        self.free -= count

    def take(self, count: int) -> None:
        """Hold `count` free blocks, which there must be; findable ones cease to be, least recently used first."""
        assert count <= self.free, f"{count} blocks are wanted and {self.free} are free"
        self.free -= count
        if count <= self._fresh:
            self._fresh -= count
            return
        count -= self._fresh
        self._fresh = 0
        idle, known = self._idle, self._known
        evicted: list[Hashable] = []
        while count:
            key, run = idle.popitem(last=False)
            if not run:
                del known[key]
                evicted.append(key)
                count -= 1
            elif run > count:
                idle[key] = run - count
                idle.move_to_end(key, last=False)
                count = 0
            else:
                count -= run
        if evicted and self._observer is not None:
            self._observer.removed(evicted, "GPU")

    def publish(self, keys: Sequence[Hashable], start: int, end: int) -> list[Hashable]:
        """Make held blocks findable by `keys[start:end]`; returns the keys that became so (others hold the rest)."""
        if not self._reuse:
            return []
        known = self._known
        fresh: list[Hashable] = []
        for key in keys[start:end]:
            if key not in known:
                known[key] = 1
                fresh.append(key)
        if fresh:
            if self.host_total:
                self._offload(fresh)
            if self._observer is not None:
                self._observer.stored(fresh, keys[start - 1] if start else None, "GPU")
        return fresh

    def _offload(self, keys: Sequence[Hashable]) -> None:
        host = self._host
        fresh = []
        for key in keys:
            if key in host:
                host.move_to_end(key)
            else:
                host[key] = None
                fresh.append(key)
        gone = [host.popitem(last=False)[0] for _ in range(len(host) - self.host_total)]
        if self._observer is not None:
            if fresh:
                self._observer.stored(fresh, None, "CPU")
            if gone:
                self._observer.removed(gone, "CPU")

    # -- giving back

    def release(self, keys: Sequence[Hashable], loose: int, owner: Hashable = None, run: int = 0) -> None:
        """Give blocks back, last one first: `loose` without findable content, a `run` only `owner` can find, then `keys`.

        An owner has one run: what is left of an earlier one is given up.
        """
        if not self._reuse:
            loose += run
            run = 0
        self._fresh += loose
        self.free += loose + run
        idle, known = self._idle, self._known
        if run:
            self._fresh += idle.pop(owner, 0)
            idle[owner] = run
        for key in reversed(keys):
            references = known[key] - 1
            known[key] = references
            if not references:
                idle[key] = 0
                self.free += 1

    def clear(self) -> None:
        """Make nothing findable that nobody holds, in either memory."""
        gone = [key for key, run in self._idle.items() if not run]
        for key in gone:
            del self._known[key]
        self._fresh += sum([run or 1 for run in self._idle.values()])
        self._idle.clear()
        host = list(self._host)
        self._host.clear()
        if self._observer is not None:
            if gone:
                self._observer.removed(gone, "GPU")
            if host:
                self._observer.removed(host, "CPU")
