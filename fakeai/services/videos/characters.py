"""Characters: made of a film's file, to appear in others."""

from hashlib import blake2b

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.base import lenient
from fakeai.services.resource import Resource
from fakeai.services.videos.sources import clip
from fakeai.store.base import Database, Object
from fakeai.store.objects import shown
from fakeai.wire.videos.reply import Character
from fakeai.wire.videos.request import CharacterCreate

_MOST_BODY = 128 * 2**20
_TAG = "Videos"


class Characters:
    """`/videos/characters`. Of the file, only a digest is kept."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/videos/characters",
            "create",
            "Make a character of a film",
            body=CharacterCreate,
            form=True,
            max_body=_MOST_BODY,
            tag=_TAG,
        ),
        Endpoint("GET", "/videos/characters/{character_id}", "retrieve", "Get a character", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._lenient = lenient
        self._characters = Resource(db, "video.character", Character, _missing, synthesize=synthesize)

    async def create(self, call: Call) -> Reply:
        """A character. Raises BadRequest for a file that is no film."""
        body: CharacterCreate = call.body
        if lenient(call, self._lenient):
            digest = blake2b(body.video.data[:4_096]).hexdigest()
        else:
            digest = (await clip(body.video)).digest.hex()
        made: Character = {"id": self._ids.make("char_"), "created_at": int(self._db.now()), "name": body.name}
        owner = call.principal.owner
        row: Object = {**made, "_digest": digest}
        await self._db.run(lambda tx: self._characters.rows.add(tx, owner, row))
        return Reply(made)

    async def retrieve(self, call: Call) -> Reply:
        """A character; NotFound if there is none."""
        return Reply(shown(await self._characters.get(call, call.params["character_id"])))


def _missing(id: str) -> ApiError:
    return NotFound(f"Character with id '{id}' not found.", param="character_id")
