"""What sequences of an engine have before they decode, and give back after: a place, blocks, an adapter.

Admission as vLLM has it: the whole prompt must fit, and the first that does not holds up the others. What must be
fetched first (from host memory, from another worker, an adapter) is waited for with its blocks taken.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Hashable
from collections.abc import Sequence as Row
from heapq import heappop, heappush
from typing import NamedTuple

from fakeai.core.chance import Chance
from fakeai.sim.batch import Batch
from fakeai.sim.blocks import BlockPool
from fakeai.sim.engine_config import EngineConfig
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.types import Observer


class Handover(NamedTuple):
    """Something that concerns other engines: a prompt that is ready to be fetched, or is wanted here."""

    at: float
    kind: str
    """`prefilled` (to be given to a decode worker) or `fetch` (its blocks are reserved here)."""
    sequence: Sequence


class Residents(Batch):
    """Sequences that wait, load, prefill, decode or hold their blocks for another worker. `now` is set from outside."""

    def __init__(self, worker: int, config: EngineConfig, observer: Observer | None, chance: Chance) -> None:
        told = _Told(self) if observer is not None else None
        pool = BlockPool(config.blocks, reuse=config.prefix_caching, host_blocks=config.host_blocks, observer=told)
        super().__init__(config, pool, chance)
        self.worker = worker
        self.observer = observer
        self.now = 0.0
        self.waiting: deque[Sequence] = deque()
        self.running: dict[Sequence, None] = {}
        """Admitted sequences in the order of admission: those that prefill, decode or are stalled."""
        self.prefilling: list[Sequence] = []
        self.holding: dict[Sequence, None] = {}
        self.loading: dict[Sequence, None] = {}
        self.chunks: list[tuple[Sequence, int]] = []
        """Prompt tokens of each sequence in the step under way."""
        self.outbox: list[Handover] = []
        self.over: list[Sequence] = []
        """Sequences that ended since somebody looked, if anybody has a `seat` on them."""
        self.pending_tokens = 0
        """Prompt tokens not computed yet."""
        self.loras: dict[str, None] = {}
        """Adapters on the GPUs, least recently used first."""
        self.pinned: set[str] = set()
        """Adapters that were loaded by request, and stay."""
        self.landed: dict[Sequence, None] = {}
        """Sequences in the queue that hold their blocks: what they waited for has come."""
        self.queued_loras: dict[str, int] = {}
        """Sequences in the queue by adapter, those without one as ""."""
        self._loads: list[tuple[float, int, Sequence]] = []
        self._numbers = 0
        self._host_free_at = 0.0
        self._wake: float | None = None
        self._end: float | None = None

    def kick(self, at: float) -> None:
        """Something may have become possible: an idle engine looks at `at`."""
        if self._end is None and (self._wake is None or at < self._wake):
            self._wake = at

    def chunk_blocks(self, sequence: Sequence, tokens: int) -> int:
        """Blocks that the next `tokens` prompt tokens of a sequence take."""
        return max(0, -(-(sequence.computed + tokens) // self.config.block_size) - sequence.held)

    def chunk(self, sequence: Sequence, tokens: int) -> int:
        """Put `tokens` prompt tokens of an admitted sequence into the step; the pairs of tokens they attend over."""
        blocks = self.chunk_blocks(sequence, tokens)
        if blocks:
            self.pool.take(blocks)
            sequence.held += blocks
        before = sequence.computed
        keys = sequence.keys()
        if sequence.published < len(keys):
            self._publish(sequence, keys, (before + tokens) // self.config.block_size)
        self.chunks.append((sequence, tokens))
        return tokens * before + tokens * (tokens + 1) // 2

    def _publish(self, sequence: Sequence, keys: Row[Hashable], full: int) -> None:
        end = min(full, len(keys))
        if end > sequence.published:
            sequence.owned += self.pool.publish(keys, sequence.published, end)
            sequence.published = end

    def admit(self, sequence: Sequence, now: float) -> bool:
        """Let the head of the queue in, with what it finds in the caches; False when its blocks do not fit.

        The whole prompt must fit, though only what the step computes is taken. A sequence whose content must be fetched
        first holds its blocks and is not among the running yet: `state` says so.
        """
        if sequence.state is State.LOADING:  # what it waited for has come
            self._enter_running(sequence, now)
            return True
        config, pool = self.config, self.pool
        size = config.block_size
        keys = sequence.keys()
        most = (sequence.target - 1) // size
        hits = pool.match(keys, most) if config.prefix_caching else 0
        own = min(pool.run_of(sequence), most - hits) if hits == len(keys) and sequence.preemptions else 0
        want = -(-sequence.target // size) - hits - own
        room = pool.free - config.watermark_blocks - want - own
        if room < hits and room < pool.idle_among(keys, hits):
            return False
        host = pool.match_host(keys, hits, most) if config.host_blocks and not own else 0
        if hits:
            pool.claim(keys, hits)
            sequence.owned = list(keys[:hits])
        else:
            sequence.owned = []
        if own:
            pool.reclaim(sequence, own)
        sequence.published = hits
        sequence.held = hits + own
        self._computed(sequence, (hits + own) * size)
        if sequence.scheduled is None:
            sequence.scheduled = now
            sequence.cached_tokens = (hits + host) * size
            if self.observer is not None and not sequence.remote:
                self.observer.admitted(self.worker, now, sequence.target, hits * size, host * size)
        self._unqueue()
        if sequence.remote:
            self._fetch(sequence, now)
        elif host or (sequence.request.lora and sequence.request.lora not in self.loras):
            self._load(sequence, host, now)
        else:
            self._enter_running(sequence, now, queued=False)
        return True

    def _computed(self, sequence: Sequence, tokens: int) -> None:
        self.pending_tokens -= tokens - sequence.computed
        sequence.computed = tokens

    def _enter_running(self, sequence: Sequence, now: float, *, queued: bool = True) -> None:
        if queued:
            self._unqueue()
            del self.landed[sequence]
        sequence.state = State.PREFILLING
        self._numbers += 1
        sequence.number = self._numbers
        self.running[sequence] = None
        self.prefilling.append(sequence)
        lora = sequence.request.lora
        if lora:
            self.loras[lora] = self.loras.pop(lora, None)

    def preempt(self, sequence: Sequence, *, granted: bool = False, forget: bool = False) -> None:
        """Take a running sequence's blocks and put it at the head of the queue.

        `granted`: its slot of this step is taken. `forget`: of what it has computed only its prompt can be found again.
        """
        if sequence.state is State.DECODING:
            self._leave(sequence)
            if self.config.speculation is None:
                sequence.held += granted
        elif sequence.state is State.PREFILLING:
            self.prefilling.remove(sequence)
            self.chunks = [(one, tokens) for one, tokens in self.chunks if one is not sequence]
            self.pending_tokens -= sequence.target - sequence.computed
        del self.running[sequence]
        self._release(sequence, sequence, prompt_only=forget)
        sequence.state = State.WAITING
        sequence.preemptions += 1
        sequence.target = sequence.request.prompt_tokens + sequence.made
        sequence.computed = 0
        self.pending_tokens += sequence.target
        if self.config.priority:
            self._insert(sequence)
        else:
            self._queue_first(sequence)
        if self.observer is not None:
            self.observer.preempted(self.worker, self.now)

    def _insert(self, sequence: Sequence) -> None:
        """Queue by priority, then arrival, behind those whose content has come."""
        at = bisect_right(self.waiting, _urgency(sequence), min(len(self.landed), len(self.waiting)), key=_urgency)
        self.waiting.insert(at, sequence)
        self._count_queued(sequence, 1)

    def _queue_last(self, sequence: Sequence) -> None:
        self.waiting.append(sequence)
        self._count_queued(sequence, 1)

    def _queue_first(self, sequence: Sequence) -> None:
        self.waiting.appendleft(sequence)
        self._count_queued(sequence, 1)

    def _unqueue(self) -> None:
        self._count_queued(self.waiting.popleft(), -1)

    def _count_queued(self, sequence: Sequence, more: int) -> None:
        lora = sequence.request.lora
        count = self.queued_loras.get(lora, 0) + more
        if count:
            self.queued_loras[lora] = count
        else:
            del self.queued_loras[lora]

    def advance_landed(self) -> bool:
        """Move the first whose content has come, and that a step may have, to the head of the queue; whether there is one."""
        found = next((one for one in self.landed if self.lora_allowed(one.request.lora)), None)
        if found is None:
            return False
        self.waiting.remove(found)
        self.waiting.appendleft(found)
        return True

    def advance_allowed(self) -> bool:
        """Move the first that needs no adapter but those that run to the head of the queue; whether there is one."""
        active = self._active_loras() | {""}
        if not any(one in self.queued_loras for one in active):
            return False
        at = next(at for at, one in enumerate(self.waiting) if one.request.lora in active)
        found = self.waiting[at]
        del self.waiting[at]
        self.waiting.appendleft(found)
        return True

    def _fetch(self, sequence: Sequence, now: float) -> None:
        """Reserve blocks for a prompt that another worker holds, and ask for it."""
        sequence.fetched_blocks = self._reserve(sequence)
        sequence.state = State.LOADING
        self.loading[sequence] = None
        self.outbox.append(Handover(now, "fetch", sequence))

    def _reserve(self, sequence: Sequence) -> int:
        """Take the blocks of the whole prompt, so that nobody else can while it waits; how many."""
        blocks = -(-sequence.target // self.config.block_size) - sequence.held
        self.pool.take(blocks)
        sequence.held += blocks
        return blocks

    def fetched(self, sequence: Sequence) -> None:
        """The blocks of a prompt have come, at `now`: all but its last token is computed."""
        if sequence.state is not State.LOADING:
            return
        del self.loading[sequence]
        self._computed(sequence, sequence.target - 1)
        self._publish(sequence, sequence.keys(), sequence.target // self.config.block_size)
        sequence.remote = False
        self.landed[sequence] = None
        self._queue_first(sequence)
        self.kick(self.now + self.config.wake_s)

    def _load(self, sequence: Sequence, host: int, now: float) -> None:
        """Bring in blocks from host memory and the adapter, whichever is missing; both at once."""
        config = self.config
        ready = now
        self._reserve(sequence)
        if host:
            self._host_free_at = max(self._host_free_at, now) + host * config.block_bytes / config.host_bytes_per_s
            ready = self._host_free_at
        lora = sequence.request.lora
        if lora and lora not in self.loras:
            ready = max(ready, now + config.lora_load_s)
        sequence.fetched_blocks = host
        sequence.state = State.LOADING
        self.loading[sequence] = None
        self._numbers += 1
        heappush(self._loads, (ready, self._numbers, sequence))

    def _land(self, now: float) -> None:
        """What was loaded by `now` goes to the head of the queue."""
        landed = []
        while self._loads and self._loads[0][0] <= now:
            sequence = heappop(self._loads)[2]
            if sequence.state is not State.LOADING:
                continue
            del self.loading[sequence]
            size = self.config.block_size
            self._computed(sequence, sequence.computed + sequence.fetched_blocks * size)
            self._publish(sequence, sequence.keys(), sequence.computed // size)
            if sequence.request.lora:
                self.add_lora(sequence.request.lora)
            landed.append(sequence)
        for sequence in reversed(landed):
            self.landed[sequence] = None
            self._queue_first(sequence)

    def add_lora(self, name: str, *, pinned: bool = False) -> None:
        """Have an adapter on the GPUs; the least recently used one that nobody runs or pinned makes room."""
        if pinned:
            self.pinned.add(name)
        self.loras[name] = self.loras.pop(name, None)
        spare = self.loras.keys() - self.pinned - {one.request.lora for one in self.running} - {name}
        while len(self.loras) > max(self.config.max_loras, len(self.pinned)) and spare:
            oldest = next(one for one in self.loras if one in spare)
            spare.discard(oldest)
            del self.loras[oldest]

    def remove_lora(self, name: str) -> None:
        """Take an adapter off the GPUs."""
        self.pinned.discard(name)
        self.loras.pop(name, None)

    def lora_allowed(self, name: str) -> bool:
        """Whether a step may have this adapter beside those that run."""
        if not name:
            return True
        active = self._active_loras()
        return name in active or len(active) < self.config.max_loras

    def _active_loras(self) -> set[str]:
        return {one.request.lora for one in (*self.running, *self.loading) if one.request.lora}

    def release_held(self, sequence: Sequence) -> None:
        """A decode worker has fetched a prompt's blocks (or will not): they are given back."""
        if sequence in self.holding:
            del self.holding[sequence]
            self._release(sequence)
            self.kick(self.now + self.config.wake_s)

    def _release(self, sequence: Sequence, owner: object = None, *, prompt_only: bool = False) -> None:
        """Give a sequence's blocks back. Those with content that nobody else can have stay for `owner`: itself, to return.

        One that is over is no owner: what nobody will look for must not keep it in memory.
        """
        size = self.config.block_size
        full = (min(sequence.computed, sequence.request.prompt_tokens) if prompt_only else sequence.computed) // size
        keys = sequence.keys()
        if full > sequence.published < len(keys):
            self._publish(sequence, keys, full)
        run = max(0, full - len(keys))
        loose = sequence.held - len(sequence.owned) - run
        self.pool.release(sequence.owned, loose, owner or object(), run)
        sequence.owned = []
        sequence.held = sequence.published = 0

    def _remove(self, sequence: Sequence) -> None:
        """Take a sequence out of whatever it is in."""
        state = sequence.state
        if state is State.WAITING or (state is State.LOADING and sequence not in self.loading):
            self.waiting.remove(sequence)
            self._count_queued(sequence, -1)
            self.landed.pop(sequence, None)
        elif state is State.LOADING:
            del self.loading[sequence]
            self._loads = [load for load in self._loads if load[2] is not sequence]
            self._loads.sort()
        elif state is State.HOLDING:
            del self.holding[sequence]
        else:
            del self.running[sequence]
            if state is State.DECODING:
                self._leave(sequence)
            elif state is State.PREFILLING:
                self.prefilling.remove(sequence)
        if state in (State.WAITING, State.LOADING, State.PREFILLING):
            self.pending_tokens -= sequence.target - sequence.computed
        if sequence.held:
            self._release(sequence)

    def _finish(self, sequence: Sequence, reason: str) -> None:
        sequence.state = State.OVER
        sequence.reason = reason
        if sequence.seat is not None:
            self.over.append(sequence)
        if self.observer is not None:
            self.observer.ended(self.worker, sequence)


def _urgency(sequence: Sequence) -> tuple[int, float]:
    return sequence.request.priority, sequence.arrived


class _Told:
    """Passes on what a pool tells, with the worker and the time."""

    def __init__(self, engine: "Residents") -> None:
        self._engine = engine

    def stored(self, blocks: Row[Hashable], parent: Hashable | None, medium: str) -> None:
        engine = self._engine
        assert engine.observer is not None
        engine.observer.stored(engine.worker, engine.now, blocks, parent, medium)

    def removed(self, blocks: Row[Hashable], medium: str) -> None:
        engine = self._engine
        assert engine.observer is not None
        engine.observer.removed(engine.worker, engine.now, blocks, medium)
