"""What a model is told in a run: instructions, as much of the thread as it may be told, and what runs did for it so far."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest, NotFound
from fakeai.core.generation import Media, Message, Tool, ToolUse
from fakeai.services.assistants.thread_rows import ThreadRows
from fakeai.services.files import Files
from fakeai.services.turns import prompt_tokens
from fakeai.store.base import Object, Tx

_MOST_READ = 1_000
_MOST_EARLIER, _MOST_TOLD = 50, 1_000_000
"""Earlier runs that are looked into, and characters that their tools may have given."""
_MOST_CHARACTERS = 4_000_000
_PAGE = 100
_ROOM = 4
"""The part of a window (one of so many) that is kept for the answer at least."""


class Seen(NamedTuple):
    """What a run finds: its thread's messages, the oldest first, what earlier runs did before some, by those, and its own steps."""

    thread: Sequence[Object]
    before: Mapping[str, Sequence[Object]]
    steps: Sequence[Object]

    @property
    def all_steps(self) -> Sequence[Object]:
        """The earlier runs', and its own."""
        return [*(step for steps in self.before.values() for step in steps), *self.steps]


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
        seen: Seen,
        *,
        card: ModelCard,
        tools: Sequence[Tool],
        schema: Any,
        limits: Limits,
    ) -> tuple[Message, ...]:
        """The messages of a run's next turn. Raises BadRequest for images that cannot be read. Any: JSON.

        Of the thread's some in the middle are left out if there is no room, with what was done before them.
        """
        before = (Message("system", instructions),) if instructions else ()
        done = tuple(message for step in seen.steps for message in _of_step(step))
        kept = seen.thread[-limits.messages :] if limits.messages else seen.thread
        said = [
            (*(one for step in seen.before.get(row["id"], ()) for one in _of_step(step)), message)
            for row, message in zip(kept, await self._messages(owner, kept), strict=True)
        ]
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
            elif room > 0 and message["role"] == "user":
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


def look(tx: Tx, rows: ThreadRows, owner: str, run: Object) -> Seen:
    """What a run finds when it goes on."""

    def page(after: str | None, limit: int) -> Sequence[Object]:
        return rows.messages.rows.page(tx, owner, parent=run["thread_id"], limit=limit, after=after).data

    def steps(name: str) -> Iterable[Object]:
        return rows.steps.rows.every(tx, owner, parent=name)

    thread = newest(page)
    others = dict.fromkeys(
        message["run_id"] for message in reversed(thread) if message["run_id"] not in (None, run["id"])
    )
    return Seen(thread, earlier(others, steps), list(steps(run["id"])))


def earlier(runs: Iterable[str], steps: Callable[[str], Iterable[Object]]) -> dict[str, Sequence[Object]]:
    """The steps in which runs used tools, by the message that each of them wrote next. `runs` begin with the latest one.

    Of many, or of those that tell a lot, the latest count.
    """
    found: dict[str, Sequence[Object]] = {}
    room = _MOST_TOLD
    for run in islice(runs, _MOST_EARLIER):
        for message, used in _by_message(steps(run)):
            room -= sum(len(told.text) for step in used for told in _of_step(step))
            if room < 0:
                return found
            found[message] = used
    return found


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


def _without(said: Sequence[Sequence[Message]], left_out: int) -> list[Message]:
    """Messages without so many of the middle: the first one stays as long as the last one does."""
    kept = said[left_out + 1 :] if left_out else said[1:]
    first = said[:1] if kept else said[-1:]
    return [message for group in (*first, *kept) for message in group]


def _by_message(steps: Iterable[Object]) -> Iterator[tuple[str, Sequence[Object]]]:
    used: list[Object] = []
    for step in steps:
        details = step["step_details"]
        if details["type"] == "tool_calls":
            used += [step] if step["status"] == "completed" else []
            continue
        if used:
            yield details["message_creation"]["message_id"], used
        used = []


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
