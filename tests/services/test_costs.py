"""Costs follow from usage and prices: by line, by project, by the day; and what was spent is their sum."""

import pytest

from fakeai.core.call import Principal
from fakeai.core.clock import WallClock
from fakeai.services.costs import CostReport, Spending
from fakeai.services.directory import ModelDirectory
from fakeai.services.prices import Prices
from fakeai.store.sql import SqlDatabase
from fakeai.store.usage import Meter, Tally

from .test_usage import NOW, US, held, told

GIB = 2**30


@pytest.fixture
def spending(directory: ModelDirectory) -> Spending:
    return Spending(Prices(directory.catalog))


@pytest.fixture
def meter(db: SqlDatabase, clock: WallClock) -> Meter:
    return Meter(Tally(), db, clock)


@pytest.fixture
def service(db: SqlDatabase, meter: Meter, spending: Spending) -> CostReport:
    return CostReport(db, meter, spending, lenient=False)


def value(result: dict) -> float:
    return result["amount"]["value"]


async def test_costs_are_of_all_kinds_together(meter: Meter, service: CostReport) -> None:
    meter.count(US, "completions", "gpt-4o-mini", (1, 1_000_000, 0, 1_000_000, 0, 0, 0))
    meter.count(US, "file_search_calls", amounts=(1, 0, 0, 0, 0, 0, 1_000))
    meter.count(Principal("them"), "completions", "gpt-4o-mini", (1, 10**9, 0, 0, 0, 0, 0))
    ((one,),) = await told(service, "costs")
    assert value(one) == pytest.approx(0.15 + 0.6 + 2.5)
    assert set(one) == {"object", "amount"}
    lines = (await told(service, "costs", group_by="line_item"))[0]
    assert {line["line_item"]: (value(line), line["quantity"]) for line in lines} == {
        "gpt-4o-mini, input_tokens": (pytest.approx(0.15), 1_000_000.0),
        "gpt-4o-mini, output_tokens": (pytest.approx(0.6), 1_000_000.0),
        "file search tool calls": (pytest.approx(2.5), 1_000.0),
    }
    (only,) = (await told(service, "costs", line_items=["gpt-4o-mini, input_tokens"]))[0]
    assert value(only) == pytest.approx(0.15)


async def test_costs_are_by_project_and_key(meter: Meter, service: CostReport) -> None:
    for project, key in (("p1", "k1"), ("p1", "k2"), ("p2", "k3")):
        meter.count(Principal("us", project, key), "completions", "gpt-4o-mini", (1, 1_000_000, 0, 0, 0, 0, 0))
    by_project = (await told(service, "costs", group_by="project_id"))[0]
    assert {one["project_id"]: value(one) for one in by_project} == {
        "p1": pytest.approx(0.3),
        "p2": pytest.approx(0.15),
    }
    by_both = (await told(service, "costs", group_by=["project_id", "api_key_id"], project_ids="p1"))[0]
    assert [(one["project_id"], one["api_key_id"]) for one in by_both] == [("p1", "k1"), ("p1", "k2")]


async def test_vector_stores_cost_by_the_time_they_hold_something(
    meter: Meter, service: CostReport, db: SqlDatabase
) -> None:
    await held(db, "p1", a=3 * GIB)
    await held(db, "p2", b=GIB)
    await told(service, "costs")
    midnight = NOW // 86_400 * 86_400 + 86_400
    day = {"start_time": str(midnight), "end_time": str(midnight + 86_400)}
    ((one,),) = await told(service, "costs", **day)
    assert value(one) == pytest.approx(0.30), "four gibibytes, the first of them free"
    by_project = (await told(service, "costs", group_by="project_id", **day))[0]
    assert {one["project_id"]: value(one) for one in by_project} == {
        "p1": pytest.approx(0.225),
        "p2": pytest.approx(0.075),
    }


async def test_what_was_spent_since_a_time_is_known(meter: Meter, db: SqlDatabase, spending: Spending) -> None:
    meter.count(US, "completions", "gpt-4o-mini", (1, 1_000_000, 0, 0, 0, 0, 0))
    meter.count(Principal("us", "p2"), "completions", "gpt-4o-mini", (1, 1_000_000, 0, 0, 0, 0, 0))
    await meter.flush()

    async def spent(since: int, project: str | None = None) -> float:
        return await db.read(lambda tx: spending.since(tx, "us", since, NOW + 60, project))

    assert await spent(NOW - 60) == pytest.approx(0.3)
    assert await spent(NOW - 60, "p2") == pytest.approx(0.15)
    assert await spent(NOW + 60) == 0
    assert await spent(NOW - 60, "p3") == 0
