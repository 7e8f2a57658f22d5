"""Facts about the database itself: how often servers have begun on it, and when it was last written to for a probe."""

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from fakeai.store.sql import now_of
from fakeai.store.tables import META

if TYPE_CHECKING:
    from fakeai.store.base import Tx

_STARTS = "starts"
_TOUCHED = "touched"


def begin(tx: "Tx") -> int:
    """Count this start, and tell how many there were before: what a seed gives out must not be given out again."""
    found = tx.execute(select(META.c.value).where(META.c.name == _STARTS).with_for_update()).scalar()
    if found is None:
        tx.execute(insert(META).values(name=_STARTS, value="1"))
        return 0
    tx.execute(update(META).where(META.c.name == _STARTS).values(value=str(int(found) + 1)))
    return int(found)


def touch(tx: "Tx") -> None:
    """Write a row: whoever can do this can keep things."""
    value = str(now_of(tx))
    if not tx.execute(update(META).where(META.c.name == _TOUCHED).values(value=value)).rowcount:
        tx.execute(insert(META).values(name=_TOUCHED, value=value))
