"""The file that a state is saved in: a tar of plain files, with the SHA-256 digest of each at its end.

    fakeai-state.json        what it is: format, schema, version
    tables/<name>/<part>     rows, a line of JSON each
    blobs/<key>/<part>       bytes of a blob
    sha256.json              digests of all of these

Nothing in it is compressed, so nothing in it is larger than it looks. An archive is read only once all of it has been
checked; its names are never names of files.
"""

import re
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from typing import IO, Any, NamedTuple

import orjson

from fakeai.core.errors import BadRequest

FORMAT = 1
MEDIA_TYPE = "application/x-tar"
PART = 4 * 2**20
"""Bytes of a part of a blob."""

_WHAT = "fakeai-state.json"
_DIGESTS = "sha256.json"
_NAME = re.compile(r"(tables|blobs)/([A-Za-z0-9_-]{1,128})/([0-9]{8})")
_MOST = 1_000_000
"""Members."""


class Writer:
    """Writes an archive, part by part."""

    def __init__(self, file: IO[bytes], what: dict[str, Any]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115  # until `close`
        self._digests: dict[str, str] = {}
        self._add(_WHAT, orjson.dumps({"format": FORMAT, **what}, option=orjson.OPT_INDENT_2))

    def add(self, kind: str, name: str, part: int, data: bytes) -> None:
        """A part of a table or a blob."""
        self._add(f"{kind}/{name}/{part:08}", data)

    def close(self) -> str:
        """Write the end; returns the digest of all digests."""
        digests = orjson.dumps(self._digests, option=orjson.OPT_INDENT_2)
        self._add(_DIGESTS, digests)
        self._tar.close()
        return sha256(digests).hexdigest()

    def _add(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        member.mode = 0o600
        self._tar.addfile(member, BytesIO(data))
        self._digests[name] = sha256(data).hexdigest()


class _Place(NamedTuple):
    """Where a member's bytes are."""

    start: int
    size: int


class Reader:
    """An archive that has been checked. Raises BadRequest for what is none, or not whole."""

    def __init__(self, raw: bytes) -> None:
        self._raw = memoryview(raw)
        self._places = _members(raw)
        if _WHAT not in self._places or _DIGESTS not in self._places:
            raise _refused("it is no archive that fakeai has written")
        digests = _json(self._bytes(_DIGESTS))
        if set(digests) != set(self._places) - {_DIGESTS}:
            raise _refused("it is not whole")
        for name, digest in digests.items():
            if sha256(self._bytes(name)).hexdigest() != digest:
                raise _refused(f"'{name}' is damaged")
        self.digest = sha256(self._bytes(_DIGESTS)).hexdigest()
        self.what = _json(self._bytes(_WHAT))
        if self.what.get("format") != FORMAT:
            raise _refused(f"it has format {self.what.get('format')!r}; this version reads format {FORMAT}")
        self.tables = self._names("tables")
        self.blobs = self._names("blobs")

    def parts(self, kind: str, name: str) -> Iterator[bytes]:
        """The parts of a table or a blob, in order."""
        for member in sorted(member for member in self._places if member.startswith(f"{kind}/{name}/")):
            yield bytes(self._bytes(member))

    def _bytes(self, name: str) -> memoryview:
        start, size = self._places[name]
        return self._raw[start : start + size]

    def _names(self, kind: str) -> list[str]:
        return sorted({found[2] for name in self._places if (found := _NAME.fullmatch(name)) and found[1] == kind})


def _members(raw: bytes) -> dict[str, _Place]:
    """Where the members are: plain files alone, each once, inside of the archive."""
    places: dict[str, _Place] = {}
    try:
        with tarfile.open(fileobj=BytesIO(raw), mode="r:") as tar:
            for member in tar:
                known = member.name in (_WHAT, _DIGESTS) or _NAME.fullmatch(member.name) is not None
                within = 0 <= member.size <= len(raw) - member.offset_data
                if member.type != tarfile.REGTYPE or not (known and within) or member.name in places:
                    raise _refused("it is no archive that fakeai has written")
                places[member.name] = _Place(member.offset_data, member.size)
                if len(places) > _MOST:
                    raise _refused("it has too many members")
    except (tarfile.TarError, ValueError, OSError, OverflowError, EOFError) as error:
        raise _refused("it is no archive that fakeai has written") from error
    return places


def _json(data: memoryview) -> dict[str, Any]:
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _refused("it is no archive that fakeai has written") from error
    if not isinstance(found, dict):
        raise _refused("it is no archive that fakeai has written")
    return found


def _refused(why: str) -> BadRequest:
    return BadRequest(f"The state cannot be loaded: {why}.", code="invalid_state")
