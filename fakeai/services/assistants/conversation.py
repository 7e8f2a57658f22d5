"""What a model is told in a run: instructions, as much of the thread as it may be told, and what the run did so far."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest, NotFound
from fakeai.core.generation import Media, Message, Tool, ToolUse
from fakeai.services.files import Files
from fakeai.services.turns import prompt_tokens
from fakeai.store.base import Object

_MOST_READ = 1_000
_MOST_CHARACTERS = 4_000_000
_PAGE = 100
_ROOM = 4
"""The part of a window (one of so many) that is kept for the answer at least."""


class Limits(NamedTuple):
    """How much a model is told: the last so many messages (0 for all), and tokens (None for what its window holds)."""

    messages: int = 0
    tokens: int | None = None


class Conversations:
    """Conversations of one App's threads."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def messages(
        self,
        owner: str,
        instructions: str,
        thread: Sequence[Object],
        steps: Sequence[Object],
        *,
        card: ModelCard,
        tools: Sequence[Tool],
        schema: Any,
        limits: Limits,
    ) -> tuple[Message, ...]:
        """The messages of a run's next turn. Raises BadRequest for images that cannot be read. Any: JSON.

        `thread` are its messages, the oldest first; of those in the middle some are left out if there is no room.
        """
        before = (Message("system", instructions),) if instructions else ()
        done = tuple(message for step in steps for message in _of_step(step))
        kept = thread[-limits.messages :] if limits.messages else thread
        said = await self._messages(owner, kept)
        most = card.context_window - min(card.max_output, card.context_window // _ROOM)
        if limits.tokens is not None:
            most = min(most, limits.tokens)

        async def fits(left_out: int) -> bool:
            some = (*before, *_without(said, left_out), *done)
            return (await prompt_tokens(some, tools, card, schema)).total <= most

        left_out = 0
        if not card.own_tokens and not await fits(0):
            low, high = 1, max(len(said) - 1, 1)
            while low < high:
                middle = (low + high) // 2
                low, high = (low, middle) if await fits(middle) else (middle + 1, high)
            left_out = min(low, max(len(said) - 1, 0))
        return (*before, *_without(said, left_out), *done)

    async def _messages(self, owner: str, thread: Sequence[Object]) -> list[Message]:
        """Messages with their images, the newest of those as far as there is room."""
        from fakeai.content.media import LIMIT

        said: list[Message] = []
        room = LIMIT
        for message in reversed(thread):
            told = await self._message(owner, message, room)
            room -= sum(len(medium.data or b"") for medium in told.media)
            said.append(told)
        return said[::-1]

    async def _message(self, owner: str, message: Object, room: int) -> Message:
        texts: list[str] = []
        media: list[Media] = []
        for part in message["content"]:
            if part["type"] == "text":
                texts.append(part["text"]["value"])
            elif part["type"] == "refusal":
                texts.append(part["refusal"])
            elif room > 0:
                media.append(await self._image(owner, part))
        return Message(message["role"], "\n".join(texts), tuple(media))

    async def _image(self, owner: str, part: Object) -> Media:
        from fakeai.content import media

        if part["type"] == "image_url":
            image = part["image_url"]
            return media.from_url(image["url"], "image", param="image_url.url", detail=image["detail"])
        image = part["image_file"]
        file = await self._files.find(owner, image["file_id"])
        if file is None:
            raise NotFound(f"No such File object: {image['file_id']}")
        if file["bytes"] > media.LIMIT:
            raise BadRequest(f"The image '{image['file_id']}' is larger than {media.LIMIT} bytes.")
        data = await self._files.content(file)
        return Media("image", data, file.get("_media_type", ""), file["filename"], detail=image["detail"])


def newest(page: Callable[[str | None, int], Sequence[Object]]) -> Sequence[Object]:
    """What of a thread is looked at, the oldest first: some of its newest messages, but none that is being written.

    `page` gives so many messages, the newest first, after one of them.
    """
    found: list[Object] = []
    room, cursor = _MOST_CHARACTERS, None
    while room > 0 and len(found) < _MOST_READ:
        some = page(cursor, _PAGE)
        found += [message for message in some if message["content"]]
        room -= sum(len(part["text"]["value"]) for one in some for part in one["content"] if part["type"] == "text")
        if len(some) < _PAGE:
            break
        cursor = some[-1]["id"]
    return found[::-1]


def last_said(thread: Sequence[Object]) -> str:
    """The last words of the user."""
    for message in reversed(thread):
        if message["role"] == "user":
            return "\n".join(part["text"]["value"] for part in message["content"] if part["type"] == "text")
    return ""


def _without(said: Sequence[Message], left_out: int) -> Sequence[Message]:
    """Messages without so many of the middle: the first one stays as long as the last one does."""
    if not left_out:
        return said
    return [*said[:1], *said[left_out + 1 :]] if left_out + 1 < len(said) else said[-1:]


def _of_step(step: Object) -> Sequence[Message]:
    """Calls and what they have come to. Messages of a run that goes on are among the thread's."""
    details = step["step_details"]
    if details["type"] != "tool_calls":
        return ()
    kept = step.get("_calls", {})
    uses: list[ToolUse] = []
    answers: list[Message] = []
    for call in details["tool_calls"]:
        if call["type"] == "function":
            function = call["function"]
            uses.append(ToolUse(call["id"], function["name"], function["arguments"]))
            answers.append(Message("tool", function["output"] or "", tool_call_id=call["id"]))
        else:
            done = kept[call["id"]]
            uses.append(ToolUse(call["id"], call["type"], done["asked"]))
            answers.append(Message("tool", done["told"], tool_call_id=call["id"]))
    return Message("assistant", "", (), None, tuple(uses)), *answers
