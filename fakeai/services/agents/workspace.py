"""The files in environments: one of each path, and their bytes in blobs."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Awaitable, Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeVar

from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest, StorageUnavailable
from fakeai.services.blob_rows import forget
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.objects import Collection, shown
from fakeai.wire.agents.environments import EnvironmentFile

T = TypeVar("T")

KIND = "agent.environment.file"
ROOT = "/workspace"
OUTPUTS = "/workspace/outputs"
"""What a turn leaves here becomes an artifact."""
LARGEST = 32 * 2**20
"""Bytes of a file."""
MOST = 1_000
"""Files of an environment."""

_RESERVED = re.compile(r"/workspace/(\.codex|\.managed-agents(-[^/]*)?)(/.*)?")


class Workspace:
    """Makes rows of files, reads them, and takes them away again."""

    def __init__(self, db: Database, blobs: Blobs, ids: Ids) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self.rows = Collection(KIND)

    async def prepare(self, environment_id: str, path: str, data: bytes) -> Object:
        """A file whose bytes are kept, and which is there once `add` has made a row of it."""
        key = self._ids.make("blob-")
        stored = await self._blobs.put(key, data)
        told: EnvironmentFile = {
            "object": "agent.environment.file",
            "environment_id": environment_id,
            "path": path,
            "size_bytes": stored.size,
        }
        return {**told, "id": mark(path), "_blobs": [key], "_sha256": stored.sha256}

    def add(self, tx: Tx, owner: str, file: Object) -> Sequence[str]:
        """Make a prepared file one that is there, in the place of one of its path; the keys of that one's bytes."""
        parent = file["environment_id"]
        old = self.rows.delete(tx, owner, file["id"], parent=parent)
        if old is None and self.rows.count(tx, owner, parent=parent) >= MOST:
            raise BadRequest(f"An environment may have {MOST} files at most.")
        self.rows.add(tx, owner, file, parent=parent)
        return () if old is None else old["_blobs"]

    def files(self, tx: Tx, owner: str, environment_id: str) -> list[Object]:
        """All files, by the parts of their paths."""
        found = self.rows.every(tx, owner, parent=environment_id)
        return sorted(found, key=lambda file: file["path"].split("/"))

    async def listing(self, owner: str, environment_id: str) -> list[Object]:
        """The same, in a transaction of its own."""
        return await self._db.read(lambda tx: self.files(tx, owner, environment_id))

    async def read(self, file: Object) -> bytes:
        """A file's bytes. KeyError if it is gone."""
        return await self._blobs.read(file["_blobs"][0])

    def clear(self, tx: Tx, owner: str, environment_id: str) -> list[str]:
        """Forget all files of an environment; the keys of their bytes."""
        keys = [key for file in self.rows.every(tx, owner, parent=environment_id) for key in file["_blobs"]]
        self.rows.delete_children(tx, owner, environment_id)
        return keys


async def with_blobs(blobs: Blobs, keys: Iterable[str], work: Callable[[], Awaitable[T]]) -> T:
    """Do `work`, which makes rows that own those blobs: they go when it is refused.

    They stay where nobody can tell whether the rows are there: what no row owns, the collector of blobs finds.
    """
    try:
        return await work()
    except StorageUnavailable:
        raise
    except ApiError:
        await forget(blobs, keys)
        raise


def told(file: Object) -> Object:
    """A file as it goes out: its path is its name."""
    return {name: value for name, value in shown(file).items() if name != "id"}


def mark(path: str) -> str:
    """The id of a row of that path."""
    return sha256(path.encode()).hexdigest()[:32]


def check_path(path: str, param: str) -> None:
    """Refuse what is no path of a file below `/workspace`, or is one that nobody may write."""
    parts = path.split("/")[1:]
    good = path.startswith(f"{ROOT}/") and not any(mark in path for mark in "\0\\")
    if not good or any(part in ("", ".", "..") for part in parts):
        raise BadRequest(
            f"Invalid '{param}': expected an absolute path of a file below '{ROOT}', without '.' and '..'.", param=param
        )
    if _RESERVED.fullmatch(path) or path == OUTPUTS:
        raise BadRequest(f"Invalid '{param}': '{path[:200]}' is reserved.", param=param)


async def decoded(data: str, param: str, *, easy: bool) -> bytes:
    """The bytes in base64. Raises BadRequest."""
    try:
        found = await off_loop(b64decode, data, None, True)
    except (Error, ValueError):
        if easy:
            return data.encode()
        raise BadRequest(f"Invalid '{param}': it is not base64.", param=param) from None
    if len(found) > LARGEST:
        raise BadRequest(f"Invalid '{param}': a file may have {LARGEST} bytes at most.", param=param)
    return found
