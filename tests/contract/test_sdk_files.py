"""Files and uploads as the official SDK sees them: every verb on what it has made, and refusals."""

from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI

OTHER = {"OpenAI-Project": "proj_other"}
LINES = b'{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}\n' * 10


@pytest.fixture
def fake(kept_fake: FakeAI) -> FakeAI:
    return kept_fake


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


def test_a_file_is_made_found_read_and_deleted(client: Any) -> None:
    data = bytes(range(256)) * 2_000
    made = client.files.create(
        file=("a.bin", data), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3_600}
    )
    assert (made.bytes, made.filename, made.purpose, made.status) == (len(data), "a.bin", "user_data", "processed")
    assert made.expires_at == made.created_at + 3_600
    assert client.files.retrieve(made.id) == made
    assert client.files.content(made.id).read() == data
    part = client.files.with_raw_response.content(made.id, extra_headers={"Range": "bytes=256-259"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"\0\1\2\3", "bytes 256-259/512000")
    assert client.files.wait_for_processing(made.id).status == "processed"
    assert client.files.delete(made.id).deleted
    for verb in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: {made.id}"):
            verb(made.id)


def test_files_are_listed_by_page_and_purpose(client: Any) -> None:
    made = [
        client.files.create(file=(f"{n}.jsonl", LINES), purpose="fine-tune" if n % 2 else "batch") for n in range(7)
    ]
    names = [file.filename for file in made]
    assert [file.filename for file in client.files.list(limit=2)] == names[::-1]
    assert [file.filename for file in client.files.list(limit=3, order="asc")] == names
    assert [file.filename for file in client.files.list(purpose="batch", order="asc")] == names[::2]
    assert client.files.list(limit=2).has_more
    assert not client.files.list().has_more
    assert made[0].expires_at == made[0].created_at + 30 * 86_400, "files of batches expire"
    assert made[1].expires_at is None


def test_what_a_purpose_cannot_have_is_refused(client: Any) -> None:
    for name, data, purpose, message in (
        ("a.txt", LINES, "batch", "Invalid file format for Batch API. Must be .jsonl"),
        ("a.txt", LINES, "fine-tune", "Invalid file format for Fine-Tuning API. Must be .jsonl"),
        ("a.jsonl", LINES + b"[1]\n", "fine-tune", "Line 11 is not a dictionary"),
        ("a.jsonl", b"", "batch", "File is empty."),
        ("a.txt", b"x", "vision", "Invalid extension txt."),
        ("a.txt", b"x", "batch_output", "Supported values are"),
    ):
        with pytest.raises(openai.BadRequestError, match=message):
            client.files.create(file=(name, data), purpose=purpose)
    for seconds in (3_599, 2_592_001):
        with pytest.raises(openai.BadRequestError, match=r"expires_after\.seconds"):
            client.files.create(
                file=("a", b"x"), purpose="user_data", expires_after={"anchor": "created_at", "seconds": seconds}
            )
    with pytest.raises(openai.BadRequestError, match="Missing required parameter: 'file'"):
        client.post("/files", cast_to=object, body={"purpose": "batch"})
    assert client.files.list().data == []


def test_a_project_does_not_see_anothers_files(client: Any) -> None:
    mine = client.files.create(file=("mine.txt", b"secret"), purpose="user_data")
    theirs = client.files.create(file=("theirs.txt", b"x"), purpose="user_data", extra_headers=OTHER)
    assert [file.id for file in client.files.list()] == [mine.id]
    assert [file.id for file in client.files.list(extra_headers=OTHER)] == [theirs.id]
    for verb in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError) as foreign:
            verb(mine.id, extra_headers=OTHER)
        with pytest.raises(openai.NotFoundError) as missing:
            verb("file-missing", extra_headers=OTHER)
        assert str(foreign.value).replace(mine.id, "file-missing") == str(missing.value)
    with pytest.raises(openai.BadRequestError):
        client.files.list(after=mine.id, extra_headers=OTHER)
    assert client.files.content(mine.id).read() == b"secret"


@pytest.mark.parametrize(
    ("sent", "called"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\win.ini", "win.ini"),
        ("%2e%2e%2fx", "%2e%2e%2fx"),
        ("a\x00b.txt", "a%00b.txt"),
        ("x" * 4_096, "x" * 255),
        ("..", ".."),
        ("CON", "CON"),
        ("e\u0301.txt", "e\u0301.txt"),
        ("/", "file"),
    ],
)
def test_names_are_shown_and_never_paths(fake: FakeAI, tmp_path: Path, sent: str, called: str) -> None:
    client = fake.client()
    made = client.files.create(file=(sent, b"x"), purpose="user_data")
    assert made.filename == called
    assert client.files.content(made.id).read() == b"x"
    kept = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert all(name.startswith(("blob-", "fakeai.db", "pepper")) for name in kept), kept


def test_a_damaged_file_is_told_as_one(tmp_path: Path) -> None:
    with FakeAI({"store.data_dir": str(tmp_path)}) as fake:
        client = fake.client(max_retries=0)
        made = client.files.create(file=("a.txt", b"hello"), purpose="user_data")
        (blob,) = (tmp_path / "blobs").glob("*/blob-*")
        blob.write_bytes(b"hellO")
        for _ in range(2):
            with pytest.raises(openai.InternalServerError, match="storage is damaged"):
                client.files.content(made.id)
            blob.unlink(missing_ok=True)
        assert client.files.retrieve(made.id).bytes == 5


