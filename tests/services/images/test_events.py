"""Pictures on their way."""

import json
from base64 import b64decode
from collections.abc import AsyncGenerator

from fakeai.backends.base import Drawn
from fakeai.services.images.events import event, events
from tests.services.images.test_plans import planned

PLAN = planned(stream=True, partial_images=1, user="u")


def read(framed: bytes) -> dict[str, object]:
    name, data, end = framed.decode().split("\n", 2)
    assert end == "\n"
    told: dict[str, object] = json.loads(data.removeprefix("data: "))
    assert name == f"event: {told['type']}"
    return told


def test_partial_pictures_are_counted_and_the_last_one_has_its_usage() -> None:
    early, last = read(event(PLAN, Drawn(b"1", 0), 7)), read(event(PLAN, Drawn(b"2"), 7))
    assert (early["type"], early["partial_image_index"]) == ("image_generation.partial_image", 0)
    assert last["type"] == "image_generation.completed"
    assert last["usage"] == {key: value for key, value in (PLAN.usage or {}).items() if key != "output_tokens_details"}
    assert (early["created_at"], last["safety_identifier"], b64decode(str(last["b64_json"]))) == (7, "u", b"2")
    assert "usage" not in early


def test_edits_have_names_of_their_own() -> None:
    assert read(event(PLAN._replace(kind="edit"), Drawn(b"1"), 7))["type"] == "image_edit.completed"


async def test_each_is_a_burst() -> None:
    async def drawn() -> AsyncGenerator[Drawn, None]:
        yield Drawn(b"1", 0)
        yield Drawn(b"2")

    assert [len(burst) async for burst in events(PLAN, drawn(), 7)] == [1, 1]
