"""Blobs are whole or not there, in parts or at once, in a directory and in memory."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

from fakeai.core.clock import WallClock
from fakeai.core.errors import StorageUnavailable
from fakeai.store.base import Blobs
from fakeai.store.local import PART, LocalBlobs, MemoryBlobs

DATA = bytes(range(256)) * 4 * (PART // 512)


@pytest.fixture(params=["memory", "directory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, clock: WallClock) -> Blobs:
    return MemoryBlobs().at(clock) if request.param == "memory" else LocalBlobs(tmp_path)


async def test_a_blob_comes_back_whole_and_in_ranges(blobs: Blobs) -> None:
    stored = await blobs.put("blob-1", DATA)
    assert stored == (len(DATA), sha256(DATA).hexdigest())
    assert await blobs.read("blob-1") == DATA
    assert await blobs.read("blob-1", 3, 9) == DATA[3:9]
    assert await blobs.read("blob-1", len(DATA) - 2) == DATA[-2:]
    assert await blobs.read("blob-1", 5, 5) == b""
    parts = [part async for part in blobs.stream("blob-1", 1, len(DATA) - 1)]
    assert b"".join(parts) == DATA[1:-1]
    assert max(map(len, parts)) <= PART < len(DATA)


async def test_parts_are_put_as_they_come(blobs: Blobs) -> None:
    assert await blobs.put("blob-1", (bytes([n]) for n in range(5))) == (5, sha256(b"\0\1\2\3\4").hexdigest())
    assert await blobs.read("blob-1") == b"\0\1\2\3\4"


async def test_a_blob_is_replaced_and_forgotten(blobs: Blobs) -> None:
    await blobs.put("blob-1", b"old")
    await blobs.put("blob-1", b"new")
    await blobs.put("blob-2", b"other")
    assert await blobs.read("blob-1") == b"new"
    assert sorted(key for key, _ in await blobs.keys()) == ["blob-1", "blob-2"]
    await blobs.delete("blob-1")
    await blobs.delete("blob-1")
    assert [key for key, _ in await blobs.keys()] == ["blob-2"]
    with pytest.raises(KeyError):
        await blobs.read("blob-1")
    with pytest.raises(KeyError):
        [part async for part in blobs.stream("blob-1")]


async def test_a_blob_whose_source_breaks_off_is_not_there(tmp_path: Path) -> None:
    def parts():
        yield b"half"
        raise OSError(5, "no more")

    blobs = LocalBlobs(tmp_path)
    with pytest.raises(StorageUnavailable):
        await blobs.put("blob-1", parts())
    assert await blobs.keys() == []


async def test_readers_never_see_half_a_blob(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    await blobs.put("blob-1", b"a" * 100_000)

    async def read() -> set[int]:
        return {len(set(await blobs.read("blob-1"))) for _ in range(50)}

    async def write() -> set[int]:
        for letter in b"bcdefgh":
            await blobs.put("blob-1", bytes([letter]) * 100_000)
        return {1}

    assert set().union(*await asyncio.gather(read(), write(), read())) == {1}


async def test_keys_are_never_paths(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        await LocalBlobs(tmp_path).put("../x", b"")
