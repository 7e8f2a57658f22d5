"""What the front door's admins are told: the calls that it has let in, what they come to, and what keys have used."""

from collections.abc import Sequence

import orjson

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import Unprocessable
from fakeai.core.periods import Period
from fakeai.services.costs import Spending
from fakeai.services.front.accounts import Accounts
from fakeai.services.front.call_book import CallBook
from fakeai.services.front.consumption import ConsumptionReport
from fakeai.services.front.keyring import KeyRing
from fakeai.services.front.keys import number
from fakeai.store.base import Database
from fakeai.store.calls import CallRow, CallSum, Wanted
from fakeai.store.usage import Meter
from fakeai.wire.front.records import (
    CallPage,
    CallStats,
    CallSums,
    ConsumptionPage,
    KeySums,
    LoggedCall,
    ModelSums,
)

_TAG = "Front door"
_MOST = 200
_LATEST = 2**40
_VERSION = "/v1/"


class Records:
    """`/admin/logs`, `/admin/stats` and `/admin/usage`."""

    ENDPOINTS = (
        Endpoint("GET", "/admin/logs", "logs", "List calls that were let in", tag=_TAG, front=True),
        Endpoint("GET", "/admin/stats", "stats", "Add up calls that were let in", tag=_TAG, front=True),
        Endpoint("GET", "/admin/usage", "usage", "Tell what keys have used", tag=_TAG, front=True),
    )

    def __init__(
        self,
        db: Database,
        call_book: CallBook,
        accounts: Accounts,
        meter: Meter,
        keyring: KeyRing,
        spending: Spending,
        quota_period: Period,
    ) -> None:
        self._db = db
        self._book = call_book
        self._accounts = accounts
        self._meter = meter
        self._report = ConsumptionReport(keyring, spending, quota_period)

    async def logs(self, call: Call) -> Reply:
        """Some calls, the newest first. Raises Unprocessable."""
        limit, offset = _page_of(call)
        rows, total = await self._book.page(_wanted(call), limit, offset)
        data = [_told(name, row) for name, row in rows]
        page: CallPage = {"object": "list", "data": data, "total": total, "limit": limit, "offset": offset}
        return Reply(page)

    async def stats(self, call: Call) -> Reply:
        """What calls come to, by model and by key. Raises Unprocessable."""
        wanted = _wanted(call)
        found = await self._book.sums(wanted)
        models = sorted({one.model for one in found})
        keys = sorted({one.key for one in found})
        told: CallStats = {
            "object": "call.stats",
            "from": None if wanted.start is None else int(wanted.start),
            "to": None if wanted.end is None else int(wanted.end),
            "totals": _added(found),
            "models": [_of_model(name, [one for one in found if one.model == name]) for name in models],
            "keys": [_of_key(name, [one for one in found if one.key == name]) for name in keys],
        }
        return Reply(told)

    async def usage(self, call: Call) -> Reply:
        """What some keys have used, the newest first. Raises Unprocessable."""
        limit, offset = _page_of(call)
        whose, now = call.principal.organization, self._db.now()
        await self._meter.flush()
        found, total = await self._db.read(lambda tx: self._report.page(tx, whose, limit, offset, now))
        data = [self._report.told(used, await self._accounts.look(used.key["id"]), now) for used in found]
        page: ConsumptionPage = {"object": "list", "data": data, "total": total, "limit": limit, "offset": offset}
        return Reply(page)


def _page_of(call: Call) -> tuple[int, int]:
    return number(call, "limit", 1, _MOST, 50), number(call, "offset", 0, 2**31, 0)


def _wanted(call: Call) -> Wanted:
    """Which calls the query asks for."""
    route = _given(call, "route")
    if route is not None and route.startswith(_VERSION):
        route = route[len(_VERSION) - 1 :]
    return Wanted(
        call.principal.organization,
        _number(call, "from", 0, _LATEST),
        _number(call, "to", 0, _LATEST),
        _given(call, "key"),
        _given(call, "model"),
        route,
        _number(call, "status", 100, 599),
        _switch(call, "cached"),
    )


def _given(call: Call, name: str) -> str | None:
    given = call.query.get(name)
    return given[-1] if given else None


def _number(call: Call, name: str, least: int, most: int) -> int | None:
    return number(call, name, least, most, least) if call.query.get(name) else None


def _switch(call: Call, name: str) -> bool | None:
    given = _given(call, name)
    if given is None:
        return None
    if given not in ("true", "false", "1", "0"):
        raise Unprocessable(f"Invalid '{name}': expected true or false.", param=name)
    return given in ("true", "1")


def _told(name: int, row: CallRow) -> LoggedCall:
    return {
        "id": name,
        "object": "call",
        "created_at": row.at,
        "key_id": row.key,
        "request_id": row.request_id,
        "route": row.route,
        "model": row.model,
        "params": orjson.loads(row.params),
        "prompt": row.prompt,
        "output": row.output,
        "latency_ms": row.latency_us / 1_000,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "cached": row.cached,
        "status": row.status,
        "error": row.error or None,
    }


def _added(some: Sequence[CallSum]) -> CallSums:
    return {
        "requests": sum(one.requests for one in some),
        "errors": sum(one.errors for one in some),
        "cached": sum(one.cached for one in some),
        "prompt_tokens": sum(one.prompt_tokens for one in some),
        "completion_tokens": sum(one.completion_tokens for one in some),
        "latency_ms": sum(one.latency_us for one in some) / 1_000,
    }


def _of_model(model: str, some: Sequence[CallSum]) -> ModelSums:
    return {"model": model, **_added(some)}


def _of_key(key: str, some: Sequence[CallSum]) -> KeySums:
    return {"key_id": key, **_added(some)}
