"""One engine: sequences that wait, prefill and decode in steps over one pool of blocks. Time is an argument.

A step yields one token for every decoding sequence, so these are counted together: the engine counts its decode steps,
and a sequence knows at which count it joined and at which it will be done. A run of steps that only decode is taken in
one jump, with the same times to the bit as step by step. What a step holds is decided by a policy (`scheduler`), how
long it takes by a timing; neither knows the clock.

Not modelled: the gap between steps (engines schedule the next step while one runs) and sampling.
"""

from collections import deque
from collections.abc import Hashable
from collections.abc import Sequence as Row
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple, Protocol

import numpy as np

from fakeai.core.chance import Chance
from fakeai.sim.blocks import BlockPool
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.speculative import Speculation
from fakeai.sim.types import Observer, SimRequest, StepShape, StepTiming

_LONGEST_JUMP = 4096
"""Steps taken at once, at most: what is computed for steps beyond the time asked for is thrown away."""


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What an engine is started with. Defaults as vLLM 0.33's, but for sizes that follow from the GPU."""

    blocks: int
    """KV blocks on the GPUs."""
    block_size: int = 16
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    long_prefill_token_threshold: int = 0
    """Most prompt tokens of one sequence in a step; 0 for no limit."""
    chunked_prefill: bool = True
    prefix_caching: bool = True
    watermark_blocks: int = 0
    """Blocks that admissions leave free."""
    priority: bool = False
    """Lowest `priority` first, instead of first come first served."""
    prefill_schedule_interval: int = 1
    """Admissions every so many steps, while others decode."""
    host_blocks: int = 0
    block_bytes: int = 0
    """Bytes of one block over all GPUs."""
    host_bytes_per_s: float = 14e9
    """From host memory to the GPUs; 14 GB/s as in Dynamo's mocker."""
    max_loras: int = 1
    """Adapters in one step."""
    lora_load_s: float = 0.05
    """Seconds to load an adapter that is not on the GPUs."""
    speculation: Speculation | None = None
    wake_s: float = 1e-4
    """An idle engine starts this long after a request came: the hop from the API server to the engine's process."""
    speed: float = 1.0
    """Of its steps; below 1 for a straggler."""

    def __post_init__(self) -> None:
        """Refuse sizes no engine starts with."""
        positive = (
            "blocks",
            "block_size",
            "max_num_seqs",
            "max_num_batched_tokens",
            "prefill_schedule_interval",
            "max_loras",
        )
        for name in positive:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.max_num_batched_tokens < self.max_num_seqs:
            raise ValueError(
                f"max_num_batched_tokens ({self.max_num_batched_tokens}) must be at least max_num_seqs ({self.max_num_seqs})"
            )
        if not self.speed > 0 or not self.host_bytes_per_s > 0 or self.lora_load_s < 0 or self.wake_s <= 0:
            raise ValueError("speed, host_bytes_per_s and wake_s must be above 0, and lora_load_s not below")


class Policy(Protocol):
    """What goes into the next step."""

    def plan(self, engine: "Engine", now: float) -> StepShape | None:
        """Admit, chunk and preempt at `now` through the engine's methods; the step's shape, or None for nothing to do."""

    def repeats(self, engine: "Engine") -> bool:
        """Whether the decode step just planned would be planned again and again until a sequence ends or blocks are short."""

    def repeated(self, steps: int) -> None:
        """So many more of it have been taken."""


class Handover(NamedTuple):
    """Something that concerns other engines: a prompt that is ready to be fetched, or is wanted here."""

    at: float
    kind: str
    """`prefilled` (to be given to a decode worker) or `fetch` (its blocks are reserved here)."""
    sequence: Sequence


