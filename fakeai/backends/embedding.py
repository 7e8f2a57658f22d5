"""Simulated embeddings: vectors of `content.embeddings` at the time a profile or a simulated cluster says."""

from collections.abc import Sequence

from fakeai.backends.base import Vectors
from fakeai.backends.engine_room import EngineRoom
from fakeai.backends.prefill import Prefill
from fakeai.content.embeddings import embed
from fakeai.content.tokens import encoding
from fakeai.content.vocabulary import EncodingName
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import Clock, off_loop
from fakeai.core.generation import Timing
from fakeai.sim.timing import LatencyProfile

_INLINE_TEXTS = 8
_INLINE_CHARACTERS = 2_048
"""What is embedded on the event loop: about 1 ms; more goes to a thread."""


class SimulatedEmbedding:
    """Implements `Embeds` for every model, each with a space of its own."""

    def __init__(self, clock: Clock, profile: LatencyProfile, engine_room: EngineRoom) -> None:
        self._room = engine_room
        self._prefill = Prefill(clock, profile)
        self._warm = False
        """Whether numpy and the word lists are loaded, which takes the first call 0.1 s."""

    async def embed(
        self, model: ModelCard, texts: Sequence[str | tuple[int, ...]], dimensions: int, timing: Timing
    ) -> Vectors:
        """Vectors of `texts`, due one TTFT from now, or when the model's cluster has read them."""
        read = [text for text in texts if isinstance(text, str)]
        assert len(read) == len(texts), "simulated models are given words"
        driver = self._room.reader(model) if timing == Timing() else None
        due = self._prefill.due(model.id, read, timing)
        if self._warm and len(read) <= _INLINE_TEXTS and sum(map(len, read)) <= _INLINE_CHARACTERS:
            vectors = embed(read, dimensions, model.id)
        else:
            vectors = await off_loop(embed, read, dimensions, model.id)
            self._warm = True
        if driver is None:
            await self._prefill.wait(due)
        else:
            await driver.read(await off_loop(_tokens, read, model.encoding))
        return Vectors(vectors)


def _tokens(texts: Sequence[str], vocabulary: EncodingName) -> list[list[int]]:
    return [encoding(vocabulary).encode(text) for text in texts]
