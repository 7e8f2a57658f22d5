"""Bytes in containers that are no longer what was put there."""

from typing import Any

import pytest

from fakeai.core.clock import WallClock
from fakeai.core.errors import NotFound, ServerError
from fakeai.core.form import Upload
from fakeai.services.container_files import ContainerFiles
from fakeai.store.local import MemoryBlobs
from fakeai.wire.containers import ContainerFileCreate
from tests.services.conftest import MakeCall
from tests.services.test_containers import Verb, ask, blobs, containers, files

__all__ = ["ask", "blobs", "containers", "files"]


async def test_damaged_bytes_are_told_and_never_sent(
    ask: Verb, files: ContainerFiles, make_call: MakeCall, blobs: MemoryBlobs, clock: WallClock
) -> None:
    container = (await ask("create", {"name": "one"}))["id"]
    call = make_call(files, "create", {}, params={"container_id": container})
    call.body = ContainerFileCreate(file=Upload("a", "text/plain", b"some"))
    file = (await files.create(call)).body["id"]

    def wanted(handler: str) -> Any:
        return make_call(files, handler, params={"container_id": container, "file_id": file})

    ((key, _),) = await blobs.at(clock).keys()
    for spoil in (blobs.at(clock).put(key, b"sOme"), blobs.at(clock).delete(key)):
        await spoil
        with pytest.raises(ServerError) as refused:
            await files.content(wanted("content"))
        assert refused.value.code == "file_damaged"
    assert (await files.delete(wanted("delete"))).body is None
    with pytest.raises(NotFound, match="Container file with id"):
        await files.content(wanted("content"))
