"""The files in containers as they are kept: one of each path, and their bytes in blobs."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from fakeai.core.chance import Ids
from fakeai.services.files import Files, display_name
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.objects import Collection
from fakeai.wire.containers import ContainerFile

KIND = "container.file"

_ROOT = "/mnt/data/"


class Contents:
    """Makes rows of files, and takes them away again."""

    def __init__(self, db: Database, blobs: Blobs, ids: Ids) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self._rows = Collection(KIND)

    async def prepare(
        self, container_id: str, name: str, data: bytes, source: Literal["user", "assistant"] = "user"
    ) -> Object:
        """A file whose bytes are kept, and which is there once `add` has made a row of it."""
        key = self._ids.make("blob-")
        stored = await self._blobs.put(key, data)
        file = self.told(container_id, name, stored.size, source)
        return {**file, "_blobs": [key], "_sha256": stored.sha256}

    def told(self, container_id: str, name: str, size: int, source: Literal["user", "assistant"]) -> ContainerFile:
        """A file as it is shown, under the name that a client gives it."""
        shown = display_name(name)
        return {
            "id": self._ids.hex("cfile_"),
            "object": "container.file",
            "created_at": int(self._db.now()),
            "bytes": size,
            "container_id": container_id,
            "path": _ROOT + (shown if shown not in (".", "..") else "file"),
            "source": source,
        }

    async def copy(self, files: Files, container_id: str, file: Object) -> Object:
        """A prepared copy of one of the caller's files."""
        return await self.prepare(container_id, file["filename"], await files.content(file))

    def add(self, tx: Tx, owner: str, file: Object) -> Sequence[str]:
        """Make a prepared file one that is there, in the place of one of its path; the keys of that one's bytes."""
        parent, tag = file["container_id"], mark(file["path"])
        before = self._rows.page(tx, owner, parent=parent, tag=tag, limit=1).data
        for old in before:
            self._rows.delete(tx, owner, old["id"], parent=parent)
        self._rows.add(tx, owner, file, parent=parent, tag=tag)
        return [key for old in before for key in old["_blobs"]]

    def all(self, tx: Tx, owner: str, container_id: str) -> Sequence[Object]:
        """All files of a container, the oldest first."""
        return list(self._rows.every(tx, owner, parent=container_id))

    def clear(self, tx: Tx, owner: str, container_id: str) -> Sequence[str]:
        """Forget all files of a container; the keys of their bytes."""
        keys = [key for file in self._rows.every(tx, owner, parent=container_id) for key in file["_blobs"]]
        self._rows.delete_children(tx, owner, container_id)
        return keys


def mark(text: str) -> str:
    """A text of any length as a tag of rows."""
    return sha256(text.encode()).hexdigest()[:32]
