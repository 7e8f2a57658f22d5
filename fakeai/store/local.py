"""Blobs in a directory, and blobs in memory.

A blob is written beside its place and renamed into it, so that a reader or a crash never meets half of one.
"""

import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from shutil import disk_usage

from fakeai.core.clock import Clock, off_loop
from fakeai.core.errors import StorageFull, StorageUnavailable
from fakeai.store.base import Stored

PART = 2**18
"""Bytes of a part of a stream."""

ROOM = 2**20
"""Bytes of a disk that are left to the database: it takes some to delete what fills it."""
_HALF = ".part"
_FULL = (28, 122)
"""ENOSPC and EDQUOT."""


class MemoryBlobs:
    """Blobs that last as long as the process."""

    def __init__(self) -> None:
        self._blobs: dict[str, tuple[bytes, float]] = {}

    def at(self, clock: Clock) -> "MemoryBlobsAt":
        """One App's view: its Clock says when a blob was put."""
        return MemoryBlobsAt(self._blobs, clock)


class MemoryBlobsAt:
    """`Blobs` over a dict that several Apps may share."""

    def __init__(self, blobs: dict[str, tuple[bytes, float]], clock: Clock) -> None:
        self._blobs = blobs
        self._clock = clock

    async def put(self, key: str, data: bytes | Iterable[bytes]) -> Stored:
        """Keep `data`."""
        whole = data if isinstance(data, bytes) else await off_loop(b"".join, data)
        digest = await off_loop(_digest, whole)
        self._blobs[key] = whole, self._clock.unix()
        return Stored(len(whole), digest)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from `start` up to `end`."""
        whole = self._blobs[key][0]
        return whole if start == 0 and end is None else whole[start:end]

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same in parts."""
        view = memoryview(self._blobs[key][0])[start:end]
        for at in range(0, len(view), PART):
            yield bytes(view[at : at + PART])

    async def delete(self, key: str) -> None:
        """Forget the blob, if there is one."""
        self._blobs.pop(key, None)

    async def keys(self) -> list[tuple[str, float]]:
        """All blobs and when each was put."""
        return [(key, put) for key, (_, put) in list(self._blobs.items())]


class LocalBlobs:
    """Blobs in files below `directory`, spread over folders by the last letters of their keys."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def put(self, key: str, data: bytes | Iterable[bytes]) -> Stored:
        """Keep `data`: on the disk, under its name, once this returns."""
        return await off_loop(self._put, key, data)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from `start` up to `end`."""
        return await off_loop(self._read, key, start, end)

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same in parts."""
        while end is None or start < end:
            part = await self.read(key, start, start + PART if end is None else min(start + PART, end))
            if not part:
                return
            yield part
            start += len(part)

    async def delete(self, key: str) -> None:
        """Forget the blob, if there is one."""
        await off_loop(self._delete, key)

    async def keys(self) -> list[tuple[str, float]]:
        """All blobs and when each was put; halves that a crash has left are among them, under the names they have."""
        return await off_loop(lambda: list(self._keys()))

    def _put(self, key: str, data: bytes | Iterable[bytes]) -> Stored:
        path = self._path(key)
        half = path.with_name(path.name + _HALF)
        size, digest = 0, sha256()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if disk_usage(path.parent).free < ROOM:
                raise StorageFull
            with half.open("wb") as file:
                for part in (data,) if isinstance(data, bytes) else data:
                    file.write(part)
                    digest.update(part)
                    size += len(part)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        except OSError as error:
            with suppress(OSError):
                half.unlink(missing_ok=True)
            raise (StorageFull() if error.errno in _FULL else StorageUnavailable()) from error
        return Stored(size, digest.hexdigest())

    def _read(self, key: str, start: int, end: int | None) -> bytes:
        try:
            with self._path(key).open("rb") as file:
                file.seek(start)
                return file.read() if end is None else file.read(max(end - start, 0))
        except FileNotFoundError:
            raise KeyError(key) from None
        except OSError as error:
            raise StorageUnavailable from error

    def _delete(self, key: str) -> None:
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable from error

    def _keys(self) -> Iterator[tuple[str, float]]:
        for path in self._directory.glob("??/*"):
            with suppress(FileNotFoundError):
                yield path.name, path.stat().st_mtime

    def _path(self, key: str) -> Path:
        assert key.replace("-", "").replace("_", "").replace(".", "").isalnum(), key
        return self._directory / key.removesuffix(_HALF)[-2:].lower() / key


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
