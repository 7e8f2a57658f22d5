"""Files of a session: of the kinds that are taken, of its size and number, and its user's own."""

import struct
import zlib
from dataclasses import replace
from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import ApiError, BadRequest, NotFound, PayloadTooLarge, Unauthorized
from fakeai.core.form import Upload
from fakeai.services.chatkit.files import ChatKitFiles
from fakeai.services.chatkit.sessions import ChatKitSessions
from fakeai.services.fresh import Changes
from fakeai.services.keys import Keys
from fakeai.store.local import MemoryBlobs
from fakeai.store.memory import MemoryValues
from fakeai.store.sql import SqlDatabase
from fakeai.wire.chatkit.requests import ChatKitUpload, Params
from services.conftest import MakeCall

PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\n"


def png(width: int = 2, height: int = 3) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


class Desk:
    def __init__(self, db: SqlDatabase, clock: WallClock, ids: Ids, make_call: MakeCall) -> None:
        self.db, self.make_call = db, make_call
        self.sessions = ChatKitSessions(
            db, MemoryValues().at(clock), ids, Keys(db, b"pepper", Changes()), synthesize=False
        )
        self.files = ChatKitFiles(db, MemoryBlobs().at(clock), ids, self.sessions)
        self.session = ""

    async def enter(self, user: str = "u", **upload: Any) -> None:
        body = {
            "user": user,
            "workflow": {"id": "wf"},
            "chatkit_configuration": {"file_upload": {"enabled": True, **upload}},
            "rate_limits": {"max_requests_per_1_minute": 100},
        }
        call = self.make_call(self.sessions, "create", body)
        self.session = (await self.sessions.create(call)).body["id"]

    def call(self, handler: str, data: bytes = b"", name: str = "a.pdf", **params: str) -> Any:
        headers = {"host": "here:1"}
        endpoint = next(row for row in self.files.ENDPOINTS if row.handler == handler)
        call = self.make_call(self.sessions, "create", {"user": "u", "workflow": {"id": "w"}}, headers=headers)
        call.endpoint, call.params = endpoint, params
        call.principal = replace(call.principal, key=self.session)
        call.body = ChatKitUpload.model_construct(file=Upload(name, "text/plain", data))
        return call

    async def upload(self, data: bytes, name: str = "a.pdf") -> Any:
        return (await self.files.upload(self.call("upload", data, name))).body

    async def announce(self, **params: Any) -> Any:
        call = self.call("upload")
        return await self.files.announce(call, await self.sessions.visit(call), Params(**params))


@pytest.fixture
async def desk(db: SqlDatabase, clock: WallClock, ids: Ids, make_call: MakeCall) -> Desk:
    made = Desk(db, clock, ids, make_call)
    await made.enter()
    return made


async def test_a_file_is_what_its_bytes_are(desk: Desk) -> None:
    pdf, picture = await desk.upload(PDF, "../x/a.txt"), await desk.upload(png(), "p.pdf")
    assert (pdf["type"], pdf["mime_type"], pdf["name"]) == ("file", "application/pdf", "a.txt")
    assert (picture["type"], picture["mime_type"]) == ("image", "image/png")
    url, key = picture["preview_url"].split("?key=")
    assert url == f"http://here:1/v1/chatkit/files/{picture['id']}"
    call = desk.call("content", file_id=picture["id"])
    call.headers = {}
    call.query = {"key": [key]}
    assert (await desk.files.content(call)).body == png()
    for wrong in ("", "x", key[:-1]):
        call.query = {"key": [wrong]}
        with pytest.raises(NotFound):
            await desk.files.content(call)


@pytest.mark.parametrize(
    "data", [b"", b"MZ", b"%PD", b"RIFF\0\0\0\0AVI ", png()[:12], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]
)
async def test_what_is_no_picture_or_pdf_is_refused(desk: Desk, data: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        await desk.upload(data)
    assert refused.value.code == "chatkit.file_upload_type_rejected"


async def test_a_session_allows_so_many_of_such_a_size_or_none(desk: Desk) -> None:
    await desk.enter(max_files=2, max_file_size=1)
    with pytest.raises(PayloadTooLarge):
        await desk.upload(PDF + b" " * 2**20)
    with pytest.raises(PayloadTooLarge):
        await desk.announce(name="a.pdf", size=2**20 + 1, mime_type="application/pdf")
    await desk.upload(PDF)
    await desk.announce(name="a.pdf", size=1, mime_type="application/pdf")
    with pytest.raises(BadRequest, match="allows 2 files"):
        await desk.upload(PDF)
    await desk.enter(enabled=False)
    with pytest.raises(BadRequest) as refused:
        await desk.upload(PDF)
    assert refused.value.code == "chatkit.file_upload_disabled"
    desk.session = "cksess_no"
    with pytest.raises(Unauthorized):
        await desk.upload(PDF)


async def test_an_announced_file_is_there_once_it_is_uploaded(desk: Desk) -> None:
    told = await desk.announce(name="a.pdf", size=9, mime_type="application/pdf")
    assert told["upload_url"] == told["upload_descriptor"]["url"] == f"http://here:1/v1/chatkit/files/{told['id']}"
    visit = await desk.sessions.visit(desk.call("upload"))
    with pytest.raises(BadRequest, match="not been uploaded"):
        await desk.db.read(lambda tx: desk.files.attached(tx, visit, told["id"]))
    filled = (await desk.files.fill(desk.call("fill", PDF, file_id=told["id"]))).body
    assert filled == {name: told[name] for name in ("id", "name", "mime_type", "type")}
    file = await desk.db.read(lambda tx: desk.files.attached(tx, visit, told["id"]))
    media = await desk.files.media(file)
    assert (media.kind, media.data, media.name) == ("file", PDF, "a.pdf")
    with pytest.raises(BadRequest, match="already"):
        await desk.files.fill(desk.call("fill", PDF, file_id=told["id"]))


async def test_a_file_is_its_user_s_and_goes_when_he_wishes(desk: Desk) -> None:
    mine = await desk.upload(PDF)
    visit = await desk.sessions.visit(desk.call("upload"))
    await desk.enter("somebody else")
    stranger = await desk.sessions.visit(desk.call("upload"))
    for refused in (
        lambda: desk.db.read(lambda tx: desk.files.attached(tx, stranger, mine["id"])),
        lambda: desk.files.remove(stranger, mine["id"]),
        lambda: desk.files.fill(desk.call("fill", PDF, file_id=mine["id"])),
    ):
        with pytest.raises(ApiError) as error:
            await refused()
        assert error.value.status == 404
    await desk.files.remove(visit, mine["id"])
    with pytest.raises(NotFound):
        await desk.files.remove(visit, mine["id"])
