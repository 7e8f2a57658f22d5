"""Containers that are used and deleted at the same time, and jobs that empty them."""

from collections.abc import Callable
from typing import Any

import pytest

from fakeai.core.call import ANYONE
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, NotFound
from fakeai.core.form import Upload
from fakeai.services.container_files import ContainerFiles
from fakeai.services.containers import Containers
from fakeai.services.files import Files
from fakeai.services.skills import Skills
from fakeai.store.jobs import Jobs
from fakeai.store.local import MemoryBlobs
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase
from fakeai.store.usage import Meter, Tally
from fakeai.wire.containers import ContainerFileCreate
from tests.services.conftest import MakeCall

Verb = Callable[..., Any]


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def containers(db: SqlDatabase, blobs: MemoryBlobs, clock: WallClock, ids: Ids) -> Containers:
    kept = blobs.at(clock)
    files = Files(db, kept, ids, None, lenient=False, synthesize=False)
    skills = Skills(db, kept, ids, lenient=False, synthesize=False)
    meter = Meter(Tally(), db, clock)
    return Containers(db, kept, Jobs(db, clock, ids), ids, files, skills, meter, lenient=False, synthesize=False)


@pytest.fixture
def files(db: SqlDatabase, blobs: MemoryBlobs, clock: WallClock, ids: Ids, containers: Containers) -> ContainerFiles:
    kept = Files(db, blobs.at(clock), ids, None, lenient=False, synthesize=False)
    return ContainerFiles(db, blobs.at(clock), ids, kept, containers, lenient=False, synthesize=False)


@pytest.fixture
def ask(containers: Containers, make_call: MakeCall) -> Verb:
    async def ask(handler: str, body: Any = None, **params: str) -> Any:
        return (await getattr(containers, handler)(make_call(containers, handler, body, params=params))).body

    return ask


async def test_bytes_go_when_the_container_has_gone_meanwhile(
    ask: Verb, containers: Containers, files: ContainerFiles, make_call: MakeCall, blobs: MemoryBlobs, clock: WallClock
) -> None:
    container = await ask("create", {"name": "one"})
    call = make_call(files, "create", {}, params={"container_id": container["id"]})
    call.body = ContainerFileCreate(file=Upload("a", "text/plain", b"some"))
    hold = containers.hold

    def late(*args: Any) -> None:
        hold(*args[:2], "cntr_gone")

    containers.hold = late  # type: ignore[method-assign]
    with pytest.raises(NotFound, match="Container with id 'cntr_gone' not found"):
        await files.create(call)
    assert await blobs.at(clock).keys() == []
    containers.hold = hold  # type: ignore[method-assign]
    assert (await files.create(call)).body["bytes"] == 4
    await ask("delete", container_id=container["id"])
    assert await blobs.at(clock).keys() == []


async def test_a_container_that_has_expired_stays_so(
    ask: Verb, containers: Containers, make_call: MakeCall, db: SqlDatabase
) -> None:
    container = await ask("create", {"name": "one"})
    name = container["id"]
    rows = Collection("container")
    call = make_call(containers, "retrieve", params={"container_id": name})
    long_ago = container["created_at"] - 20 * 60

    def age(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "last_active_at": long_ago}

    await db.run(lambda tx: rows.change(tx, ANYONE.owner, name, age))
    assert (await ask("list"))["data"][0]["status"] == "expired"
    with pytest.raises(BadRequest, match="Container is expired"):
        await containers.use(call, name)
    with pytest.raises(BadRequest, match="Container is expired"):
        await db.run(lambda tx: containers.hold(tx, ANYONE.owner, name))
    told = await ask("retrieve", container_id=name)
    assert (told["status"], told["last_active_at"]) == ("expired", long_ago)
