"""An archive is whole and ours, or refused: whatever is done to it."""

import tarfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.core.errors import BadRequest
from fakeai.services.archive import Reader, Writer


def written(*parts: tuple[str, str, int, bytes]) -> bytes:
    file = BytesIO()
    writer = Writer(file, {"schema": "0001", "version": "1"})
    for part in parts:
        writer.add(*part)
    writer.close()
    return file.getvalue()


WHOLE = written(
    ("tables", "objects", 0, b"a\nb"), ("tables", "objects", 1, b"c"), ("blobs", "blob-1", 0, b"x" * 2_000),
    ("blobs", "blob-1", 1, b"y"), ("blobs", "blob-2", 0, b""),
)  # fmt: skip


def other(change: tarfile.TarInfo, data: bytes = b"") -> bytes:
    """The whole archive with one more member."""
    file = BytesIO(WHOLE)
    with tarfile.open(fileobj=file, mode="a") as tar:
        tar.addfile(change, BytesIO(data))
    return file.getvalue()


def member(name: str, **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for key, value in more.items():
        setattr(made, key, value)
    return made


def test_what_was_written_is_read() -> None:
    read = Reader(WHOLE)
    assert read.what == {"format": 1, "schema": "0001", "version": "1"}
    assert (read.tables, read.blobs) == (["objects"], ["blob-1", "blob-2"])
    assert list(read.parts("tables", "objects")) == [b"a\nb", b"c"]
    assert b"".join(read.parts("blobs", "blob-1")) == b"x" * 2_000 + b"y"
    assert list(read.parts("blobs", "blob")) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no archive",
        b"\0" * 10_240,
        WHOLE[:-2_000],
        WHOLE[: len(WHOLE) // 2],
        other(member("../../etc/passwd")),
        other(member("/etc/passwd")),
        other(member("tables/../x/00000000")),
        other(member("blobs/blob-9/00000000", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        other(member("blobs/blob-9/00000000", type=tarfile.LNKTYPE, linkname="sha256.json")),
        other(member("blobs/blob-9", type=tarfile.DIRTYPE)),
        other(member("blobs/blob-9/00000000")),
        other(member("tables/objects/00000000")),
        member("blobs/blob-9/00000000", size=2**62).tobuf(tarfile.GNU_FORMAT) + WHOLE,
        member("blobs/blob-9/00000000", size=-1).tobuf(tarfile.GNU_FORMAT) + WHOLE,
        other(member("blobs/blob-9/00000000", type=tarfile.GNUTYPE_SPARSE)),
    ],
)
def test_what_is_no_archive_of_ours_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest, match="cannot be loaded"):
        Reader(raw)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_flipped_byte_is_refused_or_is_of_no_account(at: int, bits: int) -> None:
    raw = bytearray(WHOLE)
    raw[at] ^= bits
    try:
        read = Reader(bytes(raw))
    except BadRequest:
        return
    assert list(read.parts("tables", "objects")) == [b"a\nb", b"c"]
    assert b"".join(read.parts("blobs", "blob-1")) == b"x" * 2_000 + b"y"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3_000))
def test_anything_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        Reader(raw)


def test_an_archive_of_another_format_says_so() -> None:
    file = BytesIO()
    writer = Writer(file, {})
    writer.close()
    raw = file.getvalue().replace(b'"format": 1', b'"format": 2')
    with pytest.raises(BadRequest, match=r"damaged|format 2"):
        Reader(raw)
