"""Containers: made, listed, used, deleted; and gone, with what is in them, when nobody has used them for a while."""

from base64 import b64decode
from binascii import Error
from collections.abc import Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest, NotFound
from fakeai.services.base import lenient
from fakeai.services.blob_rows import forget, run_with_blob
from fakeai.services.container_contents import Contents, mark
from fakeai.services.files import Files
from fakeai.services.resource import SYNTHESIZED, Resource
from fakeai.services.skill_bundles import zipped
from fakeai.services.skills import Skills
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.jobs import Job, Jobs, Later
from fakeai.store.objects import shown
from fakeai.store.usage import ONE, Meter
from fakeai.wire.containers import (
    AllowedNetwork,
    Container,
    ContainerCreate,
    ContainerSkill,
    Expiry,
    InlineSkill,
    Network,
    NoNetwork,
)
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery

KIND = "container.expiry"
"""The kind of the jobs that empty containers which have expired."""

_ONE = "/containers/{container_id}"
_TAG = "Containers"
_USUAL_MINUTES = 20
_MOST_MINUTES = 30 * 24 * 60
_MOST_FILES = 1_000
_MOST_SKILLS = 100
_LONGEST_NAME = 512
_TOLD_S = 30 * 86_400
"""How long an expired container is still told of."""


