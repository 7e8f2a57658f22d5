"""What S3 adds to the promises of blobs: large ones go in parts, and a bucket that cannot be used stops the start."""

import pytest
from technologies import bucket

from fakeai.core.errors import StorageUnavailable
from fakeai.store.s3 import S3Blobs


@pytest.fixture
def url(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    return bucket(s3, monkeypatch)


async def test_a_large_blob_goes_and_comes_in_parts(url: str) -> None:
    blobs = S3Blobs(url)
    blobs.open()
    part = bytes(range(256)) * 4_096
    assert (await blobs.put("blob-1", (part for _ in range(12)))).size == 12 * len(part)
    assert b"".join([part async for part in blobs.stream("blob-1")]) == part * 12
    blobs.close()


async def test_a_blob_whose_source_breaks_off_is_not_there(url: str) -> None:
    def parts():
        yield b"half" * 3_000_000
        raise OSError(5, "no more")

    blobs = S3Blobs(url)
    with pytest.raises(StorageUnavailable):
        await blobs.put("blob-1", parts())
    assert await blobs.keys() == []
    blobs.close()


async def test_a_bucket_that_cannot_be_used_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = S3Blobs("s3://no-such-bucket/x")
    with pytest.raises(ValueError, match=r"store\.blobs: s3://no-such-bucket/x cannot be used"):
        absent.open()
    with pytest.raises(StorageUnavailable):
        await absent.put("blob-1", b"x")
    absent.close()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    nowhere = S3Blobs(url)
    with pytest.raises(StorageUnavailable):
        await nowhere.read("blob-1")
    nowhere.close()


async def test_keys_are_never_paths(url: str) -> None:
    blobs = S3Blobs(url)
    with pytest.raises(AssertionError):
        await blobs.put("../x", b"")
    blobs.close()
