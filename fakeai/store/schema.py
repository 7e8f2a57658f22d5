"""The schema of a database that is kept: brought up to what this program knows, or refused.

A schema's number is that of the newest file in `migrations/versions`. All steps are one transaction: a process that is
killed in between leaves the database as it was, and of several that start at once one migrates and the others wait.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

_log = logging.getLogger("fakeai.store")

_PLACE = Path(__file__).with_name("migrations")
_LOCK = 0x66616B65
"""Of PostgreSQL's advisory locks, ours."""


def known() -> list[str]:
    """The schemas this program knows, in order."""
    return sorted(path.name.partition("_")[0] for path in _PLACE.glob("versions/[0-9]*.py"))


def migrate(connection: "Connection", to: str | None = None) -> None:
    """Bring the database to the schema `to` (None: the newest; "base": nothing at all), within the transaction under way.

    Raises ValueError for a database that a newer program has migrated.
    """
    wanted = to or known()[-1]
    if schema(connection) == wanted:
        return
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "lock_timeout"):  # a large table takes the time it takes
            connection.exec_driver_sql(f"SET LOCAL {limit} = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    found = schema(connection)
    if found == wanted:
        return
    if found is not None and found not in known():
        raise ValueError(
            f"a newer fakeai has written it (schema {found}); this one knows schemas up to {known()[-1]}. "
            "Use that version, or another place to keep things"
        )
    _run(connection, wanted, down=wanted == "base" or (found is not None and wanted < found))
    if found is not None:
        _log.info("the database was brought from schema %s to %s", found, wanted)


def schema(connection: "Connection") -> str | None:
    """The schema the database has; None for one without tables of ours."""
    from sqlalchemy import inspect

    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def _run(connection: "Connection", to: str, down: bool) -> None:
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_PLACE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    (command.downgrade if down else command.upgrade)(config, to)
