"""Blobs in a bucket of S3, or of whatever speaks S3.

Where the bucket is and who may use it is told by the variables every S3 program reads (AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL, AWS_ALLOW_HTTP, …). A blob is there once all of it is.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from fakeai.core.clock import in_pool
from fakeai.core.errors import StorageUnavailable
from fakeai.store.base import Stored
from fakeai.store.local import PART

if TYPE_CHECKING:
    from obstore.store import S3Store

T = TypeVar("T")

_THREADS = 16
_TRIES = 2
_PATIENCE = timedelta(seconds=10)


class S3Blobs:
    """Blobs at `url` (`s3://bucket/prefix`)."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: S3Store | None = None
        self._threads = ThreadPoolExecutor(_THREADS, "fakeai-blobs")

    def open(self) -> None:
        """Look whether the bucket can be used. Raises ValueError."""
        from obstore import list as listed
        from obstore.exceptions import BaseError

        try:
            next(iter(listed(self._opened(), chunk_size=1)), None)
        except ModuleNotFoundError as error:
            raise ValueError(f"store.blobs: {self._url} needs the extra 's3': {error}") from error
        except (BaseError, OSError, ValueError) as error:
            raise ValueError(f"store.blobs: {self._url} cannot be used: {str(error).splitlines()[0]}") from error

    def close(self) -> None:
        """Let go of the threads; whatever is under way is finished first."""
        self._threads.shutdown()

    async def put(self, key: str, data: bytes | Iterable[bytes]) -> Stored:
        """Keep `data`."""
        return await self._do(self._put, key, data)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from `start` up to `end`."""
        return await self._do(self._read, key, start, end)

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same in parts."""
        size = await self._do(self._size, key)
        end = size if end is None else min(end, size)
        while start < end:
            yield await self._do(self._range, key, start, min(start + PART, end))
            start += PART

    async def delete(self, key: str) -> None:
        """Forget the blob, if there is one."""
        await self._do(self._delete, key)

    async def keys(self) -> list[tuple[str, float]]:
        """All blobs and when each was put."""
        return await self._do(self._keys)

    async def _do(self, work: Callable[..., T], *args: object) -> T:
        from obstore.exceptions import BaseError

        try:
            return await in_pool(self._threads, work, *args)
        except FileNotFoundError as error:
            raise KeyError(args[0] if args else "") from error
        except (BaseError, OSError) as error:
            raise StorageUnavailable from error

    def _put(self, key: str, data: bytes | Iterable[bytes]) -> Stored:
        from obstore import put

        assert key.replace("-", "").replace("_", "").isalnum(), key
        digest = sha256()
        size = 0

        def read() -> Iterator[bytes]:
            nonlocal size
            for part in (data,) if isinstance(data, bytes) else data:
                digest.update(part)
                size += len(part)
                yield part

        try:
            put(self._opened(), key, b"".join(read()) if isinstance(data, bytes) else read())
        except FileNotFoundError as error:  # it is the bucket that is not there
            raise StorageUnavailable from error
        return Stored(size, digest.hexdigest())

    def _read(self, key: str, start: int, end: int | None) -> bytes:
        from obstore import get

        if start == 0 and end is None:
            return bytes(get(self._opened(), key).bytes())
        size = self._size(key)
        return self._range(key, start, size if end is None else min(end, size))

    def _range(self, key: str, start: int, end: int) -> bytes:
        from obstore import get_range

        return bytes(get_range(self._opened(), key, start=start, end=end)) if start < end else b""

    def _size(self, key: str) -> int:
        from obstore import head

        return head(self._opened(), key)["size"]

    def _delete(self, key: str) -> None:
        from obstore import delete

        delete(self._opened(), key)

    def _keys(self) -> list[tuple[str, float]]:
        from obstore import list as listed

        return [
            (found["path"], found["last_modified"].timestamp()) for some in listed(self._opened()) for found in some
        ]

    def _opened(self) -> "S3Store":
        if self._store is None:
            from obstore.store import S3Store

            self._store = S3Store.from_url(self._url, retry_config={"max_retries": _TRIES, "retry_timeout": _PATIENCE})
        return self._store
