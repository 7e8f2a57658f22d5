"""The policy of this package's own server of real models (`backends.turns`), as `scheduler` has vLLM's and SGLang's.

By turns: a pass over a part of one prompt, and a pass that gives every running sequence a token. Passes are never joined.
"""

from fakeai.sim.engine import Engine
from fakeai.sim.scheduler import shape_of
from fakeai.sim.types import StepShape

PART = 512
"""Tokens of a prompt that are read in one turn, as in `backends.turns`."""


class TurnsScheduler:
    """First come, first served; the next prompt is begun when the one before is read. Parts have the engine's budget."""

    def __init__(self) -> None:
        self._read = False
        """Whether the step planned last was a prompt's: then it is the others' turn."""

    def plan(self, engine: Engine, now: float) -> StepShape | None:
        """As `engine.Policy` says."""
        if not (self._read and engine.decoding):
            attention = self._prompt(engine, now)
            if engine.chunks:
                self._read = True
                return shape_of(engine, 0, 0, attention)
        self._read = False
        blocks, retracted = self._room(engine)
        if not engine.decoding:
            return self.plan(engine, now) if retracted else None
        engine.grant_all(blocks)
        drafts = engine.config.speculation.drafts if engine.config.speculation else 0
        return shape_of(engine, len(engine.decoding), drafts, 0)

    def repeats(self, engine: Engine) -> bool:
        """While no prompt has a turn."""
        return not (engine.waiting or engine.prefilling)

    def repeated(self, steps: int) -> None:
        """Nothing is counted here."""

    def _prompt(self, engine: Engine, now: float) -> int:
        """Put a part of the prompt that is being read into the step, or of the next one; the pairs it attends over."""
        config = engine.config
        if not engine.prefilling and not self._begin(engine, now):
            return 0
        sequence = engine.prefilling[0]
        tokens = min(sequence.target - sequence.computed, config.max_num_batched_tokens)
        if engine.chunk_blocks(sequence, tokens) > engine.pool.free:
            return 0
        return engine.chunk(sequence, tokens)

    def _begin(self, engine: Engine, now: float) -> bool:
        """Admit the next one; whether a prompt is to be read."""
        while engine.waiting and len(engine.running) < engine.config.max_num_seqs:
            if not engine.lora_allowed(engine.waiting[0].request.lora):
                if not engine.advance_allowed():
                    break
            elif not engine.admit(engine.waiting[0], now):
                if not engine.advance_landed():
                    break
            elif engine.prefilling:
                return True
        return False

    def _room(self, engine: Engine) -> tuple[int, bool]:
        """Blocks of everyone's next token, and whether any was sent back for them: the last to come, until they are there."""
        retracted = False
        while (blocks := engine.decode_blocks()) > engine.pool.free:
            engine.preempt(next(reversed(engine.decoding)))
            retracted = True
        return blocks, retracted
