"""Refuses calls that use a model to organizations and projects that have spent what they may this month; tells of alerts.

What has been spent is looked up once a second, aside, while calls come in; a call waits for none of it. So a limit has its
effect a second late, and what is spent meanwhile is over it: as it is at OpenAI's.
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from fakeai.core.call import Call, Endpoint, Handler, Origin, Principal, Reply
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, QuotaExceeded
from fakeai.services.costs import Spending
from fakeai.store.base import Object, Tx
from fakeai.store.objects import Collection, Placed
from fakeai.store.sql import SqlDatabase
from fakeai.store.usage import Meter

_log = logging.getLogger("fakeai.quotas")

LIMITS, ALERTS = "spend_limit", "spend_alert"
"""Kinds of the objects that limits and alerts are kept as: owned by an organization, below one of its projects or none."""

_REACHED = "_reached"
"""The private key of an alert that says in which month it was told last."""

_EVERY_S = 1.0


class Tells(Protocol):
    """Who writes the audit log."""

    def add(self, tx: Tx, call: Call, type: Any, details: Any, *, project: str = "") -> None:
        """Tell an event. Any: words and details are wire types of its own."""


class Quotas:
    """In the way of calls that use a model. Where nothing is kept there are no limits, and nothing is looked up."""

    origins: frozenset[Origin] = frozenset({"http", "batch", "experiment"})

    def __init__(
        self, db: SqlDatabase, clock: Clock, meter: Meter, spending: Spending, audit: Tells | None = None
    ) -> None:
        self._db = db
        self._clock = clock
        self._meter = meter
        self._spending = spending
        self._audit = audit
        self._limits = Collection(LIMITS)
        self._alerts = Collection(ALERTS)
        self._over: frozenset[tuple[str, str]] = frozenset()
        """Organization and project ("" for all of it) of those who may not."""
        self._look_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether calls of this endpoint use a model."""
        return bool(endpoint.usage)

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """Raises QuotaExceeded."""
        if not self._db.untouched and self._clock.now() >= self._look_at:
            self._look_at = self._clock.now() + _EVERY_S
            if self._looking is None or self._looking.done():
                self._looking = asyncio.ensure_future(self._look(call))
        if self._over:
            who = call.principal
            if (who.organization, "") in self._over or (who.organization, who.project) in self._over:
                raise QuotaExceeded
        return next(call)

    async def _look(self, call: Call) -> None:
        try:
            if not await self._db.read(self._any):
                self._over = frozenset()
                return
            await self._meter.flush()
            self._over, reached = await self._db.read(self._spent)
            if reached:
                await self._db.run(lambda tx: self._tell(tx, call, reached))
        except ApiError as error:
            _log.warning("what has been spent cannot be looked up: %s", error.message)

    def _any(self, tx: Tx) -> bool:
        """Whether there is anything to compare with what has been spent."""
        return any(next(rows.everywhere(tx), None) is not None for rows in (self._limits, self._alerts))

    def _spent(self, tx: Tx) -> tuple[frozenset[tuple[str, str]], list[Placed]]:
        """Who is over a limit, and the alerts that have been reached and not been told this month."""
        month = self._month()
        over = frozenset((one.owner, one.parent) for one in self._limits.everywhere(tx) if self._reached(tx, one))
        untold = [one for one in self._alerts.everywhere(tx) if one.object.get(_REACHED) != month]
        return over, [one for one in untold if self._reached(tx, one)]

    def _reached(self, tx: Tx, one: Placed) -> bool:
        spent = self._spending.this_month(tx, one.owner, self._db.now(), one.parent or None)
        return bool(spent * 100.0 >= one.object["threshold_amount"])

    def _tell(self, tx: Tx, call: Call, reached: list[Placed]) -> None:
        """Write into the audit log what has been reached; once a month, however many processes look."""
        month = self._month()
        for owner, project, alert in reached:
            fresh: list[str] = []

            def mark(row: Object, fresh: list[str] = fresh) -> Object:
                if row.get(_REACHED) != month:
                    fresh.append(row["id"])
                return {**row, _REACHED: month}

            self._alerts.change(tx, owner, alert["id"], mark, parent=project)
            if fresh and self._audit is not None:
                about = project or owner
                what = "project.updated" if project else "organization.updated"
                details = {"id": about, "changes_requested": {"spend_alert_reached": alert["id"]}}
                ours = replace(call, principal=Principal(owner, project or call.principal.project))
                self._audit.add(tx, ours, what, details, project=project)

    def _month(self) -> str:
        return datetime.fromtimestamp(self._db.now(), UTC).strftime("%Y-%m")
