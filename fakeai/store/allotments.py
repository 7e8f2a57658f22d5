"""What keys have used of their quotas in this period: taken in one step, by as many processes as share the database."""

from collections.abc import Sequence
from typing import NamedTuple

from fakeai.store.base import Tx
from fakeai.store.sql import now_of

NANO = 1_000_000_000


class Use(NamedTuple):
    """Some of both, which may be less than nothing: what was taken and not used.

    With a `quota` or a `budget` (billionths, too) it has to fit, and there has to be something left; without, it is used
    whatever may be.
    """

    units: int = 0
    nano_usd: int = 0
    quota: int | None = None
    budget: int | None = None

    def fits(self, used: int, nano_usd: int) -> bool:
        """Whether it may be used when so much has been."""
        enough = self.quota is None or used + max(self.units, 1) <= self.quota
        return enough and (self.budget is None or nano_usd + max(self.nano_usd, 1) <= self.budget)


class Allotment(NamedTuple):
    """Units and billionths of US dollars used in the period that ends at `resets` (epoch seconds)."""

    used: int = 0
    nano_usd: int = 0
    resets: float = 0.0

    @property
    def usd(self) -> float:
        """The dollars."""
        return self.nano_usd / NANO

    def after(self, use: Use) -> "Allotment | None":
        """What is used after some more; None if that does not fit."""
        if not use.fits(self.used, self.nano_usd):
            return None
        return Allotment(max(self.used + use.units, 0), max(self.nano_usd + use.nano_usd, 0), self.resets)


def take(tx: Tx, key: str, uses: Sequence[Use], resets: float) -> tuple[list[bool], Allotment]:
    """Use some, one after the other, each if it fits; whether it did, and what is used then.

    A period that is over begins anew, until `resets`: once, however many processes find it over.
    """
    from sqlalchemy import select, update

    from fakeai.store.statements import insert_into
    from fakeai.store.tables import ALLOTMENTS as ROWS

    row = None
    one = select(ROWS.c.used, ROWS.c.nano_usd, ROWS.c.resets).where(ROWS.c.key == key).with_for_update()
    while row is None:
        row = tx.execute(one).first()
        if row is None:
            fresh = insert_into(tx.dialect.name, ROWS).values(key=key, used=0, nano_usd=0, resets=resets)
            tx.execute(fresh.on_conflict_do_nothing())
    now = Allotment(*row) if row.resets > now_of(tx) else Allotment(resets=resets)
    granted = []
    for use in uses:
        after = now.after(use)
        granted.append(after is not None)
        now = now if after is None else after
    tx.execute(update(ROWS).where(ROWS.c.key == key).values(**now._asdict()))
    return granted, now


def look(tx: Tx, key: str) -> Allotment:
    """What is used; nothing if the period is over."""
    from sqlalchemy import select

    from fakeai.store.tables import ALLOTMENTS as ROWS

    row = tx.execute(select(ROWS.c.used, ROWS.c.nano_usd, ROWS.c.resets).where(ROWS.c.key == key)).first()
    return Allotment() if row is None or row.resets <= now_of(tx) else Allotment(*row)


def put(tx: Tx, key: str, now: Allotment) -> None:
    """Have the key have used so much, whatever it was before."""
    from fakeai.store.statements import insert_into
    from fakeai.store.tables import ALLOTMENTS as ROWS

    fresh = insert_into(tx.dialect.name, ROWS).values(key=key, **now._asdict())
    tx.execute(fresh.on_conflict_do_update(index_elements=[ROWS.c.key], set_=now._asdict()))


def forget(tx: Tx, key: str) -> None:
    """Have the key have used nothing."""
    from sqlalchemy import delete

    from fakeai.store.tables import ALLOTMENTS as ROWS

    tx.execute(delete(ROWS).where(ROWS.c.key == key))
