"""Examples are complete, always the same, and of their type."""

from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict

from fakeai.wire.base import Deleted
from fakeai.wire.example import example


class Part(TypedDict):
    kind: Literal["text", "image"]
    size: int


class Thing(TypedDict):
    id: str
    object: Literal["thing"]
    name: str
    owner_id: str
    created_at: int
    expires_at: int | None
    score: float
    ready: bool
    part: Part
    either: Part | str
    parts: list[Part]
    labels: dict[str, str]
    annotated: Annotated[int, "unit"]
    extra: NotRequired[str]


def test_an_example_has_what_is_required_and_nothing_else() -> None:
    made = example(Thing, "thing_1", id="thing_1")
    assert set(made) == Thing.__required_keys__
    assert made == {
        "id": "thing_1",
        "object": "thing",
        "name": "name",
        "owner_id": made["owner_id"],
        "created_at": made["created_at"],
        "expires_at": None,
        "score": 0.0,
        "ready": False,
        "part": {"kind": "text", "size": 0},
        "either": {"kind": "text", "size": 0},
        "parts": [],
        "labels": {},
        "annotated": 0,
    }
    assert made["owner_id"].startswith("owner_id_")
    assert 1_700_000_000 <= made["created_at"] < 1_740_000_000


def test_the_seed_decides() -> None:
    assert example(Thing, "a") == example(Thing, "a")
    assert example(Thing, "a") != example(Thing, "b")


def test_what_is_given_wins_and_may_be_more() -> None:
    assert example(Deleted, "x", deleted=True, id="x", more=1) == {
        "id": "x",
        "object": "object",
        "deleted": True,
        "more": 1,
    }
