"""Films, made in a thread of their own."""

from fakeai.backends.drawing import Studio
from fakeai.backends.filming import SimulatedFilming
from fakeai.content.film import FilmWish, Shot, film
from fakeai.core.catalog import ModelCard

WISH = FilmWish((Shot("a red house", 1, b"1"),), 160, 96)


async def test_a_film_is_that_of_its_wish() -> None:
    assert await SimulatedFilming(Studio()).film(ModelCard("sora-2", "video"), WISH) == film(WISH)
