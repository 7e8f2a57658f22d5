"""Responses and conversations as they are kept: who may go on with what, and what was said there."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, TypeVar

from fakeai.core.call import Call
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, BadRequest, NotFound
from fakeai.core.generation import JsonObject
from fakeai.services.base import synthesizes
from fakeai.services.gathered import Gathered
from fakeai.services.resource import SYNTHESIZED, Resource
from fakeai.store import objects
from fakeai.store.base import Database, Object, Tx
from fakeai.wire.conversations import Conversation

T = TypeVar("T")

OVER = frozenset({"completed", "failed", "incomplete", "cancelled"})
"""Statuses of responses of which nothing more comes."""
GIVEN = "_given"
"""The private key of a response's input."""
MOST_BEFORE = 1_000
"""Responses that one may go back through, each the one before the next."""


class Answered(NamedTuple):
    """A response that is over, and what belongs to it."""

    owner: str
    response: JsonObject
    given: Sequence[JsonObject]
    conversation: str | None


class ResponseRows:
    """The responses and conversations of one App."""

    def __init__(
        self, db: Database, clock: Clock, stored_limit: int, made: Callable[[str], Object], *, synthesize: bool
    ) -> None:
        self._db = db
        self._synthesize = synthesize
        self._limit = stored_limit
        self.responses = Resource(
            db, "response", None, _no_response, synthesize=synthesize, made=made, limit=stored_limit or None
        )
        self.conversations = Resource(db, "conversation", Conversation, _no_conversation, synthesize=synthesize)
        self.items = objects.Collection("conversation.item")
        self._writing = Gathered(clock, self._write)
        self.lasts = not db.in_memory
        """Whether what has been kept is there when the server is not."""

    async def before(self, call: Call, previous: str | None, conversation: str | None) -> list[JsonObject]:
        """What was said before: by a response and those before it, or in a conversation.

        Raises BadRequest for a response that is not there, NotFound for such a conversation.
        """
        await self.settled()
        if conversation is not None:
            found = await self.conversations.get(call, conversation)
            if SYNTHESIZED in found:
                return []
            owner = call.principal.owner
            return await self._db.read(lambda tx: list(self.items.every(tx, owner, parent=conversation)))
        return [] if previous is None else await self._chain(call, previous)

    async def named(self, call: Call, names: Collection[str]) -> Mapping[str, JsonObject]:
        """Items of any response or conversation of the caller's, by their ids; those that are not there are left out."""
        owner, wanted = call.principal.owner, set(names)
        if not wanted:
            return {}
        await self.settled()

        def find(tx: Tx) -> dict[str, JsonObject]:
            found = {item["id"]: item for item in self.items.below_any(tx, owner, wanted)}
            if len(found) == len(wanted):
                return found
            for row in self.responses.rows.every(tx, owner, newest_first=True):
                items = (*row["output"], *row.get(GIVEN, ()))
                found.update({item["id"]: item for item in items if item.get("id") in wanted})
                if len(found) == len(wanted):
                    break
            return found

        return await self._db.read(find)

    async def add(self, answered: Answered) -> None:
        """Keep a response, and add what was said to its conversation."""
        if self.leaves(answered):
            await self._writing.add(answered)

    def add_soon(self, answered: Answered) -> None:
        """The same for a stream that has just ended: whoever asks waits for it. Why it could not be, only the log says."""
        if self.leaves(answered):
            self._writing.add_soon(answered)

    def leaves(self, answered: Answered) -> bool:
        """Whether there is anything to be kept."""
        return bool(self._limit and answered.response["store"]) or answered.conversation is not None

    async def _write(self, some: Sequence[Answered]) -> None:
        kept = [
            (one.owner, {**one.response, GIVEN: list(one.given)})
            for one in some
            if self._limit and one.response["store"]
        ]

        def keep(tx: Tx) -> None:
            self.responses.rows.add_new(tx, kept)
            for one in some:
                self.say(tx, one.owner, one.conversation, (*one.given, *one.response["output"]))

        await self._db.run(keep)

    def say(self, tx: Tx, owner: str, conversation: str | None, items: Sequence[JsonObject]) -> None:
        """Add items to a conversation, those that it has left out. None, or one that is gone: nothing."""
        if conversation is None or not self.conversations.rows.known(tx, owner, conversation):
            return
        for item in items:
            if not self.items.known(tx, owner, item["id"], parent=conversation):
                self.items.add(tx, owner, item, parent=conversation)

    async def run(self, work: Callable[[Tx], T]) -> T:
        """A transaction."""
        return await self._db.run(work)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """A transaction that only reads."""
        return await self._db.read(work)

    async def settled(self) -> None:
        """Wait until everything is kept that is to be."""
        await self._writing.settled()

    async def _chain(self, call: Call, previous: str) -> list[JsonObject]:
        owner = call.principal.owner

        def walk(tx: Tx) -> list[Object] | str:
            found: list[Object] = []
            name: str | None = previous
            while name is not None and len(found) < MOST_BEFORE:
                row = self.responses.rows.get(tx, owner, name)
                if row is None:
                    return name
                found.append(row)
                name = row["previous_response_id"]
            return found

        rows = await self._db.read(walk)
        if isinstance(rows, str):
            if synthesizes(call, self._synthesize):
                return []
            raise BadRequest(
                f"Previous response with id '{rows[:200]}' not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        if rows[0]["status"] in ("queued", "in_progress"):
            raise BadRequest(
                f"Previous response with id '{previous}' is still in progress.", param="previous_response_id"
            )
        return [item for row in reversed(rows) for item in (*row[GIVEN], *row["output"])]


def _no_response(id: str) -> ApiError:
    return NotFound(f"Response with id '{id}' not found.")


def _no_conversation(id: str) -> ApiError:
    return NotFound(f"Conversation with id '{id}' not found.")
