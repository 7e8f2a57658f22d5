"""Simulated moderation: verdicts of `content.moderation` at the time a profile says."""

from collections.abc import Sequence

from fakeai.backends.base import Sample
from fakeai.backends.prefill import Prefill
from fakeai.content.moderation import Kind, Verdict, moderate
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import Clock, off_loop
from fakeai.core.generation import Timing
from fakeai.sim.timing import LatencyProfile

_INLINE_SAMPLES = 32
_INLINE_CHARACTERS = 8_192
"""What is judged on the event loop: about 2 ms; more goes to a thread."""


class SimulatedModeration:
    """Implements `Moderates` for every model."""

    def __init__(self, clock: Clock, profile: LatencyProfile) -> None:
        self._prefill = Prefill(clock, profile)

    async def moderate(self, model: ModelCard, samples: Sequence[Sample], timing: Timing) -> list[Verdict]:
        """Verdicts on `samples`, due one TTFT from now."""
        texts = [sample.text for sample in samples]
        due = self._prefill.due(model.id, texts, timing)
        kind: Kind = "text" if model.id.startswith("text-moderation") else "omni"
        if len(samples) <= _INLINE_SAMPLES and sum(map(len, texts)) <= _INLINE_CHARACTERS:
            verdicts = _judge(samples, kind)
        else:
            verdicts = await off_loop(_judge, samples, kind)
        await self._prefill.wait(due)
        return verdicts


def _judge(samples: Sequence[Sample], kind: Kind) -> list[Verdict]:
    verdicts = [moderate(sample.text, sample.images, kind) for sample in samples]
    if kind == "omni":
        return verdicts
    return [verdict._replace(applied_input_types={}) for verdict in verdicts]  # the text models do not tell them
