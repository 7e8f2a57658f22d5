"""What a directory adds to the promises of blobs: no half of one is ever seen, and no key leads out of it."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakeai.core.errors import StorageFull, StorageUnavailable
from fakeai.store import local
from fakeai.store.local import LocalBlobs


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


async def test_a_disk_that_is_almost_full_is_left_to_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = LocalBlobs(tmp_path)
    await blobs.put("blob-1", b"abc")
    monkeypatch.setattr(local, "disk_usage", lambda path: SimpleNamespace(free=local.ROOM - 1))
    with pytest.raises(StorageFull):
        await blobs.put("blob-2", b"abc")
    assert await blobs.read("blob-1") == b"abc"
    await blobs.delete("blob-1")
    assert await blobs.keys() == []
