"""All SQL tables. Whoever changes one adds a migration."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
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

REMOVED = Table(
    "removed",
    METADATA,
    Column("kind", Name, primary_key=True),
    Column("owner", Name, primary_key=True),
    Column("parent", Name, primary_key=True),
    Column("id", Name, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Index("ix_removed_at", "at"),
)
"""Where objects were that were deleted not long ago: whoever deletes what is on a page asks for the next one by its last."""

USAGE = Table(
    "usage",
    METADATA,
    Column("organization", Name, primary_key=True),
    Column("kind", Name, primary_key=True),
    Column("minute", Integer, primary_key=True, autoincrement=False),
    Column("project_id", Name, primary_key=True),
    Column("user_id", Name, primary_key=True),
    Column("api_key_id", Name, primary_key=True),
    Column("model", Name, primary_key=True),
    Column("batch", Boolean, primary_key=True),
    Column("service_tier", Name, primary_key=True),
    Column("detail", Name, primary_key=True),
    Column("source", Name, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("input", BigInteger, nullable=False),
    Column("cached", BigInteger, nullable=False),
    Column("output", BigInteger, nullable=False),
    Column("input_audio", BigInteger, nullable=False),
    Column("output_audio", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)
"""What was used in a minute (since the epoch), by whom and of what; `store/usage.py` says what the words mean."""

JOBS = Table(
    "jobs",
    METADATA,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    Column("kind", Name, nullable=False),
    Column("key", Name, nullable=False),
    Column("owner", Name, nullable=False),
    Column("payload", Text, nullable=False),
    Column("run_at", Double, nullable=False),
    Column("lease_until", Double, nullable=False),
    Column("worker", Name, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    UniqueConstraint("kind", "key"),
    Index("ix_jobs_run_at", "run_at"),
)
"""Work that is to be done; a job that is done has no row. `run_at` is in the Clock's epoch seconds, leases are in real ones."""

BATCH_LINES = Table(
    "batch_lines",
    METADATA,
    Column("batch", Name, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("failed", Boolean, nullable=False),
    Column("input", Integer, nullable=False),
    Column("cached", Integer, nullable=False),
    Column("output", Integer, nullable=False),
    Column("reasoning", Integer, nullable=False),
    Column("data", Text, nullable=False),
)
"""Lines of batches that are answered, until their files are written; `data` is a line of the output or the error file."""

KEYS = Table(
    "keys",
    METADATA,
    Column("id", Name, primary_key=True),
    Column("digest", String, nullable=False),
    Column("organization", Name, nullable=False),
    Column("project", Name, nullable=False),
    Column("user", Name, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("access", String, nullable=False),
    Column("expires", Double),
    Column("revoked", Double),
    Column("used", Double),
    UniqueConstraint("digest"),
    Index("ix_keys_place", "organization", "project", "user"),
)
"""API keys, by the digest of their value; the value itself is nowhere. A revoked key keeps its row: it is to be refused."""

CHUNKS = Table(
    "chunks",
    METADATA,
    Column("store", Name, primary_key=True),
    Column("file", Name, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("fresh", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("counts", LargeBinary, nullable=False),
    Column("words", Integer, nullable=False),
)
"""Passages of the files of vector stores; the last four columns are what `content/search.py` knows of a passage."""

ALLOTMENTS = Table(
    "allotments",
    METADATA,
    Column("key", Name, primary_key=True),
    Column("used", BigInteger, nullable=False),
    Column("nano_usd", BigInteger, nullable=False),
    Column("resets", Double, nullable=False),
)
"""What keys of the front door have used since their periods began, which end at `resets` (epoch seconds)."""

COMPLETIONS = Table(
    "completions",
    METADATA,
    Column("key", Name, primary_key=True),
    Column("organization", Name, nullable=False),
    Column("model", Name, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("made", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Index("ix_completions_made", "made"),
    Index("ix_completions_expires", "expires"),
)
"""Answers that are given again to whoever asks the same; `organization` is whose question made one."""

CALLS = Table(
    "calls",
    METADATA,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("organization", Name, nullable=False),
    Column("key", Name, nullable=False),
    Column("request_id", Name, nullable=False),
    Column("route", Name, nullable=False),
    Column("model", Name, nullable=False),
    Column("params", Text, nullable=False),
    Column("prompt", Text),
    Column("output", Text),
    Column("latency_us", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("cached", Boolean, nullable=False),
    Column("status", Integer, nullable=False),
    Column("error", Name, nullable=False),
    Index("ix_calls_at", "organization", "at", "seq"),
    Index("ix_calls_key", "organization", "key", "at"),
)
"""Calls that the front door has let in, at epoch seconds of their arrival; `params` is JSON. None of their words may be kept."""
