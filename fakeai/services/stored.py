"""Stored chat completions (`store: true`): list, get, update, delete, and the messages they answered."""

import asyncio
import logging
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Chance
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.base import synthesizes
from fakeai.services.directory import ModelDirectory
from fakeai.services.resource import Resource, deleted, listed, no_such_cursor
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.chat import ChatRequest
from fakeai.wire.chat_reply import StoredMessage
from fakeai.wire.listing import ListQuery
from fakeai.wire.stored_chat import StoredUpdate

_log = logging.getLogger("fakeai.stored")

_MESSAGES = "_messages"
_ONE = "/chat/completions/{completion_id}"
_SHOWN_PARTS = frozenset({"text", "image_url"})
"""Kinds of content part that a stored message tells of."""

_FIRST_CREATED = 1_700_000_000
_YEAR_S = 31_536_000

_SAID = (
    "Hello! How can I help you today?",
    "Here is a short summary of what you asked for.",
    "Thanks for the details. Both options work; the first one is simpler.",
    "The answer depends on the context, but in most cases it is yes.",
)


class StoredCompletions:
    """`/chat/completions` but for creating one. Everybody sees only what their organization and project has stored.

    What is kept is a completion as it goes out, and its messages under a private key.
    """

    ENDPOINTS = (
        Endpoint("GET", "/chat/completions", "list", "List the stored chat completions", tag="Chat"),
        Endpoint("GET", _ONE, "get", "Get a stored chat completion", tag="Chat"),
        Endpoint("POST", _ONE, "update", "Change its metadata", body=StoredUpdate, tag="Chat"),
        Endpoint("DELETE", _ONE, "delete", "Delete it", tag="Chat"),
        Endpoint("GET", _ONE + "/messages", "messages", "List the messages it answered", tag="Chat"),
    )

    def __init__(self, db: Database, directory: ModelDirectory, stored_limit: int, *, synthesize: bool) -> None:
        self._db = db
        self._synthesize = synthesize
        self._limit = stored_limit
        self._stored = Resource(
            db,
            "chat.completion",
            None,
            _missing,
            synthesize=synthesize,
            made=lambda name: _synthesized(name, directory.card(None).id),
            limit=stored_limit,
        )
        self._writing: set[asyncio.Task[None]] = set()
        """Answers whose stream has ended before they were kept: whoever asks waits for them."""

    async def add(self, call: Call, completion: dict[str, Any], body: ChatRequest) -> None:
        """Keep the answer to `body`."""
        if not self._limit:
            return
        name = completion["id"]
        messages = [_message(message, f"{name}-{number}") for number, message in enumerate(body.messages)]
        row = {**completion, **_asked(call, body), _MESSAGES: messages}
        rows, owner = self._stored.rows, call.principal.owner

        def keep(tx: Tx) -> None:
            if call.ids is None or not rows.known(tx, owner, name):  # a line of a batch may be answered once more
                rows.add(tx, owner, row, tag=completion["model"])

        await self._db.run(keep)

    def add_soon(self, call: Call, completion: dict[str, Any], body: ChatRequest) -> None:
        """The same for a stream that has just ended. Why it could not be kept, only the log says."""
        task = asyncio.get_running_loop().create_task(self.add(call, completion, body))
        self._writing.add(task)
        task.add_done_callback(self._written)

    async def list(self, call: Call) -> Reply:
        """A page of completions, the oldest first unless told otherwise. Raises BadRequest for a bad query."""
        await self._settled()
        query = ListQuery.from_query(call.query, order="asc")

        def wanted(row: Object) -> bool:
            metadata = row["metadata"] or {}
            return all(metadata.get(key) == value for key, value in query.metadata.items())

        keep = wanted if query.metadata else None
        return Reply(await self._stored.page(call, query, tag=query.text("model"), keep=keep))

    async def get(self, call: Call) -> Reply:
        """One completion; NotFound if there is none."""
        return Reply(shown(await self._row(call)))

    async def update(self, call: Call) -> Reply:
        """The completion with other metadata; NotFound if there is none."""
        await self._settled()
        body: StoredUpdate = call.body
        change = {"metadata": body.metadata or {}}
        return Reply(
            shown(await self._stored.change(call, call.params["completion_id"], lambda row: {**row, **change}))
        )

    async def delete(self, call: Call) -> Reply:
        """Forget a completion; NotFound if there is none."""
        await self._settled()
        gone = await self._stored.remove(call, call.params["completion_id"])
        return Reply(deleted(gone["id"], "chat.completion.deleted"))

    async def messages(self, call: Call) -> Reply:
        """A page of the messages that a completion answered. Raises NotFound, and BadRequest for a bad query."""
        query = ListQuery.from_query(call.query, order="asc")
        messages: list[StoredMessage] = (await self._row(call))[_MESSAGES]
        if query.newest_first:
            messages = messages[::-1]
        ids = [message["id"] for message in messages]
        if query.after in ids:
            messages = messages[ids.index(query.after) + 1 :]
        elif query.after is not None and not synthesizes(call, self._synthesize):
            raise no_such_cursor("after", query.after)
        return Reply(listed(messages[: query.limit], len(messages) > query.limit))

    async def _row(self, call: Call) -> Object:
        await self._settled()
        return await self._stored.get(call, call.params["completion_id"])

    async def _settled(self) -> None:
        if self._writing:
            await asyncio.wait(self._writing)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a streamed completion could not be stored: %s", error)


def _missing(id: str) -> ApiError:
    return NotFound(f"Chat completion with id '{id}' not found.", param="id")


def _asked(call: Call, body: ChatRequest) -> dict[str, Any]:
    """What a stored completion tells of its request."""
    asked = body.model_dump(
        mode="json", include={"tool_choice", "tools", "response_format"}, exclude_none=True, warnings=False
    )
    return {
        "metadata": body.metadata or {},
        "request_id": call.id,
        "tool_choice": asked.get("tool_choice"),
        "tools": asked.get("tools"),
        "response_format": asked.get("response_format"),
        "seed": body.seed,
        "temperature": 1.0 if body.temperature is None else body.temperature,
        "top_p": 1.0 if body.top_p is None else body.top_p,
        "presence_penalty": body.presence_penalty or 0.0,
        "frequency_penalty": body.frequency_penalty or 0.0,
        "input_user": body.user,
    }


def _message(message: Any, id: str) -> dict[str, Any]:
    """A message of the prompt. Any: a union of wire types."""
    sent: dict[str, Any] = message.model_dump(mode="json", exclude_none=True)
    content = sent.pop("content", None)
    parts = None
    if isinstance(content, list):
        parts = [part for part in content if part["type"] in _SHOWN_PARTS]
        content = None
    told = {"id": id, "role": sent.pop("role"), "content": content, "refusal": None, "name": None}
    return {**told, **sent, "content_parts": parts}


def _synthesized(id: str, model: str) -> Object:
    """A plausible completion for an id that nobody has seen; the same for the same id.

    Its message is the assistant's: OpenAI's document knows no other role here.
    """
    chance = Chance(id).stream("stored completion")
    text = chance.pick(_SAID)
    prompt, answer = chance.between(8, 64), len(text) // 4
    completion = {
        "id": id,
        "object": "chat.completion",
        "created": _FIRST_CREATED + chance.below(_YEAR_S),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer},
        "service_tier": "default",
        "system_fingerprint": f"fp_{chance.data(5).hex()}",
        "metadata": {},
    }
    message = {"id": f"{id}-0", "role": "assistant", "content": text, "refusal": None, "content_parts": None}
    return {**completion, _MESSAGES: [message]}
