"""Answers that were kept, by what was asked: the completion cache's rows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from fakeai.store.base import Tx
from fakeai.store.sql import now_of


class Row(NamedTuple):
    """An answer, in the writing of whoever keeps it. Times are epoch seconds."""

    data: bytes
    expires: float


def get(tx: Tx, key: str) -> Row | None:
    """The answer under that key, unless it has expired."""
    from sqlalchemy import select

    from fakeai.store.tables import COMPLETIONS as ROWS

    found = tx.execute(select(ROWS.c.data, ROWS.c.expires).where(ROWS.c.key == key)).first()
    return None if found is None or found.expires <= now_of(tx) else Row(*found)


def put(tx: Tx, key: str, organization: str, model: str, data: bytes, ttl: float) -> None:
    """Keep an answer for `ttl` seconds, in the place of one that is there."""
    from fakeai.store.statements import insert_into
    from fakeai.store.tables import COMPLETIONS as ROWS

    now = now_of(tx)
    row = {"organization": organization, "model": model, "data": data, "made": now, "expires": now + ttl}
    insert = insert_into(tx.dialect.name, ROWS).values(key=key, **row)
    tx.execute(insert.on_conflict_do_update(index_elements=["key"], set_=row))


def clear(tx: Tx, organization: str | None, model: str | None, older_s: float | None) -> list[str]:
    """Delete those of an organization, a model, and an age in seconds or more; None: of any. Their keys."""
    from sqlalchemy import delete

    from fakeai.store.tables import COMPLETIONS as ROWS

    wanted = delete(ROWS).where(*_of(organization, model))
    if older_s is not None:
        wanted = wanted.where(ROWS.c.made <= now_of(tx) - older_s)
    return list(tx.execute(wanted.returning(ROWS.c.key)).scalars())


def count(tx: Tx, organization: str | None) -> dict[str, int]:
    """How many there are of each model that have not expired."""
    from sqlalchemy import func, select

    from fakeai.store.tables import COMPLETIONS as ROWS

    found = select(ROWS.c.model, func.count()).where(*_of(organization, None), ROWS.c.expires > now_of(tx))
    return {row[0]: int(row[1]) for row in tx.execute(found.group_by(ROWS.c.model).order_by(ROWS.c.model))}


def trim(tx: Tx, most: int) -> None:
    """Delete those that have expired, and all but the newest `most`."""
    from sqlalchemy import delete, select

    from fakeai.store.tables import COMPLETIONS as ROWS

    tx.execute(delete(ROWS).where(ROWS.c.expires <= now_of(tx)))
    extra = select(ROWS.c.key).order_by(ROWS.c.made.desc(), ROWS.c.key).offset(most).limit(_AT_ONCE)
    while keys := list(tx.execute(extra).scalars()):
        tx.execute(delete(ROWS).where(ROWS.c.key.in_(keys)))


_AT_ONCE = 500


def _of(organization: str | None, model: str | None) -> Sequence[Any]:
    """Conditions. Any: SQLAlchemy's, which is not loaded yet."""
    from fakeai.store.tables import COMPLETIONS as ROWS

    asked = ((ROWS.c.organization, organization), (ROWS.c.model, model))
    return [column == value for column, value in asked if value is not None]
