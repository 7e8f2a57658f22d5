"""The settings of what is written down of requests, and of the server itself."""

from typing import Literal

from pydantic import ByteSize, Field

from fakeai.settings.group import Group


class Journal(Group):
    """A file with a line for each request, which `fakeai simulate --trace` reads."""

    path: str | None = Field(
        default=None,
        min_length=1,
        description="File to which a line of JSON is added for each request; none by default.",
    )
    max_bytes: ByteSize | None = Field(
        default=None,
        gt=0,
        description="Size in bytes (or `1GiB`) at which the file is put aside as FILE.1, in the place of the one before, "
        "and a new one begun; no limit by default.",
    )


class Log(Group):
    """What the server writes to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe level to log."
    )
    format: Literal["text", "json"] = Field(
        default="text", description="One line of text or one JSON object for each record."
    )
