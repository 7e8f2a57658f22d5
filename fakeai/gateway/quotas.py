"""Refuses calls that use a model to organizations and projects that have spent what they may this month.

What has been spent is looked up once a second, aside, while calls come in; a call waits for none of it. So a limit has its
effect a second late, and what is spent meanwhile is over it: as it is at OpenAI's.
"""

import asyncio
import logging

from fakeai.core.call import Call, Endpoint, Handler, Origin, Reply
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, QuotaExceeded
from fakeai.services.costs import Spending
from fakeai.store.base import Tx
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase
from fakeai.store.usage import Meter

_log = logging.getLogger("fakeai.quotas")

LIMITS = "spend_limit"
"""The kind of the objects that limits are kept as: owned by an organization, below one of its projects or below none."""

_EVERY_S = 1.0


class Quotas:
    """In the way of calls that use a model. Where nothing is kept there are no limits, and nothing is looked up."""

    origins: frozenset[Origin] = frozenset({"http", "batch", "experiment"})

    def __init__(self, db: SqlDatabase, clock: Clock, meter: Meter, spending: Spending) -> None:
        self._db = db
        self._clock = clock
        self._meter = meter
        self._spending = spending
        self._limits = Collection(LIMITS)
        self._over: frozenset[tuple[str, str]] = frozenset()
        """Organization and project ("" for all of it) of those who may not."""
        self._look_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether calls of this endpoint use a model."""
        return bool(endpoint.usage)

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """Raises QuotaExceeded."""
        if self._db.sql.opened and self._clock.now() >= self._look_at:
            self._look_at = self._clock.now() + _EVERY_S
            if self._looking is None or self._looking.done():
                self._looking = asyncio.ensure_future(self._look())
        if self._over:
            who = call.principal
            if (who.organization, "") in self._over or (who.organization, who.project) in self._over:
                raise QuotaExceeded
        return await next(call)

    async def _look(self) -> None:
        try:
            if await self._db.read(lambda tx: next(self._limits.everywhere(tx), None)) is None:
                self._over = frozenset()
                return
            await self._meter.flush()
            self._over = await self._db.read(self._spent)
        except ApiError as error:
            _log.warning("what has been spent cannot be looked up: %s", error.message)

    def _spent(self, tx: Tx) -> frozenset[tuple[str, str]]:
        now = self._db.now()
        return frozenset(
            (owner, project)
            for owner, project, limit in self._limits.everywhere(tx)
            if self._spending.this_month(tx, owner, now, project or None) * 100.0 >= limit["threshold_amount"]
        )
