"""What goes into the next step of an engine: vLLM's and SGLang's policies behind one protocol (`engine.Policy`).

Policies keep no sequences: those, their blocks and their counts are the engine's.
"""

from collections.abc import Iterable

from fakeai.sim.engine import Engine
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.types import StepShape


class VllmScheduler:
    """vLLM V1 (v1/core/sched/scheduler.py of 0.33): one budget of tokens a step, running sequences first.

    Running sequences are served in the order of their admission; when blocks are short, the last of them (under the
    priority policy, the least urgent) is preempted and recomputed later. Waiting ones are admitted while budget, places
    and blocks last, unless somebody was preempted in this step. The first that does not fit holds up the others.
    """

    def __init__(self) -> None:
        self._preempted = False
        """Whether somebody was in the step planned last: then who waits was not looked at."""

    def plan(self, engine: Engine, now: float) -> StepShape | None:
        """As `engine.Policy` says."""
        config = engine.config
        decodes = len(engine.decoding)
        drafts = config.speculation.drafts if config.speculation else 0
        blocks = engine.decode_blocks() if decodes else 0
        budget = config.max_num_batched_tokens - decodes * (1 + drafts)
        attention = 0
        chunk = min(_last_prompt(engine), budget) if engine.prefilling else min(0, budget)
        last = engine.prefilling[-1] if chunk > 0 else None
        more = engine.chunk_blocks(last, chunk) if last else 0
        preempted = False
        if blocks + more <= engine.pool.free and chunk >= 0 and budget >= 0:
            if blocks or drafts:
                engine.grant_all(blocks)
            if last:
                attention = engine.chunk(last, chunk)
                budget -= chunk
        else:
            preempted = True
            if chunk >= 0 and not (budget < 0 or drafts or config.priority):
                _make_room(engine, blocks, last, more)
            else:
                budget, attention, preempted = _serve_running(engine, drafts)
            decodes = len(engine.decoding)
            if preempted and not (decodes or engine.chunks):  # nobody was served: the next attempt has one fewer
                engine.rejoin()
                return self.plan(engine, now)
        self._preempted = preempted
        if engine.waiting and not preempted:
            attention += self._admit(engine, now, budget)
        return shape_of(engine, decodes, drafts, attention)

    def repeats(self, engine: Engine) -> bool:
        """Who waits does so until a sequence ends, unless it waits for its turn of steps."""
        return not engine.waiting or not (self._preempted or engine.config.prefill_schedule_interval > 1)

    def repeated(self, steps: int) -> None:
        """Nothing is counted here."""

    def _admit(self, engine: Engine, now: float, budget: int) -> int:
        """Let in what fits; the pairs of tokens that its chunks attend over."""
        config = engine.config
        if engine.decoding and engine.steps % config.prefill_schedule_interval:
            return 0
        attention = 0
        threshold = config.long_prefill_token_threshold or config.max_num_batched_tokens
        waiting, running = engine.waiting, engine.running
        while budget > 0 and waiting and len(running) < config.max_num_seqs:
            sequence = waiting[0]
            if not engine.lora_allowed(sequence.request.lora):
                if not engine.advance_allowed():
                    break
                continue
            if not config.chunked_prefill and sequence.target > budget and running:
                break
            if not engine.admit(sequence, now):
                if not engine.advance_landed():
                    break
                continue
            if sequence.state is State.PREFILLING:
                tokens = min(sequence.target - sequence.computed, budget, threshold)
                attention += engine.chunk(sequence, tokens)
                budget -= tokens
        return attention


def _last_prompt(engine: Engine) -> int:
    """Tokens left of the one prompt under way, if it is the last of the running; 0 without any, -1 if it is otherwise."""
    prefilling = engine.prefilling
    if not prefilling:
        return 0
    config = engine.config
    if (
        len(prefilling) > 1
        or config.long_prefill_token_threshold
        or next(reversed(engine.running)) is not prefilling[0]
    ):
        return -1
    return prefilling[0].target - prefilling[0].computed


