"""A Database over SQLAlchemy: SQLite in memory or in a file, or PostgreSQL.

Knows engines, transactions and what their errors mean to a caller; does not know any table. SQLAlchemy is imported when
something is first kept: a server that keeps nothing never pays for it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fakeai.core.clock import Clock, in_pool, stopwatch
from fakeai.core.errors import ApiError, StorageFull, StorageUnavailable
from fakeai.store.mark import Mark

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")

MEMORY = "sqlite://"
BUSY_S = 5.0
"""Seconds that a transaction waits for its turn, all in all, before it is refused."""

_READERS = 4
_WRITERS = 8
"""Threads, each of which has at most one connection. Of SQLite there is one writer."""
_LONGEST_S = 60
"""Seconds that a statement may take on PostgreSQL."""
_GRACE_S = 1.0
_FULL = ("full", "no space", "disk i/o error", "quota")


class Sql:
    """An engine and its threads; shared by all Apps of a process that keep their things together.

    SQLite has one writer: transactions that write take turns on a thread of their own, so that those who read never
    wait behind them.
    """

    def __init__(self, url: str = MEMORY, busy_s: float = BUSY_S) -> None:
        self.url = url
        self.busy_s = busy_s
        self.in_memory = url == MEMORY
        self._sqlite = url.startswith("sqlite")
        self.answers = self._sqlite
        """Whether it always answers, in time or with a refusal: a file does, a server may be frozen or out of reach."""
        self._turn = RLock()
        self._engine: Engine | None = None
        self._mark: Mark | None = None
        writers = 1 if self._sqlite else _WRITERS
        self._writers = ThreadPoolExecutor(writers, "fakeai-store")
        self._readers = self._writers if self.in_memory else ThreadPoolExecutor(_READERS, "fakeai-store-read")

    @property
    def opened(self) -> bool:
        """Whether anything has been kept or looked for yet."""
        return self._engine is not None

    def pool(self, write: bool) -> ThreadPoolExecutor:
        """The threads that do the work."""
        return self._writers if write else self._readers

    def transact(
        self,
        work: Callable[["Connection"], T],
        now: float,
        write: bool,
        asked: float,
        begun: "Begun | None" = None,
    ) -> T:
        """Do `work` in one transaction, on this thread. `asked` is the stopwatch when it was asked for.

        `begun` is told when the database has answered.
        """
        if self._sqlite and (write or self.in_memory):
            with self._turn:
                return self._transact(work, now, write, asked, begun)
        return self._transact(work, now, write, asked, begun)

    def open(self) -> int:
        """Make ready what is kept, and tell how often that was done before; a database in memory waits for its first use.

        Raises ValueError for a database that cannot be reached or used, named.
        """
        if self.in_memory:
            return 0
        from sqlalchemy.exc import DBAPIError, NoSuchModuleError

        from fakeai.store.meta import begin

        try:
            if self._sqlite:
                self._mark = self._marked()
            return self.transact(begin, 0.0, True, stopwatch())
        except (ApiError, DBAPIError, NoSuchModuleError, ModuleNotFoundError, OSError, ValueError) as error:
            cause = error.__cause__ if isinstance(error, ApiError) else error
            raise ValueError(f"store.database: {self._shown()} cannot be used: {cause}") from error

    def close(self) -> None:
        """Let go of threads and connections; whatever is under way is finished first."""
        self._writers.shutdown()
        self._readers.shutdown()
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        if self._mark is not None:
            self._mark.close()
            self._mark = None

    def engine(self) -> "Engine":
        """The engine; made when first asked for, with its tables. Raises ValueError for a database of a newer program."""
        with self._turn:
            if self._engine is None:
                engine = _open(self.url, self.busy_s)
                try:
                    self._make_tables(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    def _marked(self) -> Mark:
        """Raises ValueError for a database that has lost changes."""
        engine = self.engine()
        with engine.connect() as connection:
            connection.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # looks at its log
            mark = Mark(Path(engine.url.database or ""))
            try:
                mark.check()
            except ValueError:
                mark.close()
                raise
        return mark

    def _make_tables(self, engine: "Engine") -> None:
        if self.in_memory:
            from fakeai.store.tables import METADATA

            METADATA.create_all(engine)
            return
        from fakeai.store.schema import migrate

        with engine.begin() as connection:
            migrate(connection)

    def _options(self, write: bool) -> dict[str, Any]:
        """How a transaction is to be begun."""
        if self._sqlite:
            return {"fakeai_write": write}
        return {} if write else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def _shown(self) -> str:
        from sqlalchemy import make_url

        return make_url(self.url).render_as_string(hide_password=True)

    def _transact(
        self, work: Callable[["Connection"], T], now: float, write: bool, asked: float, begun: "Begun | None"
    ) -> T:
        from sqlalchemy.exc import DBAPIError

        left = self.busy_s - (stopwatch() - asked)
        if left <= 0:
            raise StorageUnavailable
        try:
            with self.engine().connect() as connection:
                connection.info["now"] = now
                if self._sqlite and not self.in_memory:
                    connection.connection.execute(f"PRAGMA busy_timeout = {int(left * 1000)}")
                connection = connection.execution_options(**self._options(write))
                with connection.begin():
                    if begun is not None:
                        begun.yes = True
                    result = work(connection)
                if write and self._mark is not None:
                    self._mark.note()
                return result
        except DBAPIError as error:
            refusal = _refusal(error)
            if refusal is None:
                raise
            raise refusal from error


class Begun:
    """Whether a transaction is under way: set by its thread, looked at by whoever waits."""

    __slots__ = ("yes",)

    def __init__(self) -> None:
        self.yes = False

    def __bool__(self) -> bool:
        return self.yes


class SqlDatabase:
    """One App's view of what is kept: its Clock says what the time is."""

    def __init__(self, sql: Sql, clock: Clock) -> None:
        self.sql = sql
        self.in_memory = sql.in_memory
        self._clock = clock

    @property
    def untouched(self) -> bool:
        """Whether nothing was ever kept: a database that is kept is opened at the start."""
        return not self.sql.opened

    def now(self) -> float:
        """Epoch seconds."""
        return self._clock.unix()

    async def run(self, work: Callable[["Connection"], T]) -> T:
        """Do `work` in one transaction off the loop (in virtual time, on it)."""
        return await self._do(work, write=True)

    async def read(self, work: Callable[["Connection"], T]) -> T:
        """The same for work that only reads."""
        return await self._do(work, write=False)

    async def _do(self, work: Callable[["Connection"], T], write: bool) -> T:
        begun = Begun()
        asked = in_pool(self.sql.pool(write), self.sql.transact, work, self._clock.unix(), write, stopwatch(), begun)
        return await (asked if self.sql.answers else self._patiently(asked, begun))

    async def _patiently(self, asked: Coroutine[Any, Any, T], begun: Begun) -> T:
        """The same from a database that may not answer at all: its threads may hang, but not whoever waits for them."""
        task = asyncio.ensure_future(asked)
        try:
            await asyncio.wait({task}, timeout=self.sql.busy_s + _GRACE_S)
            if not task.done() and begun:
                await asyncio.wait({task}, timeout=_LONGEST_S)
            if not task.done():
                raise StorageUnavailable
            return task.result()
        finally:
            task.cancel()


