"""What may stand in requests about vector stores."""

from fakeai.wire.base import parse
from fakeai.wire.vector_stores import VectorStoreFileCreate


def test_numbers_of_attributes_stay_what_they_are() -> None:
    raw = b'{"file_id": "f", "attributes": {"year": 2024, "large": 9007199254740993, "share": 0.5, "done": true}}'
    attributes = parse(VectorStoreFileCreate, raw).attributes
    assert attributes is not None
    assert [(value, type(value)) for value in attributes.values()] == [
        (2024, int),
        (9_007_199_254_740_993, int),
        (0.5, float),
        (True, bool),
    ]
