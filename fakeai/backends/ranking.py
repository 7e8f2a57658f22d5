"""Simulated rerankers: the logits of `content.ranking` at the time a profile or a simulated cluster says."""

from collections.abc import Sequence

from fakeai.backends.base import Ranking
from fakeai.backends.engine_room import EngineRoom
from fakeai.backends.prefill import Prefill
from fakeai.content.ranking import logits
from fakeai.content.tokens import encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import Clock, off_loop
from fakeai.core.generation import Timing
from fakeai.sim.timing import LatencyProfile

_INLINE_TEXTS = 8
_INLINE_CHARACTERS = 2_048
"""What is judged on the event loop: about 1 ms; more goes to a thread."""


class SimulatedRanking:
    """Implements `Ranks` for every model."""

    def __init__(self, clock: Clock, profile: LatencyProfile, engine_room: EngineRoom) -> None:
        self._room = engine_room
        self._prefill = Prefill(clock, profile)
        self._warm = False
        """Whether numpy and the word lists are loaded, which takes the first call 0.1 s."""

    async def rank(self, model: ModelCard, rankings: Sequence[Ranking], timing: Timing) -> list[list[float]]:
        """The logits, due one TTFT from now, or when the model's cluster has read each query with each passage."""
        texts = [text for one in rankings for text in (one.query, *one.passages)]
        driver = self._room.reader(model) if timing == Timing() else None
        due = self._prefill.due(model.id, texts, timing)
        if self._warm and len(texts) <= _INLINE_TEXTS and sum(map(len, texts)) <= _INLINE_CHARACTERS:
            found = _judged(rankings)
        else:
            found = await off_loop(_judged, rankings)
            self._warm = True
        if driver is None:
            await self._prefill.wait(due)
        else:
            await driver.read(await off_loop(_tokens, model, rankings))
        return found


def _judged(rankings: Sequence[Ranking]) -> list[list[float]]:
    return [logits(one.query, one.passages) for one in rankings]


def _tokens(model: ModelCard, rankings: Sequence[Ranking]) -> list[list[int]]:
    enc = encoding(model.encoding)
    return [enc.encode(f"{one.query}\n{passage}") for one in rankings for passage in one.passages]
