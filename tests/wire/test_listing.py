"""Queries of lists: how they are read, and refused."""

from collections.abc import Mapping, Sequence

import pytest
from openai.types.chat.completion_list_params import CompletionListParams

from fakeai.core.errors import BadRequest
from fakeai.wire.listing import ListQuery, Query, number, one_of


def test_an_empty_query_means_the_first_twenty() -> None:
    assert ListQuery.from_query({}) == ListQuery(None, None, 20, "desc", {}, {})
    assert ListQuery.from_query({}, default=5, order="asc") == ListQuery(None, None, 5, "asc", {}, {})


def test_every_parameter_is_read() -> None:
    query = {
        "after": ["chatcmpl-1"],
        "limit": ["5"],
        "order": ["asc"],
        "model": ["gpt-4o"],
        "metadata[team]": ["red"],
        "metadata[a[b]]": ["c"],
        "colour": ["green"],
    }
    expected = ListQuery("chatcmpl-1", None, 5, "asc", {"team": "red", "a[b]": "c"}, query)
    found = ListQuery.from_query(query)
    assert found == expected
    assert (found.text("model"), found.text("nothing"), found.newest_first) == ("gpt-4o", None, False)
    assert set(CompletionListParams.__annotations__) == {"after", "limit", "order", "model", "metadata"}


def test_the_last_of_several_values_counts_and_empty_ones_do_not() -> None:
    query: Query = {"limit": ["1", "2"], "after": [""], "model": []}
    assert ListQuery.from_query(query) == ListQuery(limit=2, given=query)
    assert ListQuery.from_query(query).text("model") is None


@pytest.mark.parametrize(("text", "limit"), [("0", 0), ("1", 1), ("100", 100), ("", 20), ("-0", 0)])
def test_a_limit_is_at_most_a_hundred(text: str, limit: int) -> None:
    assert ListQuery.from_query({"limit": [text]}).limit == limit


BAD: list[tuple[Mapping[str, Sequence[str]], str, str, str]] = [
    (
        {"limit": ["101"]},
        "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
        "limit",
        "integer_above_max_value",
    ),
    (
        {"limit": ["-1"]},
        "Invalid 'limit': integer below minimum value. Expected a value >= 0, but got -1 instead.",
        "limit",
        "integer_below_min_value",
    ),
    (
        {"limit": ["ten"]},
        "Invalid type for 'limit': expected an integer, but got a string instead.",
        "limit",
        "invalid_type",
    ),
    (
        {"limit": ["9" * 5000]},
        "Invalid type for 'limit': expected an integer, but got a string instead.",
        "limit",
        "invalid_type",
    ),
    (
        {"limit": ["٣"]},
        "Invalid type for 'limit': expected an integer, but got a string instead.",
        "limit",
        "invalid_type",
    ),
    ({"order": ["up"]}, "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.", "order", "invalid_value"),
]


@pytest.mark.parametrize(("query", "message", "param", "code"), BAD)
def test_a_bad_query_is_told_as_openai_tells_it(
    query: Mapping[str, Sequence[str]], message: str, param: str, code: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        ListQuery.from_query(query)
    assert (refused.value.message, refused.value.param, refused.value.code) == (message, param, code)


def test_arrays_are_read_however_they_are_written() -> None:
    query = {"ids[]": ["a", "b"], "ids": ["c"], "ids[0]": ["d"], "ids[x]": ["e"], "other": ["f"]}
    assert ListQuery.from_query(query).many("ids") == ["a", "b", "c", "d"]


def test_numbers_and_words_have_bounds_of_their_own() -> None:
    assert number({"n": ["7"]}, "n", 1, 0, 7) == 7
    with pytest.raises(BadRequest, match="<= 6"):
        number({"n": ["7"]}, "n", 1, 0, 6)
    assert one_of({"status": ["a"]}, "status", ("a", "b")) == "a"
    assert one_of({}, "status", ("a", "b")) is None
    with pytest.raises(BadRequest, match="'a' and 'b'"):
        one_of({"status": ["c"]}, "status", ("a", "b"))
