"""Filters of attributes."""

from typing import Any

import pytest

from fakeai.content.filters import DEEPEST, MOST, matcher

HERE: dict[str, Any] = {"year": 2024.0, "topic": "ships", "draft": True}


def compare(type: str, key: str, value: Any) -> dict[str, Any]:
    return {"type": type, "key": key, "value": value}


@pytest.mark.parametrize(
    ("filter", "matches"),
    [
        (compare("eq", "year", 2024), True),
        (compare("eq", "draft", 1), False),
        (compare("eq", "draft", True), True),
        (compare("eq", "none", 1), False),
        (compare("ne", "topic", "cars"), True),
        (compare("ne", "none", 1), True),
        (compare("gt", "year", 2023), True),
        (compare("gt", "year", 2024), False),
        (compare("gte", "year", 2024), True),
        (compare("lt", "topic", "t"), True),
        (compare("lte", "year", 2023.5), False),
        (compare("lt", "topic", 5), False),
        (compare("gt", "draft", False), False),
        (compare("gt", "year", [1]), False),
        (compare("in", "topic", ["cars", "ships"]), True),
        (compare("in", "none", ["x"]), False),
        (compare("nin", "topic", ["cars"]), True),
        (compare("nin", "topic", ["ships"]), False),
    ],
)
def test_comparisons(filter: dict[str, Any], matches: bool) -> None:
    assert matcher(filter)(HERE) is matches


def test_compound_filters_nest() -> None:
    yes, no = compare("eq", "year", 2024), compare("eq", "year", 1)
    assert matcher({"type": "or", "filters": [no, {"type": "and", "filters": [yes, yes]}]})(HERE)
    assert not matcher({"type": "and", "filters": [yes, {"type": "or", "filters": [no, no]}]})(HERE)


def test_filters_have_bounds() -> None:
    deep = compare("eq", "year", 2024)
    for _ in range(DEEPEST - 1):
        deep = {"type": "and", "filters": [deep]}
    assert matcher(deep)(HERE)
    with pytest.raises(ValueError, match="deep"):
        matcher({"type": "or", "filters": [deep]})
    with pytest.raises(ValueError, match="comparisons"):
        matcher({"type": "or", "filters": [compare("eq", "a", 1)] * (MOST + 1)})
