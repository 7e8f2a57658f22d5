"""Files: uploaded, listed, downloaded, deleted; and kept for whoever makes one (batches, fine-tuning, uploads in parts).

A file's bytes are a blob under a key of ours; the name that a client gives it is shown and never a path.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest, NotFound, PayloadTooLarge, ServerError
from fakeai.core.generation import Media
from fakeai.services.base import lenient
from fakeai.services.blob_rows import OwnedBytes, forget, run_with_blob
from fakeai.services.file_checks import check
from fakeai.services.ranges import Span, download, span
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
        self._bytes = OwnedBytes(db, blobs, self._files.rows, lambda file: missing(file["id"]), _damaged)
        self._afterwards: list[Callable[[Tx, str, str], None]] = []

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
        owner = call.principal.owner
        if self.has_quota:  # before the bytes are kept, and once more with their row
            await self._db.read(lambda tx: self.check_room(tx, owner, len(file.data)))
        made = await self.prepare(name, body.purpose, file.data, media_type=file.media_type, expires=body.expires_after)

        def add(tx: Tx) -> None:
            self.check_room(tx, owner, made["bytes"])
            self.add(tx, owner, made)

        await run_with_blob(self._db, self._blobs, made["_blobs"][0], add)
        return Reply(shown(made))

    async def retrieve(self, call: Call) -> Reply:
        """A file; NotFound if there is none."""
        return Reply(shown(await self.get(call, call.params["file_id"])))

    async def delete(self, call: Call) -> Reply:
        """Forget a file and its bytes; NotFound if there is none."""
        gone = await self._files.remove(call, call.params["file_id"])
        for work in self._afterwards:
            await self._db.run(lambda tx, work=work: work(tx, call.principal.owner, gone["id"]))  # type: ignore[misc]
        await forget(self._blobs, gone.get("_blobs", ()))
        return Reply(deleted(gone["id"], "file"))

    async def download(self, call: Call) -> Reply:
        """A file's bytes, or a range of them. Raises NotFound, RangeNotSatisfiable."""
        file = await self.get(call, call.params["file_id"])
        size = 0 if SYNTHESIZED in file else file["bytes"]
        wanted = span(call.headers.get("range"), size)
        data = await (self.content(file) if wanted is None else self._part(file, wanted))
        return download(data, file["filename"], _media_type(file.get("_media_type", "")), size, wanted)

    # -- for other services

    async def get(self, call: Call, id: str) -> Object:
        """The caller's file of that id, with its private keys. Raises NotFound."""
        return await self._files.get(call, id)

    async def find(self, owner: str, id: str) -> Object | None:
        """The owner's file of that id."""
        return await self._db.read(lambda tx: self._files.rows.get(tx, owner, id))

    def when_deleted(self, work: Callable[[Tx, str, str], None]) -> None:
        """Have `work` done when a caller has deleted a file of that owner and id. It is not done for files that expire."""
        self._afterwards.append(work)

    async def media(self, call: Call, ids: Sequence[str], param: str) -> Mapping[str, Media]:
        """The caller's files of these ids, for a prompt.

        Raises NotFound, and BadRequest about `param` for more bytes than a request may have.
        """
        from fakeai.content.media import LIMIT

        files = [await self.get(call, name) for name in ids]
        if sum(file["bytes"] for file in files) > LIMIT:
            raise BadRequest(f"The files of a request are larger than the limit of {LIMIT} bytes.", param=param)
        return {
            name: Media("file", await self.content(file), file.get("_media_type", ""), file["filename"])
            for name, file in zip(ids, files, strict=True)
        }

    async def content(self, file: Object) -> bytes:
        """The bytes of a file.

        Raises NotFound if it has been deleted meanwhile, ServerError (`file_damaged`) if its bytes are not what was kept.
        """
        if SYNTHESIZED in file:
            return b""
        return await self._bytes.whole(file)

    async def beginning(self, file: Object, size: int) -> bytes:
        """Its first so many bytes, unchecked. Raises NotFound if it was deleted meanwhile."""
        return await self._bytes.read(file, 0, size)

    async def create(
        self,
        owner: str,
        filename: str,
        purpose: FilePurpose,
        data: bytes | Iterable[bytes],
        *,
        id: str | None = None,
        media_type: str = "application/jsonl",
        expires: ExpiresAfter | None = None,
    ) -> Object:
        """Keep a file that the server has made."""
        made = await self.prepare(filename, purpose, data, id=id, media_type=media_type, expires=expires)
        await run_with_blob(self._db, self._blobs, made["_blobs"][0], lambda tx: self.add(tx, owner, made))
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

    @property
    def has_quota(self) -> bool:
        """Whether `check_room` may ever refuse."""
        return self._quota is not None

    def check_room(self, tx: Tx, owner: str, size: int) -> None:
        """Raises BadRequest if `size` more bytes are more than the project may have."""
        if self._quota is None:
            return
        used = sum(file["bytes"] for file in self._files.rows.every(tx, owner))
        if used + size > self._quota:
            raise BadRequest(
                f"Your project has exceeded its file storage quota: {used} of {self._quota} bytes are in use.",
                code="storage_quota_exceeded",
            )

    async def _part(self, file: Object, wanted: Span) -> bytes:
        data = await self._bytes.read(file, wanted.start, wanted.end)
        if len(data) != wanted.end - wanted.start:
            raise _damaged(file)
        return data


def missing(id: str) -> ApiError:
    """The refusal of an id that names no file of the caller's."""
    return NotFound(f"No such File object: {id}", param="id")


def display_name(filename: str) -> str:
    """What a file is called: the client's name without folders and what does not print."""
    last = _FOLDERS.sub("", filename)
    return "".join(char for char in last if char.isprintable())[:_LONGEST_NAME].strip() or "file"


def _damaged(file: Object) -> ApiError:
    return ServerError(
        f"The bytes of {file['id']} are not what was uploaded: its storage is damaged.", code="file_damaged"
    )


def _media_type(told: str) -> str:
    """What the client said it is, if that can stand in a header and no browser runs it."""
    plain = re.fullmatch(r"[\w.+-]+/[\w.+-]+", told, re.ASCII)
    return (
        told if plain and "html" not in told and "svg" not in told and "xml" not in told else "application/octet-stream"
    )
