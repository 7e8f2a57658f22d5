"""Statements are the same SQL for both databases, and find their rows by an index."""

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from fakeai.core.clock import WallClock
from fakeai.store.sql import Sql, SqlDatabase
from fakeai.store.statements import Statements

SQL = Statements("thing")


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_adding_a_taken_id_is_no_error_in_either_database(name: str) -> None:
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[name].dialect()
    assert "ON CONFLICT DO NOTHING RETURNING" in str(SQL.insert(name, {"id": "a"}).compile(dialect=dialect))


def test_a_row_is_locked_where_there_is_more_than_one_writer() -> None:
    locked = SQL.lock(SQL.one("us", "", "a", 0.0))
    assert "FOR UPDATE" in str(locked.compile(dialect=postgresql.dialect()))
    assert "FOR UPDATE" not in str(locked.compile(dialect=sqlite.dialect()))


async def test_pages_are_read_along_an_index(clock: WallClock) -> None:
    sql = Sql()
    db = SqlDatabase(sql, clock)
    found = SQL.rows(SQL.alive("us", "", None, 0.0), newest_first=True, start=5, size=20)
    text = str(found.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    plan = await db.read(lambda tx: [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")])
    assert plan == ["SEARCH objects USING INDEX ix_objects_order (kind=? AND owner=? AND parent=? AND seq<?)"]
    sql.close()
