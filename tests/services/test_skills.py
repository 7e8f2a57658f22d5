"""Versions that are made, read and deleted at the same time."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from fakeai.core.call import Call
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import NotFound, ServerError
from fakeai.core.form import Upload
from fakeai.services.skills import Skills
from fakeai.store.local import MemoryBlobs
from fakeai.store.sql import SqlDatabase
from fakeai.wire.skills import SkillCreate, SkillVersionCreate
from tests.services.conftest import MakeCall

Verb = Callable[..., Any]


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def skills(db: SqlDatabase, blobs: MemoryBlobs, clock: WallClock, ids: Ids) -> Skills:
    return Skills(db, blobs.at(clock), ids, lenient=False, synthesize=False)


@pytest.fixture
def ask(skills: Skills, make_call: MakeCall) -> Verb:
    async def ask(handler: str, name: str = "", **params: str) -> Any:
        call: Call = make_call(skills, handler, {"default_version": "1"}, params=params)
        if name:
            manifest = f"---\nname: {name}\ndescription: Some.\n---\n".encode()
            kind = SkillCreate if handler == "create" else SkillVersionCreate
            call.body = kind(files=[Upload("a/SKILL.md", "text/plain", manifest)])
        return (await getattr(skills, handler)(call)).body

    return ask


async def test_versions_made_at_the_same_time_have_numbers_of_their_own(ask: Verb) -> None:
    skill = await ask("create", "first")
    made = await asyncio.gather(*(ask("create_version", f"v{n}", skill_id=skill["id"]) for n in range(10)))
    assert sorted(int(version["version"]) for version in made) == list(range(2, 12))
    assert (await ask("retrieve", skill_id=skill["id"]))["latest_version"] == "11"


async def test_a_version_is_deleted_once(ask: Verb) -> None:
    skill = await ask("create", "first")
    await ask("create_version", "second", skill_id=skill["id"])
    replies = await asyncio.gather(
        *(ask("delete_version", skill_id=skill["id"], version="2") for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(reply, dict) for reply in replies) == 1
    assert sum(isinstance(reply, NotFound) for reply in replies) == 4
    assert (await ask("retrieve", skill_id=skill["id"]))["latest_version"] == "1"


async def test_no_bytes_are_left_of_a_deleted_skill(ask: Verb, blobs: MemoryBlobs, clock: WallClock) -> None:
    skill = await ask("create", "first")
    await ask("create_version", "second", skill_id=skill["id"])
    assert len(await blobs.at(clock).keys()) == 2
    await ask("delete", skill_id=skill["id"])
    assert await blobs.at(clock).keys() == []
    with pytest.raises(NotFound):
        await ask("create_version", "third", skill_id=skill["id"])
    assert await blobs.at(clock).keys() == []


async def test_bytes_that_are_gone_are_a_damage_and_those_of_a_deleted_version_are_missing(
    ask: Verb, skills: Skills, make_call: MakeCall, blobs: MemoryBlobs, clock: WallClock
) -> None:
    skill = await ask("create", "first")
    version = await skills.version(make_call(skills, "content"), skill["id"], "latest")
    await blobs.at(clock).delete(version["_blobs"][0])
    with pytest.raises(ServerError) as refused:
        await ask("content", skill_id=skill["id"])
    assert refused.value.code == "file_damaged"
    await ask("delete", skill_id=skill["id"])
    with pytest.raises(NotFound, match="Skill version '1' not found"):
        await skills.files(version)
