"""What an organization's usage has cost: the bill by the day, and what was spent since a time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.services.base import lenient
from fakeai.services.prices import Item, Prices
from fakeai.services.usage import REPORTS, SINCE, asked_for, paged
from fakeai.store.base import Database, Tx
from fakeai.store.usage import Amounts, Asked, Kind, Meter, Numbers, Sum, measure_stores, sums
from fakeai.wire.usage_page import Bucket, Costs, UsagePage
from fakeai.wire.usage_query import UsageQuery

_BY = ("project_id", "user_id", "line_item", "api_key_id", "api_source")
_ONLY = ("project_ids", "user_ids", "api_key_ids", "line_items")
_PRICED = ("kind", "model", "batch", "service_tier")
_STORED = "vector_stores"
_COUNTED = (*(kind for kind in REPORTS if kind != _STORED), "videos")
"""Films have a price and no report of their own."""
_HOUR = 60

Line = tuple[Mapping[str, Any], Item]
"""Who, and what for. Any: values of columns."""


class Spending:
    """What has been spent, from what was used."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices

    def of(self, kind: Kind, model: str, amounts: Numbers, tier: str) -> float:
        """US dollars that one use costs."""
        used = {"kind": kind, "model": model, "batch": False, "service_tier": tier}
        return sum(item.usd for item in self._prices.items(used, Amounts(*amounts)))

    def lines(self, tx: Tx, asked: Asked) -> Iterator[tuple[int, Line]]:
        """Every line of the bill with the minute its bucket begins at; `asked.by` are columns that say who."""
        counted = asked._replace(kinds=_COUNTED, by=(*asked.by, *_PRICED))
        for one in sums(tx, counted):
            who = {name: one.of[name] for name in asked.by}
            for item in self._prices.items(one.of, one.amounts):
                yield one.bucket, (who, item)
        yield from self._storage(tx, asked._replace(kinds=(_STORED,)))

    def since(self, tx: Tx, organization: str, start: int, now: int, project: str | None = None) -> float:
        """US dollars spent by an organization, or one project of it, from `start` to `now` (epoch seconds)."""
        only = {} if project is None else {"project_id": [project]}
        width = max(now // 60 + 1, 1)
        asked = Asked(organization, _COUNTED, start // 60, now // 60 + 1, width, (), only)
        return sum(item.usd for _, (_, item) in self.lines(tx, asked))

    def of_key(self, tx: Tx, organization: str, key: str, now: int) -> tuple[Amounts, float]:
        """All that was used by a key up to `now` (epoch seconds), and the US dollars that it cost."""
        return self.of_keys(tx, organization, (key,), now)[key]

    def of_keys(self, tx: Tx, organization: str, keys: Sequence[str], now: int) -> Mapping[str, tuple[Amounts, float]]:
        """The same of several keys."""
        by, end = ("api_key_id",), now // 60 + 1
        asked = Asked(organization, _COUNTED, 0, end, end, by, {"api_key_id": keys})
        used = {one.of["api_key_id"]: one.amounts for one in sums(tx, asked)}
        usd: dict[str, float] = defaultdict(float)
        for _, (who, item) in self.lines(tx, asked):
            usd[who["api_key_id"]] += item.usd
        return {key: (used.get(key, Amounts(0)), usd[key]) for key in keys}

    def this_month(self, tx: Tx, organization: str, now: float, project: str | None = None) -> float:
        """US dollars spent in the calendar month (UTC) of `now`, which is in epoch seconds."""
        first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return self.since(tx, organization, int(first.timestamp()), int(now), project)

    def _storage(self, tx: Tx, asked: Asked) -> Iterator[tuple[int, Line]]:
        """What was kept, for how long: the first gibibyte of an organization is free, whoever it is of."""
        by = tuple(name for name in asked.by if name == "project_id")
        level: dict[tuple[Any, ...], int] = defaultdict(int)
        for one in sums(tx, asked._replace(start=0, end=asked.start, width=asked.start + 1, by=by)):
            level[tuple(one.of.values())] += one.amounts.amount
        changes = list(sums(tx, asked._replace(width=1, by=by)))
        for start, end in _stretches(asked):
            within = [one for one in changes if start <= one.bucket < end]
            held = _held(level, within, start, end)
            total = sum(held.values())
            free = self._prices.free_bytes() * (end - start) / _HOUR
            for who, byte_hours in held.items():
                billed = byte_hours * (total - free) / total if total > free else 0.0
                if billed:
                    names = dict.fromkeys(asked.by, "") | dict(zip(by, who, strict=True))
                    yield start // asked.width * asked.width, (names, self._prices.storage(billed))


class CostReport:
    """`GET /organization/costs`."""

    ENDPOINTS = (Endpoint("GET", "/organization/costs", "costs", "Costs by the day", tag="Usage", query=SINCE),)

    def __init__(self, db: Database, meter: Meter, spending: Spending, *, lenient: bool) -> None:
        self._db = db
        self._meter = meter
        self._spending = spending
        self._lenient = lenient

    async def costs(self, call: Call) -> Reply:
        """A page of days. Raises BadRequest."""
        easy = lenient(call, self._lenient)
        query = UsageQuery.from_query(call.query, int(self._db.now()), by=_BY, only=_ONLY, costs=True, easy=easy)
        columns = tuple(word for word in query.by if word not in ("line_item", "api_source"))
        asked = asked_for(call, query, (), columns)
        await self._meter.flush()
        await self._db.run(measure_stores)
        lines = await self._db.read(lambda tx: list(self._spending.lines(tx, asked)))
        by_bucket: dict[int, list[Line]] = defaultdict(list)
        names = query.only.get("line_items")
        for minute, line in lines:
            if names is None or line[1].name in names:
                by_bucket[minute * 60].append(line)
        told = [
            Bucket(
                object="bucket",
                start_time=start,
                end_time=end,
                results=list(_results(query.by, by_bucket[start // query.width * query.width])),
            )
            for start, end in query.buckets()
        ]
        page: UsagePage = paged(told, query)
        return Reply(page)


def _results(by: Sequence[str], lines: Sequence[Line]) -> Iterator[Costs]:
    """The lines of a day, added up by what they are grouped by."""
    groups: dict[tuple[Any, ...], list[Line]] = defaultdict(list)
    for who, item in lines:
        groups[*who.values(), item.name if "line_item" in by else None].append((who, item))
    for found in groups.values():
        who, first = found[0]
        itemized = "line_item" in by
        yield {
            "object": "organization.costs.result",
            "amount": {"value": round(sum(item.usd for _, item in found), 12), "currency": "usd"},
            "line_item": first.name if itemized else None,
            "project_id": who.get("project_id") or None,
            "user_id": who.get("user_id") or None,
            "api_key_id": who.get("api_key_id") or None,
            "api_source": "unlabeled" if "api_source" in by else None,
            "quantity": float(sum(item.quantity for _, item in found)) if itemized else None,
            "quantity_unit": first.unit if itemized else None,
        }


def _stretches(asked: Asked) -> Iterator[tuple[int, int]]:
    """Minutes at which each bucket that is asked for begins and ends."""
    at = asked.start
    while at < asked.end:
        after = min(at // asked.width * asked.width + asked.width, asked.end)
        yield at, after
        at = after


def _held(
    level: dict[tuple[Any, ...], int], changes: Sequence[Sum], start: int, end: int
) -> dict[tuple[Any, ...], float]:
    """Byte hours by group, from the bytes there were at `start`; moves `level` on to `end`."""
    held = {who: bytes_ * (end - start) / _HOUR for who, bytes_ in level.items()}
    for one in changes:
        who = tuple(one.of.values())
        held[who] = held.get(who, 0.0) + one.amounts.amount * (end - one.bucket) / _HOUR
        level[who] += one.amounts.amount
    return held