def _make_room(engine: Engine, blocks: int, last: Sequence | None, more: int) -> None:
    """Preempt the last admitted until the others have their blocks, as serving them one by one would do.

    `blocks` is what decoding takes, `more` the chunk of the prompt under way, if any: `last` is admitted last. Those
    admitted first have taken all that is free by the time that somebody is preempted.
    """
    taken = 0
    while engine.running:
        victim = next(reversed(engine.running))
        own = more if victim is last else engine.slots(victim)
        others = blocks + more - own
        free = engine.pool.free
        engine.grant_all(min(others, free))
        engine.preempt(victim)
        if others <= free:
            return
        taken += free
        blocks, last, more = engine.decode_blocks() - taken, None, 0
        if blocks <= engine.pool.free:
            engine.grant_all(blocks)
            return


def _serve_running(engine: Engine, drafts: int) -> tuple[int, int, bool]:
    """Serve running sequences in their order, preempting when blocks are short: budget left, attention, whether any was."""
    config, pool = engine.config, engine.pool
    budget = config.max_num_batched_tokens
    attention = 0
    preempted = False
    granted: set[Sequence] = set()
    for sequence in list(engine.running):
        if sequence not in engine.running:
            continue
        decodes = sequence.state is State.DECODING
        tokens = _wanted(engine, sequence, budget, drafts)
        if tokens <= 0:
            if decodes:
                engine.stall(sequence)
            continue
        blocks = engine.slots(sequence) if decodes else engine.chunk_blocks(sequence, tokens)
        while blocks > pool.free and sequence in engine.running:
            victim = _victim(engine)
            if victim is not sequence and victim.number < sequence.number:
                budget += _refund(engine, victim, drafts)
            engine.preempt(victim, granted=victim in granted)
            preempted = True
        if sequence not in engine.running:
            _stall_rest(engine, sequence)
            break
        budget -= tokens
        if not decodes:
            attention += engine.chunk(sequence, tokens)
        elif blocks:
            engine.grant(sequence, blocks)
            granted.add(sequence)
    return budget, attention, preempted


def _stall_rest(engine: Engine, after: Sequence) -> None:
    """Leave out all that were admitted later: one that preempts itself ends the round."""
    for sequence in list(engine.running):
        if sequence.number > after.number and sequence.state is State.DECODING:
            engine.stall(sequence)


def _wanted(engine: Engine, sequence: Sequence, budget: int, drafts: int) -> int:
    """Tokens of a running sequence for this step; 0 if the budget has none for it."""
    config = engine.config
    if sequence.state is State.DECODING:
        return 1 + drafts if budget >= 1 + drafts else 0
    threshold = config.long_prefill_token_threshold or config.max_num_batched_tokens
    tokens = sequence.target - sequence.computed
    if not config.chunked_prefill:
        return tokens
    return min(tokens, budget, threshold)


def _victim(engine: Engine) -> Sequence:
    if engine.config.priority:
        return max(engine.running, key=lambda one: (one.request.priority, one.arrived, one.number))
    return next(reversed(engine.running))


def _refund(engine: Engine, victim: Sequence, drafts: int) -> int:
    """Tokens of the step that a victim served already gives back."""
    if victim.state is State.DECODING:
        return 1 + drafts
    return sum([tokens for sequence, tokens in engine.chunks if sequence is victim])


def shape_of(engine: Engine, decodes: int, drafts: int, attention: int) -> StepShape | None:
    """The step with what was planned; None when that is nothing."""
    chunks = engine.chunks
    if not chunks:
        return StepShape(decodes, engine.decode_kv, 0, 0, 0, 0, decodes * drafts) if decodes else None
    tokens = done = 0
    for sequence, size in chunks:
        tokens += size
        done += sequence.computed + size == sequence.target
    kv = engine.decode_kv if decodes else 0
    return StepShape(decodes, kv, tokens, attention, len(chunks), done, decodes * drafts)


_HORIZON = 4096
"""Tokens that SGLang reckons a sequence may still make, at most."""