class Engine:
    """The state of one engine. `advance` makes time pass; everything else happens at the time it has advanced to."""

    def __init__(
        self, worker: int, config: EngineConfig, timing: StepTiming, policy: Policy, observer: Observer | None,
        chance: Chance, *, prefill_only: bool = False,
    ) -> None:  # fmt: skip
        self.worker = worker
        self.config = config
        self.timing = timing
        self.policy = policy
        self.observer = observer
        self.prefill_only = prefill_only
        self.now = 0.0
        watched = _Told(self) if observer is not None else None
        self.pool = BlockPool(
            config.blocks, reuse=config.prefix_caching, host_blocks=config.host_blocks, observer=watched
        )
        self.waiting: deque[Sequence] = deque()
        self.running: dict[Sequence, None] = {}
        """Admitted sequences in the order of admission: those that prefill, decode or are stalled."""
        self.prefilling: list[Sequence] = []
        self.decoding: dict[Sequence, None] = {}
        self.holding: dict[Sequence, None] = {}
        self.loading: dict[Sequence, None] = {}
        self.stalled: list[Sequence] = []
        self.chunks: list[tuple[Sequence, int]] = []
        """Prompt tokens of each sequence in the step under way."""
        self.outbox: list[Handover] = []
        self.over: list[Sequence] = []
        """Sequences that ended since somebody looked, if anybody has a `seat` on them."""
        self.decode_steps = 0
        self.steps = 0
        self.step_tokens = 0
        self.pending_tokens = 0
        """Prompt tokens not computed yet."""
        self.asleep = False
        self.loras: dict[str, None] = {}
        """Adapters on the GPUs, least recently used first."""
        self.pinned: set[str] = set()
        """Adapters that were loaded by request, and stay."""
        self.accepted = [0] * (config.speculation.drafts if config.speculation else 0)
        """Speculative tokens accepted so far, by position."""
        self._chance = chance
        self._numbers = 0
        self._offsets = 0
        self._phases = [0] * config.block_size
        """How many decoding sequences need a new block at a decode step, by the step's count modulo the block size."""
        self._finishing: dict[int, list[Sequence]] = {}
        self._finish_heap: list[int] = []
        self.loads = False
        """Whether anything was ever fetched: then sequences whose content has come may stand in the queue."""
        self._loads: list[tuple[float, int, Sequence]] = []
        self._host_free_at = 0.0
        self._wake: float | None = None
        self._end: float | None = None
        self._start = 0.0
        self._shape = StepShape(0, 0)
        self._in_step = False
        """Whether the step under way decodes: then each decoding sequence has a slot for one more token."""
        self._last_decode = 0.0

    # -- what goes in and out

    def submit(self, sequence: Sequence) -> None:
        """Queue a sequence at `now`. Its blocks must fit: `fits` says so."""
        sequence.worker = self.worker
        self.pending_tokens += sequence.target - sequence.computed
        if self.config.priority:
            self._insert(sequence)
        else:
            self.waiting.append(sequence)
        self.kick(self.now + self.config.wake_s)

    def fits(self, request: SimRequest) -> bool:
        """Whether the request, with all it will make, fits into an empty pool."""
        config = self.config
        room = (config.blocks - config.watermark_blocks) * config.block_size
        return request.prompt_tokens + request.output_tokens <= room

    def kick(self, at: float) -> None:
        """Something may have become possible: an idle engine looks at `at`."""
        if self._end is None and (self._wake is None or at < self._wake):
            self._wake = at

    def cancel(self, sequence: Sequence) -> None:
        """Forget a sequence at `now`. The step under way goes on, without a token for it. Harmless when it is over."""
        if sequence.state is State.OVER:
            return
        self._remove(sequence)
        self._finish(sequence, "abort")
        self.kick(self.now + self.config.wake_s)

    def cancel_quietly(self, sequence: Sequence) -> None:
        """Take a sequence away at `now`: it goes on elsewhere."""
        self._remove(sequence)
        sequence.state = State.WAITING
        self.kick(self.now + self.config.wake_s)

    def evacuate(self) -> list[Sequence]:
        """Take all sequences away, in the order they would have gone on; what they have made stays made."""
        gone = [*self.running, *self.holding, *self.loading, *self.waiting]
        for sequence in gone:
            self._remove(sequence)
            sequence.state = State.WAITING
            sequence.target = sequence.request.prompt_tokens + sequence.made
            sequence.computed = 0
            sequence.remote = False
        self.chunks.clear()
        self._end = self._wake = None
        return gone

    def next_at(self) -> float | None:
        """When it will next do something by itself."""
        if self._end is not None:
            return self._end
        return self._idle_until()

    def made(self, sequence: Sequence) -> int:
        """Tokens that a sequence has made so far."""
        if sequence.state is State.DECODING:
            return sequence.offset + self.decode_steps - sequence.request.prompt_tokens + 1
        return sequence.made

    @property
    def decode_kv(self) -> int:
        """Tokens that the next decode step attends to."""
        return self._offsets + len(self.decoding) * (self.decode_steps + 1)

    # -- time

    def advance(self, until: float) -> None:
        """Do all that happens up to and including `until`; stops at once when something lands in `outbox`."""
        while not self.outbox:
            end = self._end
            if end is not None:
                if end > until:
                    break
                self._complete(end)
                if self._loads:
                    self._land(end)
                if self.outbox:
                    self._wake = end
                    return
                self._begin(end, until)
                continue
            start = self._idle_until()
            if start is None or start > until:
                break
            self._wake = None
            self.now = start
            if self._loads:
                self._land(start)
            self._begin(start, until)
        if not self.outbox and until > self.now:
            self.now = until

    def _idle_until(self) -> float | None:
        """When an idle engine will look for work."""
        load = self._loads[0][0] if self._loads else None
        if self._wake is None or self.asleep:
            return load
        return self._wake if load is None else min(load, self._wake)

    def _begin(self, now: float, until: float) -> None:
        self.now = now
        shape = None if self.asleep else self.policy.plan(self, now)
        if shape is None:
            self._end = None
            return
        self._shape = shape
        self._in_step = shape.decodes > 0
        self._start = now
        duration = self.timing.seconds(shape) / self.config.speed
        end = now + duration
        if end + duration < until and not (shape.prefills or shape.drafts or self.stalled or self.outbox):
            end = self._jump(now, until, shape, duration)
        self._end = end

    def _jump(self, now: float, until: float, shape: StepShape, duration: float) -> float:
        """Take all steps but the last of a run of steps that only decode; the last one's end, which may be after `until`.

        The run ends with the first sequence that does, with the first step after `until`, or with the pool's blocks.
        """
        steps = self._finish_heap[0] - self.decode_steps
        if steps == 1 or not self.policy.repeats(self):
            return now + duration
        if self._loads:
            until = min(until, self._loads[0][0])
        steps = int(min(steps, max(0.0, until - now) / duration + 2.0, _LONGEST_JUMP))
        count = len(self.decoding)
        durations = self.timing.decode_seconds(count, shape.decode_kv + count * np.arange(float(steps)))
        durations /= self.config.speed
        durations[0] += now
        ends = np.add.accumulate(durations)
        steps, taken = self._affordable(min(int(ends.searchsorted(until, "right")) + 1, steps))
        if steps > 1:
            self.pool.take(taken)
            if self.observer is not None:
                self.observer.stepped(self.worker, now, ends[: steps - 1], shape, count)
            self.policy.repeated(steps - 1)
            self.decode_steps += steps - 1
            self.steps += steps - 1
            self.step_tokens += (steps - 1) * count
            self._start = self._last_decode = float(ends[steps - 2])
            self._shape = StepShape(count, shape.decode_kv + count * (steps - 1))
        return float(ends[steps - 1])

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

    # -- the end of a step

    def _complete(self, end: float) -> None:
        self.now = end
        self._end = None
        self._in_step = False
        shape = self._shape
        first = self._prefilled() if self.chunks else []
        tokens = len(first)
        if shape.decodes:
            self.decode_steps += 1
            self._last_decode = end
            tokens += len(self.decoding)
            if self.config.speculation is not None:
                tokens += self._speculate(self.config.speculation)
        self.steps += 1
        self.step_tokens += shape.decodes + shape.prefill_tokens
        if self.observer is not None:
            self.observer.stepped(self.worker, self._start, (end,), shape, tokens)
        if shape.decodes:
            self._end_decodes()
        for sequence in first:
            self._token(sequence, end)
        if self.stalled:
            self.rejoin()

    def _prefilled(self) -> list[Sequence]:
        """Account for the chunks of the step; the sequences whose prompts are complete."""
        done = []
        for sequence, tokens in self.chunks:
            if sequence.state is not State.PREFILLING:
                continue
            sequence.computed += tokens
            self.pending_tokens -= tokens
            if sequence.computed == sequence.target:
                done.append(sequence)
        self.chunks.clear()
        if done:
            self.prefilling = [one for one in self.prefilling if one.computed < one.target]
        return done

    def _token(self, sequence: Sequence, now: float) -> None:
        """A sequence whose prompt is complete makes a token: its first one, or the next after a preemption."""
        if self.prefill_only and sequence.request.output_tokens > 1:
            del self.running[sequence]
            sequence.state = State.HOLDING
            self.holding[sequence] = None
            self.outbox.append(Handover(now, "prefilled", sequence))
            return
        if sequence.last_token is not None:
            sequence.stalls.append(now - sequence.last_token)
        elif sequence.first_token is None:
            sequence.first_token = now
        sequence.last_token = now
        sequence.made += 1
        if sequence.made >= sequence.request.output_tokens:
            del self.running[sequence]
            self._release(sequence)
            self._finish(sequence, "stop")
        else:
            self._join(sequence)

    def _end_decodes(self) -> None:
        heap = self._finish_heap
        while heap and heap[0] <= self.decode_steps:
            for sequence in self._finishing.pop(heappop(heap)):
                self._leave(sequence, listed=False)
                del self.running[sequence]
                self._release(sequence)
                self._finish(sequence, "stop")

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

    # -- who decodes

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

    # -- admission: for policies

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
        return max(0, -(-(computed + 1 + self.config.speculation.drafts) // size) - sequence.held)

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
        self.waiting.popleft()
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
            self.waiting.popleft()
        sequence.state = State.PREFILLING
        self._numbers += 1
        sequence.number = self._numbers
        self.running[sequence] = None
        self.prefilling.append(sequence)
        lora = sequence.request.lora
        if lora:
            self.loras[lora] = self.loras.pop(lora, None)

    def preempt(self, sequence: Sequence, *, granted: bool = False) -> None:
        """Take a running sequence's blocks and put it at the head of the queue. `granted`: its slot of this step is taken."""
        if sequence.state is State.DECODING:
            self._leave(sequence)
            if self.config.speculation is None:
                sequence.held += granted
        elif sequence.state is State.PREFILLING:
            self.prefilling.remove(sequence)
            self.chunks = [(one, tokens) for one, tokens in self.chunks if one is not sequence]
            self.pending_tokens -= sequence.target - sequence.computed
        del self.running[sequence]
        self._release(sequence)
        sequence.state = State.WAITING
        sequence.preemptions += 1
        sequence.target = sequence.request.prompt_tokens + sequence.made
        sequence.computed = 0
        self.pending_tokens += sequence.target
        if self.config.priority:
            self._insert(sequence)
        else:
            self.waiting.appendleft(sequence)
        if self.observer is not None:
            self.observer.preempted(self.worker, self.now)

    def _insert(self, sequence: Sequence) -> None:
        """Queue by priority, then arrival."""
        key = sequence.request.priority, sequence.arrived
        at = len(self.waiting)
        while at and (self.waiting[at - 1].request.priority, self.waiting[at - 1].arrived) > key:
            at -= 1
        self.waiting.insert(at, sequence)

    # -- what must be fetched first

    def _fetch(self, sequence: Sequence, now: float) -> None:
        """Reserve blocks for a prompt that another worker holds, and ask for it."""
        sequence.fetched_blocks = self._reserve(sequence)
        sequence.state = State.LOADING
        self.loads = True
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
        self.waiting.appendleft(sequence)
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
        self.loads = True
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
        self.waiting.extendleft(reversed(landed))

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
        active = {one.request.lora for one in (*self.running, *self.loading) if one.request.lora}
        return name in active or len(active) < self.config.max_loras

    # -- endings

    def release_held(self, sequence: Sequence) -> None:
        """A decode worker has fetched a prompt's blocks (or will not): they are given back."""
        if sequence in self.holding:
            del self.holding[sequence]
            self._release(sequence)
            self.kick(self.now + self.config.wake_s)

    def _release(self, sequence: Sequence) -> None:
        """Give a sequence's blocks back. Those with content that nobody else can have stay for itself, should it return."""
        size = self.config.block_size
        full = sequence.computed // size
        keys = sequence.keys()
        if full > sequence.published < len(keys):
            self._publish(sequence, keys, full)
        run = max(0, full - len(keys))
        loose = sequence.held - len(sequence.owned) - run
        self.pool.release(sequence.owned, loose, sequence, run)
        sequence.owned = []
        sequence.held = sequence.published = 0

    def _remove(self, sequence: Sequence) -> None:
        """Take a sequence out of whatever it is in."""
        state = sequence.state
        if state is State.WAITING or (state is State.LOADING and sequence not in self.loading):
            self.waiting.remove(sequence)
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


class _Told:
    """Passes on what a pool tells, with the worker and the time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stored(self, blocks: Row[Hashable], parent: Hashable | None, medium: str) -> None:
        engine = self._engine
        assert engine.observer is not None
        engine.observer.stored(engine.worker, engine.now, blocks, parent, medium)

    def removed(self, blocks: Row[Hashable], medium: str) -> None:
        engine = self._engine
        assert engine.observer is not None
        engine.observer.removed(engine.worker, engine.now, blocks, medium)
