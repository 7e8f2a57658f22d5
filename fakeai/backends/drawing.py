"""Simulated pictures: those of `content.pictures_made`, each when the settings say that it is due.

They are made in two threads of their own: so the event loop shares the interpreter with two of them at most, however
many are ordered, and those that wait take no memory for pixels.
"""

from collections.abc import AsyncGenerator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING

from fakeai.backends.base import Drawn, PictureOrder
from fakeai.content import pictures_made
from fakeai.content.pictures import Wish
from fakeai.content.pictures_files import Format
from fakeai.content.pictures_made import Given
from fakeai.core.clock import Clock, in_pool

if TYPE_CHECKING:
    from PIL.Image import Image

_THREADS = 2


class Studio:
    """Where pictures and films of one App are made: its threads are there once they are needed."""

    def __init__(self) -> None:
        self._pictures: Executor | None = None
        self._films: Executor | None = None

    @property
    def pictures(self) -> Executor:
        """Threads for pictures: tenths of a second each."""
        if self._pictures is None:
            self._pictures = ThreadPoolExecutor(_THREADS, "pictures")
        return self._pictures

    @property
    def films(self) -> Executor:
        """A thread for films: seconds each, which no picture shall wait for."""
        if self._films is None:
            self._films = ThreadPoolExecutor(1, "films")
        return self._films


class SimulatedDrawing:
    """Implements `Draws` for every model."""

    def __init__(self, clock: Clock, studio: Studio, image_s: float) -> None:
        self._clock = clock
        self._studio = studio
        self._seconds = image_s

    async def draw(self, order: PictureOrder) -> AsyncGenerator[Drawn, None]:
        """As `Draws.draw`. Partial pictures are due at equal distances before the picture."""
        begun = self._clock.now()
        pool = self._studio.pictures
        kind = order.format
        if kind == "gif" or kind == "svg":
            data = await in_pool(pool, _moving_or_drawn, order)
            await self._clock.sleep_until(begun + self._seconds)
            yield Drawn(data)
            return
        image, data = await in_pool(pool, _made, order, kind)
        for step in range(order.partials):
            coarse = await in_pool(pool, pictures_made.partial, image, step, kind, order.compression)
            await self._clock.sleep_until(begun + self._seconds * (step + 1) / (order.partials + 1))
            yield Drawn(coarse, step)
        await self._clock.sleep_until(begun + self._seconds)
        yield Drawn(data)


def _wish(order: PictureOrder) -> Wish:
    return Wish(
        order.prompt, order.width, order.height, order.digest, order.transparent, order.quality == "low", order.style
    )


def _made(order: PictureOrder, kind: Format) -> "tuple[Image, bytes]":
    given = Given(order.sources, order.mask, order.markup, order.varied)
    image = pictures_made.picture(_wish(order), given)
    return image, pictures_made.written(image, kind, order.compression)


def _moving_or_drawn(order: PictureOrder) -> bytes:
    if order.format == "svg":
        return pictures_made.vectors(_wish(order))
    return pictures_made.animation(_wish(order), order.frames, order.frame_ms)
