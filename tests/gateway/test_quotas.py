"""Who has spent what it may is refused within a second, and nobody else is; a call waits for none of it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from fakeai.core import catalog
from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import QuotaExceeded
from fakeai.gateway.quotas import ALERTS, LIMITS, Quotas
from fakeai.services.costs import Spending
from fakeai.services.prices import Prices
from fakeai.store.base import Tx
from fakeai.store.objects import Collection
from fakeai.store.sql import Sql, SqlDatabase
from fakeai.store.usage import Meter, Tally

ROW = Endpoint("POST", "/chat/completions", "create", "Chat", usage="completions")
MILLION = (1, 1_000_000, 0, 0, 0, 0, 0)
"""15 cents of gpt-4o-mini."""
MONTH_S = 31 * 86_400


class World:
    def __init__(self, sql: Sql) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.clock = WallClock(epoch=1_760_000_000.0)
        self.db = SqlDatabase(sql, self.clock)
        self.meter = Meter(Tally(), self.db, self.clock)
        spending = Spending(Prices(catalog.load()))
        self.quotas = Quotas(self.db, self.clock, self.meter, spending, self)

    def add(self, tx: Tx, call: Call, type: Any, details: Any, *, project: str = "") -> None:
        """As the audit log."""
        self.told.append((call.principal.organization, type, details["changes_requested"]["spend_alert_reached"]))

    async def limit(self, cents: int, organization: str = "us", project: str = "") -> None:
        row = {"id": "spend_limit", "threshold_amount": cents}
        await self.db.run(lambda tx: Collection(LIMITS).add(tx, organization, row, parent=project))

    async def passes(self, organization: str = "us", project: str = "p") -> bool:
        async def handler(call: Call) -> Reply:
            return Reply({})

        try:
            await self.quotas(Call("req_1", ROW, ROW.path, {}, principal=Principal(organization, project)), handler)
        except QuotaExceeded as refused:
            assert (refused.status, refused.code, refused.type) == (429, "insufficient_quota", "insufficient_quota")
            return False
        return True

    async def later(self) -> None:
        """A second on, with a call that has the world looked at."""
        await self.clock.sleep(1.5)
        await self.passes()
        await self.clock.sleep(0.1)


@pytest.fixture
def sql() -> Iterator[Sql]:
    made = Sql()
    yield made
    made.close()


def run(scenario) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())


def test_an_organization_that_has_spent_its_limit_is_refused(sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)
        await world.limit(20)
        world.meter.count(Principal("us", "p"), "completions", "gpt-4o-mini", MILLION)
        await world.later()
        assert await world.passes(), "15 cents are less than 20"
        world.meter.count(Principal("us", "q"), "completions", "gpt-4o-mini", MILLION)
        await world.later()
        assert not await world.passes() and not await world.passes(project="q")
        assert await world.passes("them")

    run(scenario)


def test_a_projects_limit_is_its_own(sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)
        await world.limit(10, project="p")
        for project in "pq":
            world.meter.count(Principal("us", project), "completions", "gpt-4o-mini", MILLION)
        await world.later()
        assert not await world.passes(project="p")
        assert await world.passes(project="q")

    run(scenario)


def test_a_limit_that_is_raised_or_gone_and_a_new_month_let_in_again(sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)
        await world.limit(10)
        world.meter.count(Principal("us", "p"), "completions", "gpt-4o-mini", MILLION)
        await world.later()
        assert not await world.passes()
        await world.clock.sleep(MONTH_S)
        await world.later()
        assert await world.passes()
        world.meter.count(Principal("us", "p"), "completions", "gpt-4o-mini", MILLION)
        await world.later()
        assert not await world.passes()
        await world.db.run(lambda tx: Collection(LIMITS).delete(tx, "us", "spend_limit"))
        await world.later()
        assert await world.passes()

    run(scenario)


def test_an_alert_is_told_once_a_month_and_refuses_nobody(sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)
        alerts = Collection(ALERTS)
        for name, cents, project in (("low", 10, ""), ("high", 10_000, ""), ("own", 10, "p"), ("other", 10, "q")):
            row = {"id": name, "threshold_amount": cents}
            await world.db.run(lambda tx, row=row, project=project: alerts.add(tx, "us", row, parent=project))
        await world.later()
        assert world.told == []
        world.meter.count(Principal("us", "p"), "completions", "gpt-4o-mini", MILLION)
        for _ in range(3):
            await world.later()
        once = [("us", "organization.updated", "low"), ("us", "project.updated", "own")]
        assert world.told == once
        assert await world.passes()
        await world.clock.sleep(MONTH_S)
        world.meter.count(Principal("us", "p"), "completions", "gpt-4o-mini", MILLION)
        await world.later()
        assert world.told == once * 2

    run(scenario)


def test_where_nothing_is_kept_nothing_is_opened(sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)
        await world.later()
        assert await world.passes()

    run(scenario)
    assert not sql.opened


def test_only_calls_that_use_a_model_are_looked_at(sql: Sql) -> None:
    quotas = World(sql).quotas
    assert quotas.applies(ROW)
    assert not quotas.applies(Endpoint("GET", "/files", "list", "List"))
