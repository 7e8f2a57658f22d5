"""Queries for usage are read as OpenAI reads them: widths, pages, groups and filters, or a refusal that names the fault."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.usage_page import page_of
from fakeai.wire.usage_query import UsageQuery

DAY = 86_400
NOW = 100 * DAY + 5_000


def read(costs: bool = False, easy: bool = False, **query: Any) -> UsageQuery:
    given = {name: [value] if isinstance(value, str) else value for name, value in query.items()}
    return UsageQuery.from_query(
        given, NOW, by=("model", "project_id"), only=("models", "project_ids"), costs=costs, easy=easy
    )


def test_buckets_begin_where_asked_and_end_with_the_day() -> None:
    query = read(start_time=str(98 * DAY + 100))
    assert query.buckets() == [(98 * DAY + 100, 99 * DAY), (99 * DAY, 100 * DAY), (100 * DAY, 101 * DAY)]
    assert read(start_time=str(98 * DAY), end_time=str(99 * DAY)).buckets() == [(98 * DAY, 99 * DAY)]


@pytest.mark.parametrize(("width", "default", "most"), [("1m", 60, 1440), ("1h", 24, 168), ("1d", 7, 31)])
def test_a_page_has_so_many_buckets_by_width(width: str, default: int, most: int) -> None:
    assert len(read(start_time="0", bucket_width=width).buckets()) == default
    assert len(read(start_time="0", bucket_width=width, limit=str(most)).buckets()) == min(
        most, 101 if width == "1d" else most
    )
    with pytest.raises(BadRequest, match="above maximum"):
        read(start_time="0", bucket_width=width, limit=str(most + 1))


def test_costs_are_by_the_day_and_longer() -> None:
    assert len(read(costs=True, start_time="0", limit="100").buckets()) == 100
    with pytest.raises(BadRequest, match="'1d'"):
        read(costs=True, start_time="0", bucket_width="1h")


def test_groups_and_filters_may_be_written_in_any_way() -> None:
    query = read(
        start_time="0", **{"group_by[]": ["model", "project_id", "model"], "models": ["a"], "project_ids[0]": ["p"]}
    )
    assert query.by == ("model", "project_id")
    assert query.only == {"models": ["a"], "project_ids": ["p"]}
    assert query.batch is None and read(start_time="0", batch="true").batch is True


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({}, "start_time"),
        ({"start_time": "soon"}, "start_time"),
        ({"start_time": "-1"}, "start_time"),
        ({"start_time": "9", "end_time": "9"}, "end_time"),
        ({"start_time": "0", "bucket_width": "2d"}, "bucket_width"),
        ({"start_time": "0", "group_by": ["colour"]}, "group_by"),
        ({"start_time": "0", "limit": "0"}, "limit"),
        ({"start_time": "0", "page": "page"}, "page"),
        ({"start_time": "0", "batch": "perhaps"}, "batch"),
    ],
)
def test_a_fault_is_named(query: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**query)
    assert refused.value.param == param


def test_an_easy_server_takes_what_the_document_allows() -> None:
    assert read(easy=True, start_time="0", limit="0", page="page", end_time="0").buckets() == []


def test_a_cursor_goes_on_and_never_back() -> None:
    assert read(start_time=str(98 * DAY), page=page_of(99 * DAY)).start == 99 * DAY
    assert read(start_time=str(98 * DAY), page=page_of(1)).start == 98 * DAY


def test_what_was_used_in_this_very_second_is_in_it() -> None:
    midnight = UsageQuery.from_query({"start_time": [str(99 * DAY)]}, 100 * DAY, by=(), only=())
    assert midnight.buckets() == [(99 * DAY, 100 * DAY), (100 * DAY, 101 * DAY)]
