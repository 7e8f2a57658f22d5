"""Lists of stored completions: how a query is read, and the body of an update."""

from collections.abc import Mapping, Sequence

import pytest
from openai.types.chat.completion_list_params import CompletionListParams

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.stored_chat import ListQuery, StoredUpdate


def test_an_empty_query_means_the_first_twenty() -> None:
    assert ListQuery.from_query({}) == ListQuery(after=None, limit=20, order="asc", model=None, metadata={})


def test_every_parameter_is_read() -> None:
    query = {
        "after": ["chatcmpl-1"],
        "limit": ["5"],
        "order": ["desc"],
        "model": ["gpt-4o"],
        "metadata[team]": ["red"],
        "metadata[a[b]]": ["c"],
        "colour": ["green"],
    }
    expected = ListQuery("chatcmpl-1", 5, "desc", "gpt-4o", {"team": "red", "a[b]": "c"})
    assert ListQuery.from_query(query) == expected
    assert set(CompletionListParams.__annotations__) == {"after", "limit", "order", "model", "metadata"}


def test_the_last_of_several_values_counts_and_empty_ones_do_not() -> None:
    assert ListQuery.from_query({"limit": ["1", "2"], "after": [""], "model": []}) == ListQuery(limit=2)


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


def test_an_update_sets_or_clears_the_metadata() -> None:
    assert parse(StoredUpdate, b'{"metadata": {"a": "b"}}').metadata == {"a": "b"}
    assert parse(StoredUpdate, b'{"metadata": null}').metadata is None
    with pytest.raises(BadRequest, match=r"^Missing required parameter: 'metadata'.$"):
        parse(StoredUpdate, b"{}")
