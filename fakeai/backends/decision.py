"""Simulated decisions: answers of `content.decisions` at the time a profile says."""

from collections.abc import Sequence
from hashlib import blake2b

from fakeai.backends.prefill import Prefill
from fakeai.content.decisions import Question, decide
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.clock import Clock, off_loop
from fakeai.core.generation import Timing
from fakeai.sim.timing import LatencyProfile

_INLINE_CHARACTERS = 4_096
"""What is decided on the event loop: about 2 ms; more goes to a thread."""


class SimulatedDecision:
    """Implements `Decides` for every model."""

    def __init__(self, clock: Clock, profile: LatencyProfile, seed: bytes) -> None:
        self._prefill = Prefill(clock, profile)
        self._seed = seed

    async def decide(
        self, model: ModelCard, text: str, questions: Sequence[Question], timing: Timing
    ) -> list[list[float] | None]:
        """Probabilities, due one TTFT from now. Equal texts and questions have equal answers."""
        due = self._prefill.due(model.id, [text, *(question.text for question in questions)], timing)
        digest = blake2b(f"{model.id}\0{text}".encode("utf-8", "surrogatepass"), key=self._seed).digest()
        chance = Chance.of_digest(digest)
        if len(text) + sum(map(_size, questions)) <= _INLINE_CHARACTERS:
            answers = decide(text, questions, chance)
        else:
            answers = await off_loop(decide, text, questions, chance)
        await self._prefill.wait(due)
        return answers


def _size(question: Question) -> int:
    return len(question.text) + sum([len(str(one.value)) + len(one.description) for one in question.options])
