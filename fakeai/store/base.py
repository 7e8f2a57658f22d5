"""What the rooms above may expect of a place where things last, whatever technology it is.

A transaction (`Tx`) is opaque outside this room: whoever gets one hands it on to a collection or a table of this room.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")

Tx: TypeAlias = "Connection"
Object: TypeAlias = dict[str, Any]
"""A JSON object with an `id`; keys that begin with `_` are private. Any: its wire type is its service's business."""


class Database(Protocol):
    """Rows in transactions. `run` and `read` raise StorageUnavailable or StorageFull when the database cannot.

    `in_memory` says whether it ends with this process, and no other one knows it.
    """

    in_memory: bool

    @property
    def untouched(self) -> bool:
        """Whether it is certain that nothing was ever kept: nobody need look, nor load what looking takes."""

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


class Take(NamedTuple):
    """So much of what a window lets through: `n` of `limit`, in `length` seconds from the first."""

    key: str
    n: int
    limit: int
    length: float


class Left(NamedTuple):
    """How a window stands: what has been taken of it, and the seconds until it is over (0: it has not begun)."""

    used: int
    over_s: float


class KeyValue(Protocol):
    """Counters, leases and passing values that processes share; any of them may be gone at any time.

    `ttl` is a lifetime in seconds. All raise StorageUnavailable, soon, when whatever keeps them cannot be reached.
    """

    async def get(self, key: str) -> bytes | None:
        """The value (a counter's in digits); None if there is none, or it has expired."""

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Put the value there, whatever was there before."""

    async def add(self, key: str, n: int, ttl: float) -> int:
        """Add `n` to the counter and return its total, in one step. One that is not there begins at 0 and lives `ttl`."""

    async def spend(self, wanted: Sequence[Take]) -> tuple[int | None, list[Left]]:
        """Take all of them, or nothing, in one step: None, or the number of the first that has too little left; how they stand."""

    async def correct(self, key: str, n: int) -> int:
        """Add `n` to what was taken of a window, never below nothing, if it is not over; what is taken of it now."""

    async def take(self, key: str, ttl: float) -> bool:
        """Take the lease of that name for `ttl`; False if somebody has it."""

    async def drop(self, key: str) -> None:
        """Forget the key, if there is one."""

    async def close(self) -> None:
        """Let go of connections."""
