"""What verbs share that work on what is kept, with or without a server running on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeAlias, TypeVar

import typer

from fakeai.cli.options import BAD_SETTINGS, fail, read_settings

if TYPE_CHECKING:
    from fakeai.core.catalog import Catalog
    from fakeai.core.chance import Ids
    from fakeai.services.keys import Keys
    from fakeai.settings import Settings
    from fakeai.store.base import Tx
    from fakeai.store.sql import Sql

T = TypeVar("T")

DataDir: TypeAlias = Annotated[
    str | None,
    typer.Option("--data-dir", help="Directory in which everything is kept, as for serve.", metavar="DIR"),
]
DatabaseUrl: TypeAlias = Annotated[
    str | None, typer.Option("--database-url", help="Database instead, as `store.database`.", metavar="URL")
]


class Stored(NamedTuple):
    """An opened store. `do` runs work in one transaction."""

    settings: "Settings"
    sql: "Sql"
    keys: "Keys"
    ids: "Ids"
    catalog: "Catalog"

    def do(self, work: "Callable[[Tx], T]") -> T:
        """What `work` returns; ends with status 1 and the reason if it is refused."""
        from fakeai.core.clock import WallClock, stopwatch
        from fakeai.core.errors import ApiError

        try:
            return self.sql.transact(work, WallClock().unix(), True, stopwatch())
        except ApiError as error:
            raise fail(error.message, 1) from None


@contextmanager
def stored(data_dir: str | None, database_url: str | None) -> Iterator[Stored]:
    """The store that these options and the settings name; ends with status 2 if they name none."""
    from fakeai.core.chance import Chance, Ids
    from fakeai.kept import Kept
    from fakeai.services.keys import Keys
    from fakeai.store.sql import SqlDatabase

    settings = read_settings(None, None, {"store.data_dir": data_dir, "store.database": database_url})
    if settings.store.data_dir is None and settings.store.database is None:
        raise fail("nothing is kept anywhere: say where, with --data-dir or --database-url", BAD_SETTINGS)
    try:
        kept = Kept(settings)
    except ValueError as error:
        raise fail(str(error), BAD_SETTINGS) from None
    try:
        from fakeai.core.clock import WallClock

        keys = Keys(SqlDatabase(kept.sql, WallClock()), kept.pepper, kept.changes)
        yield Stored(settings, kept.sql, keys, Ids(Chance.from_entropy().data(32)), kept.directory.catalog)
    finally:
        kept.close()
