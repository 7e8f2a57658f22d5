"""The book of calls that the front door has let in: written aside, many in one transaction, and read by its admins."""

from collections.abc import Sequence

from fakeai.core.clock import Clock
from fakeai.services.gathered import Gathered
from fakeai.store import calls
from fakeai.store.base import Database
from fakeai.store.calls import CallRow, CallSum, Wanted


class CallBook:
    """One App's; several on one database write into the same."""

    def __init__(self, db: Database, clock: Clock, log_limit: int) -> None:
        self._db = db
        self._limit = log_limit
        self._writing = Gathered(clock, self._write)

    def note(self, row: CallRow) -> None:
        """Write it down soon."""
        self._writing.add_soon(row)

    async def settled(self) -> None:
        """Wait until all is written that was noted."""
        await self._writing.settled()

    async def page(self, wanted: Wanted, limit: int, offset: int) -> tuple[list[tuple[int, CallRow]], int]:
        """Some with their numbers, the newest first, and how many there are."""
        await self.settled()
        return await self._db.read(lambda tx: calls.page(tx, wanted, limit, offset))

    async def sums(self, wanted: Wanted) -> list[CallSum]:
        """What they come to, by model and key."""
        await self.settled()
        return await self._db.read(lambda tx: calls.sums(tx, wanted))

    async def _write(self, rows: Sequence[CallRow]) -> None:
        await self._db.run(lambda tx: calls.add(tx, rows, self._limit))