def test_a_quota_is_of_one_project() -> None:
    with FakeAI({"store.file_quota": 10}) as fake:
        client = fake.client(max_retries=0)
        made = client.files.create(file=("a", b"12345678"), purpose="user_data")
        with pytest.raises(openai.BadRequestError, match="exceeded its file storage quota"):
            client.files.create(file=("b", b"123"), purpose="user_data")
        with pytest.raises(openai.BadRequestError, match="exceeded its file storage quota"):
            client.uploads.create(bytes=3, filename="b", mime_type="text/plain", purpose="user_data")
        client.files.create(file=("b", b"123"), purpose="user_data", extra_headers=OTHER)
        client.files.delete(made.id)
        client.files.create(file=("b", b"123"), purpose="user_data")
        announced = client.uploads.create(bytes=7, filename="c", mime_type="text/plain", purpose="user_data")
        with pytest.raises(openai.BadRequestError, match="exceeded its file storage quota"):
            client.uploads.create(bytes=1, filename="d", mime_type="text/plain", purpose="user_data")
        client.files.create(file=("d", b"1"), purpose="user_data")
        part = client.uploads.parts.create(announced.id, data=b"1234567")
        with pytest.raises(openai.BadRequestError, match="exceeded its file storage quota"):
            client.uploads.complete(announced.id, part_ids=[part.id])
        assert sum(file.bytes for file in client.files.list()) == 4


def test_an_upload_becomes_a_file_in_the_order_of_its_parts(client: Any) -> None:
    upload = client.uploads.create(bytes=10, filename="a/b.txt", mime_type="text/plain", purpose="user_data")
    assert (upload.status, upload.filename, upload.expires_at) == ("pending", "b.txt", upload.created_at + 3_600)
    two = client.uploads.parts.create(upload.id, data=b"56789")
    one = client.uploads.parts.create(upload.id, data=b"01234")
    assert two.upload_id == upload.id
    with pytest.raises(openai.BadRequestError, match="5 bytes"):
        client.uploads.complete(upload.id, part_ids=[one.id])
    with pytest.raises(openai.BadRequestError, match="more than once"):
        client.uploads.complete(upload.id, part_ids=[one.id, one.id])
    with pytest.raises(openai.BadRequestError, match="no part 'part_x'"):
        client.uploads.complete(upload.id, part_ids=[one.id, "part_x"])
    with pytest.raises(openai.BadRequestError, match="MD5"):
        client.uploads.complete(upload.id, part_ids=[one.id, two.id], md5="0" * 32)
    with pytest.raises(openai.BadRequestError, match="more than its 10"):
        client.uploads.parts.create(upload.id, data=b"x")
    digest = md5(b"0123456789").hexdigest()
    done = client.uploads.complete(upload.id, part_ids=[one.id, two.id], md5=digest)
    assert (done.status, done.file.bytes, done.file.filename) == ("completed", 10, "b.txt")
    assert client.files.content(done.file.id).read() == b"0123456789"
    assert client.files.list().data == [done.file]
    for verb in (client.uploads.cancel, lambda name: client.uploads.complete(name, part_ids=[one.id, two.id])):
        with pytest.raises(openai.BadRequestError, match="is completed"):
            verb(upload.id)


def test_an_upload_is_held_to_what_its_purpose_can_have(client: Any) -> None:
    def begin(name: str, size: int) -> str:
        return str(client.uploads.create(bytes=size, filename=name, mime_type="text/plain", purpose="fine-tune").id)

    with pytest.raises(openai.BadRequestError, match=r"Must be \.jsonl"):
        begin("a.txt", 5)
    upload = begin("a.jsonl", 5)
    part = client.uploads.parts.create(upload, data=b"[1,2]")
    with pytest.raises(openai.BadRequestError, match="Line 1 is not a dictionary"):
        client.uploads.complete(upload, part_ids=[part.id])
    with pytest.raises(openai.BadRequestError, match="at least one byte"):
        begin("a.jsonl", 0)
    assert client.files.list().data == []


def test_a_cancelled_upload_takes_no_parts_and_leaves_no_bytes(client: Any, tmp_path: Path) -> None:
    upload = client.uploads.create(bytes=10, filename="b.txt", mime_type="text/plain", purpose="user_data")
    part = client.uploads.parts.create(upload.id, data=b"01234")
    assert client.uploads.cancel(upload.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="is cancelled"):
        client.uploads.parts.create(upload.id, data=b"01234")
    with pytest.raises(openai.BadRequestError, match="is cancelled"):
        client.uploads.complete(upload.id, part_ids=[part.id])
    for call in (client.uploads.cancel, lambda name, **more: client.uploads.complete(name, part_ids=[part.id], **more)):
        with pytest.raises(openai.NotFoundError):
            call(upload.id, extra_headers=OTHER)
    assert list(tmp_path.rglob("blob-*")) == []


def test_the_sdk_uploads_a_file_in_chunks(client: Any, tmp_path: Path) -> None:
    data = bytes(range(256)) * 400
    done = client.uploads.upload_file_chunked(
        file=data, filename="big.bin", bytes=len(data), mime_type="application/octet-stream", purpose="user_data",
        part_size=30_000,
    )  # fmt: skip
    assert sha256(client.files.content(done.file.id).read()).digest() == sha256(data).digest()
