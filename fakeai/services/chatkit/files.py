"""Files that come with messages in ChatKit: pictures and PDFs, uploaded at once, or announced and uploaded then."""

from secrets import compare_digest
from typing import Any

from fakeai.content import image_headers
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest, NotFound, PayloadTooLarge, ServerError
from fakeai.core.form import Upload
from fakeai.core.generation import Media
from fakeai.services.blob_rows import OwnedBytes, forget, run_with_blob
from fakeai.services.chatkit.sessions import TAG, ChatKitSessions, Visit
from fakeai.services.chatkit.views import attachment_of
from fakeai.services.files import display_name
from fakeai.services.ranges import download_of
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.objects import Collection
from fakeai.wire.chatkit.requests import ChatKitUpload, Params

_MEGABYTE = 2**20
_KINDS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_TAKEN = (*(kind for _, kind in _KINDS), "image/webp")
_ONE = "/chatkit/files/{file_id}"


class ChatKitFiles:
    """`/chatkit/files`, and a session's attachments. The tag of a file is the session that it came by."""

    ENDPOINTS = (
        Endpoint("POST", "/chatkit/files", "upload", "Upload a ChatKit file", body=ChatKitUpload, form=True, tag=TAG),
        Endpoint("POST", _ONE, "fill", "Upload an announced ChatKit file", body=ChatKitUpload, form=True, tag=TAG),
        Endpoint("GET", _ONE, "content", "Get a ChatKit file", reply="bytes", query="key=k", tag=TAG),
    )

    def __init__(self, db: Database, blobs: Blobs, ids: Ids, chatkit_sessions: ChatKitSessions) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self._sessions = chatkit_sessions
        self._rows = Collection("chatkit_file")
        self._bytes = OwnedBytes(db, blobs, self._rows, lambda row: missing(row["id"]), _damaged)

    # -- over HTTP

    async def upload(self, call: Call) -> Reply:
        """A file, ready to be sent along. Raises BadRequest, PayloadTooLarge."""
        visit = await self._sessions.visit(call)
        body: ChatKitUpload = call.body
        media = _checked(visit, body.file.media_type, len(body.file.data), body.file)
        file = self._new(call, visit, display_name(body.file.filename), media)
        return Reply(attachment_of(await self._keep(visit, file, body.file, new=True)))

    async def fill(self, call: Call) -> Reply:
        """An announced file, ready to be sent along. Raises NotFound, BadRequest, PayloadTooLarge."""
        visit = await self._sessions.visit(call)
        body: ChatKitUpload = call.body
        file = await self._db.read(lambda tx: self._find(tx, visit, call.params["file_id"]))
        if "_blobs" in file:
            raise BadRequest("The file has been uploaded already.", code="chatkit.file_already_uploaded")
        media = _checked(visit, file["mime_type"], len(body.file.data), body.file)
        return Reply(attachment_of(await self._keep(visit, {**file, "mime_type": media}, body.file, new=False)))

    async def content(self, call: Call) -> Reply:
        """A file's bytes for whoever knows its `key`: a browser that shows a picture. Raises NotFound."""
        name, key = call.params["file_id"], (call.query.get("key") or [""])[-1]
        found = await self._db.read(lambda tx: self._rows.find(tx, name))
        if found is None or "_blobs" not in found[1] or not compare_digest(found[1]["_key"].encode(), key.encode()):
            raise missing(name[:200])
        row = found[1]
        return download_of(await self._bytes.whole(row), row["name"], row["mime_type"], call.headers.get("range"))

    # -- for conversations

    async def announce(self, call: Call, visit: Visit, params: Params) -> Object:
        """An attachment whose bytes are to come. Raises BadRequest, PayloadTooLarge."""
        name, size, media = params.name or "", params.size or 0, params.mime_type or ""
        file = self._new(call, visit, display_name(name), _checked(visit, media, size, None))
        url = f"{_origin(call)}/v1/chatkit/files/{file['id']}"
        shows = {"Authorization": f"Bearer {visit.session['client_secret']}"}
        told = {"upload_url": url, "upload_descriptor": {"url": url, "method": "POST", "headers": shows}}

        def add(tx: Tx) -> None:
            self._check_room(tx, visit)
            self._rows.add(tx, visit.owner, file, tag=visit.session["id"])

        await self._db.run(add)
        return attachment_of({**file, **told})

    async def remove(self, visit: Visit, id: str) -> None:
        """Forget an attachment. Raises NotFound."""

        def work(tx: Tx) -> Object:
            file = self._find(tx, visit, id)
            self._rows.delete(tx, visit.owner, id)
            return file

        gone = await self._db.run(work)
        await forget(self._blobs, gone.get("_blobs", ()))

    def attached(self, tx: Tx, visit: Visit, id: str) -> Object:
        """A file of the user's that has come. Raises NotFound, BadRequest."""
        file = self._find(tx, visit, id)
        if "_blobs" not in file:
            raise BadRequest(f"The attachment '{id}' has not been uploaded.", param="params.input.attachments")
        return file

    async def media(self, file: Object) -> Media:
        """A file as a model gets it."""
        data = await self._bytes.whole(file)
        return Media("image" if file["type"] == "image" else "file", data, file["mime_type"], file["name"])

    # -- the rest

    def _find(self, tx: Tx, visit: Visit, id: str) -> Object:
        found = self._rows.get(tx, visit.owner, id)
        if found is None or found["_user"] != visit.user:
            raise missing(id[:200])
        return found

    def _new(self, call: Call, visit: Visit, name: str, media: str) -> Object:
        made, key = self._ids.hex("cfile_"), self._ids.hex("")
        image = media.startswith("image/")
        return {
            "id": made,
            "type": "image" if image else "file",
            "name": name,
            "mime_type": media,
            "preview_url": f"{_origin(call)}/v1/chatkit/files/{made}?key={key}" if image else None,
            "_key": key,
            "_user": visit.user,
        }

    async def _keep(self, visit: Visit, file: Object, upload: Upload, *, new: bool) -> Object:
        key = self._ids.make("blob-")
        stored = await self._blobs.put(key, upload.data)
        made = {**file, "_blobs": [key], "_sha256": stored.sha256}

        def work(tx: Tx) -> None:
            if new:
                self._check_room(tx, visit)
                self._rows.add(tx, visit.owner, made, tag=visit.session["id"])
            elif self._rows.change(tx, visit.owner, file["id"], lambda _: made) is None:
                raise missing(file["id"])

        await run_with_blob(self._db, self._blobs, key, work)
        return made

    def _check_room(self, tx: Tx, visit: Visit) -> None:
        most = visit.allows["file_upload"]["max_files"]
        if self._rows.count(tx, visit.owner, tag=visit.session["id"]) >= most:
            raise BadRequest(f"The session allows {most} files.", code="chatkit.file_upload_limit_exceeded")


