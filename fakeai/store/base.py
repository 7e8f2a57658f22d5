"""What the rooms above may expect of a place where things last, whatever technology it is.

A transaction (`Tx`) is opaque outside this room: whoever gets one hands it on to a collection or a table of this room.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")

Tx: TypeAlias = "Connection"
Object: TypeAlias = dict[str, Any]
"""A JSON object with an `id`; keys that begin with `_` are private. Any: its wire type is its service's business."""


class Database(Protocol):
    """Rows in transactions. `run` and `read` raise StorageUnavailable or StorageFull when the database cannot."""

    def now(self) -> float:
        """Epoch seconds of the App's Clock."""

    async def run(self, work: Callable[[Tx], T]) -> T:
        """Do `work` in one transaction off the loop: all of it lasts once this returns, or nothing if it raises."""

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Do `work`, which only reads: it sees one state of the database, and waits for no writer."""


class Stored(NamedTuple):
    """What a blob turned out to be: bytes in number, and the SHA-256 digest as hexadecimal digits."""

    size: int
    sha256: str


class Blobs(Protocol):
    """Bytes by key. Keys are made by us: letters, digits, `-` and `_`. A reader never sees a half-written blob."""

    async def put(self, key: str, data: bytes | Iterable[bytes]) -> Stored:
        """Keep `data`, which lasts once this returns; a blob of that key is replaced. Raises StorageFull."""

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from `start` up to `end` (excluded; None: to the last). KeyError if there is no such blob."""

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same in parts. KeyError, when iterated, if there is no such blob."""

    async def delete(self, key: str) -> None:
        """Forget the blob, if there is one."""

    async def keys(self) -> list[tuple[str, float]]:
        """All blobs: key and epoch seconds of when each was put."""
