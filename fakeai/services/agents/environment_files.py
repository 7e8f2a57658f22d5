"""The files that are in an environment now: put there between turns, and listed."""

from base64 import b64decode, urlsafe_b64encode
from binascii import Error

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import BadRequest
from fakeai.services.agents.environments import Environments
from fakeai.services.agents.workspace import ROOT, check_path, decoded, told, with_blobs
from fakeai.services.base import lenient
from fakeai.services.blob_rows import forget
from fakeai.services.files import Files
from fakeai.services.resource import SYNTHESIZED
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.wire import wording
from fakeai.wire.agents.environments import EnvironmentFileCreate
from fakeai.wire.listing import ListQuery

_MANY = "/agents/environments/{environment_id}/files"
_TAG = "Agent environments"


class EnvironmentFiles:
    """`/agents/environments/{environment_id}/files`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List an environment's files", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Put a file into an environment", body=EnvironmentFileCreate, tag=_TAG),
    )

    def __init__(self, db: Database, blobs: Blobs, files: Files, environments: Environments, *, lenient: bool) -> None:
        self._db = db
        self._blobs = blobs
        self._files = files
        self._environments = environments
        self._lenient = lenient

    async def list(self, call: Call) -> Reply:
        """A page of files by the parts of their paths, the last first unless told otherwise.

        `page` goes on where the page before has ended. Raises NotFound and BadRequest.
        """
        environment = await self._environments.get(call, call.params["environment_id"])
        query = ListQuery.from_query(call.query)
        easy = lenient(call, self._lenient)
        folder, start = query.text("path"), _start(query.text("page"), easy=easy)
        if folder is not None and folder.rstrip("/") != ROOT and not easy:
            check_path(folder.rstrip("/"), "path")
        found = await self._environments.workspace.listing(call.principal.owner, environment["id"])
        below = None if folder is None else folder.rstrip("/") + "/"
        files = [file for file in found if below is None or file["path"].startswith(below)]
        if query.newest_first:
            files.reverse()
        if start is not None:
            at = start.split("/")
            files = [
                file for file in files if (file["path"].split("/") < at) == query.newest_first and file["path"] != start
            ]
        page, more = files[: query.limit], len(files) > query.limit
        return Reply(
            {"object": "list", "data": [told(file) for file in page], "has_more": more, "next": _token(page, more)}
        )

    async def create(self, call: Call) -> Reply:
        """The file as it is there, in the place of one of its path. Raises NotFound, BadRequest and Conflict."""
        body: EnvironmentFileCreate = call.body
        environment = await self._environments.get(call, call.params["environment_id"])
        easy = lenient(call, self._lenient)
        if not easy:
            check_path(body.path, "path")
        data = await self._data(call, body, easy=easy)
        file = await self._environments.workspace.prepare(environment["id"], body.path, data)
        if SYNTHESIZED in environment:
            await forget(self._blobs, file["_blobs"])
            return Reply(told(file))
        owner = call.principal.owner

        def add(tx: Tx) -> "list[str]":
            self._environments.surroundings.hold(tx, owner, environment["id"])
            return [*self._environments.workspace.add(tx, owner, file)]

        before = await with_blobs(self._blobs, file["_blobs"], lambda: self._db.run(add))
        self._environments.scenes.wake(environment["_session"])
        await forget(self._blobs, before)
        return Reply(told(file))

    async def _data(self, call: Call, body: EnvironmentFileCreate, *, easy: bool) -> bytes:
        given = body.data if body.type == "inline" else body.file_id
        if given is None:
            raise wording.missing("data" if body.type == "inline" else "file_id")
        if body.type == "inline":
            return await decoded(given, "data", easy=easy)
        return await self._files.content(await self._files.get(call, given))


def _token(page: "list[Object]", more: bool) -> str | None:
    return urlsafe_b64encode(page[-1]["path"].encode()).decode() if more and page else None


def _start(token: str | None, *, easy: bool) -> str | None:
    """Behind which path a page begins. Raises BadRequest for what is no token."""
    if token is None:
        return None
    try:
        return b64decode(token, b"-_", validate=True).decode()
    except (Error, ValueError):
        if easy:
            return None
        raise BadRequest("Invalid 'page': it is no token of a page.", param="page") from None
