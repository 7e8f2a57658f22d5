"""What keys use of their quotas and budgets: taken before a call, put right after it. Many calls share a transaction.

Of a database in memory it is held beside it: a call waits for no thread then.
"""

from collections.abc import Sequence
from functools import partial

from fakeai.core.clock import Clock
from fakeai.core.periods import Period, end_of
from fakeai.services.gathered import Gathered
from fakeai.store import allotments
from fakeai.store.allotments import Allotment, Use
from fakeai.store.base import Database, Tx
from fakeai.store.held import HeldAllotments


class _Asked:
    __slots__ = ("fits", "key", "now", "use")

    def __init__(self, key: str, use: Use) -> None:
        self.key = key
        self.use = use
        self.fits = False
        self.now = Allotment()


class Accounts:
    """All keys' accounts."""

    def __init__(
        self, db: Database, clock: Clock, quota_period: Period, held_allotments: HeldAllotments | None = None
    ) -> None:
        self._db = db
        self._held = held_allotments
        self._resets = partial(end_of, quota_period)
        self._writing = Gathered(clock, self._write if held_allotments is None else self._write_held)

    async def take(self, key: str, use: Use) -> tuple[bool, Allotment]:
        """Use some, if it fits; whether it did, and what is used then."""
        taken = self._take_held(key, use)
        if taken is not None:
            return taken
        asked = _Asked(key, use)
        await self._writing.add(asked)
        return asked.fits, asked.now

    def put_right(self, key: str, units: int, nano_usd: int) -> None:
        """Add to what is used, or take from it, soon."""
        use = Use(units, nano_usd)
        if self._take_held(key, use) is None:
            self._writing.add_soon(_Asked(key, use))

    async def look(self, key: str) -> Allotment:
        """What is used in this period."""
        await self._writing.settled()
        held = None if self._held is None else self._held.look(key, self._db.now())
        return held if held is not None else await self._db.read(lambda tx: allotments.look(tx, key))

    async def settled(self) -> None:
        """Wait until all is written that was put right."""
        await self._writing.settled()

    async def keep(self) -> None:
        """Have the database know all of it."""
        await self._writing.settled()
        if self._held is not None:
            await self._db.run(self._held.keep)

    def forget(self) -> None:
        """The database has been changed otherwise, and that is committed."""
        if self._held is not None:
            self._held.forget()

    def _take_held(self, key: str, use: Use) -> tuple[bool, Allotment] | None:
        return None if self._held is None else self._held.take(key, use, self._db.now(), self._resets)

    async def _write_held(self, some: Sequence[_Asked]) -> None:
        """For keys that were not held when they were asked for."""
        assert self._held is not None
        for asked in some:
            while (taken := self._take_held(asked.key, asked.use)) is None:
                age = self._held.age
                found = await self._db.read(partial(allotments.look, key=asked.key))
                self._held.hold(asked.key, found, age)
            asked.fits, asked.now = taken

    async def _write(self, some: Sequence[_Asked]) -> None:
        by_key: dict[str, list[_Asked]] = {}
        for asked in some:
            by_key.setdefault(asked.key, []).append(asked)
        resets = self._resets(self._db.now())

        def write(tx: Tx) -> None:
            for key in sorted(by_key):  # in one order everywhere: two processes must not wait for each other's rows
                asked = by_key[key]
                fits, now = allotments.take(tx, key, [one.use for one in asked], resets)
                for one, fit in zip(asked, fits, strict=True):
                    one.fits, one.now = fit, now

        await self._db.run(write)
