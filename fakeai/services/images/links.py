"""Where pictures can be fetched: at this server, under a name and a signature that only who was told them knows, for a while."""

import re
from hmac import compare_digest
from urllib.parse import quote

from fakeai.content.pictures_files import media_type
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.blob_rows import OwnedBytes, run_with_blob
from fakeai.services.ranges import span
from fakeai.store.base import Blobs, Database, Object
from fakeai.store.objects import Collection
from fakeai.wire.listing import last

PATH = "/images/files/{name}"
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,8}")


class ImageLinks:
    """`/images/files`: not among OpenAI's, whose pictures are at a host of their own."""

    ENDPOINTS = (Endpoint("GET", PATH, "fetch", "Get a picture by its URL", reply="bytes", tag="Images"),)

    def __init__(self, db: Database, blobs: Blobs, ids: Ids, image_url_s: float) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self._lifetime_s = image_url_s
        self._rows = Collection("image.file")
        self._bytes = OwnedBytes(db, blobs, self._rows, lambda row: _gone(), lambda row: _gone())

    async def keep(self, call: Call, data: bytes, format: str) -> str:
        """Keep a picture; its URL, at the host that the caller has called."""
        key = self._ids.make("blob-")
        stored = await self._blobs.put(key, data)
        expires = int(self._db.now() + self._lifetime_s)
        row: Object = {
            "id": f"{self._ids.make('img-')}.{format}",
            "expires_at": expires,
            "_sig": self._ids.hex(""),
            "_blobs": [key],
            "_sha256": stored.sha256,
            "_media_type": media_type(format),
        }
        owner = call.principal.owner
        await run_with_blob(
            self._db, self._blobs, key, lambda tx: self._rows.add(tx, owner, row, expires=float(expires))
        )
        return f"{base(call)}/images/files/{quote(row['id'])}?se={expires}&sig={row['_sig']}"

    async def fetch(self, call: Call) -> Reply:
        """The picture. Raises NotFound for one that never was, that nobody was told of, or whose time is over."""
        name = call.params["name"]
        found = await self._db.read(lambda tx: self._rows.find(tx, name))
        shown = last(call.query, "sig") or ""
        if found is None or not compare_digest(found[1]["_sig"].encode(), shown.encode("utf-8", "replace")):
            raise _gone()
        row = found[1]
        data = await self._bytes.whole(row)
        wanted = span(call.headers.get("range"), len(data))
        headers = {
            "accept-ranges": "bytes",
            "cache-control": "private, max-age=3600",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        }
        if wanted is None:
            return Reply(data, headers=headers, media_type=row["_media_type"])
        headers["content-range"] = f"bytes {wanted.start}-{wanted.end - 1}/{len(data)}"
        return Reply(data[wanted.start : wanted.end], 206, headers, row["_media_type"])


def base(call: Call) -> str:
    """The URL that the API has for this caller: as a proxy says, or the host that was called."""
    headers = call.headers
    scheme = headers.get("x-forwarded-proto", "http").partition(",")[0].strip().lower()
    host = headers.get("x-forwarded-host", headers.get("host", "")).partition(",")[0].strip()
    prefix = headers.get("x-forwarded-prefix", "").partition(",")[0].strip().rstrip("/")
    return (
        f"{scheme if scheme in ('http', 'https') else 'http'}://{host if _HOST.fullmatch(host) else 'localhost'}"
        f"{prefix if _PREFIX.fullmatch(prefix) else ''}/v1"
    )


def _gone() -> ApiError:
    return NotFound("The image does not exist, or its URL has expired.")
