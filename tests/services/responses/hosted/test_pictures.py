"""Pictures are drawn as they are wanted, coarser ones first; equal wishes give equal pictures."""

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from fakeai.backends.base import Drawn, PictureOrder
from fakeai.core import catalog
from fakeai.services.responses.hosted import pictures
from fakeai.wire.responses.tools import ImageGenerationTool
from tests.content.images_made import png

from .conftest import CarryOut, made

CARD = catalog.load().get("gpt-image-1")


class Drawer:
    """Remembers what was ordered."""

    def __init__(self) -> None:
        self.orders: list[PictureOrder] = []

    async def draw(self, order: PictureOrder) -> AsyncGenerator[Drawn, None]:
        """As many coarser ones as are ordered."""
        self.orders.append(order)
        for number in range(order.partials):
            yield Drawn(b"coarse", number)
        yield Drawn(b"picture")


async def draw(carry_out: CarryOut, sources: tuple[bytes, ...] = (), prompt: str = "a cat", **wish: Any) -> Any:
    drawer, wanted = Drawer(), ImageGenerationTool(type="image_generation", **wish)
    assert CARD is not None
    call, told = await carry_out(
        pictures.offer(made("ig_1"), wanted, CARD, drawer, sources), json.dumps({"prompt": prompt})
    )
    return call, told, drawer.orders[0]


async def test_a_picture_is_told_step_by_step(carry_out: CarryOut) -> None:
    call, told, order = await draw(carry_out, partial_images=2, size="512x256", background="transparent", quality="low")
    assert [name.removeprefix("image_generation_call.") for name in told] == [
        "in_progress",
        "generating",
        "partial_image",
        "partial_image",
        "completed",
    ]
    assert b64decode(call.item["result"]) == b"picture"
    assert (order.prompt, order.width, order.height, order.transparent, order.quality) == (
        "a cat",
        512,
        256,
        True,
        "low",
    )
    assert call.item["revised_prompt"] == "a cat"
    assert (call.item["size"], call.item["action"]) == ("512x256", "generate")


@pytest.mark.parametrize(
    ("action", "prompt", "edited"),
    [
        (None, "Now make it blue.", True),
        (None, "Draw a dog.", False),
        ("auto", "Remove the hat.", True),
        ("edit", "Draw a dog.", True),
        ("generate", "Now make it blue.", False),
    ],
)
async def test_pictures_of_the_conversation_are_edited_where_that_is_wanted(
    carry_out: CarryOut, action, prompt, edited
) -> None:
    wish = {} if action is None else {"action": action}
    call, _, order = await draw(carry_out, (b"source",), prompt, **wish)
    assert (order.sources, call.item["action"]) == (((b"source",), "edit") if edited else ((), "generate"))


async def test_what_is_not_wished_for_has_what_stands_for_it(carry_out: CarryOut) -> None:
    call, _, order = await draw(carry_out, size="auto", quality="auto")
    assert (order.width, order.height, order.format, order.partials) == (1024, 1024, "png", 0)
    assert (call.item["quality"], call.item["background"]) == ("high", "opaque")
    again = (await draw(carry_out, size="auto", quality="auto"))[2]
    assert order.digest == again.digest


def test_a_conversation_has_come_to_its_last_picture() -> None:
    old, new = png(8, 8), png(9, 9)
    sent = {"type": "input_image", "image_url": "data:image/png;base64," + b64encode(new).decode()}
    asks = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Look"}, sent, sent]}
    drawn = {"type": "image_generation_call", "result": b64encode(old).decode()}
    said = {"type": "message", "role": "user", "content": "And now?"}
    assert pictures.shown([drawn, asks, said]) == (new, new)
    assert pictures.shown([asks, drawn, said]) == (old,)
    for unreadable in ({**drawn, "result": None}, {**drawn, "result": "aGk="}, {**drawn, "result": "?"}):
        assert pictures.shown([said, unreadable]) == ()
    assert pictures.shown([{"type": "program", "role": "user", "content": ["none"]}]) == ()
