"""The SQL of what was used: counts added up by the minute, and sums over stretches of time."""

from collections.abc import Iterator, Mapping

from sqlalchemy import func, select

from fakeai.store.base import Tx
from fakeai.store.statements import insert_into
from fakeai.store.tables import USAGE
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
