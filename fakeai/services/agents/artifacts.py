"""Artifacts: what turns have left in their environment's outputs, kept when the environment is gone."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import ApiError, NotFound, ServerError
from fakeai.services.agents.sessions import Sessions
from fakeai.services.blob_rows import OwnedBytes, forget
from fakeai.services.ranges import download_of
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.store.base import Blobs, Database, Object
from fakeai.store.objects import shown
from fakeai.wire.agents.turns import Artifact
from fakeai.wire.listing import ListQuery

_MANY = "/agents/sessions/{session_id}/artifacts"
_ONE = _MANY + "/{artifact_id}"
_TAG = "Agent sessions"


class Artifacts:
    """`/agents/sessions/{session_id}/artifacts`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List a session's artifacts", tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get an artifact", tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete an artifact", tag=_TAG),
        Endpoint("GET", _ONE + "/content", "content", "Get an artifact's bytes", reply="bytes", tag=_TAG),
    )

    def __init__(self, db: Database, blobs: Blobs, agent_sessions: Sessions, *, synthesize: bool) -> None:
        self._blobs = blobs
        self._sessions = agent_sessions
        self._artifacts = Resource(db, agent_sessions.scenes.artifacts.kind, Artifact, _missing, synthesize=synthesize)
        rows = self._artifacts.rows
        self._bytes = OwnedBytes(db, blobs, rows, lambda found: _missing(found["id"]), _damaged)

    async def list(self, call: Call) -> Reply:
        """A page of artifacts, the newest first unless told otherwise, of one environment if asked for. Raises NotFound."""
        session = await self._sessions.get(call, call.params["session_id"])
        query = ListQuery.from_query(call.query)
        environment_id = query.text("environment_id")
        return Reply(await self._artifacts.page(call, query, parent=session["id"], tag=environment_id))

    async def retrieve(self, call: Call) -> Reply:
        """An artifact; NotFound if there is none."""
        return Reply(shown(await self._artifact(call)))

    async def delete(self, call: Call) -> Reply:
        """Forget an artifact; the file in the environment stays. Raises NotFound."""
        session = await self._sessions.get(call, call.params["session_id"])
        gone = await self._artifacts.remove(call, call.params["artifact_id"], parent=session["id"])
        await forget(self._blobs, gone.get("_blobs", ()))
        return Reply(deleted(gone["id"], "agent.session.artifact.deleted"))

    async def content(self, call: Call) -> Reply:
        """An artifact's bytes, or a range of them. Raises NotFound."""
        artifact = await self._artifact(call)
        data = b"" if SYNTHESIZED in artifact else await self._bytes.whole(artifact)
        name = artifact["path"].rsplit("/", 1)[-1]
        return download_of(data, name, "application/octet-stream", call.headers.get("range"))

    async def _artifact(self, call: Call) -> Object:
        session = await self._sessions.get(call, call.params["session_id"])
        return await self._artifacts.get(call, call.params["artifact_id"], parent=session["id"])


def _missing(id: str) -> ApiError:
    return NotFound(f"Artifact with id '{id[:200]}' not found.")


def _damaged(artifact: Object) -> ApiError:
    return ServerError(f"The bytes of {artifact['id']} are not what was put there.", code="file_damaged")
