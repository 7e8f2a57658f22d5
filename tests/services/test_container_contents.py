"""Files in containers as rows: one of each path, under names that lead nowhere."""

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.services.blob_rows import forget
from fakeai.services.container_contents import Contents, mark
from fakeai.store.local import MemoryBlobs
from fakeai.store.sql import SqlDatabase


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def contents(db: SqlDatabase, blobs: MemoryBlobs, clock: WallClock, ids: Ids) -> Contents:
    return Contents(db, blobs.at(clock), ids)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\a", "a"),
        ("..", "file"),
        ("a/..", "file"),
        ("", "file"),
    ],
)
def test_every_name_is_a_path_in_the_one_folder(contents: Contents, name: str, path: str) -> None:
    file = contents.told("cntr_1", name, 3, "assistant")
    assert (file["path"], file["bytes"], file["source"]) == (f"/mnt/data/{path}", 3, "assistant")


async def test_a_file_takes_the_place_of_one_of_its_path_in_its_container(
    contents: Contents, db: SqlDatabase, blobs: MemoryBlobs, clock: WallClock
) -> None:
    old, new = [await contents.prepare("cntr_1", "a", data) for data in (b"old", b"new")]
    other = await contents.prepare("cntr_2", "a", b"other")
    for file, gone in ((old, []), (other, []), (new, old["_blobs"])):
        assert await db.run(lambda tx, file=file: contents.add(tx, "me", file)) == gone
    assert await db.run(lambda tx: contents.clear(tx, "you", "cntr_1")) == []
    assert await db.run(lambda tx: contents.clear(tx, "me", "cntr_1")) == new["_blobs"]
    await forget(blobs.at(clock), [*old["_blobs"], *new["_blobs"]])
    assert [key for key, _ in await blobs.at(clock).keys()] == other["_blobs"]


def test_marks_are_short_and_differ() -> None:
    assert len({mark("a"), mark("b"), mark("a" * 10_000), mark("a" * 10_001)}) == 4
    assert len(mark("ü" * 10_000)) == 32
