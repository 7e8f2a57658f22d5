"""Stored chat completions (`store: true`): list, get, update, delete, and the messages they answered."""

from collections.abc import Sequence
from typing import Any

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Chance
from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.base import synthesizes
from fakeai.services.directory import ModelDirectory
from fakeai.store.objects import Object, Objects
from fakeai.wire.chat import ChatRequest
from fakeai.wire.chat_reply import StoredMessage
from fakeai.wire.stored_chat import ListQuery, StoredUpdate

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

    Each object of the collection holds a `completion` and its `messages`; both are as they go out, and are never changed.
    """

    ENDPOINTS = (
        Endpoint("GET", "/chat/completions", "list", "List the stored chat completions", tag="Chat"),
        Endpoint("GET", _ONE, "get", "Get a stored chat completion", tag="Chat"),
        Endpoint("POST", _ONE, "update", "Change its metadata", body=StoredUpdate, tag="Chat"),
        Endpoint("DELETE", _ONE, "delete", "Delete it", tag="Chat"),
        Endpoint("GET", _ONE + "/messages", "messages", "List the messages it answered", tag="Chat"),
    )

    def __init__(self, completions: Objects, directory: ModelDirectory, *, synthesize: bool) -> None:
        self._completions = completions
        self._directory = directory
        self._synthesize = synthesize

    def add(self, call: Call, completion: dict[str, Any], body: ChatRequest) -> None:
        """Keep the answer to `body`."""
        name = completion["id"]
        stored = {**completion, **_asked(call, body)}
        messages = [_message(message, f"{name}-{number}") for number, message in enumerate(body.messages)]
        self._completions.put(name, _owner(call.principal), {"completion": stored, "messages": messages})

    async def list(self, call: Call) -> Reply:
        """A page of completions, the oldest first unless told otherwise. Raises BadRequest for a bad query."""
        query = ListQuery.from_query(call.query)
        owner = _owner(call.principal)
        if query.after is not None and self._completions.get(query.after, owner) is None:
            self._unknown_cursor(call, query.after)

        def wanted(row: Object) -> bool:
            completion = row["completion"]
            metadata = completion["metadata"] or {}
            return (query.model is None or completion["model"] == query.model) and all(
                metadata.get(key) == value for key, value in query.metadata.items()
            )

        page = self._completions.page(
            owner, limit=query.limit, after=query.after, newest_first=query.order == "desc", keep=wanted
        )
        return _page([row["completion"] for row in page.data], page.has_more)

    async def get(self, call: Call) -> Reply:
        """One completion; NotFound if there is none."""
        return Reply(self._row(call)["completion"])

    async def update(self, call: Call) -> Reply:
        """The completion with other metadata; NotFound if there is none."""
        body: StoredUpdate = call.body
        row = self._row(call)
        changed = {**row["completion"], "metadata": body.metadata or {}}
        self._completions.put(changed["id"], _owner(call.principal), {**row, "completion": changed})
        return Reply(changed)

    async def delete(self, call: Call) -> Reply:
        """Forget a completion; NotFound if there is none."""
        completion = self._row(call)["completion"]
        self._completions.delete(completion["id"], _owner(call.principal))
        return Reply({"object": "chat.completion.deleted", "id": completion["id"], "deleted": True})

    async def messages(self, call: Call) -> Reply:
        """A page of the messages that a completion answered. Raises NotFound, and BadRequest for a bad query."""
        query = ListQuery.from_query(call.query)
        messages: list[StoredMessage] = self._row(call)["messages"]
        if query.order == "desc":
            messages = messages[::-1]
        ids = [message["id"] for message in messages]
        if query.after in ids:
            messages = messages[ids.index(query.after) + 1 :]
        elif query.after is not None:
            self._unknown_cursor(call, query.after)
        return _page(messages[: query.limit], len(messages) > query.limit)

    def _row(self, call: Call) -> Object:
        wanted = call.params["completion_id"]
        row = self._completions.get(wanted, _owner(call.principal))
        if row is not None:
            return row
        if not synthesizes(call, self._synthesize):
            raise NotFound(f"Chat completion with id '{wanted[:200]}' not found.", param="id")
        return _synthesized(wanted, self._directory.card(None).id)

    def _unknown_cursor(self, call: Call, after: str) -> None:
        if not synthesizes(call, self._synthesize):
            raise BadRequest(f"Invalid 'after': there is no object with id '{after[:200]}'.", param="after")


def _owner(principal: Principal) -> str:
    return f"{principal.organization}/{principal.project}"


def _page(data: Sequence[Any], has_more: bool) -> Reply:
    """A page of objects with ids. Any: stored completions or messages."""
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return Reply({"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more})


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
    return {"completion": completion, "messages": [message]}
