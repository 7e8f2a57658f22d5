"""Files: uploaded, listed, downloaded, deleted; and kept for whoever makes one (batches, fine-tuning, uploads in parts).

A file's bytes are a blob under a key of ours; the name that a client gives it is shown and never a path.
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import orjson

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest, NotFound, PayloadTooLarge, ServerError
from fakeai.services.base import lenient
from fakeai.services.ranges import download
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.files import ExpiresAfter, FileCreate, FileObject, FilePurpose
from fakeai.wire.listing import ListQuery

LARGEST = 512 * 2**20
"""Bytes of the largest file."""

MOST_LISTED = 10_000

_ENVELOPE = 2**20
"""Bytes of a form beside its file."""
_BATCH_FILES_S = 30 * 86_400
_LONGEST_NAME = 255
_JSONL = {"batch": "Batch", "fine-tune": "Fine-Tuning"}.get
_IMAGES = ("gif", "jpeg", "jpg", "png", "webp")
_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)


class Files:
    """`/files`. `quota` is in bytes of a project's files all in all; None for no limit."""

    ENDPOINTS = (
        Endpoint("GET", "/files", "list", "List files", tag="Files"),
        Endpoint(
            "POST",
            "/files",
            "upload",
            "Upload a file",
            body=FileCreate,
            form=True,
            max_body=LARGEST + _ENVELOPE,
            tag="Files",
        ),
        Endpoint("GET", "/files/{file_id}", "retrieve", "Get a file", tag="Files"),
        Endpoint("DELETE", "/files/{file_id}", "delete", "Delete a file", tag="Files"),
        Endpoint("GET", "/files/{file_id}/content", "download", "Get a file's bytes", reply="bytes", tag="Files"),
    )

    def __init__(
        self, db: Database, blobs: Blobs, ids: Ids, file_quota: int | None, *, lenient: bool, synthesize: bool
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self._quota = file_quota
        self._lenient = lenient
        self._files = Resource(db, "file", FileObject, missing, synthesize=synthesize)

    # -- over HTTP

    async def list(self, call: Call) -> Reply:
        """A page of files, the newest first unless told otherwise. Raises BadRequest for a bad query."""
        query = ListQuery.from_query(call.query, default=MOST_LISTED, most=MOST_LISTED)
        return Reply(await self._files.page(call, query, tag=query.text("purpose")))

    async def upload(self, call: Call) -> Reply:
        """The file as it is kept. Raises BadRequest for bytes that its purpose cannot have."""
        body: FileCreate = call.body
        file = body.file
        name = display_name(file.filename)
        if len(file.data) > LARGEST:
            raise PayloadTooLarge(f"File is too large. The maximum size is {LARGEST} bytes.")
        if not lenient(call, self._lenient):
            await check(name, body.purpose, file.data)
        await self.check_quota(call.principal.owner, len(file.data))
        kept = await self.prepare(name, body.purpose, file.data, media_type=file.media_type, expires=body.expires_after)
        await self.keep(call.principal.owner, kept)
        return Reply(shown(kept))

    async def retrieve(self, call: Call) -> Reply:
        """A file; NotFound if there is none."""
        return Reply(shown(await self.get(call, call.params["file_id"])))

    async def delete(self, call: Call) -> Reply:
        """Forget a file and its bytes; NotFound if there is none."""
        gone = await self._files.remove(call, call.params["file_id"])
        for key in gone.get("_blobs", ()):
            await self._blobs.delete(key)
        return Reply(deleted(gone["id"], "file"))

    async def download(self, call: Call) -> Reply:
        """A file's bytes, or a range of them. Raises NotFound, RangeNotSatisfiable."""
        file = await self.get(call, call.params["file_id"])
        data = await self.content(file)
        media_type = _media_type(file.get("_media_type", ""))
        return download(data, file["filename"], media_type, call.headers.get("range"))

    # -- for other services

    async def get(self, call: Call, id: str) -> Object:
        """The caller's file of that id, with its private keys. Raises NotFound."""
        return await self._files.get(call, id)

    async def find(self, owner: str, id: str) -> Object | None:
        """The owner's file of that id."""
        return await self._db.read(lambda tx: self._files.rows.get(tx, owner, id))

    async def content(self, file: Object) -> bytes:
        """The bytes of a file. Raises ServerError (`file_damaged`) if they are not what was once kept."""
        if SYNTHESIZED in file:
            return b""
        try:
            data = await self._blobs.read(file["_blobs"][0])
        except KeyError:
            raise _damaged(file) from None
        if await off_loop(_digest, data) != file["_sha256"]:
            raise _damaged(file)
        return data

    async def create(
        self,
        owner: str,
        filename: str,
        purpose: FilePurpose,
        data: bytes | Iterable[bytes],
        *,
        id: str | None = None,
        media_type: str = "application/jsonl",
    ) -> Object:
        """Keep a file that the server has made."""
        made = await self.prepare(filename, purpose, data, id=id, media_type=media_type)
        await self.keep(owner, made)
        return made

    async def prepare(
        self,
        filename: str,
        purpose: FilePurpose,
        data: bytes | Iterable[bytes],
        *,
        id: str | None = None,
        media_type: str = "application/jsonl",
        expires: ExpiresAfter | None = None,
    ) -> Object:
        """A file whose bytes are kept, and which is there once `add` has made a row of it."""
        key = self._ids.make("blob-")
        stored = await self._blobs.put(key, data)
        now = int(self._db.now())
        after = expires.seconds if expires is not None else _BATCH_FILES_S if purpose == "batch" else None
        file: FileObject = {
            "id": id or self._ids.make("file-"),
            "object": "file",
            "bytes": stored.size,
            "created_at": now,
            "expires_at": None if after is None else now + after,
            "filename": filename,
            "purpose": purpose,
            "status": "processed",
            "status_details": None,
        }
        return {**file, "_blobs": [key], "_sha256": stored.sha256, "_media_type": media_type[:200]}

    def add(self, tx: Tx, owner: str, file: Object) -> None:
        """Make a prepared file one that is there."""
        self._files.rows.add(tx, owner, file, tag=file["purpose"], expires=file["expires_at"])

    async def keep(self, owner: str, file: Object) -> None:
        """The same in a transaction of its own; when that fails the bytes go too."""
        try:
            await self._db.run(lambda tx: self.add(tx, owner, file))
        except BaseException:
            await self._blobs.delete(file["_blobs"][0])
            raise

    async def check_quota(self, owner: str, size: int) -> None:
        """Raises BadRequest if `size` more bytes are more than the project may have."""
        quota = self._quota
        if quota is None:
            return
        used = await self._db.read(lambda tx: sum(file["bytes"] for file in self._files.rows.every(tx, owner)))
        if used + size > quota:
            raise BadRequest(
                f"Your project has exceeded its file storage quota: {used} of {quota} bytes are in use.",
                code="storage_quota_exceeded",
            )


def missing(id: str) -> ApiError:
    """The refusal of an id that names no file of the caller's."""
    return NotFound(f"No such File object: {id}", param="id")


def display_name(filename: str) -> str:
    """What a file is called: the client's name without folders and what does not print."""
    last = _FOLDERS.sub("", filename)
    return "".join(char for char in last if char.isprintable())[:_LONGEST_NAME].strip() or "file"


async def check(name: str, purpose: str, data: bytes) -> None:
    """Raises BadRequest for a file that its purpose cannot have."""
    if not data:
        raise BadRequest("File is empty.", param="file")
    ending = name.lower().rpartition(".")[2]
    if (api := _JSONL(purpose)) is not None and ending != "jsonl":
        raise BadRequest(f"Invalid file format for {api} API. Must be .jsonl", param="file")
    if purpose == "vision" and ending not in _IMAGES:
        raise BadRequest(f"Invalid extension {ending}. Supported formats: {list(_IMAGES)}", param="file")
    if purpose == "fine-tune":
        await off_loop(_check_lines, data)


def _check_lines(data: bytes) -> None:
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            start = line[:40].decode("utf-8", "replace")
            raise BadRequest(
                "Expected file to have JSONL format, where every line is a valid JSON dictionary. "
                f"Line {number} is not a dictionary (HINT: line starts with: {start!r}).",
                param="file",
            )


def _damaged(file: Object) -> ApiError:
    return ServerError(
        f"The bytes of {file['id']} are not what was uploaded: its storage is damaged.", code="file_damaged"
    )


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _media_type(told: str) -> str:
    """What the client said it is, if that can stand in a header and no browser runs it."""
    plain = re.fullmatch(r"[\w.+-]+/[\w.+-]+", told, re.ASCII)
    return (
        told if plain and "html" not in told and "svg" not in told and "xml" not in told else "application/octet-stream"
    )
