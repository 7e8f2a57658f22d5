"""A file that came in a form."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """`filename` and `media_type` are what the client says, and may be anything; nothing is ever stored under that name."""

    filename: str
    media_type: str
    data: bytes
