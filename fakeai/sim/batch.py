"""The sequences of an engine that decode, counted together.

A step yields one token for every one of them, so nothing is written down for each: the batch counts its decode steps,
and a sequence knows at which count it joined and at which it will be done. Blocks are counted alike: a sequence needs
one whenever the count, seen from where it joined, comes to a whole block.
"""

from heapq import heappop, heappush

from fakeai.core.chance import Chance
from fakeai.sim.blocks import BlockPool
from fakeai.sim.engine_config import EngineConfig
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.speculative import Speculation


class Batch:
    """Who decodes, how far they are, what they hold. Knows no time."""

    def __init__(self, config: EngineConfig, pool: BlockPool, chance: Chance) -> None:
        self.config = config
        self.pool = pool
        self.decoding: dict[Sequence, None] = {}
        self.stalled: list[Sequence] = []
        self.decode_steps = 0
        self.accepted = [0] * (config.speculation.drafts if config.speculation else 0)
        """Speculative tokens accepted so far, by position."""
        self._chance = chance
        self._offsets = 0
        self._phases = [0] * config.block_size
        """How many decoding sequences need a new block at a decode step, by the step's count modulo the block size."""
        self._finishing: dict[int, list[Sequence]] = {}
        self._finish_heap: list[int] = []
        self._in_step = False
        """Whether the step under way decodes: then each decoding sequence has a slot for one more token."""
        self._last_decode = 0.0

    def made(self, sequence: Sequence) -> int:
        """Tokens that a sequence has made so far."""
        if sequence.state is State.DECODING:
            return sequence.offset + self.decode_steps - sequence.request.prompt_tokens + 1
        return sequence.made

    @property
    def decode_kv(self) -> int:
        """Tokens that the next decode step attends to."""
        return self._offsets + len(self.decoding) * (self.decode_steps + 1)

    def stall(self, sequence: Sequence) -> None:
        """Leave a decoding sequence out of the step being planned."""
        self._leave(sequence)
        sequence.state = State.STALLED
        self.stalled.append(sequence)

    def rejoin(self) -> None:
        """Let those that were left out decode again."""
        stalled, self.stalled = self.stalled, []
        for sequence in stalled:
            if sequence.state is State.STALLED:
                self._join(sequence)

    def decode_blocks(self) -> int:
        """Blocks that one more decode step of all decoding sequences takes."""
        if self.config.speculation is None:
            return self._phases[self.decode_steps % self.config.block_size]
        return sum([self.slots(sequence) for sequence in self.decoding])

    def slots(self, sequence: Sequence) -> int:
        """Blocks that one more step of this decoding sequence takes."""
        size = self.config.block_size
        computed = sequence.offset + self.decode_steps
        if self.config.speculation is None:
            return int(computed % size == 0)
        most = sequence.request.prompt_tokens + sequence.request.output_tokens  # nothing is drafted beyond
        return max(0, -(-min(computed + 1 + self.config.speculation.drafts, most) // size) - sequence.held)

    def grant(self, sequence: Sequence, blocks: int) -> None:
        """Give a decoding sequence the blocks of its next step."""
        self.pool.take(blocks)
        sequence.held += blocks

    def grant_all(self, blocks: int) -> None:
        """Give all decoding sequences the blocks of their next step, `blocks` together."""
        if self.config.speculation is not None:
            for sequence in self.decoding:
                sequence.held += self.slots(sequence)
        self.pool.take(blocks)

    def _affordable(self, steps: int) -> tuple[int, int]:
        """How many of the next steps the free blocks allow, the first one having its own already; and what they take."""
        phases, size, free = self._phases, self.config.block_size, self.pool.free
        rounds, rest = divmod(steps - 1, size)
        first = (self.decode_steps + 1) % size
        taken = rounds * len(self.decoding)
        for at in range(first, first + rest):
            taken += phases[at % size]
        if taken <= free:
            return steps, taken
        taken = 0
        for step in range(1, steps):
            more = phases[(self.decode_steps + step) % size]
            if taken + more > free:
                return step, taken
            taken += more
        raise AssertionError("steps that together take too many blocks do not do so one by one")

    def _join(self, sequence: Sequence) -> None:
        sequence.state = State.DECODING
        sequence.offset = sequence.computed - self.decode_steps
        self._enter(sequence, self.decode_steps + sequence.request.output_tokens - sequence.made)

    def _enter(self, sequence: Sequence, finish_step: int) -> None:
        self.decoding[sequence] = None
        offset = sequence.offset
        self._offsets += offset
        self._phases[-offset % self.config.block_size] += 1
        sequence.finish_step = finish_step
        bucket = self._finishing.get(finish_step)
        if bucket is None:
            self._finishing[finish_step] = [sequence]
            heappush(self._finish_heap, finish_step)
        else:
            bucket.append(sequence)

    def _leave(self, sequence: Sequence, *, listed: bool = True) -> None:
        """A sequence does not decode any more; what it has made and computed is written down."""
        del self.decoding[sequence]
        offset = sequence.offset
        self._offsets -= offset
        if sequence.offset + self.decode_steps > sequence.target:
            sequence.last_token = self._last_decode
        self._phases[-offset % self.config.block_size] -= 1
        sequence.computed = offset + self.decode_steps
        sequence.made = sequence.computed - sequence.request.prompt_tokens + 1
        if self.config.speculation is None:
            slots = sequence.computed + self._in_step
            sequence.held = -(-slots // self.config.block_size)
        if listed:
            bucket = self._finishing[sequence.finish_step]
            bucket.remove(sequence)
            if not bucket:
                del self._finishing[sequence.finish_step]
                self._finish_heap.remove(sequence.finish_step)
                self._finish_heap.sort()

    def _speculate(self, speculation: Speculation) -> int:
        """Let accepted drafts count; returns how many there were."""
        total = 0
        for sequence in list(self.decoding):
            left = sequence.finish_step - self.decode_steps
            accepted = min(speculation.draw(self._chance), left)
            if accepted:
                total += accepted
                for position in range(accepted):
                    self.accepted[position] += 1
                self._leave(sequence)
                sequence.offset += accepted
                self._enter(sequence, sequence.finish_step - accepted)
        return total

    def _finished(self) -> list[Sequence]:
        """Take out those that have made their last token with the step just counted."""
        done: list[Sequence] = []
        heap = self._finish_heap
        while heap and heap[0] <= self.decode_steps:
            done += self._finishing.pop(heappop(heap))
        for sequence in done:
            self._leave(sequence, listed=False)
        return done
