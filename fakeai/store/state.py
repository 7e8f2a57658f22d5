"""All rows of all tables as lines of JSON, and back: what a state is saved as. Knows no file and no blob but by its key.

Facts about the database itself (how often servers have begun on it, its schema) are no part of a state.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from sqlalchemy import Integer, LargeBinary, Table, delete, func, insert, select
from sqlalchemy.exc import OperationalError, StatementError

from fakeai.store.base import Tx
from fakeai.store.job_rows import let_go
from fakeai.store.tables import META, METADATA, OBJECTS

_AT_ONCE = 500


def tables() -> list[str]:
    """Names of the tables whose rows are the state."""
    return [table.name for table in METADATA.sorted_tables if table is not META]


def columns(table: str) -> frozenset[str]:
    """Names of a table's columns."""
    return frozenset(column.name for column in METADATA.tables[table].columns)


def dump(tx: Tx, table: str) -> Iterator[list[bytes]]:
    """The rows of a table in order, some lines of JSON at a time."""
    of = METADATA.tables[table]
    packed = _packed(of)
    rows = tx.execution_options(yield_per=_AT_ONCE).execute(select(of).order_by(*of.primary_key.columns))
    names = [str(column.name) for column in of.columns]  # plain ones: SQLAlchemy's know whether they are quoted
    for some in rows.partitions(_AT_ONCE):
        yield [_line(dict(zip(names, row, strict=True)), packed) for row in some]


def clear(tx: Tx) -> None:
    """Remove all rows."""
    for table in reversed(METADATA.sorted_tables):
        if table is not META:
            tx.execute(delete(table))


def fill(tx: Tx, table: str, lines: Iterable[bytes], rename: Callable[[str], str]) -> int:
    """Add the rows in `lines`, which `dump` has written; returns how many. `rename` changes the JSON of an object.

    Raises ValueError for a line that is no row of this table.
    """
    of, count = METADATA.tables[table], 0
    names, packed = columns(table), _packed(of)
    rows: list[dict[str, Any]] = []
    for line in lines:
        row = orjson.loads(line)
        if not isinstance(row, dict) or row.keys() != names:
            raise ValueError(f"a line is no row of the table {table!r}")
        for name in packed:
            row[name] = None if row[name] is None else b64decode(str(row[name]))
        if of is OBJECTS:
            orjson.loads(row["data"])
            row["data"] = rename(row["data"])
        rows.append(row)
        if len(rows) == _AT_ONCE:
            count += _insert(tx, of, rows)
            rows = []
    return count + _insert(tx, of, rows)


def go_on(tx: Tx) -> None:
    """Begin on rows that have been filled in: jobs are free, and numbers that the database gives out are behind theirs."""
    let_go(tx)
    if tx.dialect.name != "postgresql":
        return  # SQLite looks at the largest there is
    for table in METADATA.sorted_tables:
        key = table.autoincrement_column
        if key is not None and isinstance(key.type, Integer) and table is not META:
            most = tx.execute(select(func.max(key))).scalar()
            sequence = func.pg_get_serial_sequence(f'"{table.name}"', key.name)
            tx.execute(select(func.setval(sequence, most or 1, most is not None)))
    tx.exec_driver_sql("ANALYZE")  # whoever looks for a row at once would else read them all


def blob_keys(tx: Tx) -> set[str]:
    """Keys of the blobs that rows own."""
    found: set[str] = set()
    for row in tx.execute(select(OBJECTS.c.data).where(OBJECTS.c.data.contains('"_blobs":'))):
        found.update(orjson.loads(row.data).get("_blobs") or ())
    return found


def _insert(tx: Tx, table: Table, rows: list[dict[str, Any]]) -> int:
    if rows:
        try:
            tx.execute(insert(table), rows)
        except OperationalError:
            raise
        except StatementError as error:
            raise ValueError(f"a row does not fit the table {table.name!r}") from error
    return len(rows)


def _packed(table: Table) -> list[str]:
    """Columns of bytes, which JSON has no word for."""
    return [column.name for column in table.columns if isinstance(column.type, LargeBinary)]


def _line(row: dict[str, Any], packed: list[str]) -> bytes:
    for name in packed:
        row[name] = None if row[name] is None else b64encode(row[name]).decode()
    return orjson.dumps(row)