def now_of(tx: "Connection") -> float:
    """Epoch seconds of the Clock of the App whose transaction this is."""
    return cast(float, tx.info["now"])


def _open(url: str, busy_s: float) -> "Engine":
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import StaticPool

    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=_WRITERS + _READERS, pool_pre_ping=True, connect_args=_patience(busy_s))
    given: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": busy_s}}
    if url == MEMORY:
        given["poolclass"] = StaticPool
    engine = create_engine(url, **given)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = (
            None  # we say BEGIN ourselves: the driver's own would take no lock until the first write
        )
        for pragma in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = NORMAL", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        write = connection.get_execution_options().get("fakeai_write", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _patience(busy_s: float) -> dict[str, Any]:
    """What makes a connection to PostgreSQL give up on what does not answer (libpq's words; Any: numbers and text)."""
    seconds = max(int(busy_s), 2)  # libpq knows no shorter one
    return {
        "connect_timeout": seconds,
        "tcp_user_timeout": int(busy_s * 1000),
        "keepalives_idle": seconds,
        "options": f"-c lock_timeout={int(busy_s * 1000)} -c statement_timeout={_LONGEST_S * 1000}",
    }


def _refusal(error: Any) -> ApiError | None:
    """What a caller is told of a database's error; None if it is a defect of ours. Any: SQLAlchemy's DBAPIError."""
    from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

    if isinstance(error, DataError | IntegrityError | ProgrammingError):
        return None
    words = str(error.orig).lower()
    if any(word in words for word in _FULL):
        return StorageFull()
    return StorageUnavailable()