class SglangScheduler:
    """SGLang (managers/scheduler.py and schedule_policy.py of 0.5.23): prefill first, and alone.

    A new batch of prompts is run by itself as soon as one can be made; decoding goes on when none can. Admission reckons
    with what running sequences will still make, times a ratio that falls while all goes well and is set anew when
    nothing runs, and when blocks run out: then those with the fewest tokens made are retracted, to be computed again.
    """

    def __init__(self, conservativeness: float = 1.0) -> None:
        self._first_ratio = min(1.0, 0.7 * conservativeness)
        self._floor = self._first_ratio * 0.14
        self._ratio = self._first_ratio

    def plan(self, engine: Engine, now: float) -> StepShape | None:
        """As `engine.Policy` says."""
        attention = self._prefill(engine, now)
        if engine.chunks:
            return shape_of(engine, 0, 0, attention)
        drafts = engine.config.speculation.drafts if engine.config.speculation else 0
        blocks = engine.decode_blocks()
        if blocks > engine.pool.free:
            self._retract(engine)
            blocks = engine.decode_blocks()
        elif engine.decoding:
            self.repeated(1)
        elif not engine.running:  # idle
            self._ratio = self._first_ratio
        if engine.decoding and blocks > engine.pool.free and engine.landed:  # they hold what the one that is left needs
            engine.preempt(next(iter(engine.decoding)))
            return self.plan(engine, now)
        if not engine.decoding or blocks > engine.pool.free:  # the one that is left waits for what is being fetched
            return None
        engine.grant_all(blocks)
        return shape_of(engine, len(engine.decoding), drafts, 0)

    def repeats(self, engine: Engine) -> bool:
        """Only when nobody waits: what admission reckons with changes from step to step."""
        return not engine.waiting

    def repeated(self, steps: int) -> None:
        """The ratio falls with each."""
        while steps and self._ratio > self._floor:
            self._ratio = max(self._floor, self._ratio - (self._first_ratio - self._floor) / 600)
            steps -= 1

    def _prefill(self, engine: Engine, now: float) -> int:
        config = engine.config
        budget = config.max_num_batched_tokens
        attention = 0
        for sequence in list(engine.prefilling):  # at most one: the prompt that was longer than a pass
            tokens = min(sequence.target - sequence.computed, budget)
            if engine.chunk_blocks(sequence, tokens) > engine.pool.free:
                return 0
            attention += engine.chunk(sequence, tokens)
            budget -= tokens
        reserved = self._reserved(engine)
        while budget > 0 and engine.waiting and len(engine.running) < config.max_num_seqs:
            sequence = engine.waiting[0]
            if not engine.lora_allowed(sequence.request.lora):
                if not engine.advance_allowed():
                    break
                continue
            room = (engine.pool.free - config.watermark_blocks) * config.block_size
            left = min(sequence.request.output_tokens - sequence.made, _HORIZON)
            alone = not engine.running and not engine.loading and not engine.holding
            full = not alone and sequence.target + left + config.block_size + reserved > room
            if (full and sequence.state is not State.LOADING) or not engine.admit(sequence, now):
                if not engine.advance_landed():
                    break
                continue
            reserved += left
            if sequence.state is State.PREFILLING:
                tokens = min(sequence.target - sequence.computed, budget)
                attention += engine.chunk(sequence, tokens)
                budget -= tokens
        return attention

    def _reserved(self, engine: Engine) -> float:
        """Tokens that running sequences are reckoned to make still."""
        return self._ratio * sum(
            [min(one.request.output_tokens - engine.made(one), _HORIZON) for one in engine.running]
        )

    def _retract(self, engine: Engine) -> None:
        """Send sequences back until the others can decode; at least one stays."""
        order = sorted(engine.decoding, key=lambda one: (engine.made(one), -one.request.prompt_tokens))
        for sequence in order[:-1]:
            if engine.decode_blocks() <= engine.pool.free:
                break
            engine.preempt(sequence, forget=True)
        self._ratio = min(1.0, self._after_retraction(engine, engine.decoding))

    def _after_retraction(self, engine: Engine, left: Iterable[Sequence]) -> float:
        made = wanted = count = 0
        for sequence in left:
            made += engine.made(sequence)
            wanted += sequence.request.output_tokens
            count += 1
        return (made + 20 * count) / (wanted + 1)
