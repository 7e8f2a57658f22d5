"""Facts about the database itself: how often servers have begun on it, when it was last written to for a probe, and
which peppers digests of keys that came with a state depend on.
"""

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from fakeai.store.sql import now_of
from fakeai.store.statements import insert_into
from fakeai.store.tables import META

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakeai.store.base import Tx

_STARTS = "starts"
_TOUCHED = "touched"
_PEPPER = "pepper "


def begin(tx: "Tx") -> int:
    """Count this start, and tell how many there were before: what a seed gives out must not be given out again."""
    insert = insert_into(tx.dialect.name, META).values(name=_STARTS, value="0")
    tx.execute(insert.on_conflict_do_nothing())  # whoever else begins on a new database waits here
    found = int(tx.execute(select(META.c.value).where(META.c.name == _STARTS).with_for_update()).scalar_one())
    tx.execute(update(META).where(META.c.name == _STARTS).values(value=str(found + 1)))
    return found


def touch(tx: "Tx") -> None:
    """Write a row: whoever can do this can keep things."""
    value = str(now_of(tx))
    insert = insert_into(tx.dialect.name, META).values(name=_TOUCHED, value=value)
    tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def peppers(tx: "Tx") -> list[bytes]:
    """The peppers of other servers whose keys are here."""
    rows = tx.execute(select(META.c.value).where(META.c.name.startswith(_PEPPER)).order_by(META.c.name))
    return [bytes.fromhex(value) for (value,) in rows]


def set_peppers(tx: "Tx", peppers: "Iterable[bytes]") -> None:
    """Put these in the place of those that are here."""
    tx.execute(delete(META).where(META.c.name.startswith(_PEPPER)))
    for number, pepper in enumerate(peppers):
        tx.execute(insert(META).values(name=f"{_PEPPER}{number:03}", value=pepper.hex()))