class Containers:
    """`/containers`."""

    ENDPOINTS = (
        Endpoint("GET", "/containers", "list", "List containers", tag=_TAG),
        Endpoint("POST", "/containers", "create", "Create a container", body=ContainerCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a container", tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a container", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        jobs: Jobs,
        ids: Ids,
        files: Files,
        skills: Skills,
        meter: Meter,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._jobs = jobs
        self._ids = ids
        self._files = files
        self._skills = skills
        self._meter = meter
        self._lenient = lenient
        self._containers = Resource(db, "container", Container, _missing, synthesize=synthesize, made=_made)
        self._contents = Contents(db, blobs, ids)
        jobs.register(KIND, self._empty)

    async def list(self, call: Call) -> Reply:
        """A page of containers, the newest first unless told otherwise, of one name if asked for."""
        query = ListQuery.from_query(call.query)
        name = query.text("name")
        page = await self._containers.page(call, query, tag=None if name is None else mark(name))
        now = self._db.now()
        return Reply({**page, "data": [_at(container, now) for container in page["data"]]})

    async def create(self, call: Call) -> Reply:
        """A running container with copies of files. Raises BadRequest, and NotFound for files or skills nobody has."""
        return Reply(await self.make(call, call.body))

    async def make(self, call: Call, body: ContainerCreate, id: str = "") -> Container:
        """The same for whoever needs one, under an id that it has been given already if so. Raises as `create`."""
        if not lenient(call, self._lenient):
            _check(body)
        skills = [await self._skill(call, index, skill) for index, skill in enumerate(body.skills or ())]
        copied = [await self._files.get(call, name) for name in body.file_ids or ()]
        now = int(self._db.now())
        container: Container = {
            "id": id or self._ids.hex("cntr_"),
            "object": "container",
            "created_at": now,
            "status": "running",
            "expires_after": _expiry(body),
            "last_active_at": now,
            "memory_limit": body.memory_limit or "1g",
            "name": body.name,
        }
        if body.network_policy is not None:
            container["network_policy"] = _network(body.network_policy)
        rows = [await self._contents.copy(self._files, container["id"], file) for file in copied]
        owner = call.principal.owner

        def add(tx: Tx) -> None:
            self._containers.rows.add(tx, owner, {**container, "_skills": skills}, tag=mark(body.name))
            for row in rows:
                self._contents.add(tx, owner, row)
            self._jobs.add(tx, KIND, container["id"], owner, at=_ends(container))

        await self._db.run(add)
        self._jobs.wake()
        self._meter.count(call.principal, "code_interpreter_sessions", amounts=ONE)
        return container

    async def retrieve(self, call: Call) -> Reply:
        """A container, which is used by that; NotFound if there is none."""
        return Reply(shown(await self._used(call, call.params["container_id"])))

    async def delete(self, call: Call) -> Reply:
        """Forget a container and what is in it; NotFound if there is none."""
        container_id, owner = call.params["container_id"], call.principal.owner

        def remove(tx: Tx) -> tuple[Object | None, Sequence[str]]:
            gone = self._containers.rows.delete(tx, owner, container_id)
            return gone, [] if gone is None else self._contents.clear(tx, owner, container_id)

        gone, keys = await self._db.run(remove)
        if gone is None:
            self._containers.synthesized(call, container_id)
        await forget(self._blobs, keys)
        return Reply()

    # -- for other services

    async def use(self, call: Call, id: str) -> Object:
        """The caller's container of that id, with its private keys, used just now.

        Raises NotFound, and BadRequest for one that has expired.
        """
        container = await self._used(call, id)
        _check_running(container)
        return container

    async def put(self, call: Call, id: str, name: str, data: bytes) -> Object | None:
        """Put a file of that name into the caller's container; None where that is made up.

        Raises NotFound, and BadRequest for a container that has expired.
        """
        owner = call.principal.owner
        if SYNTHESIZED in await self.use(call, id):
            return None
        file = await self._contents.prepare(id, name, data, "assistant")

        def add(tx: Tx) -> Sequence[str]:
            self.hold(tx, owner, id)
            return self._contents.add(tx, owner, file)

        await forget(self._blobs, await run_with_blob(self._db, self._blobs, file["_blobs"][0], add))
        return file

    async def files(self, owner: str, id: str) -> Sequence[Object] | None:
        """The files of a container; None if there is no such container, or it has expired."""

        def read(tx: Tx) -> Sequence[Object] | None:
            container = self._containers.rows.get(tx, owner, id)
            if container is None or _at(container, self._db.now())["status"] == "expired":
                return None
            return self._contents.all(tx, owner, id)

        return await self._db.read(read)

    async def beginning(self, file: Object, size: int) -> bytes:
        """The first so many bytes of a file of a container. Raises NotFound if it is gone meanwhile."""
        try:
            return await self._blobs.read(file["_blobs"][0], 0, size)
        except KeyError:
            raise NotFound(f"Container file with id '{file['id']}' not found.") from None

    def hold(self, tx: Tx, owner: str, id: str) -> None:
        """Keep a container from going while something is put into it. Raises as `use` does."""
        now = self._db.now()
        found = self._containers.rows.change(tx, owner, id, lambda found: _used(found, now))
        if found is None:
            raise _missing(id)
        _check_running(found)

    # -- the rest

    async def _used(self, call: Call, id: str) -> Object:
        now = self._db.now()
        return await self._containers.change(call, id, lambda found: _used(found, now))

    async def _skill(self, call: Call, index: int, skill: ContainerSkill) -> Object:
        """What is told of a skill to what runs in the container."""
        if not isinstance(skill, InlineSkill):
            version = await self._skills.version(call, skill.skill_id, skill.version)
            return {name: version[name] for name in ("skill_id", "version", "name", "description")}
        if not lenient(call, self._lenient):
            where = f"skills[{index}].source.data"
            try:
                await off_loop(_check_inline, skill.source.data)
            except Error:
                raise BadRequest(f"Invalid '{where}': it is not base64.", param=where) from None
            except BadRequest as error:
                raise BadRequest(error.message, param=where) from None
        return {"name": skill.name, "description": skill.description}

    async def _empty(self, job: Job) -> None:
        """Once a container has expired: its files go, and in a while its row."""
        now = self._db.now()

        def work(tx: Tx) -> tuple[float | None, Sequence[str]]:
            job.guard(tx)
            container = self._containers.rows.get(tx, job.owner, job.key)
            if container is None:
                return None, []
            if container["status"] == "running" and now < _ends(container):
                return _ends(container), []
            expired = {**container, "status": "expired"}
            self._containers.rows.replace(tx, job.owner, expired, expires=now + _TOLD_S)
            return None, self._contents.clear(tx, job.owner, job.key)

        again, keys = await self._db.run(work)
        await forget(self._blobs, keys)
        if again is not None:
            raise Later(again)


def _check(body: ContainerCreate) -> None:
    """What the document does not say."""
    if len(body.name) > _LONGEST_NAME:
        raise BadRequest(f"Invalid 'name': it may have {_LONGEST_NAME} characters at most.", param="name")
    if body.expires_after is not None and not 1 <= body.expires_after.minutes <= _MOST_MINUTES:
        raise BadRequest(
            f"Invalid 'expires_after.minutes': expected 1 to {_MOST_MINUTES}, but got {body.expires_after.minutes}.",
            param="expires_after.minutes",
        )
    for name, given, most in (("file_ids", body.file_ids, _MOST_FILES), ("skills", body.skills, _MOST_SKILLS)):
        if given is not None and len(given) > most:
            raise BadRequest(f"Invalid '{name}': there may be {most} at most.", param=name)


def _check_inline(data: str) -> None:
    zipped(b64decode(data, validate=True))


def _check_running(container: Object) -> None:
    if container["status"] == "expired":
        raise BadRequest("Container is expired.")


def _expiry(body: ContainerCreate) -> Expiry:
    minutes = _USUAL_MINUTES if body.expires_after is None else body.expires_after.minutes
    return {"anchor": "last_active_at", "minutes": minutes}


def _network(policy: NoNetwork | AllowedNetwork) -> Network:
    """As it is told: without secrets, which nobody here needs and nothing keeps."""
    if isinstance(policy, AllowedNetwork):
        return {"type": "allowlist", "allowed_domains": policy.allowed_domains}
    return {"type": "disabled"}


def _ends(container: Container | Object) -> float:
    return float(container["last_active_at"] + 60 * container["expires_after"]["minutes"])


def _at(container: Object, now: float) -> Object:
    """The container as it is at that time."""
    return container if now < _ends(container) else {**container, "status": "expired"}


def _used(container: Object, now: float) -> Object:
    """The container after its use at that time; one that has expired stays so."""
    if SYNTHESIZED in container:
        return container
    container = _at(container, now)
    return container if container["status"] == "expired" else {**container, "last_active_at": int(now)}


def _made(id: str) -> Object:
    return {**example(Container, id), "id": id, "expires_after": {"anchor": "last_active_at", "minutes": 20}}


def _missing(id: str) -> ApiError:
    return NotFound(f"Container with id '{id[:200]}' not found.")
