"""Names that are shown, kinds that no browser runs, and files that services make."""

import pytest

from fakeai.core.call import ANYONE
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import NotFound, ServerError, StorageFull
from fakeai.services.files import Files, display_name
from fakeai.store.base import Tx
from fakeai.store.local import MemoryBlobs
from fakeai.store.objects import shown
from fakeai.store.sql import SqlDatabase
from tests.services.conftest import MakeCall

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
        raise StorageFull

    files.add = refuse  # type: ignore[method-assign]
    with pytest.raises(StorageFull):
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


async def test_a_file_that_is_deleted_while_it_is_read_is_missing(files: Files, make_call: MakeCall) -> None:
    made = await files.create(OWNER, "out.jsonl", "batch_output", b"ab")
    call = make_call(files, "delete", params={"file_id": made["id"]})
    await files.delete(call)
    with pytest.raises(NotFound, match=f"No such File object: {made['id']}"):
        await files.content(made)


async def test_a_range_is_read_alone_and_a_short_blob_is_a_damage(
    files: Files, blobs: MemoryBlobs, clock: WallClock, make_call: MakeCall
) -> None:
    made = await files.create(OWNER, "out.jsonl", "batch_output", b"0123456789")
    call = make_call(files, "download", params={"file_id": made["id"]}, headers={"range": "bytes=8-"})
    reply = await files.download(call)
    assert (reply.status, reply.body, reply.headers["content-range"]) == (206, b"89", "bytes 8-9/10")
    await blobs.at(clock).put(made["_blobs"][0], b"012345678")
    with pytest.raises(ServerError, match="damaged"):
        await files.download(call)


@pytest.mark.parametrize(
    ("told", "served"),
    [
        ("text/plain", "text/plain"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/plain\r\nX: y", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
    ],
)
async def test_no_browser_runs_what_is_downloaded(files: Files, make_call: MakeCall, told: str, served: str) -> None:
    made = await files.create(OWNER, "a", "user_data", b"x", media_type=told)
    reply = await files.download(make_call(files, "download", params={"file_id": made["id"]}))
    assert (reply.media_type, reply.headers["x-content-type-options"]) == (served, "nosniff")
