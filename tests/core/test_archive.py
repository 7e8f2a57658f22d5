"""Archives that strangers send: what is taken, and what is refused before it is unpacked."""

import stat
import tracemalloc
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import pytest

from fakeai.core.archive import BadArchive, Limits, check_files, read_zip, write_zip

LIMITS = Limits(files=50, largest=1_000, total=5_000)


def zipped(*entries: tuple[str | ZipInfo, bytes], method: int = ZIP_DEFLATED) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return made.getvalue()


def named(name: str, attributes: int = 0) -> ZipInfo:
    """An entry of exactly this name: ZipInfo itself cuts names at NUL."""
    info = ZipInfo("x" * len(name))
    info.filename = info.orig_filename = name
    info.external_attr = attributes
    return info


def test_what_is_written_is_read_and_the_same_files_are_the_same_bytes() -> None:
    files = {"b/SKILL.md": b"one", "b/ü/a.txt": bytes(500), "b/empty": b""}
    assert read_zip(write_zip(files), LIMITS) == files
    assert write_zip(files) == write_zip(dict(files))


def test_folders_and_resource_forks_are_left_out() -> None:
    assert read_zip(zipped(("a/", b""), ("a/f", b"1"), ("__MACOSX/a/._f", b"2")), LIMITS) == {"a/f": b"1"}


@pytest.mark.parametrize(
    "path",
    ["../a", "a/../../b", "/a", "a//b", "./a", "C:/a", "a\\..\\b", "a\x00b", "a\nb", "\u202ea", "a/" + "x" * 600, ".."],
)
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(BadArchive, match="is not a relative path"):
        read_zip(zipped((named(path), b"")), LIMITS)
    with pytest.raises(BadArchive, match="is not a relative path"):
        check_files([(path, b"")], LIMITS)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_refused(kind: int) -> None:
    with pytest.raises(BadArchive, match="is a link or a device"):
        read_zip(zipped((named("a", (kind | 0o777) << 16), b"/etc/passwd")), LIMITS)


def test_a_path_is_one_thing_once() -> None:
    with pytest.raises(BadArchive, match="'a' is both a file and a folder"):
        read_zip(zipped(("a", b""), ("a/b", b"")), LIMITS)
    with pytest.raises(BadArchive, match="'a' is there twice"):
        check_files([("a", b"1"), ("a", b"2")], LIMITS)


def test_too_much_is_refused_by_its_directory() -> None:
    with pytest.raises(BadArchive, match="more than 50 files"):
        read_zip(zipped(*((f"f{n}", b"") for n in range(51))), LIMITS)
    with pytest.raises(BadArchive, match="'a' is larger than 1000 bytes"):
        read_zip(zipped(("a", bytes(1_001))), LIMITS)
    with pytest.raises(BadArchive, match="more than 5000 bytes unpacked"):
        read_zip(zipped(*((f"f{n}", bytes(1_000)) for n in range(6))), LIMITS)


def test_a_directory_of_very_many_entries_is_not_even_read() -> None:
    many = zipped(*((f"f{n}", b"") for n in range(5_000)))
    many = many[:-22] + many[-22:].replace((5_000).to_bytes(2, "little"), b"\1\0")
    with pytest.raises(BadArchive, match="more than 50 files"):
        read_zip(many, LIMITS)


def test_a_bomb_that_lies_about_its_size_is_never_unpacked() -> None:
    bomb = bytearray(zipped(("a", bytes(2**24))))
    entry = bomb.rfind(b"PK\1\2")
    bomb[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(BadArchive, match="damaged"):
        read_zip(bytes(bomb), LIMITS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def test_other_methods_encryption_and_64_bits_are_refused() -> None:
    with pytest.raises(BadArchive, match="method other than deflate"):
        read_zip(zipped(("a", b"1"), method=ZIP_LZMA), LIMITS)
    locked = bytearray(zipped(("a", b"1")))
    locked[locked.rfind(b"PK\1\2") + 8] |= 1
    with pytest.raises(BadArchive, match="encrypted"):
        read_zip(bytes(locked), LIMITS)
    plain = zipped(("a", b"1"))
    with pytest.raises(BadArchive, match="64 bits"):
        read_zip(plain[:-22] + b"PK\6\7" + bytes(16) + plain[-22:], LIMITS)


def test_what_is_no_archive_is_refused_wherever_it_breaks_off() -> None:
    whole = zipped(("a/SKILL.md", b"some text " * 20), ("a/b", b"more"))
    for cut in range(len(whole)):
        with pytest.raises(BadArchive, match="damaged"):
            read_zip(whole[:cut], LIMITS)
    stored = zipped(("a", b"more"), method=ZIP_STORED)
    for wrong in (b"", b"PK", b"Example data", whole[10:], stored.replace(b"more", b"less")):
        with pytest.raises(BadArchive, match="damaged"):
            read_zip(wrong, LIMITS)
