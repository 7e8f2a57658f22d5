"""Characters."""

import pytest
from contract.media_steps import FILM

from fakeai.core.call import Principal
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest, NotFound
from fakeai.core.form import Upload
from fakeai.services.videos.characters import Characters
from fakeai.store.sql import SqlDatabase
from fakeai.wire.videos.request import CharacterCreate
from tests.services.conftest import MakeCall


def body(data: bytes) -> CharacterCreate:
    return CharacterCreate(name="Ada", video=Upload("a.mp4", "video/mp4", data))


@pytest.mark.parametrize("easy", [False, True])
async def test_a_character_is_found_again_by_its_owner(
    db: SqlDatabase, ids: Ids, make_call: MakeCall, easy: bool
) -> None:
    characters = Characters(db, ids, lenient=easy, synthesize=False)
    made = await _create(characters, make_call, FILM)
    assert made["name"] == "Ada"
    found = make_call(characters, "retrieve", params={"character_id": made["id"]})
    assert (await characters.retrieve(found)).body == made
    with pytest.raises(NotFound, match=f"Character with id '{made['id']}' not found"):
        other = Principal("org-b", "proj_b")
        await characters.retrieve(
            make_call(characters, "retrieve", params={"character_id": made["id"]}, principal=other)
        )


async def _create(characters: Characters, make_call: MakeCall, data: bytes) -> dict[str, object]:
    call = make_call(characters, "retrieve")
    call.body = body(data)
    made: dict[str, object] = (await characters.create(call)).body
    return made


async def test_a_file_that_is_no_film_makes_no_character(db: SqlDatabase, ids: Ids, make_call: MakeCall) -> None:
    with pytest.raises(BadRequest) as refused:
        await _create(Characters(db, ids, lenient=False, synthesize=False), make_call, b"Example data")
    assert refused.value.code == "invalid_video_file"
    assert await _create(Characters(db, ids, lenient=True, synthesize=False), make_call, b"Example data")
