"""What tests of vector stores share: rows on a real database, and stores filled through a server in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.clock import Clock, VirtualLoop
from fakeai.services.files import Files
from fakeai.services.vector_store_rows import Attached, StoreRows, strategy
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Object
from fakeai.store.jobs import Jobs
from fakeai.store.local import MemoryBlobs
from fakeai.store.sql import SqlDatabase
from fakeai.store.usage import Meter, Tally
from fakeai.testing import FakeAI

OWNER = "org/proj"


def rows_on(db: SqlDatabase, clock: Clock, ids: Ids) -> StoreRows:
    return StoreRows(db, ids, Jobs(db, clock, ids), synthesize=False)


class Shelf:
    """Vector stores of one owner, without a server."""

    def __init__(self, db: SqlDatabase, clock: Clock, ids: Ids) -> None:
        self.db = db
        self.jobs = Jobs(db, clock, ids)
        self.files = Files(db, MemoryBlobs().at(clock), ids, None, lenient=False, synthesize=False)
        self.stores = VectorStores(db, ids, self.jobs, self.files, Meter(Tally(), db, clock), synthesize=False)
        self.rows = self.stores.rows

    async def fill(self, id: str, texts: Mapping[str, bytes | str], **attributes: Any) -> Object:
        """A store with these files, which are read once this returns."""
        await self.db.run(lambda tx: self.rows.stores.rows.add(tx, OWNER, store(id)))
        made = [await self.upload(name, data) for name, data in texts.items()]
        await self.db.run(lambda tx: self.rows.attach(tx, OWNER, id, [file(one, **attributes) for one in made]))
        return await self.read(id)

    async def upload(self, name: str, data: bytes | str) -> str:
        data = data.encode() if isinstance(data, str) else data
        made: str = (await self.files.create(OWNER, name, "user_data", data, media_type="text/plain"))["id"]
        return made

    async def read(self, id: str) -> Object:
        """The store once all of its files are read."""
        self.jobs.wake()
        while await self.db.read(lambda tx: self.rows.files.rows.count(tx, OWNER, parent=id, tag="in_progress")):
            await asyncio.sleep(0.005)
        found = await self.db.read(lambda tx: self.rows.stores.rows.get(tx, OWNER, id))
        assert found is not None
        return found

    async def attached(self, id: str) -> list[Object]:
        return await self.db.read(lambda tx: list(self.rows.files.rows.every(tx, OWNER, parent=id)))


def store(id: str, **more: Any) -> Object:
    return {"id": id, "object": "vector_store", "created_at": 1, "last_active_at": 1, "_version": 0, **more}


def file(id: str, **attributes: Any) -> Attached:
    return Attached(id, attributes or None, strategy(None))


def in_virtual_time(scenario: Callable[[FakeAI, Any], Awaitable[None]], **settings: Any) -> None:
    async def run() -> None:
        async with FakeAI(settings, seed=1) as fake:
            await scenario(fake, fake.async_client(max_retries=0, timeout=1e9))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


async def upload(client: Any, name: str, data: bytes = b"All about whales.") -> str:
    made: str = (await client.files.create(file=(name, data), purpose="assistants")).id
    return made


async def attached(client: Any, store: str, name: str, data: bytes = b"All about whales.", **more: Any) -> Any:
    return await client.vector_stores.files.create_and_poll(
        await upload(client, name, data), vector_store_id=store, poll_interval_ms=10, **more
    )
