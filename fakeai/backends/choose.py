"""Who answers for a model: a real one where the settings name it, the simulation for all others."""

from collections.abc import Sequence

from fakeai.backends.base import Embeds, Vectors
from fakeai.backends.live import Live
from fakeai.backends.local import LocalModels
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import Clock, off_loop
from fakeai.core.events import Bus
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, GenerateRequest, Generates, Timing


class ChosenModel:
    """Implements `Generates` for every model."""

    def __init__(self, simulated: Generates, local: LocalModels, clock: Clock, bus: Bus) -> None:
        self._simulated = simulated
        self._local = local
        self._clock = clock
        self._bus = bus

    def generate(self, request: GenerateRequest) -> Feed[Burst]:
        """The answer. Raises ValueError as the model's own backend does."""
        model = request.model
        if not model.own_tokens:
            return self._simulated.generate(request)
        return Feed(Live(self._local.text(model.id), request, self._clock, self._bus))


class ChosenEmbedding:
    """Implements `Embeds` for every model."""

    def __init__(self, simulated_embedder: Embeds, local: LocalModels) -> None:
        self._simulated = simulated_embedder
        self._local = local

    async def embed(
        self, model: ModelCard, texts: Sequence[str | tuple[int, ...]], dimensions: int, timing: Timing
    ) -> Vectors:
        """The vectors. Raises ValueError as the model's own backend does."""
        if not model.own_tokens:
            return await self._simulated.embed(model, texts, dimensions, timing)
        return await off_loop(self._local.vectors(model.id).embed, texts, dimensions)
