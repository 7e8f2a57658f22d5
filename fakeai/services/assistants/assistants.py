"""Assistants: made, changed, listed, deleted."""

from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.assistants.checks import Checks, plain
from fakeai.services.assistants.tool_resources import ToolResources
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.resource import Resource, deleted
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Database, Object
from fakeai.store.jobs import Jobs
from fakeai.store.objects import shown
from fakeai.wire.assistants.assistants import Assistant, AssistantCreate, AssistantUpdate
from fakeai.wire.listing import ListQuery

_ONE = "/assistants/{assistant_id}"
_TAG = "Assistants"


class Assistants:
    """`/assistants`."""

    ENDPOINTS = (
        Endpoint("GET", "/assistants", "list", "List assistants", tag=_TAG),
        Endpoint("POST", "/assistants", "create", "Create an assistant", body=AssistantCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get an assistant", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change an assistant", body=AssistantUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete an assistant", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        ids: Ids,
        jobs: Jobs,
        directory: ModelDirectory,
        files: Files,
        vector_stores: VectorStores,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._ids = ids
        self._assistants = Resource(db, "assistant", Assistant, _missing, synthesize=synthesize)
        self._checks = Checks(directory, lenient=lenient)
        self._resources = ToolResources(db, jobs, files, vector_stores, lenient=lenient)

    async def list(self, call: Call) -> Reply:
        """A page of assistants, the newest first unless told otherwise."""
        return Reply(await self._assistants.page(call, ListQuery.from_query(call.query)))

    async def create(self, call: Call) -> Reply:
        """An assistant. Raises BadRequest, ModelNotFound, and NotFound for files or stores nobody has."""
        body: AssistantCreate = call.body
        self._checks.model(call, body.model)
        self._checks.tools(call, body.tools, body.response_format)
        assistant: Assistant = {
            "id": self._ids.make("asst_"),
            "object": "assistant",
            "created_at": int(self._db.now()),
            "name": body.name,
            "description": body.description,
            "model": body.model,
            "instructions": body.instructions,
            "tools": [plain(tool) for tool in body.tools or ()],
            "tool_resources": await self._resources.made(call, body.tool_resources) or {},  # type: ignore[typeddict-item]
            "metadata": body.metadata or {},
            "temperature": _or(body.temperature, 1.0),
            "top_p": _or(body.top_p, 1.0),
            "reasoning_effort": body.reasoning_effort,
            "response_format": seen(body.response_format),
        }
        owner = call.principal.owner
        await self._db.run(lambda tx: self._assistants.rows.add(tx, owner, dict(assistant)))
        return Reply(assistant)

    async def retrieve(self, call: Call) -> Reply:
        """An assistant; NotFound if there is none."""
        return Reply(shown(await self.get(call, call.params["assistant_id"])))

    async def update(self, call: Call) -> Reply:
        """The assistant with what was given in place of what was there. Raises as `create` does."""
        body: AssistantUpdate = call.body
        name, given = call.params["assistant_id"], body.model_fields_set
        await self.get(call, name)
        if body.model is not None:
            self._checks.model(call, body.model)
        self._checks.tools(call, body.tools, body.response_format)
        changed: Object = {field: getattr(body, field) for field in given & _PLAIN}
        for field, value in (("temperature", body.temperature), ("top_p", body.top_p)):
            if field in given:
                changed[field] = _or(value, 1.0)
        if "tools" in given:
            changed["tools"] = [plain(tool) for tool in body.tools or ()]
        if "metadata" in given:
            changed["metadata"] = body.metadata or {}
        if "response_format" in given:
            changed["response_format"] = seen(body.response_format)
        if body.tool_resources is not None:
            changed["tool_resources"] = await self._resources.made(call, body.tool_resources)
        return Reply(
            shown(await self._assistants.change(call, name, lambda found: {**found, **_merged(found, changed)}))
        )

    async def delete(self, call: Call) -> Reply:
        """Forget an assistant; its runs stay as they are."""
        name = call.params["assistant_id"]
        await self._assistants.remove(call, name)
        return Reply(deleted(name, "assistant.deleted"))

    async def get(self, call: Call, id: str) -> Object:
        """The caller's assistant of that id, for other services too. Raises NotFound."""
        return await self._assistants.get(call, id)


_PLAIN = frozenset({"model", "name", "description", "instructions", "reasoning_effort"})


def _merged(found: Object, changed: Object) -> Object:
    """What is changed, resources of tools that are not named being left as they are."""
    if "tool_resources" not in changed:
        return changed
    return {**changed, "tool_resources": {**(found.get("tool_resources") or {}), **changed["tool_resources"]}}


def _or(value: float | None, usual: float) -> float:
    return usual if value is None else value


def seen(wanted: Any) -> Any:
    """A form of answers as it is told. Any: a word or a wire type, and JSON."""
    return "auto" if wanted is None else wanted if isinstance(wanted, str) else plain(wanted)


def _missing(id: str) -> ApiError:
    return NotFound(f"No assistant found with id '{id[:200]}'.")