def _checked(visit: Visit, media: str, size: int, upload: Upload | None) -> str:
    """What the file is, by its bytes if they are there. Raises BadRequest for what is not taken, PayloadTooLarge."""
    allowed: Any = visit.allows["file_upload"]
    if not allowed["enabled"]:
        raise BadRequest("The session does not allow file uploads.", code="chatkit.file_upload_disabled")
    if size > allowed["max_file_size"] * _MEGABYTE:
        raise PayloadTooLarge(f"The session allows files of {allowed['max_file_size']} MB at most.")
    if upload is not None:
        media = _kind(upload.data)
    if media not in _TAKEN:
        told = "Unsupported file type. Supported are PDF files, and PNG, JPEG, GIF and WEBP images."
        raise BadRequest(told, param="file", code="chatkit.file_upload_type_rejected")
    return media


def _kind(data: bytes) -> str:
    """The media type, by the first bytes; empty if it is none that is taken, or a picture without a size."""
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    kind = "image/webp" if webp else next((kind for magic, kind in _KINDS if data.startswith(magic)), "")
    return "" if kind.startswith("image/") and image_headers.size(data) in (None, "broken") else kind


def _origin(call: Call) -> str:
    """Where the server is, as the caller has reached it."""
    scheme = "https" if call.headers.get("x-forwarded-proto") == "https" else "http"
    return f"{scheme}://{call.headers.get('host', 'localhost')}"


def missing(id: str) -> ApiError:
    """The refusal of an id that names no file of the user's."""
    return NotFound(f"ChatKit file '{id}' not found.", param="attachment_id")


def _damaged(file: Object) -> ApiError:
    return ServerError(f"The bytes of {file['id']} are damaged.", code="file_damaged")
