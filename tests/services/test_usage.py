"""Usage is told in buckets, of the caller's organization alone, grouped and filtered as asked."""

from typing import Any

import pytest

from fakeai.core.call import Call, Principal
from fakeai.core.clock import WallClock
from fakeai.services.usage import REPORTS, UsageReports, levels
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase
from fakeai.store.usage import Amounts, Kind, Meter, Sum, Tally

US = Principal("us", "p1", "k1", "u1")
NOW = 1_760_000_000


@pytest.fixture
def meter(db: SqlDatabase, clock: WallClock) -> Meter:
    return Meter(Tally(), db, clock)


@pytest.fixture
def service(db: SqlDatabase, meter: Meter) -> UsageReports:
    return UsageReports(db, meter, lenient=False)


async def held(db: SqlDatabase, project: str = "p1", **sizes: int) -> None:
    """Have files in a vector store of ours."""
    files = Collection("vector_store.file")
    for name, size in sizes.items():
        row = {"id": name, "usage_bytes": size}
        await db.run(lambda tx, row=row: files.add(tx, f"us/{project}", row, parent="vs_1"))


async def told(service: Any, kind: str, who: Principal = US, **query: Any) -> list[list[dict[str, Any]]]:
    """Results of each bucket, without what is null."""
    asked = {"start_time": str(NOW - 3_600), "bucket_width": "1d", **query}
    row = next(row for row in service.ENDPOINTS if row.path.endswith(kind))
    values = {name: value if isinstance(value, list) else [value] for name, value in asked.items()}
    reply = await getattr(service, row.handler)(Call("req_1", row, row.path, {}, query=values, principal=who))
    return [
        [{name: value for name, value in result.items() if value is not None} for result in bucket["results"]]
        for bucket in reply.body["data"]
    ]


async def test_what_was_counted_is_told_at_once_and_to_its_organization_only(meter: Meter, service) -> None:
    meter.count(US, "embeddings", "m1", (1, 10, 0, 0, 0, 0, 0))
    meter.count(US, "embeddings", "m2", (1, 5, 0, 0, 0, 0, 0))
    meter.count(Principal("them", "p1"), "embeddings", "m1", (1, 100, 0, 0, 0, 0, 0))
    total = {"object": "organization.usage.embeddings.result", "input_tokens": 15, "num_model_requests": 2}
    assert await told(service, "embeddings") == [[total]]
    by_model = (await told(service, "embeddings", group_by="model"))[0]
    assert [(one["model"], one["input_tokens"]) for one in by_model] == [("m1", 10), ("m2", 5)]
    assert (await told(service, "embeddings", models=["m2"]))[0][0]["input_tokens"] == 5
    assert await told(service, "embeddings", project_ids="p2") == [[]]
    assert await told(service, "embeddings", Principal("nobody")) == [[]]
    assert await told(service, "moderations") == [[]]


async def test_a_group_that_nobody_knows_is_null(meter: Meter, service) -> None:
    meter.count(Principal("us", "p1"), "completions", "m", (1, 1, 0, 1, 0, 0, 0), tier="default")
    (one,) = (
        await told(service, "completions", group_by=["user_id", "project_id", "service_tier", "batch", "api_source"])
    )[0]
    assert "user_id" not in one
    assert (one["project_id"], one["service_tier"], one["batch"]) == ("p1", "default", False)
    assert one["api_source"] == "unlabeled"


async def test_tokens_add_up(meter: Meter, service) -> None:
    meter.count(US, "completions", "m", (1, 100, 30, 50, 10, 20, 0), batch=True)
    ((one,),) = await told(service, "completions")
    assert one["input_tokens"] == one["input_cached_tokens"] + one["input_uncached_tokens"] == 100
    assert one["input_text_tokens"] + one["input_cached_tokens"] + one["input_audio_tokens"] == 100
    assert one["output_tokens"] == one["output_text_tokens"] + one["output_audio_tokens"] == 50
    assert (await told(service, "completions", batch="false")) == [[]]
    assert len((await told(service, "completions", batch="true"))[0]) == 1


@pytest.mark.parametrize(
    ("kind", "name", "by", "value"),
    [
        ("images", "images", "size", "256x256"),
        ("file_search_calls", "num_requests", "vector_store_id", "vs_1"),
        ("web_search_calls", "num_requests", "context_level", "low"),
    ],
)
async def test_what_is_counted_by_the_piece_is_told_with_what_it_was_of(
    meter: Meter, service, kind: Kind, name: str, by: str, value: str
) -> None:
    meter.count(US, kind, "m", (1, 0, 0, 0, 0, 0, 3), detail=value, source="image.edit")
    ((one,),) = await told(service, kind, group_by=by)
    assert (one[name], one[by]) == (3, value)
    assert await told(service, kind, **{f"{by}s": ["other"]}) == [[]]


async def test_vector_stores_are_told_by_what_they_hold_in_the_end(meter: Meter, service, clock: WallClock) -> None:
    await held(service._db, a=600)
    await told(service, "vector_stores")
    late = SqlDatabase(service._db.sql, WallClock(epoch=NOW + 86_400 * 2))
    await held(late, b=50)
    found = await told(
        UsageReports(late, meter, lenient=False), "vector_stores", start_time=str(NOW), end_time=str(NOW + 3 * 86_400)
    )
    assert [results[0]["usage_bytes"] for results in found] == [600, 600, 650, 650]


def test_levels_leave_out_what_is_empty() -> None:
    came, went = Sum(0, {"project_id": "p"}, Amounts(0, amount=5)), Sum(2, {"project_id": "p"}, Amounts(0, amount=-5))
    assert [one.bucket for one in levels([], [came, went], [0, 60, 120, 180], 60)] == [0, 1]


@pytest.mark.parametrize("kind", list(REPORTS))
async def test_every_kind_has_the_keys_that_it_may_be_grouped_by(meter: Meter, service, kind: Kind) -> None:
    if kind == "vector_stores":
        await held(service._db, a=1)
    else:
        meter.count(US, kind, "m", (1, 1, 0, 0, 0, 0, 1), tier="default", detail="d", source="s")
    ((one,),) = await told(service, kind, group_by=list(REPORTS[kind].by))
    assert set(REPORTS[kind].by) <= set(one)
