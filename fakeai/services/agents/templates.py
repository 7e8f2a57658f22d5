"""Templates of environments: made, listed, changed, deleted."""

from collections.abc import Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.agents.furnishing import PLAIN, Furnisher, blobs_of
from fakeai.services.agents.workspace import with_blobs
from fakeai.services.base import lenient
from fakeai.services.blob_rows import forget
from fakeai.services.files import Files
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.services.skills import Skills
from fakeai.store.base import Blobs, Database, Object
from fakeai.store.objects import shown
from fakeai.wire.agents.environments import Template, TemplateCreate
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery

_MANY = "/agents/environments/templates"
_ONE = _MANY + "/{environment_template_id}"
_TAG = "Agent environments"


class EnvironmentTemplates:
    """`/agents/environments/templates`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List environment templates", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Create an environment template", body=TemplateCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get an environment template", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change an environment template", body=TemplateCreate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete an environment template", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        ids: Ids,
        files: Files,
        skills: Skills,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self._lenient = lenient
        self._furnisher = Furnisher(files, skills, blobs, ids)
        self._templates = Resource(
            db, "agent.environment.template", Template, _missing, synthesize=synthesize, made=_made
        )

    async def list(self, call: Call) -> Reply:
        """A page of templates, the newest first unless told otherwise."""
        return Reply(await self._templates.page(call, ListQuery.from_query(call.query)))

    async def create(self, call: Call) -> Reply:
        """A template without what is confidential. Raises BadRequest."""
        body: TemplateCreate = call.body
        said = await self._said(call, body)
        now = int(self._db.now())
        template: Object = {
            "id": self._ids.make("envtmpl_"),
            "object": "agent.environment.template",
            "created_at": now,
            "updated_at": now,
            "name": body.name,
            **PLAIN,
            **said,
            "_blobs": blobs_of(said),
        }
        owner = call.principal.owner
        await with_blobs(
            self._blobs, blobs_of(said), lambda: self._db.run(lambda tx: self._templates.rows.add(tx, owner, template))
        )
        return Reply(shown(template))

    async def retrieve(self, call: Call) -> Reply:
        """A template; NotFound if there is none."""
        return Reply(shown(await self.get(call, call.params["environment_template_id"])))

    async def update(self, call: Call) -> Reply:
        """The template with what was said; null is as if nothing had ever been said. Raises NotFound and BadRequest."""
        body: TemplateCreate = call.body
        said = await self._said(call, body)
        now = int(self._db.now())
        gone: Sequence[str] = ()

        def change(template: Object) -> Object:
            nonlocal gone
            cleared = {name: PLAIN[name] for name in PLAIN if name in body.model_fields_set}
            changed = {**template, **cleared, **said, "updated_at": now}
            if "setup_commands" in body.model_fields_set:
                changed["_setup"] = said.get("_setup", [])
            if "files" in body.model_fields_set:
                changed["_data"] = said.get("_data", {})
                changed["_blobs"] = blobs_of(changed)
                gone = blobs_of(template)
            if "name" in body.model_fields_set:
                changed["name"] = body.name
            return changed

        template_id = call.params["environment_template_id"]
        found = await with_blobs(self._blobs, blobs_of(said), lambda: self._templates.change(call, template_id, change))
        await forget(self._blobs, gone)
        if SYNTHESIZED in found:
            await forget(self._blobs, blobs_of(said))
        return Reply(shown(found))

    async def delete(self, call: Call) -> Reply:
        """Forget a template; environments that were made of it stay. Raises NotFound."""
        gone = await self._templates.remove(call, call.params["environment_template_id"])
        await forget(self._blobs, blobs_of(gone))
        return Reply(deleted(gone["id"], "agent.environment.template.deleted"))

    async def get(self, call: Call, id: str) -> Object:
        """For other services: the caller's template. Raises NotFound."""
        return await self._templates.get(call, id)

    async def _said(self, call: Call, body: TemplateCreate) -> Object:
        return await self._furnisher.said(body, easy=lenient(call, self._lenient))


def _made(id: str) -> Object:
    return {**example(Template, id), "id": id, **PLAIN}


def _missing(id: str) -> ApiError:
    return NotFound(f"Environment template with id '{id[:200]}' not found.")
