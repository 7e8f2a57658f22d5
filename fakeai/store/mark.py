"""How many changes of a SQLite database were acknowledged, in a file beside it.

SQLite takes a log that was cut for one that a crash has ended, and says nothing. This tells the two apart. Where power was
lost meanwhile, the last changes may be gone without anybody's doing: that is said, and stops nobody.
"""

import logging
import os
import struct
from contextlib import suppress
from pathlib import Path

_log = logging.getLogger("fakeai.store")

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_COUNT = struct.Struct("<Q")


class Mark:
    """That of the database at `path`. Raises OSError if it cannot be had."""

    def __init__(self, path: Path, boot: bytes | None = None) -> None:
        """`boot` is what differs after the machine has been started anew; asked of the system if None."""
        self.path = path.with_name(f"{path.name}-mark")
        self._boot = _boot() if boot is None else boot
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)

    def check(self, count: int) -> None:
        """Compare with the `count` that the database has. Raises ValueError if it has lost changes."""
        told = os.pread(self._file, 256, 0)
        lost = _COUNT.unpack_from(told)[0] - count if len(told) >= _COUNT.size else 0
        if lost > 0 and told[_COUNT.size :] == self._boot:
            raise ValueError(
                f"it lacks the last {lost} changes that were acknowledged: its log is damaged. "
                f"To go on without them, delete {str(self.path)!r}"
            )
        if lost > 0:
            _log.warning("the database has lost its last %d changes: power was lost", lost)
        os.pwrite(self._file, _COUNT.pack(count) + self._boot, 0)

    def put(self, count: int) -> None:
        """The database has come to that, and it is committed: what cannot be noted is not worth an error."""
        with suppress(OSError):
            os.pwrite(self._file, _COUNT.pack(count), 0)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _boot() -> bytes:
    try:
        return _BOOT.read_bytes().strip()
    except OSError:
        return b""
