"""Names that are shown, kinds that no browser runs, and files that services make."""

import pytest

from fakeai.core.call import ANYONE
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import ServerError, StorageUnavailable
from fakeai.services.files import Files, display_name
from fakeai.store.base import Tx
from fakeai.store.local import MemoryBlobs
from fakeai.store.objects import shown
from fakeai.store.sql import SqlDatabase

OWNER = ANYONE.owner


@pytest.fixture
def blobs(clock: WallClock) -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def files(db: SqlDatabase, blobs: MemoryBlobs, clock: WallClock, ids: Ids) -> Files:
    return Files(db, blobs.at(clock), ids, None, lenient=False, synthesize=False)


@pytest.mark.parametrize(
    ("sent", "called"),
    [("a\0b", "ab"), ("\u202egpj.exe", "gpj.exe"), ("a\r\nb", "ab"), ("", "file"), ("\n", "file"), ("x/y\\z", "z")],
)
def test_what_does_not_print_is_not_shown(sent: str, called: str) -> None:
    assert display_name(sent) == called


async def test_a_file_that_a_service_makes_is_there_at_once(files: Files) -> None:
    made = await files.create(OWNER, "out.jsonl", "batch_output", (b"a", b"b"), id="file-mine")
    assert (made["id"], made["bytes"], made["purpose"], made["expires_at"]) == ("file-mine", 2, "batch_output", None)
    assert await files.find(OWNER, "file-mine") == made
    assert await files.find("other", "file-mine") is None
    assert await files.content(made) == b"ab"
    assert not any(name.startswith("_") for name in shown(made))


async def test_bytes_go_when_their_row_cannot_be_written(files: Files, blobs: MemoryBlobs, clock: WallClock) -> None:
    def refuse(tx: Tx, owner: str, file: object) -> None:
        raise StorageUnavailable

    files.add = refuse  # type: ignore[method-assign]
    with pytest.raises(StorageUnavailable):
        await files.create(OWNER, "out.jsonl", "batch_output", b"ab")
    assert await blobs.at(clock).keys() == []


async def test_bytes_that_are_gone_or_changed_are_a_damage(files: Files, blobs: MemoryBlobs, clock: WallClock) -> None:
    made = await files.create(OWNER, "out.jsonl", "batch_output", b"ab")
    await blobs.at(clock).put(made["_blobs"][0], b"aB")
    for _ in range(2):
        with pytest.raises(ServerError) as refused:
            await files.content(made)
        assert refused.value.code == "file_damaged"
        await blobs.at(clock).delete(made["_blobs"][0])
