"""What keys use of their quotas and budgets: taken before a call, put right after it. Many calls share a transaction."""

from collections.abc import Sequence

from fakeai.core.clock import Clock
from fakeai.core.periods import Period, end_of
from fakeai.services.gathered import Gathered
from fakeai.store import allotments
from fakeai.store.allotments import Allotment, Use
from fakeai.store.base import Database, Tx


class _Asked:
    __slots__ = ("fits", "key", "now", "use")

    def __init__(self, key: str, use: Use) -> None:
        self.key = key
        self.use = use
        self.fits = False
        self.now = Allotment()


class Accounts:
    """All keys' accounts."""

    def __init__(self, db: Database, clock: Clock, quota_period: Period) -> None:
        self._db = db
        self._period: Period = quota_period
        self._writing = Gathered(clock, self._write)

    async def take(self, key: str, use: Use) -> tuple[bool, Allotment]:
        """Use some, if it fits; whether it did, and what is used then."""
        asked = _Asked(key, use)
        await self._writing.add(asked)
        return asked.fits, asked.now

    def put_right(self, key: str, units: int, nano_usd: int) -> None:
        """Add to what is used, or take from it, soon."""
        self._writing.add_soon(_Asked(key, Use(units, nano_usd)))

    async def look(self, key: str) -> Allotment:
        """What is used in this period."""
        await self._writing.settled()
        return await self._db.read(lambda tx: allotments.look(tx, key))

    async def _write(self, some: Sequence[_Asked]) -> None:
        by_key: dict[str, list[_Asked]] = {}
        for asked in some:
            by_key.setdefault(asked.key, []).append(asked)
        resets = end_of(self._period, self._db.now())

        def write(tx: Tx) -> None:
            for key in sorted(by_key):  # in one order everywhere: two processes must not wait for each other's rows
                asked = by_key[key]
                fits, now = allotments.take(tx, key, [one.use for one in asked], resets)
                for one, fit in zip(asked, fits, strict=True):
                    one.fits, one.now = fit, now

        await self._db.run(write)
