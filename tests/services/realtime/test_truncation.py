"""What a model is not told of a conversation that is too long."""

import pytest

from fakeai.services.realtime.conversation import Entry
from fakeai.services.realtime.truncation import Entries, shorter, within

ENTRIES = tuple(Entry({"id": str(number)}) for number in range(10))


async def ten_each(entries: Entries) -> int:
    return 10 * len(entries)


def ratio(part: float, most: int | None = None) -> dict[str, object]:
    limits = {} if most is None else {"token_limits": {"post_instructions": most}}
    return {"type": "retention_ratio", "retention_ratio": part, **limits}


@pytest.mark.parametrize(
    ("truncation", "left"),
    [
        ("auto", 10),
        ("disabled", 10),
        (ratio(0.5), 10),
        (ratio(0.5, 100), 10),
        (ratio(0.5, 99), 4),
        (ratio(0.8, 50), 4),
        (ratio(1.0, 50), 5),
        (ratio(0.0, 50), 1),
        (ratio(1.0, 0), 1),
    ],
)
async def test_a_limit_of_tokens_is_kept_to_its_part(truncation: object, left: int) -> None:
    assert await within(ENTRIES, truncation, ten_each) == ENTRIES[-left:]


async def test_of_nothing_nothing_is_left_out() -> None:
    assert await within((), ratio(0.5, 0), ten_each) == ()


@pytest.mark.parametrize(
    ("truncation", "left"), [("auto", 5), (ratio(0.8), 8), (ratio(1.0), 9), (ratio(0.0), 1), ("disabled", None)]
)
def test_what_the_model_has_no_room_for_is_left_out(truncation: object, left: int | None) -> None:
    assert shorter(ENTRIES, truncation) == (None if left is None else ENTRIES[-left:])
    assert shorter(ENTRIES[:1], truncation) is None
