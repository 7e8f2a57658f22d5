"""Uploads: files that come in parts, and are files once the parts are complete."""

from contextlib import suppress
from hashlib import md5
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest, NotFound, PayloadTooLarge, ServerError
from fakeai.services.base import lenient
from fakeai.services.blob_rows import forget, run_with_blob
from fakeai.services.file_checks import check, check_name
from fakeai.services.files import Files, display_name
from fakeai.services.resource import SYNTHESIZED, Resource
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.objects import Collection, shown
from fakeai.wire.example import example
from fakeai.wire.files import ExpiresAfter, FileObject, PartCreate, Upload, UploadComplete, UploadCreate, UploadPart

LARGEST = 2**31
"""Bytes of the largest upload: its parts are put together in memory."""

LARGEST_PART = 64 * 2**20
_ENVELOPE = 2**20
_MOST_PARTS = 10_000
_TIME_S = 3_600
"""How long after its creation an upload takes parts."""
_SHOWN_S = 86_400
"""How long an upload is told of after that."""
_ONE = "/uploads/{upload_id}"


class Uploads:
    """`/uploads`."""

    ENDPOINTS = (
        Endpoint("POST", "/uploads", "create", "Begin an upload in parts", body=UploadCreate, tag="Uploads"),
        Endpoint(
            "POST",
            _ONE + "/parts",
            "add_part",
            "Add a part",
            body=PartCreate,
            form=True,
            max_body=LARGEST_PART + _ENVELOPE,
            tag="Uploads",
        ),
        Endpoint(
            "POST", _ONE + "/complete", "complete", "Make a file of the parts", body=UploadComplete, tag="Uploads"
        ),
        Endpoint("POST", _ONE + "/cancel", "cancel", "Give up an upload", tag="Uploads"),
    )

    def __init__(self, db: Database, blobs: Blobs, ids: Ids, files: Files, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self._files = files
        self._lenient = lenient
        self._uploads = Resource(db, "upload", Upload, _missing, synthesize=synthesize)
        self._parts = Collection("upload.part")

    async def create(self, call: Call) -> Reply:
        """A pending upload. Raises BadRequest for one that could never be completed."""
        body: UploadCreate = call.body
        name = display_name(body.filename)
        if body.bytes > LARGEST:
            raise PayloadTooLarge(f"Uploads may have {LARGEST} bytes at most, but you asked for {body.bytes}.")
        if not lenient(call, self._lenient):
            if not body.bytes:
                raise BadRequest("An upload must have at least one byte.", param="bytes")
            check_name(name, body.purpose)
        now = int(self._db.now())
        upload: Upload = {
            "id": self._ids.make("upload_"),
            "object": "upload",
            "bytes": body.bytes,
            "created_at": now,
            "expires_at": now + _TIME_S,
            "filename": name,
            "purpose": body.purpose,
            "status": "pending",
            "file": None,
        }
        after = None if body.expires_after is None else body.expires_after.model_dump()
        row = {**upload, "_media_type": body.mime_type[:200], "_expires_after": after, "_parts": 0, "_received": 0}
        owner, gone = call.principal.owner, now + _TIME_S + _SHOWN_S

        def add(tx: Tx) -> None:
            if self._files.has_quota:
                self._files.check_room(tx, owner, body.bytes + self._announced(tx, owner))
            self._uploads.rows.add(tx, owner, row, expires=gone)

        await self._db.run(add)
        return Reply(upload)

    async def add_part(self, call: Call) -> Reply:
        """A part, to be named when the upload is completed. Raises NotFound, and BadRequest for one too many."""
        body: PartCreate = call.body
        upload = await self._uploads.get(call, call.params["upload_id"])
        size = len(body.data.data)
        if size > LARGEST_PART:
            raise PayloadTooLarge(f"A part may have {LARGEST_PART} bytes at most.")
        part: UploadPart = {
            "id": self._ids.make("part_"),
            "object": "upload.part",
            "created_at": int(self._db.now()),
            "upload_id": upload["id"],
        }
        if SYNTHESIZED in upload:
            return Reply(part)
        self._with_part(upload, size)
        key = self._ids.make("blob-")
        await self._blobs.put(key, body.data.data)
        row = {**part, "_blobs": [key], "_size": size}
        owner = call.principal.owner

        def add(tx: Tx) -> None:
            if self._uploads.rows.change(tx, owner, upload["id"], lambda found: self._with_part(found, size)) is None:
                raise _missing(upload["id"])
            self._parts.add(tx, owner, row, parent=upload["id"], expires=upload["expires_at"] + _SHOWN_S)

        await run_with_blob(self._db, self._blobs, key, add)
        return Reply(part)

    async def complete(self, call: Call) -> Reply:
        """The upload with its file. Raises NotFound, and BadRequest for parts that are not the file that was announced."""
        body: UploadComplete = call.body
        upload = await self._uploads.get(call, call.params["upload_id"])
        if SYNTHESIZED in upload:
            file = example(FileObject, upload["id"], id=f"file-{upload['id']}", filename=upload["filename"])
            return Reply({**shown(upload), "status": "completed", "file": file})
        self._open(upload)
        data = await self._joined(call, upload, body.part_ids)
        if body.md5 is not None and (await off_loop(_md5, data)) != body.md5.lower():
            raise BadRequest("The MD5 checksum of the parts is not the one you gave.", param="md5")
        if not lenient(call, self._lenient):
            await check(upload["filename"], upload["purpose"], data)
        made = await self._file(upload, data)
        owner = call.principal.owner

        def finish(tx: Tx) -> Object:
            finished = self._uploads.rows.change(
                tx, owner, upload["id"], lambda found: self._finished(tx, owner, found, made)
            )
            if finished is None:
                raise _missing(upload["id"])
            return finished

        finished = await run_with_blob(self._db, self._blobs, made["_blobs"][0], finish)
        await self._drop_parts(owner, upload["id"])
        return Reply(shown(finished))

    async def cancel(self, call: Call) -> Reply:
        """The upload, cancelled: no part can be added any more. Raises NotFound, and BadRequest if it is not pending."""

        def end(upload: Object) -> Object:
            if SYNTHESIZED not in upload:
                self._open(upload)
            return {**upload, "status": "cancelled"}

        upload = await self._uploads.change(call, call.params["upload_id"], end)
        await self._drop_parts(call.principal.owner, upload["id"])
        return Reply(shown(upload))

    def _open(self, upload: Object) -> None:
        """Raises BadRequest for an upload that takes nothing any more."""
        status = upload["status"]
        if status == "pending" and self._db.now() >= upload["expires_at"]:
            status = "expired"
        if status != "pending":
            raise BadRequest(f"The upload {upload['id']} is {status}.", code="upload_not_pending")

    def _announced(self, tx: Tx, owner: str) -> int:
        """Bytes of the owner's uploads that may still become files."""
        return sum(
            upload["bytes"]
            for upload in self._uploads.rows.every(tx, owner)
            if upload["status"] == "pending" and self._db.now() < upload["expires_at"]
        )

    def _with_part(self, upload: Object, size: int) -> Object:
        """The upload with one part more. Raises BadRequest for one that it does not take."""
        self._open(upload)
        received, parts = upload["_received"] + size, upload["_parts"] + 1
        if received > upload["bytes"]:
            raise BadRequest(f"The parts of this upload are {received} bytes, more than its {upload['bytes']}.")
        if parts > _MOST_PARTS:
            raise BadRequest(f"An upload may have {_MOST_PARTS} parts at most.")
        return {**upload, "_received": received, "_parts": parts}

    async def _joined(self, call: Call, upload: Object, part_ids: list[str]) -> bytes:
        """The bytes of the parts in this order. Raises BadRequest if they are not as many as was announced."""
        owner = call.principal.owner
        parts = await self._db.read(lambda tx: self._named(tx, owner, upload["id"], part_ids))
        size = sum(part["_size"] for part in parts)
        if size != upload["bytes"]:
            raise BadRequest(f"The parts are {size} bytes, but the upload was announced with {upload['bytes']}.")
        try:
            return b"".join([await self._blobs.read(part["_blobs"][0]) for part in parts])
        except KeyError:
            self._open(await self._uploads.get(call, upload["id"]))  # parts go when somebody else has completed it
            raise ServerError("A part of this upload is damaged.", code="file_damaged") from None

    def _named(self, tx: Tx, owner: str, upload: str, part_ids: list[str]) -> list[Object]:
        if len(set(part_ids)) != len(part_ids):
            raise BadRequest("A part is named more than once.", param="part_ids")
        found = []
        for name in part_ids:
            part = self._parts.get(tx, owner, name, parent=upload)
            if part is None:
                raise BadRequest(f"There is no part '{name[:100]}' of this upload.", param="part_ids")
            found.append(part)
        return found

    async def _file(self, upload: Object, data: bytes) -> Object:
        after = upload["_expires_after"]
        return await self._files.prepare(
            upload["filename"],
            upload["purpose"],
            data,
            media_type=upload["_media_type"],
            expires=None if after is None else ExpiresAfter(**after),
        )

    def _finished(self, tx: Tx, owner: str, upload: Object, file: Object) -> Object:
        self._open(upload)
        self._files.check_room(tx, owner, file["bytes"])
        self._files.add(tx, owner, file)
        return {**upload, "status": "completed", "file": shown(file)}

    async def _drop_parts(self, owner: str, upload: str) -> None:
        def drop(tx: Tx) -> list[Any]:
            keys = [key for part in self._parts.every(tx, owner, parent=upload) for key in part["_blobs"]]
            self._parts.delete_children(tx, owner, upload)
            return keys

        with suppress(ApiError):  # parts that are left behind expire
            await forget(self._blobs, await self._db.run(drop))


def _missing(id: str) -> ApiError:
    return NotFound(f"No such Upload object: {id}", param="id")


def _md5(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()
