"""One engine: sequences that wait, prefill and decode in steps over one pool of blocks. Time is an argument.

What a step holds is decided by a policy (`scheduler`), how long it takes by a timing; neither knows the clock. A run of
steps that only decode is taken in one jump, with the same times to the bit as step by step.

Not modelled: the gap between steps (engines schedule the next step while one runs) and sampling.
"""

from math import inf
from typing import Literal, Protocol

import numpy as np

from fakeai.core.chance import Chance
from fakeai.sim.engine_config import EngineConfig
from fakeai.sim.residents import Handover, Residents
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.types import Observer, SimRequest, StepShape, StepTiming

_LONGEST_JUMP = 4096
"""Steps taken at once, at most: what is computed for steps beyond the time asked for is thrown away."""
_COUNTED = np.arange(float(_LONGEST_JUMP))
"""0, 1, 2 …: made once, and read-only."""
_COUNTED.flags.writeable = False


class Policy(Protocol):
    """What goes into the next step."""

    def plan(self, engine: "Engine", now: float) -> StepShape | None:
        """Admit, chunk and preempt at `now` through the engine's methods; the step's shape, or None for nothing to do."""

    def repeats(self, engine: "Engine") -> bool:
        """Whether the decode step just planned would be planned again and again until a sequence ends or blocks are short."""

    def repeated(self, steps: int) -> None:
        """So many more of it have been taken."""


class Engine(Residents):
    """The state of one engine. `advance` makes time pass; everything else happens at the time it has advanced to."""

    def __init__(
        self, worker: int, config: EngineConfig, timing: StepTiming, policy: Policy, observer: Observer | None,
        chance: Chance, *, prefill_only: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(worker, config, observer, chance)
        self.timing = timing
        self.policy = policy
        self.prefill_only = prefill_only
        self.speed = config.speed
        """Of its steps; may be set at any time, and counts from the next step on."""
        self.steps = 0
        self.step_tokens = 0
        self.asleep = False
        self._start = 0.0
        self._shape = StepShape(0, 0)

    # -- what goes in and out

    def submit(self, sequence: Sequence) -> None:
        """Queue a sequence at `now`. Its blocks must fit: `fits` says so."""
        sequence.worker = self.worker
        self.pending_tokens += sequence.target - sequence.computed
        if self.config.priority:
            self._insert(sequence)
        else:
            self._queue_last(sequence)
        self.kick(self.now + self.config.wake_s)

    def fits(self, request: SimRequest) -> bool:
        """Whether the request, with all it will make, fits into an empty pool."""
        config = self.config
        room = (config.blocks - config.watermark_blocks) * config.block_size
        return request.prompt_tokens + request.output_tokens <= room

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

    def sleep(self, asleep: bool) -> None:
        """Begin no step from `now` on, or begin them again."""
        if self.asleep and not asleep:
            self._wake = None  # what it was to wake for while it slept is long past
        self.asleep = asleep
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

    # -- time

    def next_at(self) -> float | None:
        """When it will next do something by itself."""
        if self._end is not None:
            return self._end
        return self._idle_until()

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
        duration = self.timing.seconds(shape) / self.speed
        end = now + duration
        if end + duration < until and not (shape.prefills or shape.drafts or self.stalled or self.outbox):
            end = self._jump(now, until, shape, duration)
        self._end = end

    def _jump(self, now: float, until: float, shape: StepShape, duration: float) -> float:
        """Take all steps but the last of a run of steps that only decode; the last one's end, which may be after `until`.

        The run ends with the first sequence that does, with the first step after `until`, with something that has been
        loaded, or with the pool's blocks.
        """
        steps = self._finish_heap[0] - self.decode_steps
        if steps == 1 or not self.policy.repeats(self):
            return now + duration
        landing = self._loads[0][0] if self._loads else inf
        until = min(until, landing)
        steps = int(min(steps, max(0.0, until - now) / duration + 2.0, _LONGEST_JUMP))
        count = len(self.decoding)
        contexts = _COUNTED[:steps] * count
        contexts += shape.decode_kv
        ends = self.timing.decode_seconds(count, contexts)
        if self.speed != 1.0:
            ends /= self.speed
        ends[0] += now
        np.add.accumulate(ends, out=ends)
        side: Literal["left", "right"] = (
            "left" if until == landing else "right"
        )  # the step after one that ends with a landing is another
        steps, taken = self._affordable(min(int(ends.searchsorted(until, side)) + 1, steps))
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

    def _complete(self, end: float) -> None:
        self.now = end
        self._end = None
        self._in_step = False
        shape = self._shape
        first = self._prefilled() if self.chunks else []
        tokens = sum([not self._hands_over(one) for one in first]) if first else 0
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
        if shape.decodes and self._finish_heap and self._finish_heap[0] <= self.decode_steps:
            for sequence in self._finished():
                del self.running[sequence]
                self._release(sequence)
                self._finish(sequence, "stop")
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

    def _hands_over(self, sequence: Sequence) -> bool:
        """Whether another engine makes the token that a sequence's prompt is followed by."""
        return self.prefill_only and sequence.request.output_tokens > 1

    def _token(self, sequence: Sequence, now: float) -> None:
        """A sequence whose prompt is complete makes a token: its first one, or the next after a preemption."""
        if self._hands_over(sequence):
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
