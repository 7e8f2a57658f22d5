"""All SQL tables. Whoever changes one adds a migration."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

_SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""A number the database gives out, rising: SQLite's is its row id."""


class Name(TypeDecorator[str]):
    """Text that names something. PostgreSQL knows no NUL in texts: here it is the sign for what cannot be shown."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """The text as it is kept and looked for. Any: a dialect of SQLAlchemy's."""
        return value.replace("\0", "\ufffd") if value is not None and "\0" in value else value


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

META = Table(
    "meta",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts about the database itself."""

OBJECTS = Table(
    "objects",
    METADATA,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    Column("kind", Name, nullable=False),
    Column("owner", Name, nullable=False),
    Column("parent", Name, nullable=False, server_default=""),
    Column("id", Name, nullable=False),
    Column("tag", Name, nullable=False, server_default=""),
    Column("expires", Double),
    Column("data", Text, nullable=False),
    UniqueConstraint("kind", "owner", "parent", "id"),
    Index("ix_objects_order", "kind", "owner", "parent", "seq"),
    Index("ix_objects_tag", "kind", "owner", "parent", "tag", "seq"),
    Index("ix_objects_id", "kind", "id"),
    Index("ix_objects_expires", "expires"),
)
"""JSON objects of every kind, in the order they were added."""
