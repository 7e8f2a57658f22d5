"""Skills and their versions: uploaded bundles of files, one of the versions being what is used unless told otherwise."""

from collections.abc import Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest, NotFound, ServerError
from fakeai.core.form import Upload
from fakeai.services.base import lenient
from fakeai.services.blob_rows import OwnedBytes, forget, run_with_blob
from fakeai.services.ranges import download_of
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.services.skill_bundles import LARGEST, Bundle, bundle, plain
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery
from fakeai.wire.skills import (
    DeletedSkillVersion,
    Skill,
    SkillCreate,
    SkillUpdate,
    SkillVersion,
    SkillVersionCreate,
)

_ENVELOPE = 2**20
"""Bytes of a form beside its files."""
_LARGEST_BODY = LARGEST + _ENVELOPE
_ONE = "/skills/{skill_id}"
_VERSIONS = _ONE + "/versions"
_VERSION = _VERSIONS + "/{version}"
_TAG = "Skills"


class Skills:
    """`/skills`."""

    ENDPOINTS = (
        Endpoint("GET", "/skills", "list", "List skills", tag=_TAG),
        Endpoint(
            "POST", "/skills", "create", "Create a skill", body=SkillCreate, form=True, max_body=_LARGEST_BODY, tag=_TAG
        ),
        Endpoint("GET", _ONE, "retrieve", "Get a skill", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Set a skill's default version", body=SkillUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a skill", tag=_TAG),
        Endpoint("GET", _ONE + "/content", "content", "Get a skill's files as a zip", reply="bytes", tag=_TAG),
        Endpoint("GET", _VERSIONS, "list_versions", "List a skill's versions", tag=_TAG),
        Endpoint(
            "POST",
            _VERSIONS,
            "create_version",
            "Create a version of a skill",
            body=SkillVersionCreate,
            form=True,
            max_body=_LARGEST_BODY,
            tag=_TAG,
        ),
        Endpoint("GET", _VERSION, "retrieve_version", "Get a version of a skill", tag=_TAG),
        Endpoint("DELETE", _VERSION, "delete_version", "Delete a version of a skill", tag=_TAG),
        Endpoint(
            "GET", _VERSION + "/content", "version_content", "Get a version's files as a zip", reply="bytes", tag=_TAG
        ),
    )

    def __init__(self, db: Database, blobs: Blobs, ids: Ids, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self._lenient = lenient
        self._skills = Resource(db, "skill", Skill, _missing, synthesize=synthesize, made=_made)
        self._versions = Resource(db, "skill.version", SkillVersion, _no_version, synthesize=synthesize)
        self._bytes = OwnedBytes(db, blobs, self._versions.rows, lambda one: _no_version(one["version"]), _damaged)

    # -- skills

    async def list(self, call: Call) -> Reply:
        """A page of skills, the newest first unless told otherwise."""
        return Reply(await self._skills.page(call, ListQuery.from_query(call.query)))

    async def create(self, call: Call) -> Reply:
        """A skill with its first version. Raises BadRequest for files that are no skill."""
        body: SkillCreate = call.body
        files = await self._bundle(call, body.files)
        skill_id, now = self._ids.make("skill_"), int(self._db.now())
        skill: Skill = {
            "id": skill_id,
            "object": "skill",
            "created_at": now,
            "name": files.name,
            "description": files.description,
            "default_version": "1",
            "latest_version": "1",
        }
        version = await self._prepare(skill_id, files)
        owner = call.principal.owner

        def add(tx: Tx) -> None:
            self._skills.rows.add(tx, owner, {**skill, "_versions": 1})
            self._add_version(tx, owner, {**version, "version": "1"})

        await run_with_blob(self._db, self._blobs, version["_blobs"][0], add)
        return Reply(skill)

    async def retrieve(self, call: Call) -> Reply:
        """A skill; NotFound if there is none."""
        return Reply(shown(await self._skills.get(call, call.params["skill_id"])))

    async def update(self, call: Call) -> Reply:
        """The skill with another default version. Raises NotFound for a skill or a version that is not there."""
        body: SkillUpdate = call.body
        skill = await self._skills.get(call, call.params["skill_id"])
        if SYNTHESIZED in skill:
            return Reply(shown({**skill, "default_version": body.default_version}))
        owner = call.principal.owner

        def update(tx: Tx) -> Object:
            version = self._version(tx, owner, skill["id"], body.default_version)
            changed = (
                None
                if version is None
                else self._skills.rows.change(tx, owner, skill["id"], lambda it: _led(it, version))
            )
            if changed is None:
                raise _no_version(body.default_version)
            return changed

        return Reply(shown(await self._db.run(update)))

    async def delete(self, call: Call) -> Reply:
        """Forget a skill and all its versions; NotFound if there is none."""
        skill_id, owner = call.params["skill_id"], call.principal.owner

        def remove(tx: Tx) -> tuple[Object | None, Sequence[str]]:
            gone = self._skills.rows.delete(tx, owner, skill_id)
            keys = [key for row in self._versions.rows.every(tx, owner, parent=skill_id) for key in row["_blobs"]]
            self._versions.rows.delete_children(tx, owner, skill_id)
            return gone, keys

        gone, keys = await self._db.run(remove)
        if gone is None:
            self._skills.synthesized(call, skill_id)
        await forget(self._blobs, keys)
        return Reply(deleted(skill_id, "skill.deleted"))

    async def content(self, call: Call) -> Reply:
        """The files of the default version."""
        return await self._download(call, await self.version(call, call.params["skill_id"], None))

    # -- versions

    async def list_versions(self, call: Call) -> Reply:
        """A page of a skill's versions, the newest first unless told otherwise."""
        skill = await self._skills.get(call, call.params["skill_id"])
        return Reply(await self._versions.page(call, ListQuery.from_query(call.query), parent=skill["id"]))

    async def create_version(self, call: Call) -> Reply:
        """The next version. Raises NotFound, and BadRequest for files that are no skill."""
        body: SkillVersionCreate = call.body
        skill = await self._skills.get(call, call.params["skill_id"])
        files = await self._bundle(call, body.files)
        if SYNTHESIZED in skill:
            return Reply(self._told(skill["id"], files, "1"))
        version = await self._prepare(skill["id"], files)
        owner = call.principal.owner

        def add(tx: Tx) -> Object:
            changed = self._skills.rows.change(
                tx, owner, skill["id"], lambda it: _grown(it, version, lead=bool(body.default))
            )
            if changed is None:
                raise _missing(skill["id"])
            made = {**version, "version": changed["latest_version"]}
            self._add_version(tx, owner, made)
            return made

        return Reply(shown(await run_with_blob(self._db, self._blobs, version["_blobs"][0], add)))

    async def retrieve_version(self, call: Call) -> Reply:
        """A version; NotFound if there is none."""
        return Reply(shown(await self.version(call, call.params["skill_id"], call.params["version"])))

    async def delete_version(self, call: Call) -> Reply:
        """Forget a version; with the last one goes the skill.

        Raises NotFound, and BadRequest for the default version while there are others.
        """
        version = await self.version(call, call.params["skill_id"], call.params["version"])
        if SYNTHESIZED not in version:
            await self._db.run(lambda tx: self._remove_version(tx, call.principal.owner, version))
            await forget(self._blobs, version["_blobs"])
        gone: DeletedSkillVersion = {
            "id": version["id"],
            "object": "skill.version.deleted",
            "deleted": True,
            "version": version["version"],
        }
        return Reply(gone)

    async def version_content(self, call: Call) -> Reply:
        """The files of a version."""
        return await self._download(call, await self.version(call, call.params["skill_id"], call.params["version"]))

    # -- for other services

    async def version(self, call: Call, skill_id: str, version: str | None) -> Object:
        """A version of the caller's skill, with its private keys: a number, `latest`, or None for the default one.

        Raises NotFound.
        """
        skill = await self._skills.get(call, skill_id)
        wanted = {None: skill["default_version"], "latest": skill["latest_version"]}.get(version, version)
        assert wanted is not None, "skills have default versions"
        owner = call.principal.owner
        found = await self._db.read(lambda tx: self._version(tx, owner, skill_id, wanted))
        if found is None:
            made = self._versions.synthesized(call, wanted)
            return {**made, "id": f"skillver_{wanted}", "version": wanted, "skill_id": skill_id}
        return found

    async def files(self, version: Object) -> bytes:
        """The zip of a version's files. Raises NotFound if it has been deleted meanwhile."""
        if SYNTHESIZED in version:
            return plain().data
        return await self._bytes.read(version)

    # -- the rest

    async def _bundle(self, call: Call, given: Upload | Sequence[Upload] | None) -> Bundle:
        if given is None:
            if not lenient(call, self._lenient):
                raise BadRequest(
                    "Missing required parameter: 'files'.", param="files", code="missing_required_parameter"
                )
            return plain()
        try:
            return await off_loop(bundle, given)
        except BadRequest:
            if not lenient(call, self._lenient):
                raise
            return plain()

    async def _prepare(self, skill_id: str, files: Bundle) -> Object:
        """A version whose bytes are kept, and which lacks its number."""
        key = self._ids.make("blob-")
        stored = await self._blobs.put(key, files.data)
        return {**self._told(skill_id, files, ""), "_blobs": [key], "_sha256": stored.sha256}

    def _told(self, skill_id: str, files: Bundle, version: str) -> SkillVersion:
        return {
            "id": self._ids.make("skillver_"),
            "object": "skill.version",
            "created_at": int(self._db.now()),
            "skill_id": skill_id,
            "version": version,
            "name": files.name,
            "description": files.description,
        }

    def _add_version(self, tx: Tx, owner: str, version: Object) -> None:
        self._versions.rows.add(tx, owner, version, parent=version["skill_id"], tag=version["version"])

    def _version(self, tx: Tx, owner: str, skill_id: str, version: str) -> Object | None:
        found = self._versions.rows.page(tx, owner, parent=skill_id, tag=version, limit=1).data
        return found[0] if found else None

    def _remove_version(self, tx: Tx, owner: str, version: Object) -> None:
        def without(skill: Object) -> Object:
            rest = [row for row in self._versions.rows.every(tx, owner, parent=skill["id"]) if row != version]
            if rest and skill["default_version"] == version["version"]:
                raise BadRequest(
                    "The default version of a skill cannot be deleted. Set another default version first.",
                    param="version",
                )
            return {**skill, "latest_version": rest[-1]["version"]} if rest else {**skill, "latest_version": ""}

        skill = self._skills.rows.change(tx, owner, version["skill_id"], without)
        if skill is None or self._versions.rows.delete(tx, owner, version["id"], parent=version["skill_id"]) is None:
            raise _no_version(version["version"])
        if not skill["latest_version"]:
            self._skills.rows.delete(tx, owner, skill["id"])

    async def _download(self, call: Call, version: Object) -> Reply:
        data = await self.files(version)
        return download_of(data, f"{version['name']}.zip", "application/zip", call.headers.get("range"))


def _led(skill: Object, version: Object) -> Object:
    """The skill with that default version."""
    lead = {"default_version": version["version"], "name": version["name"], "description": version["description"]}
    return {**skill, **lead}


def _grown(skill: Object, version: Object, *, lead: bool) -> Object:
    """The skill with one more version; numbers of deleted ones are not given again."""
    count = skill["_versions"] + 1
    grown = {**skill, "_versions": count, "latest_version": str(count)}
    return _led(grown, {**version, "version": str(count)}) if lead else grown


def _made(id: str) -> Object:
    return {**example(Skill, id), "id": id, "default_version": "1", "latest_version": "1"}


def _missing(id: str) -> ApiError:
    return NotFound(f"Skill with id '{id}' not found.")


def _damaged(version: Object) -> ApiError:
    return ServerError(f"The files of {version['id']} are damaged.", code="file_damaged")


def _no_version(version: str) -> ApiError:
    return NotFound(f"Skill version '{version[:200]}' not found.")
