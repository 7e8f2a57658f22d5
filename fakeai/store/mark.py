"""How far the log of a SQLite database was written when a change was acknowledged, in a file beside it.

SQLite takes a log that was cut for one that a crash has ended, and says nothing. This tells the two apart. Where power was
lost meanwhile, the last changes may be gone without anybody's doing: that is said, and stops nobody.
Salts and frames of the log are read from its index, as https://sqlite.org/walformat.html describes it.
"""

import logging
import os
import struct
from contextlib import suppress
from pathlib import Path

_log = logging.getLogger("fakeai.store")

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_INDEX = struct.Struct("=16xI12x8s")
"""The beginning of the index: frames of the log, and its salts, which are others whenever it begins anew."""
_PLACE = struct.Struct("<I8s")
_SHORT = 2**32 - 1
"""In the place of frames: it was seen that some are missing, and SQLite has tidied up the log since."""


class Mark:
    """That of the database at `path`, which somebody has opened. Raises OSError if it cannot be had."""

    def __init__(self, path: Path, boot: bytes | None = None) -> None:
        """`boot` is what differs after the machine has been started anew; asked of the system if None."""
        self.path = path.with_name(f"{path.name}-mark")
        self._boot = _boot() if boot is None else boot
        self._index = os.open(path.with_name(f"{path.name}-shm"), os.O_RDONLY)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)

    def check(self) -> None:
        """Raises ValueError for a log that ends before the last change that was acknowledged."""
        told, (frames, salts) = os.pread(self._file, 256, 0), self._place()
        if len(told) >= _PLACE.size:
            known, known_salts = _PLACE.unpack_from(told)
            if known == _SHORT or (salts == known_salts and frames < known):
                self._short(told[_PLACE.size :])
        os.pwrite(self._file, _PLACE.pack(frames, salts) + self._boot, 0)

    def note(self) -> None:
        """A change is committed: what cannot be noted is not worth an error."""
        with suppress(OSError):
            os.pwrite(self._file, _PLACE.pack(*self._place()), 0)

    def close(self) -> None:
        """Let go of the files."""
        os.close(self._file)
        os.close(self._index)

    def _place(self) -> tuple[int, bytes]:
        index = os.pread(self._index, _INDEX.size, 0)
        frames, salts = _INDEX.unpack(index) if len(index) == _INDEX.size else (0, bytes(8))
        return frames, salts

    def _short(self, boot: bytes) -> None:
        if boot == self._boot:
            os.pwrite(self._file, _PLACE.pack(_SHORT, bytes(8)), 0)
            raise ValueError(
                "its log is damaged: it ends before the last change that was acknowledged. "
                f"To go on without what is lost, delete {str(self.path)!r}"
            )
        _log.warning("the database has lost its last changes: power was lost")


def _boot() -> bytes:
    try:
        return _BOOT.read_bytes().strip()
    except OSError:
        return b""
