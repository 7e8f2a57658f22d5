"""Zip archives that strangers send: read in memory within limits, or refused before anything of them is unpacked.

Knows names and sizes; does not know what the files are for. Nothing is ever written anywhere.
"""

import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from struct import unpack_from
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

_END = b"PK\x05\x06"
_END_SIZE = 22
_END_64 = b"PK\x06\x07"
_END_64_SIZE = 20
_LONGEST_COMMENT = 0xFFFF
_ENCRYPTED = 0x1
_LONGEST_PATH = 512
_BYTES_PER_ENTRY = 46 + _LONGEST_PATH
_RESOURCE_FORKS = "__MACOSX/"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNREADABLE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, ValueError)


class Limits(NamedTuple):
    """What an archive may have: files, bytes of the largest file and of all of them, unpacked."""

    files: int
    largest: int
    total: int


class BadArchive(Exception):
    """It is no archive, or one that is not to be unpacked; the text says why, to whoever sent it."""


def read_zip(data: bytes, limits: Limits) -> dict[str, bytes]:
    """The files of a zip by their paths, in the archive's order, without folders. Raises BadArchive.

    Its directory is looked at first: a bomb is refused without unpacking a byte of it.
    """
    _check_directory(data, limits)
    try:
        with ZipFile(BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.orig_filename.startswith(_RESOURCE_FORKS)]
            files = [info for info in infos if not _is_folder(info)]
            check_sizes(((info.orig_filename, info.file_size) for info in files), limits)
            _check_names(info.orig_filename for info in files)
            return {info.orig_filename: _unpacked(archive, info) for info in files}
    except _UNREADABLE:
        raise BadArchive("It is not a zip archive, or a damaged one.") from None


def write_zip(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip; the same files give the same bytes."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for path, data in files.items():
            info = ZipInfo(path, _EPOCH)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, data)
    return made.getvalue()


def check_files(files: Iterable[tuple[str, bytes]], limits: Limits) -> dict[str, bytes]:
    """Files that came without an archive, held to the same rules. Raises BadArchive."""
    given = list(files)
    check_sizes(((path, len(data)) for path, data in given), limits)
    _check_names(path for path, _ in given)
    return dict(given)


def check_sizes(files: Iterable[tuple[str, int]], limits: Limits) -> None:
    """Raises BadArchive if there are too many files, or too large ones."""
    total = 0
    for count, (path, size) in enumerate(files, 1):
        total += size
        if count > limits.files:
            raise BadArchive(f"It has more than {limits.files} files.")
        if size > limits.largest:
            raise BadArchive(f"'{path[:100]}' is larger than {limits.largest} bytes.")
        if total > limits.total:
            raise BadArchive(f"Its files have more than {limits.total} bytes unpacked.")


def _check_directory(data: bytes, limits: Limits) -> None:
    """Refuse a directory that would take long to read, before it is read."""
    end = data.rfind(_END, max(0, len(data) - _END_SIZE - _LONGEST_COMMENT))
    if end < 0 or len(data) - end < _END_SIZE:
        raise BadArchive("It is not a zip archive, or a damaged one.")
    count, size = unpack_from("<HL", data, end + 10)
    if count > 2 * limits.files or size > 2 * limits.files * _BYTES_PER_ENTRY:
        raise BadArchive(f"It has more than {limits.files} files.")
    if data[max(0, end - _END_64_SIZE) : end].startswith(_END_64):
        raise BadArchive("Zip archives of 64 bits are not taken.")


def _is_folder(info: ZipInfo) -> bool:
    """Whether it is a folder; raises BadArchive if it is neither that nor a plain file that can be read."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadArchive(f"'{info.orig_filename[:100]}' is a link or a device; only files and folders are taken.")
    if info.flag_bits & _ENCRYPTED:
        raise BadArchive("It is encrypted.")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise BadArchive("It is compressed by a method other than deflate.")
    return info.orig_filename.endswith("/")


def _check_names(paths: Iterable[str]) -> None:
    """Refuse paths that lead out of where an archive is unpacked, or that are two things at once."""
    seen: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        if not _is_plain(path):
            raise BadArchive(f"'{path[:100]}' is not a relative path within the archive.")
        if path in seen:
            raise BadArchive(f"'{path[:100]}' is there twice.")
        seen.add(path)
        folders.update(_folders(path))
    if both := seen & folders:
        raise BadArchive(f"'{min(both)[:100]}' is both a file and a folder.")


def _unpacked(archive: ZipFile, info: ZipInfo) -> bytes:
    """No more than what the directory says it is: a stream that is longer is never unpacked, and fails its checksum."""
    with archive.open(info) as file:
        return file.read(info.file_size + 1)


def _is_plain(path: str) -> bool:
    if not path.isprintable() or "\\" in path or len(path.encode()) > _LONGEST_PATH:
        return False
    first, *_ = parts = path.split("/")
    return not any(part in ("", ".", "..") for part in parts) and not (len(first) == 2 and first[1] == ":")


def _folders(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    return ("/".join(parts[: n + 1]) for n in range(len(parts)))
