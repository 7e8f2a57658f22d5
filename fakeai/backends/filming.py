"""Simulated films: those of `content.film`. How long that takes is up to who orders them; here they are made at once.

They are made in a thread of their own, one after another: a film takes a second of processor time and more.
"""

from fakeai.backends.drawing import Studio
from fakeai.content.film import Film, FilmWish, film
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import in_pool


class SimulatedFilming:
    """Implements `Films` for every model."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def film(self, model: ModelCard, wish: FilmWish) -> Film:
        """The film."""
        return await in_pool(self._studio.films, film, wish)
