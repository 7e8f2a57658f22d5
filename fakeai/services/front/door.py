"""The front door: whether it is shut, and who comes in by which key, on what terms."""

from typing import NamedTuple

from fakeai.core.clock import Clock
from fakeai.core.terms import Terms
from fakeai.services.fresh import Changes, Fresh
from fakeai.services.front.keyring import KIND, terms_of
from fakeai.services.keys import Keys
from fakeai.store.base import Database, Tx
from fakeai.store.keys import Key
from fakeai.store.objects import Collection


class Shown(NamedTuple):
    """A key of ours that somebody shows. `terms` are those of the front door; None for a key of another kind."""

    key: Key
    terms: Terms | None


class Door:
    """Shut where the settings say so, and from when a key of the front door is given out: then nobody comes in without one."""

    def __init__(self, db: Database, clock: Clock, keys: Keys, changes: Changes, *, gateway: bool) -> None:
        self._db = db
        self._keys = keys
        self._rows = Collection(KIND)
        self.always_shut = self._was_shut = gateway
        self._any: Fresh[str, bool] = Fresh(clock, changes, self._look_for_any)

    async def is_shut(self) -> bool:
        """Whether a key is asked for. What another process has changed counts within a second."""
        if self.always_shut:
            return True
        known = self._any.recent("")
        self._was_shut = await self._any.get("") if known is None else known
        return self._was_shut

    def was_shut(self) -> bool:
        """Whether it was when somebody last looked."""
        return self._was_shut

    async def find(self, value: str) -> Shown | None:
        """The key of that value, whether or not it counts; None for one that was never given out."""
        return await self._db.read(lambda tx: self._find(tx, value))

    def _find(self, tx: Tx, value: str) -> Shown | None:
        key = self._keys.look(tx, value)
        if key is None:
            return None
        about = self._rows.get(tx, key.organization, key.id)
        return Shown(key, None if about is None else terms_of(about))

    async def _look_for_any(self, _: str) -> bool:
        return await self._db.read(lambda tx: next(self._rows.everywhere(tx), None) is not None)
