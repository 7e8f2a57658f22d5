"""The server's secret that digests of API keys depend on: in a file beside the database, for its owner only.

Whoever reads the database alone cannot even try values.
"""

import os
from contextlib import suppress
from pathlib import Path

from fakeai.core.chance import Chance

_NAME = "pepper"


def pepper(directory: Path) -> bytes:
    """The secret of what is kept in `directory`; made when first asked for. Raises ValueError if it cannot be read."""
    path = directory / _NAME
    try:
        if not path.exists():
            _make(path)
        found = path.read_bytes().strip()
    except OSError as error:
        raise ValueError(f"store: {str(path)!r} cannot be read: {error.strerror}") from error
    if not found:
        raise ValueError(f"store: {str(path)!r} is empty, and the keys given out depend on it")
    return found


def _make(path: Path) -> None:
    """Whole or not at all, and once: processes that begin at the same time agree on one."""
    draft = path.with_name(f"{_NAME}.{os.getpid()}.{Chance.from_entropy().data(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Chance.from_entropy().data(32).hex().encode())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
