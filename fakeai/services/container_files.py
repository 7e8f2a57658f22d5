"""The files in containers: put there, listed, read, deleted. Whatever is done here uses the container."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest, NotFound, PayloadTooLarge, ServerError
from fakeai.services.base import lenient
from fakeai.services.blob_rows import OwnedBytes, forget, run_with_blob
from fakeai.services.container_contents import KIND, Contents
from fakeai.services.containers import Containers
from fakeai.services.files import LARGEST, Files
from fakeai.services.ranges import download_of
from fakeai.services.resource import SYNTHESIZED, Resource
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.containers import ContainerFile, ContainerFileCreate
from fakeai.wire.listing import ListQuery

_ENVELOPE = 2**20
"""Bytes of a form beside its file."""
_ALL = "/containers/{container_id}/files"
_ONE = _ALL + "/{file_id}"
_TAG = "Containers"


class ContainerFiles:
    """`/containers/{container_id}/files`."""

    ENDPOINTS = (
        Endpoint("GET", _ALL, "list", "List a container's files", tag=_TAG),
        Endpoint(
            "POST",
            _ALL,
            "create",
            "Put a file into a container",
            body=ContainerFileCreate,
            form=True,
            max_body=LARGEST + _ENVELOPE,
            tag=_TAG,
        ),
        Endpoint("GET", _ONE, "retrieve", "Get a file of a container", tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a file of a container", tag=_TAG),
        Endpoint("GET", _ONE + "/content", "content", "Get the bytes of a container's file", reply="bytes", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        ids: Ids,
        files: Files,
        containers: Containers,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._files = files
        self._containers = containers
        self._lenient = lenient
        self._contents = Contents(db, blobs, ids)
        self._rows = Resource(db, KIND, ContainerFile, _missing, synthesize=synthesize)
        self._bytes = OwnedBytes(db, blobs, self._rows.rows, lambda file: _missing(file["id"]), _damaged)

    async def list(self, call: Call) -> Reply:
        """A page of a container's files, the newest first unless told otherwise."""
        container = await self._containers.use(call, call.params["container_id"])
        return Reply(await self._rows.page(call, ListQuery.from_query(call.query), parent=container["id"]))

    async def create(self, call: Call) -> Reply:
        """The file as it is kept, in the place of one of its name. Raises BadRequest unless there is one of file and id."""
        container = await self._containers.use(call, call.params["container_id"])
        name, data = await self._given(call)
        if SYNTHESIZED in container:
            return Reply(self._contents.told(container["id"], name, len(data), "user"))
        file = await self._contents.prepare(container["id"], name, data)
        owner = call.principal.owner

        def add(tx: Tx) -> list[str]:
            self._containers.hold(tx, owner, container["id"])
            return list(self._contents.add(tx, owner, file))

        await forget(self._blobs, await run_with_blob(self._db, self._blobs, file["_blobs"][0], add))
        return Reply(shown(file))

    async def retrieve(self, call: Call) -> Reply:
        """A file; NotFound if there is none."""
        return Reply(shown(await self._file(call)))

    async def delete(self, call: Call) -> Reply:
        """Forget a file; NotFound if there is none."""
        container = await self._containers.use(call, call.params["container_id"])
        gone = await self._rows.remove(call, call.params["file_id"], parent=container["id"])
        await forget(self._blobs, gone.get("_blobs", ()))
        return Reply()

    async def content(self, call: Call) -> Reply:
        """A file's bytes, or a range of them. Raises NotFound."""
        file = await self._file(call)
        data = b"" if SYNTHESIZED in file else await self._bytes.whole(file)
        name = file["path"].rsplit("/", 1)[-1]
        return download_of(data, name, "application/octet-stream", call.headers.get("range"))

    async def _file(self, call: Call) -> Object:
        container = await self._containers.use(call, call.params["container_id"])
        return await self._rows.get(call, call.params["file_id"], parent=container["id"])

    async def _given(self, call: Call) -> tuple[str, bytes]:
        """Name and bytes of what is to be put there."""
        body: ContainerFileCreate = call.body
        if (body.file is None) == (body.file_id is None) and not lenient(call, self._lenient):
            raise BadRequest("Give either 'file' or 'file_id', and not both.", param="file")
        if body.file is not None:
            if len(body.file.data) > LARGEST:
                raise PayloadTooLarge(f"File is too large. The maximum size is {LARGEST} bytes.")
            return body.file.filename, body.file.data
        if body.file_id is None:
            return "file", b""
        file = await self._files.get(call, body.file_id)
        return file["filename"], await self._files.content(file)


def _missing(id: str) -> ApiError:
    return NotFound(f"Container file with id '{id}' not found.")


def _damaged(file: Object) -> ApiError:
    return ServerError(f"The bytes of {file['id']} are not what was put there.", code="file_damaged")
