"""Pictures, each when it is due."""

import asyncio
from io import BytesIO

import pytest
from PIL import Image

from fakeai.backends.base import Drawn, PictureOrder
from fakeai.backends.drawing import SimulatedDrawing, Studio
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest
from fakeai.testing import run_virtual

ORDER = PictureOrder(ModelCard("gpt-image-2", "image"), "a red house", 64, 48, b"1")


def drawn(order: PictureOrder, seconds: float = 0.0) -> tuple[list[Drawn], list[float]]:
    """What is drawn, and when, in virtual time."""

    async def run() -> tuple[list[Drawn], list[float]]:
        made, times = [], []
        async for one in SimulatedDrawing(WallClock(), Studio(), seconds).draw(order):
            made.append(one)
            times.append(round(asyncio.get_running_loop().time(), 6))
        return made, times

    return run_virtual(run())


def test_partial_pictures_come_at_equal_distances_before_the_picture() -> None:
    made, times = drawn(ORDER._replace(partials=3), 8.0)
    assert [one.partial for one in made] == [0, 1, 2, None]
    assert times == [2.0, 4.0, 6.0, 8.0]
    assert len({one.data for one in made}) == 4


def test_equal_orders_give_equal_bytes_however_they_are_delivered() -> None:
    plain, _ = drawn(ORDER)
    assert drawn(ORDER._replace(partials=2), 5.0)[0][-1] == plain[0]
    assert drawn(ORDER._replace(digest=b"2"))[0] != plain


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif"])
def test_the_format_is_the_one_ordered(kind: str) -> None:
    ((one,), _) = drawn(ORDER._replace(format=kind, frames=3))  # type: ignore[arg-type]
    with Image.open(BytesIO(one.data)) as image:
        assert (image.format, image.size) == (kind.upper(), (64, 48))
        assert getattr(image, "n_frames", 1) == (3 if kind == "gif" else 1)


def test_an_svg_takes_as_long_as_a_picture() -> None:
    made, times = drawn(ORDER._replace(format="svg", partials=2), 3.0)
    assert made[0].data.startswith(b"<svg")
    assert times == [3.0]


def test_a_source_that_cannot_be_decoded_is_refused_first() -> None:
    with pytest.raises(BadRequest):
        drawn(ORDER._replace(sources=(b"no picture",), partials=3), 5.0)


def test_threads_make_what_virtual_time_makes() -> None:
    async def several() -> list[Drawn]:
        drawing = SimulatedDrawing(WallClock(), Studio(), 0.0)
        return await asyncio.gather(*(_first(drawing) for _ in range(5)))

    assert set(asyncio.run(several())) == set(drawn(ORDER)[0])


async def _first(drawing: SimulatedDrawing) -> Drawn:
    (one,) = [one async for one in drawing.draw(ORDER)]
    return one


def test_threads_are_there_once_they_are_needed() -> None:
    studio = Studio()
    assert studio.pictures is studio.pictures
    assert studio.films is not studio.pictures
