"""The settings of where things last."""

from pydantic import ByteSize, Field, SecretStr

from fakeai.settings.group import Group, Seconds


class Store(Group):
    """Where things last. Without a directory or a database nothing does: it is gone with the process."""

    data_dir: str | None = Field(
        default=None, min_length=1, description="Directory that keeps everything: a database and blobs."
    )
    database: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Database instead of the directory's own: `postgresql+psycopg://user:password@host/name` or "
        "`sqlite:////absolute/path.db`.",
    )
    blobs: str | None = Field(
        default=None,
        min_length=1,
        description="Where files' bytes are kept, instead of the directory: another one, or `s3://bucket/prefix`.",
    )
    redis: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Redis in which processes count together, `redis://:password@host:6379/0`; without it each counts "
        "for itself.",
    )
    pepper: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Secret that digests of the API keys given out depend on, for several hosts on one database; by "
        "default a file `pepper` in the directory.",
    )
    file_quota: ByteSize | None = Field(
        default=None, ge=0, description="Bytes (or `10GiB`) of a project's files all in all; no limit by default."
    )
    busy_s: Seconds = Field(
        default=5.0, description="How long a request waits for the database before 503, in seconds."
    )
