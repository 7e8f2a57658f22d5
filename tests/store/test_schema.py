"""A database that is kept gets the tables this program knows, wholly or not at all, and is never taken for another's."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect
from technologies import emptied

from fakeai.store.schema import known, migrate, schema
from fakeai.store.sql import MEMORY, Sql
from fakeai.store.tables import METADATA


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that is kept: one in memory is made anew, never migrated."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kept.db'}"
    return emptied(request.getfixturevalue("postgresql"))


@pytest.fixture
def engine(sql: Sql) -> Engine:
    """Of a database with the tables made."""
    return sql.engine()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_schemas_are_numbered_without_a_gap() -> None:
    assert known() == [f"{number:04}" for number in range(1, len(known()) + 1)]


def test_migrations_make_the_tables_that_the_program_knows(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert schema(connection) == known()[-1]


def test_a_database_in_memory_has_the_same_tables() -> None:
    engine = Sql(MEMORY).engine()
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_every_step_goes_up_and_down(engine: Engine) -> None:
    with engine.begin() as connection:
        migrate(connection, "base")
    assert tables(engine) == {"alembic_version"}
    seen = []
    for step in known():
        with engine.begin() as connection:
            migrate(connection, step)
            assert schema(connection) == step
        seen.append(tables(engine))
    assert seen[-1] == {*METADATA.tables, "alembic_version"}
    for step, before in zip(reversed(known()[:-1]), reversed(seen[:-1]), strict=True):
        with engine.begin() as connection:
            migrate(connection, step)
        assert tables(engine) == before


def test_a_step_that_fails_leaves_the_database_as_it_was(engine: Engine) -> None:
    with engine.begin() as connection:
        migrate(connection, "base")

    def interrupted() -> None:
        with engine.begin() as connection:
            migrate(connection)
            raise LookupError

    with pytest.raises(LookupError):
        interrupted()
    assert tables(engine) == {"alembic_version"}


def test_the_database_of_a_newer_program_is_refused(sql: Sql, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9000'")
    sql.close()
    again = Sql(sql.url)
    with pytest.raises(ValueError, match=r"store\.database: .* cannot be used: a newer fakeai has written it .*9000"):
        again.open()
    again.close()


_HALFWAY = """
import sys
from fakeai.store.schema import migrate
from fakeai.store.sql import Sql
from fakeai.store import sql
engine = sql._open(sys.argv[1], 5.0)
with engine.begin() as connection:
    migrate(connection)
    print("migrated", flush=True)
    sys.stdin.read()
"""


def test_a_process_killed_halfway_does_no_harm(url: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _HALFWAY, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "migrated\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    sql = Sql(url)
    assert sql.open() == 0
    assert tables(sql.engine()) == {*METADATA.tables, "alembic_version"}
    sql.close()


def test_processes_that_start_at_once_migrate_once(url: str, tmp_path: Path) -> None:
    script = "import sys; from fakeai.store.sql import Sql; sql = Sql(sys.argv[1]); print(sql.open()); sql.close()"
    command = [sys.executable, "-c", script, url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert sorted(process.communicate()[0] for process in started) == ["0\n", "1\n", "2\n", "3\n"]
    engine = create_engine(url)
    assert tables(engine) == {*METADATA.tables, "alembic_version"}
    engine.dispose()


def test_a_migration_is_waited_for_however_long_it_takes(postgresql: str) -> None:
    url = emptied(postgresql)
    migrating = create_engine(url)
    waiting = Sql(url, busy_s=2.0)
    with ThreadPoolExecutor() as threads:
        with migrating.begin() as connection:
            migrate(connection)
            opened = threads.submit(waiting.open)
            with pytest.raises(TimeoutError):
                opened.result(3.0)  # longer than it would wait for anything else
        assert opened.result(30.0) == 0
    waiting.close()
    migrating.dispose()
