"""The SQL of what was used: counts added up by the minute, and sums over stretches of time."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import JSON, BigInteger, cast, func, select

from fakeai.store.base import Tx
from fakeai.store.sql import now_of
from fakeai.store.statements import insert_into
from fakeai.store.tables import META, OBJECTS, USAGE
from fakeai.store.usage import Amounts, Asked, Key, Numbers, Sum, Used

_C = USAGE.c
_AT_ONCE = 500


def add(tx: Tx, counts: Mapping[Key, Numbers]) -> None:
    """Add each count to its row. In one order everywhere: two processes must not wait for each other's rows."""
    insert = insert_into(tx.dialect.name, USAGE)
    sums = {name: _C[name] + insert.excluded[name] for name in Amounts._fields}
    statement = insert.on_conflict_do_update(index_elements=list(Used._fields), set_=sums)
    rows = [{**Used._make(used)._asdict(), **Amounts._make(counts[used])._asdict()} for used in sorted(counts)]
    for at in range(0, len(rows), _AT_ONCE):
        tx.execute(statement, rows[at : at + _AT_ONCE])


def measure(tx: Tx, kind: str, objects: str, size: str) -> int:
    """Count what has come or gone since this was last done, of what objects say of themselves; how many projects had any.

    `objects` is their kind, `size` the name of the number they have. Then the sum of all amounts is what there is.
    """
    latest = {"value": str(now_of(tx))}
    insert = insert_into(tx.dialect.name, META).values(name=f"measured {kind}", **latest)
    tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=latest))  # one at a time
    found = select(OBJECTS.c.owner, func.sum(_number(tx, size))).where(OBJECTS.c.kind == objects)
    there = {owner: int(total or 0) for owner, total in tx.execute(found.group_by(OBJECTS.c.owner))}
    known = select(_C.organization, _C.project_id, func.sum(_C.amount)).where(_C.kind == kind)
    told = {f"{row[0]}/{row[1]}": int(row[2]) for row in tx.execute(known.group_by(_C.organization, _C.project_id))}
    minute = int(now_of(tx)) // 60
    changes: dict[Key, Numbers] = {}
    for owner in there.keys() | told.keys():
        change = there.get(owner, 0) - told.get(owner, 0)
        if change:
            organization, _, project = owner.partition("/")
            changes[organization, kind, minute, project, "", "", "", False, "", "", ""] = (0, 0, 0, 0, 0, 0, change)
    if changes:
        add(tx, changes)
    return len(changes)


def _number(tx: Tx, name: str) -> Any:
    """A number that an object has. Any: an expression of either database."""
    if tx.dialect.name == "sqlite":
        return func.json_extract(OBJECTS.c.data, f"$.{name}")
    data = func.replace(OBJECTS.c.data, "\\u0000", "\\ufffd")  # for which PostgreSQL has no room
    return cast(cast(data, JSON)[name].as_string(), BigInteger)


def sums(tx: Tx, asked: Asked) -> Iterator[Sum]:
    """The sums in order of their buckets; buckets in which nothing was used are left out."""
    bucket = (_C.minute // asked.width * asked.width).label("bucket")
    by = [_C[name] for name in asked.by]
    wanted = [_C.organization == asked.organization, _C.kind.in_(asked.kinds)]
    wanted += [_C.minute >= asked.start, _C.minute < asked.end]
    wanted += [_C[name].in_(values) for name, values in asked.only.items()]
    numbers = [func.sum(_C[name]) for name in Amounts._fields]
    rows = tx.execute(select(bucket, *by, *numbers).where(*wanted).group_by(bucket, *by).order_by(bucket, *by))
    for row in rows:
        yield Sum(int(row[0]), dict(zip(asked.by, row[1:], strict=False)), Amounts(*map(int, row[1 + len(by) :])))
